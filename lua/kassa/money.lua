-- Amounts: decimal strings to whole minor units and back, by the currency's exponent in ISO 4217.
-- It refuses numbers with a fraction: 19.99 is no money, "19.99" is.

local M = {}

-- Exponents other than 2 (ISO 4217, list one). Every other currency has two decimals.
local EXPONENT = {
  BHD = 3, IQD = 3, JOD = 3, KWD = 3, LYD = 3, OMR = 3, TND = 3,
  BIF = 0, CLP = 0, DJF = 0, GNF = 0, ISK = 0, JPY = 0, KMF = 0, KRW = 0, PYG = 0, RWF = 0,
  UGX = 0, UYI = 0, VND = 0, VUV = 0, XAF = 0, XOF = 0, XPF = 0,
  CLF = 4, UYW = 4,
}

local DIGITS_MAX = 15 -- exact as integer and as double, on every Lua

local integer = math.tointeger or function(n) return n end

local function exponent(currency)
  if type(currency) ~= "string" or not currency:match "^%a%a%a$" then
    local words = "kassa.money: currency must be three letters such as \"EUR\", got %s"
    error(words:format(tostring(currency)), 3)
  end
  return EXPONENT[currency:upper()] or 2
end

--- Decimals of a currency. currency: three letters. Raises on anything else.
function M.exponent(currency)
  local decimals = exponent(currency) -- no tail call: an error names the caller's line
  return decimals
end

local function parse(text, decimals)
  local sign, whole, fraction = text:match "^(-?)(%d+)%.?(%d*)$"
  if not whole or (text:find(".", 1, true) and fraction == "") then
    return nil, ("%q is not a decimal amount such as \"19.99\""):format(text)
  end
  if #fraction > decimals then
    return nil, ("%q has more than %d decimals"):format(text, decimals)
  end
  local digits = (whole .. fraction .. ("0"):rep(decimals - #fraction)):gsub("^0+(%d)", "%1")
  if #digits > DIGITS_MAX then return nil, ("%q is too large"):format(text) end
  local minor = integer(tonumber(digits))
  return sign == "-" and minor ~= 0 and -minor or minor
end

--- Minor units of a decimal string: minor("19.99", "EUR") -> 1999. A whole number counts as major
-- units; a float such as 19.99 is refused, since it is not exact.
-- -> integer, or nil and what is wrong
function M.minor(amount, currency)
  local decimals = exponent(currency)
  if type(amount) == "number" then
    if amount ~= math.floor(amount) or amount ~= amount or math.abs(amount) >= 10 ^ DIGITS_MAX then
      return nil, ("%s is a float and not exact: write it as a string, \"%.2f\""):format(
        tostring(amount), amount)
    end
    amount = ("%d"):format(amount)
  end
  if type(amount) ~= "string" then
    return nil, "amount must be a decimal string, got " .. type(amount)
  end
  return parse(amount, decimals)
end

--- Decimal string of minor units: format(1999, "EUR") -> "19.99".
-- -> string, or nil and what is wrong
function M.format(minor, currency)
  local decimals = exponent(currency)
  if type(minor) ~= "number" or minor ~= math.floor(minor)
    or math.abs(minor) >= 10 ^ DIGITS_MAX then
    return nil, "minor units must be a whole number, got " .. tostring(minor)
  end
  local sign = minor < 0 and "-" or ""
  local digits = ("%d"):format(math.abs(minor))
  if decimals == 0 then return sign .. digits end
  digits = ("0"):rep(decimals + 1 - #digits) .. digits
  return sign .. digits:sub(1, -decimals - 1) .. "." .. digits:sub(-decimals)
end

return M
