-- Checks an order before any provider sees it: its fields, what this provider cannot do without,
-- and that its amounts add up. Faults are told in the storefront's own words.

local fields = require "kassa.checkout.fields"
local money = require "kassa.money"

local order = {}

local EXACT = 2 ^ 53 -- beyond it a double, and so LuaJIT, counts no more by ones

local function add(faults, path, message, hint)
  faults[#faults + 1] = { path = path, message = message, hint = hint }
end

-- What this provider needs beside what every one needs.
local function check_needs(given, provider, faults)
  for _, entry in ipairs(fields.order) do
    local rule = fields.rules[entry[1]]
    if rule and rule.needs == provider.name and given[entry[1]] == nil then
      add(faults, entry[1], "is required by " .. provider.title)
    end
  end
end

-- In the US the tax stands on the order, elsewhere on its lines. (cybersource.md 4)
local function check_taxes(given, faults)
  local in_us = given.country and given.country:upper() == "US"
  if given.country and not in_us and (given.tax or 0) > 0 then
    add(faults, "tax", "outside the US the tax stands on the lines")
  end
  for position, line in ipairs(given.lines or {}) do
    local path, tax = ("lines[%d].tax"):format(position), line.tax or 0
    if in_us and tax > 0 then add(faults, path, "in the US the tax stands on the order") end
    if tax > 0 and line.unit_price < 0 then
      add(faults, path, "a line that is taken off has no tax")
    end
  end
end

--- Price times quantity, with the line's tax.
function order.line_total(line)
  return line.unit_price * (line.quantity or 1) + (line.tax or 0)
end

local function check_sum(given, faults)
  if not given.lines then return end
  local sum = (given.tax or 0) - (given.discount or 0)
  for _, line in ipairs(given.lines) do sum = sum + order.line_total(line) end
  if sum == given.amount then return end
  local currency = given.currency
  local said = math.abs(sum) < EXACT and money.format(sum, currency) or "more than can be counted"
  add(faults, "amount", ("is %s, but the lines, tax and discount add up to %s"):format(
    money.format(given.amount, currency), said), "sums = false sends it as it is")
end

--- Read an order. provider: { name, title }; sums: false leaves the sum unchecked.
-- -> a copy of it; or nil and every fault: list of { path, message, hint }
function order.read(given, provider, sums)
  local copy, faults = fields.read(fields.order, given)
  if not copy then return nil, faults end
  faults = {}
  check_needs(copy, provider, faults)
  check_taxes(copy, faults)
  if sums ~= false and #faults == 0 then check_sum(copy, faults) end
  if faults[1] then return nil, faults end
  return copy
end

--- What the provider has no place for: names of fields that were given, sorted; nil for none.
function order.left_out(given, provider)
  local names = {}
  for _, entry in ipairs(fields.order) do
    local rule = fields.rules[entry[1]]
    if rule and rule.left_out == provider and given[entry[1]] ~= nil then
      names[#names + 1] = entry[1]
    end
  end
  return names[1] and names or nil
end

--- The first given field that only another provider knows, or nil.
function order.unsupported(given, provider)
  for _, entry in ipairs(fields.order) do
    local rule = fields.rules[entry[1]]
    if rule and rule.only and rule.only ~= provider and given[entry[1]] ~= nil then
      return entry[1]
    end
  end
end

return order
