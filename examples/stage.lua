-- Where an example plays: on a provider's test host when its key is set (KLARNA_API_KEY, or
-- CYBERSOURCE_MERCHANT_ID, _KEY_ID and _SECRET), else on a sandbox of its own. Without kassa.httpd
-- (libmicrohttpd) that runs inside the script and shows no page.

local kassa = require "kassa"

local stage = {}

-- clock: of the one behind a server; in the script waiting takes no time.
local function sandbox(provider, clock)
  local options = { seed = 7, clock = "virtual", provider = provider }
  local sandboxes = require "kassa.sandbox"
  if not pcall(require, "kassa.httpd") then return sandboxes.world(options) end
  options.clock = clock or "virtual"
  return sandboxes.start(options)
end

-- What an environment variable says; nil for nothing.
local function said(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- On Klarna's test host a person decides; the script looks every two seconds whether they did.
local function wait_for_person(request)
  print("  open the page above and decide; waiting ...")
  for _ = 1, 300 do
    kassa.sleep(2)
    kassa.assert(request:refresh())
    if request.state ~= "SUBMITTED" and request.state ~= "IN_PROGRESS" then return end
  end
  error("nobody decided within ten minutes", 0)
end

--- Open the stage. options: nil, or { clock = "real" } for a sandbox that keeps real time.
-- -> klarna (a client), shopper (a function: the shopper approves this request), sandbox or nil
function stage.open(options)
  local key = said "KLARNA_API_KEY"
  if key then
    print "playing on Klarna's test host"
    local klarna = kassa.klarna { api_key = key, account = said "KLARNA_ACCOUNT" }
    return klarna, wait_for_person, nil
  end
  local box = sandbox(nil, options and options.clock)
  local found = box:options()
  print("playing on a sandbox at " .. found.base_url)
  return kassa.klarna(found), function(request)
    box:approve(request.payment_request_id)
    kassa.assert(request:refresh())
  end, box
end

-- The same for a checkout of either provider. -> nil for Klarna, which is asked; of Cybersource's
-- page the address where the shopper came back to, which has to be typed here.
local function wait_for_shopper(payment)
  print("  open the page above and decide; waiting ...")
  if payment.provider == "cybersource" then
    print "  paste the address where you were sent afterwards:"
    return io.read()
  end
  for _ = 1, 300 do
    kassa.sleep(2)
    if kassa.assert(payment:status()).state ~= "waiting" then return nil end
  end
  error("nobody decided within ten minutes", 0)
end

-- Options of a client of a test host, or nil when there is no key for it.
local TEST_HOST = {
  klarna = function()
    local key = said "KLARNA_API_KEY"
    return key and { api_key = key, account = said "KLARNA_ACCOUNT" }
  end,
  cybersource = function()
    local secret = said "CYBERSOURCE_SECRET"
    return secret and { merchant_id = said "CYBERSOURCE_MERCHANT_ID",
      key_id = said "CYBERSOURCE_KEY_ID", secret = secret }
  end,
}

--- Open the stage for a storefront over "klarna" or "cybersource".
-- -> client, shopper (a function: the shopper of this payment agrees; it returns what they came
-- back with), sandbox or nil
function stage.storefront(provider)
  local host = TEST_HOST[provider] or error("klarna or cybersource, not " .. provider, 0)
  local options = host()
  if options then
    print(("playing on the test host of %s"):format(provider))
    return kassa[provider](options), wait_for_shopper, nil
  end
  local box = sandbox(provider)
  options = box:options()
  print("playing on a sandbox at " .. options.base_url)
  return kassa[provider](options), function(payment)
    kassa.assert(box:approve(payment.id))
    kassa.assert(payment:status())
    return box:redirect(payment.id)
  end, box
end

--- Print a numbered step.
function stage.step(text)
  stage.count = (stage.count or 0) + 1
  print(("%d. %s"):format(stage.count, text))
end

--- Print what a step brought.
function stage.tell(...)
  print("  " .. string.format(...))
end

return stage
