--- How the pages say amounts, times, states and addresses to a person.
-- It rounds nothing: an amount it cannot write exactly is written as the API has it.

local duration = require "kassa.duration"
local money = require "kassa.money"

local words = {}

local SYMBOL = { EUR = "€", GBP = "£", USD = "$" }

local function grouped(digits)
  local whole, rest = digits:match "^(%d+)(.*)$"
  local out = whole:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "")
  return out .. rest
end

--- Minor units for reading: amount(123450, "EUR") -> "€1,234.50", amount(-5, "SEK") ->
-- "−SEK 0.05".
function words.amount(minor, currency)
  local text = type(minor) == "number" and money.format(math.abs(minor), currency)
  if not text then return tostring(minor) .. " " .. tostring(currency) end
  local unit = SYMBOL[currency] or currency .. " "
  return (minor < 0 and "−" or "") .. unit .. grouped(text)
end

local MONTHS = {
  "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
}

local function written(iso, year, month, day, clock)
  local name = MONTHS[tonumber(month or 0)]
  if not name then return tostring(iso) end
  return string.format("%d %s %s, %s UTC", tonumber(day), name, year, clock)
end

--- "2024-01-01T12:00:00Z" -> "1 Jan 2024, 12:00 UTC"; a text of another form comes back as it is.
function words.time(iso)
  return written(iso, tostring(iso):match "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d:%d%d)")
end

--- The same with seconds: "1 Jan 2024, 12:00:00 UTC".
function words.moment(iso)
  return written(iso, tostring(iso):match "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d:%d%d:%d%d)")
end

--- Seconds until something ends: left(270000) -> "3 days 3 hours left", "No time left" at the end.
function words.left(seconds)
  if seconds <= 0 then return "No time left" end
  return duration.words(seconds * 1000) .. " left"
end

--- Bytes: size(7340032) -> "7.0 MB", size(900) -> "1 KB".
function words.size(bytes)
  if bytes >= 1024 * 1024 then return ("%.1f MB"):format(bytes / (1024 * 1024)) end
  return ("%d KB"):format(math.ceil(bytes / 1024))
end

--- "TO_DOOR" -> "To door".
function words.plain(enum)
  local text = tostring(enum):lower():gsub("_", " ")
  return (text:gsub("^%l", string.upper))
end

--- What tells one KRN from another at a glance: the first eight digits of its UUID.
function words.short(id)
  return tostring(id):match "(%x%x%x%x%x%x%x%x)%-%x%x%x%x%-" or tostring(id):match "[^:]*$"
end

--- { "a", "b", "c" } -> "a, b and c"; nothing -> "".
function words.list(texts)
  if #texts < 2 then return texts[1] or "" end
  return table.concat(texts, ", ", 1, #texts - 1) .. " and " .. texts[#texts]
end

local function joined(parts, separator)
  local out = {}
  for _, part in ipairs(parts) do
    if part and part ~= "" then out[#out + 1] = part end
  end
  return table.concat(out, separator)
end

--- "Jane Doe", from whatever of the two names there is.
function words.person(person)
  return joined({ person.given_name or "", person.family_name or "" }, " ")
end

--- An address as lines, empty ones left out.
function words.address(address)
  local lines = {
    address.street_address or "", address.street_address2 or "",
    joined({ address.postal_code or "", address.city or "" }, " "),
    joined({ address.region or "", address.country or "" }, ", "),
  }
  local out = {}
  for _, line in ipairs(lines) do
    if line ~= "" then out[#out + 1] = line end
  end
  return out
end

return words
