-- Where an example plays: on Klarna's test host when KLARNA_API_KEY is set, else on a sandbox of
-- its own. Without kassa.httpd (libmicrohttpd) that runs inside the script and shows no page.

local kassa = require "kassa"

local stage = {}

local function sandbox()
  local sandboxes = require "kassa.sandbox"
  if pcall(require, "kassa.httpd") then return sandboxes.start { seed = 7, clock = "virtual" } end
  return sandboxes.world { seed = 7, clock = "virtual" }
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

--- Open the stage.
-- -> klarna (a client), shopper (a function: the shopper approves this request), sandbox or nil
function stage.open()
  local key = os.getenv "KLARNA_API_KEY"
  if key and key ~= "" then
    print "playing on Klarna's test host"
    local klarna = kassa.klarna { api_key = key, account = os.getenv "KLARNA_ACCOUNT" }
    return klarna, wait_for_person, nil
  end
  local box = sandbox()
  local options = box:options()
  print("playing on a sandbox at " .. options.base_url)
  return kassa.klarna(options), function(request)
    box:approve(request.payment_request_id)
    kassa.assert(request:refresh())
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
