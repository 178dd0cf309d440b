-- A type in words, one line: "text, 1 to 99 characters". It refuses to go into records: their
-- fields have descriptions of their own.

local names = {
  text = "text", token = "token", id = "id", url = "URL", email = "e-mail address",
  phone = "phone number", locale = "locale (en-US)", currency = "currency code",
  country = "country code", time = "time (2024-01-31T12:00:00Z)", date = "date (2024-01-31)",
  amount = "amount in minor units", decimal = "amount, minor units or decimal text",
  integer = "whole number", number = "number",
  flag = "true or false", any = "any JSON",
}
local counts_characters = {
  text = true, token = true, id = true, url = true, email = true, phone = true, locale = true,
  decimal = true,
}

local function whole(value)
  return value % 1 == 0 and string.format("%.0f", value) or tostring(value)
end

-- "1 to 99 characters", "at least 1", "at most 10 members", or nil.
local function range(min, max, unit)
  if min and max then return whole(min) .. " to " .. whole(max) .. unit end
  if min then return "at least " .. whole(min) .. unit end
  if max then return "at most " .. whole(max) .. unit end
end

local function with_range(text, type_, unit)
  local limits = range(type_.min, type_.max, unit)
  return limits and text .. ", " .. limits or text
end

local function codes(type_)
  local text = "one of " .. table.concat(type_, ", ")
  return type_.open and text .. " (others may exist)" or text
end

local function describe(type_)
  local kind = type_.kind
  if kind == "record" then return "object " .. type_.name end
  if kind == "list" then
    return with_range("list of " .. describe(type_.item), type_, " members")
  end
  if kind == "map" then return with_range("map to " .. describe(type_.item), type_, " members") end
  if #type_ > 0 then return codes(type_) end
  local text = with_range(names[kind], type_, counts_characters[kind] and " characters" or "")
  if type_.millis then text = text .. ", sent with milliseconds" end
  return type_.multiline and text .. ", several lines" or text
end

return describe
