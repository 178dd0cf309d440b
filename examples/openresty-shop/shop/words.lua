-- How the shop says things: amounts, states, times. It decides nothing; what a state allows is for
-- kassa to know.

local kassa = require "kassa"

local words = {}

--- 4900 -> "€49.00"
function words.money(cents)
  return (cents < 0 and "−€" or "€") .. kassa.money.format(math.abs(cents), "EUR")
end

-- A payment's state: what the shopper reads, what the office reads, and its colour.
local STATES = {
  new = { "Klarna could not be asked yet", "new", "wait" },
  waiting = { "Waiting for your payment", "waiting for the shopper", "wait" },
  approved = { "Payment is being confirmed", "approved", "wait" },
  pending = { "Payment is being checked", "under review", "wait" },
  authorized = { "Paid. We are packing your parcel", "to ship", "todo" },
  captured = { "Your parcel is on its way", "shipped", "good" },
  refunded = { "You got your money back", "refunded", "plain" },
  charged_back = { "Your money was given back", "charged back", "bad" },
  canceled = { "Canceled. Nothing was charged", "canceled", "plain" },
  abandoned = { "Not paid. Nothing was charged", "abandoned", "plain" },
  expired = { "Not paid in time. Nothing was charged", "expired", "plain" },
  failed = { "Payment declined. Nothing was charged", "declined", "bad" },
}

local function of(state)
  return STATES[state] or { "Payment is being checked", state, "wait" }
end

function words.to_shopper(state) return of(state)[1] end
function words.to_office(state) return of(state)[2] end
function words.tone(state) return of(state)[3] end

--- Does it change without anybody doing something on the page?
function words.is_moving(state)
  return state == "waiting" or state == "approved" or state == "pending" or state == "unknown"
end

--- PRODUCTS_NOT_RECEIVED -> "Products not received"
function words.plain(name)
  local text = name:lower():gsub("_", " ")
  return (text:gsub("^%l", string.upper))
end

--- 200000 seconds -> "2 days 7 hours"
function words.span(seconds)
  local days, hours = math.floor(seconds / 86400), math.floor(seconds % 86400 / 3600)
  if days >= 2 then return ("%d days %d hours"):format(days, hours) end
  if seconds >= 7200 then return ("%d hours"):format(math.floor(seconds / 3600)) end
  return ("%d minutes"):format(math.max(0, math.floor(seconds / 60)))
end

return words
