-- Reads what the shopper came back with: the address, its query, or the query's table as a web
-- server gives it. It believes nothing of it: the provider tells whether the token is good.

local returned = {}

local TOKEN = "auth-token"
local BYTES_MAX = 16384

local function plain(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

-- The values of the token's name in a query.
local function values_in(text)
  local query, values = text:gsub("#.*$", ""):gsub("^[^?]*%?", ""), {}
  for name, value in query:gmatch "([^&=]+)=?([^&]*)" do
    if plain(name) == TOKEN then values[#values + 1] = plain(value) end
  end
  return values
end

local function values_of(given)
  if type(given) == "string" then return values_in(given:sub(1, BYTES_MAX)) end
  local value = given[TOKEN]
  if type(value) == "table" then return value end
  return { value }
end

--- The token in what the shopper came back with: `auth-token`, to which Cybersource's page and,
-- where `return_url` asks for it, Klarna's give a value.
-- given: an address or a query as text, a table of names and values, or nil
-- -> token, or nil where there is none; or nil and what is wrong
function returned.token(given)
  if given == nil then return nil end
  local values = values_of(given)
  if #values > 1 then return nil, "came more than once" end
  local token = values[1]
  if token == nil or token == "" then return nil end
  if type(token) ~= "string" or #token > 1024 or token:find "[%c%s]" then
    return nil, "is no token"
  end
  return token
end

return returned
