-- Amounts: decimal strings to whole minor units and back, by the currency's exponent in ISO 4217.
-- It refuses numbers with a fraction: 19.99 is no money, "19.99" is.

local core = require "kassa.core"

local M = {}

local DIGITS_MAX = 15 -- exact as integer and as double, on every Lua

local function exponent(currency)
  if type(currency) ~= "string" or not currency:match "^%a%a%a$" then
    local words = "kassa.money: currency must be three letters such as \"EUR\", got %s"
    error(words:format(tostring(currency)), 3)
  end
  return core.money.decimals(currency)
end

--- Decimals of a currency. currency: three letters. Raises on anything else.
function M.exponent(currency)
  local decimals = exponent(currency) -- no tail call: an error names the caller's line
  return decimals
end

local WRONG = {
  form = "%q is not a decimal amount such as \"19.99\"",
  decimals = "%q has more than %d decimals",
  large = "%q is too large",
}

local function parse(text, decimals)
  local minor, wrong = core.money.read(text, decimals)
  if minor then return minor end
  return nil, WRONG[wrong]:format(text, decimals)
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
  return core.money.write(minor, decimals)
end

return M
