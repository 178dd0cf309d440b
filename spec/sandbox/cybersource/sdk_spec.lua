-- Promise: the official node SDK (0.0.83) runs every operation against the sandbox, by either
-- scheme, without an error. npm installs it once into build/npm; where it cannot, the test is left
-- out and says what is missing. It is no test of the Lua version, so Lua 5.4 alone runs it.
local child = require "support.child"
local heavy = require "support.heavy"
local sandbox = require "kassa.sandbox"

if not heavy.here then pending(heavy.left_out "the official node SDK") return end

local FOLDER, PACKAGE = "build/npm", "cybersource-rest-client@0.0.83"
local INSTALL_S, RUN_S = 90, 60

local function has(command)
  return (child.finish { "sh", "-c", "command -v " .. command }) == 0
end

-- Into a folder of its own first, so that half an installation is never taken for one.
local INSTALL = [[
set -e
[ -d "$1/node_modules/cybersource-rest-client" ] && exit 0
fresh="$1.$$"
trap 'rm -rf "$fresh"' EXIT
mkdir -p "$fresh"
timeout "$2" npm install --prefix "$fresh" --no-audit --no-fund --ignore-scripts \
  --prefer-offline --fetch-retries=0 --fetch-timeout=15000 "$3" >"$fresh/log" 2>&1
rm -rf "$1"
mv "$fresh" "$1"
]]

-- nil when the SDK is there, else what is missing.
local function missing()
  for _, command in ipairs { "node", "npm" } do
    if not has(command) then return command .. " is not there: apt-get install nodejs npm" end
  end
  local status = child.finish { "sh", "-c", INSTALL, "sh", FOLDER, tostring(INSTALL_S), PACKAGE }
  if status == 0 then return nil end
  return "npm could not install " .. PACKAGE .. " (is its registry reachable?)"
end

local EXPECTED = [[
createSessionRequest INITIATED
createPayment AUTHORIZED
createSessionRequest INITIATED
updateSessionRequest COMPLETED
createPayment AUTHORIZED
capturePayment SETTLED
refundPayment REFUNDED
refundCapture REFUNDED
createSessionRequest INITIATED
createPayment AUTHORIZED
authReversal AUTH_REVERSED
refreshPaymentStatus COMPLETED
refreshPaymentStatus AUTHORIZED
refreshPaymentStatus SETTLED
refreshPaymentStatus REFUNDED
refreshPaymentStatus REFUNDED
refreshPaymentStatus AUTH_REVERSED
]]

-- -> what the SDK's run printed, and what the sandbox was asked
local function run(scheme, other_secret)
  local box = assert(sandbox.start { provider = "cybersource", seed = 7, clock = "real" })
  local account = box:options()
  local _, printed = child.finish { "timeout", tostring(RUN_S), "node", "spec/support/sdk.js",
    "../../" .. FOLDER, (account.base_url:gsub("^http://", "")), account.merchant_id,
    account.key_id, other_secret or account.secret, scheme }
  local asked = box:requests()
  box:stop()
  return printed, asked
end

describe("the official node SDK", function()
  local lacks
  lazy_setup(function() lacks = missing() end)

  for _, scheme in ipairs { "http_signature", "jwt" } do
    it("runs every operation without an error, by " .. scheme, function()
      if lacks then return pending("left out: " .. lacks) end
      local printed, asked = run(scheme)
      assert.equal(EXPECTED, printed)
      local header = scheme == "jwt" and "authorization" or "signature"
      for _, request in ipairs(asked) do
        assert.is_nil(request.refused, header)
        assert.is_true(request.status < 300)
      end
    end)
  end

  it("is turned away with a wrong secret", function()
    if lacks then return pending("left out: " .. lacks) end
    local printed, asked = run("http_signature", "c2VzYW1l")
    assert.equal('error createSessionRequest: 401 {"response":{"rmsg":"Authentication Failed"}}\n',
      printed)
    assert.matches("signature does not fit", asked[1].refused)
  end)
end)
