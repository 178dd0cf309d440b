-- The grand total of an order at Cybersource, in whole minor units: in the US the tax stands on the
-- order, elsewhere on the lines. It refuses to judge an order that does not say all of it.

local money = require "kassa.money"

local EXACT = 2 ^ 53 -- beyond it a double, and so LuaJIT, counts no more by ones
local TERMS_MAX = 8
local HINT = "sums = false sends it as it is"
local AT = "orderInformation."

local M = {}

-- Minor units of what a body may hold, or nil.
local function minor_of(amount, currency)
  if type(amount) == "number" then return amount end
  return type(amount) == "string" and money.minor(amount, currency) or nil
end

local function times(price, quantity)
  local product = price * quantity
  return price * 1.0 * quantity < EXACT and product or nil
end

-- A sum in the making: its terms as text, its result (nil when it is too large to count).
local function add(sum, sign, minor, text)
  sum.count = sum.count + 1
  if sum.count <= TERMS_MAX then
    local before = sum.count > 1 and (sign < 0 and " - " or " + ") or (sign < 0 and "-" or "")
    sum.terms = sum.terms .. before .. text
  elseif sum.count == TERMS_MAX + 1 then
    sum.terms = sum.terms .. " + ..."
  end
  local result = sum.result and minor and sum.result + sign * minor
  sum.result = result and math.abs(result) < EXACT and result or nil
end

local function new_sum() return { terms = "", count = 0, result = 0 } end

local function fault(path, sum, field, is, currency)
  local result = sum.result and money.format(sum.result, currency)
  local message = result
    and ("is %s, but adds up to %s (%s = %s)"):format(money.format(is, currency), result,
      sum.terms, result)
    or ("adds up to more than can be counted (%s)"):format(sum.terms)
  return { path = path .. field, message = message, hint = HINT, advisory = true }
end

local function is_coupon(line) return line.productCode == "coupon" end

-- Price times quantity as a term, or nil when the line has no price.
local function priced(line, currency)
  local price, quantity = minor_of(line.unitPrice, currency), line.quantity or 1
  if not price or type(quantity) ~= "number" then return nil end
  return times(price, quantity),
    ("%.0f x %s"):format(quantity, money.format(price, currency) or "?")
end

local function check_line(line, position, currency, in_us, faults)
  local is = minor_of(line.totalAmount, currency)
  local product, text = priced(line, currency)
  if not is or not text or is_coupon(line) then return end
  local sum, tax = new_sum(), minor_of(line.taxAmount, currency)
  add(sum, 1, product, text)
  if tax and not in_us then add(sum, 1, tax, "tax " .. money.format(tax, currency)) end
  if sum.result == is then return end
  faults[#faults + 1] = fault(("%slineItems[%d]."):format(AT, position), sum, "totalAmount", is,
    currency)
end

-- Lines first, then what is taken off. -> false when a line says no price
local function add_lines(sum, lines, currency, in_us)
  for pass = 1, 2 do
    for _, line in ipairs(lines) do
      local coupon = is_coupon(line)
      if coupon == (pass == 2) then
        local product, text = priced(line, currency)
        if not text then return false end
        add(sum, coupon and -1 or 1, product, coupon and "coupon " .. text or text)
        local tax = minor_of(line.taxAmount, currency)
        if tax and not coupon and not in_us then
          add(sum, 1, tax, "tax " .. money.format(tax, currency))
        end
      end
    end
  end
  return true
end

local function check_order(order, lines, currency, in_us, faults)
  local details, sum = order.amountDetails, new_sum()
  local is = minor_of(details.totalAmount, currency)
  if not is or not add_lines(sum, lines, currency, in_us) then return end
  local tax, discount = minor_of(details.taxAmount, currency),
    minor_of(details.discountAmount, currency)
  if tax and in_us then add(sum, 1, tax, "tax " .. money.format(tax, currency)) end
  if discount then add(sum, -1, discount, "discount " .. money.format(discount, currency)) end
  if sum.result == is then return end
  faults[#faults + 1] = fault(AT .. "amountDetails.", sum, "totalAmount", is, currency)
end

--- What does not add up in a body without other faults, as a list of advisory faults; empty when
-- all does. The rule: reference of Cybersource's guide for Klarna, "grand total".
function M.faults(body)
  local order, faults = body.orderInformation, {}
  local lines = type(order) == "table" and order.lineItems
  local details, bill = order and order.amountDetails, order and order.billTo
  if type(lines) ~= "table" or not lines[1] or type(details) ~= "table" then return faults end
  if type(bill) ~= "table" or type(bill.country) ~= "string" then return faults end
  local in_us, currency = bill.country:upper() == "US", details.currency
  for position, line in ipairs(lines) do check_line(line, position, currency, in_us, faults) end
  check_order(order, lines, currency, in_us, faults)
  return faults
end

return M
