-- The one set of states in which a storefront sees a payment and its parts, whoever provides it. A
-- provider's module maps its own states to these; what it does not map is "unknown", no success.

local states = {}

-- In the order of life. final: nothing more comes of itself, though money may still be given back.
states.list = {
  { name = "waiting", doc = "The shopper has not decided: send them to `url`." },
  { name = "approved", doc = "The shopper agreed: `authorize`, with what they came back with." },
  { name = "pending", doc = "Accepted, and still reviewed or not yet funded: ship nothing, ask "
    .. "`status` later." },
  { name = "authorized", doc = "Money is reserved: `capture` or `cancel`." },
  { name = "captured", doc = "Something was taken, and nothing more is reserved: `refund`." },
  { name = "refunded", final = true, doc = "All that was taken is given back." },
  { name = "charged_back", final = true, doc = "The shopper won a dispute, and money was taken "
    .. "back." },
  { name = "canceled", final = true, doc = "Given up or released, nothing taken." },
  { name = "abandoned", final = true, doc = "The shopper left: begin again." },
  { name = "expired", final = true, doc = "Too late, nothing taken: begin again." },
  { name = "failed", final = true, doc = "Refused, nothing moved: begin again." },
  { name = "unknown", doc = "A state that kassa has not heard of: as `pending`." },
}

states.by_name = {}
for _, state in ipairs(states.list) do states.by_name[state.name] = state end

--- The state that a map (provider's state -> state) gives, "unknown" for all else.
function states.of(map, told)
  return type(told) == "string" and map[told] or "unknown"
end

-- Captures and refunds in these states have not moved money, and will not.
local VOID = { failed = true, canceled = true, abandoned = true, expired = true }
-- In these they have; in all others they may yet.
local DONE = { captured = true, refunded = true, charged_back = true }

--- May a part in this state still move money, or has it?
function states.holds(state) return not VOID[state] end

local function sum(parts, set)
  local total = 0
  for _, part in ipairs(parts) do
    if set == nil and not VOID[part.state] or set and set[part.state] then
      total = total + (part.amount or 0)
    end
  end
  return total
end

--- The sums of a payment's parts, in minor units: what captures and refunds moved, what they hold.
-- -> { captured, held (captured or about to be), refunded, charged_back }
function states.sums(captures, refunds)
  return {
    captured = sum(captures, DONE), held = sum(captures), refunded = sum(refunds, DONE),
    charged_back = sum(captures, { charged_back = true }),
  }
end

-- What is over, and something of it was taken.
local function taken(payment)
  if payment.charged_back > 0 then return "charged_back" end
  if payment.captured > 0 and payment.refunded >= payment.captured then return "refunded" end
  return "captured"
end

local function has_undone(captures)
  for _, capture in ipairs(captures) do
    if not VOID[capture.state] and not DONE[capture.state] then return true end
  end
  return false
end

--- The state of a whole payment: what its provider told, in the light of its sums.
-- payment: { captured, refunded, charged_back, remaining, captures }; told: one of these states
function states.whole(payment, told)
  if told == "captured" or VOID[told] and payment.captured > 0 then return taken(payment) end
  if told ~= "authorized" or payment.remaining > 0 then return told end
  if has_undone(payment.captures) then return "pending" end
  return payment.captured > 0 and taken(payment) or told
end

return states
