-- When the shopper does not buy: one leaves the page, one agrees too late, one is declined, and
-- nobody is charged. It plays on the sandbox only, where a day passes in a line.

local here = arg and arg[0]:match "^(.*/)" or "./"
local stage = dofile(here .. "stage.lua")
local kassa = require "kassa"

if (os.getenv "KLARNA_API_KEY" or "") ~= "" then
  error("declined.lua moves the clock and plays on the sandbox only: unset KLARNA_API_KEY", 0)
end

local check, step, tell = kassa.assert, stage.step, stage.tell
local klarna, shopper, sandbox = stage.open()

local ORDER = { currency = "EUR", payment_amount = 4900 }

local request = check(klarna.payment_requests:create(ORDER))

step "The shopper opens the page and leaves."
sandbox:abort(request.payment_request_id)
check(request:refresh())
tell("state %s (%s): the same page may be opened again", request.state, request.state_reason)
assert(request.state == "SUBMITTED" and request.state_reason == "PURCHASE_FLOW_ABORTED")

step "The shopper comes back and approves, but the shop is asleep for an hour."
shopper(request)
local token = request.state_context.payment_confirmation_token
tell("state %s, a token is there for 60 minutes", request.state)
sandbox:advance "61m"
check(request:refresh())
tell("state %s (%s)", request.state, request.state_reason)
assert(request.state == "SUBMITTED" and request.state_reason == "CONFIRMATION_TOKEN_EXPIRED")

step "The old token is worth nothing now."
local confirmed, err = klarna.payment_requests:confirm(token, ORDER)
assert(confirmed == nil and err.happened == "no")
tell("%s", tostring(err))

step "The shopper tries once more, and is declined for every way to pay."
sandbox:decline(request.payment_request_id)
check(request:refresh())
tell("state %s (%s): this request is over", request.state, request.state_reason)
assert(request.state == "DECLINED")

step "Another request is given up by the shop."
request = check(klarna.payment_requests:create(ORDER))
check(request:cancel())
tell("state %s (%s)", request.state, request.state_reason)
assert(request.state == "CANCELED")

step "Whatever is tried after that is refused on this machine, with the reason."
for _, verb in ipairs { "update", "cancel", "confirm" } do
  local ok, why = request:can(verb)
  assert(not ok)
  tell("%s: %s", verb, why)
end

step "A request that nobody touches ends by itself."
local forgotten = check(klarna.payment_requests:create(ORDER))
sandbox:advance "3d"
check(forgotten:refresh())
tell("state %s", forgotten.state)
assert(forgotten.state == "EXPIRED")

sandbox:stop()
print "declined: ok"
