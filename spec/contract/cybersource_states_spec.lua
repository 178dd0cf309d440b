-- Every operation of Cybersource in every state: the client's guard, the sandbox and a table copied
-- by hand from the reference (section 7) say the same. It refuses to compute what is legal.

local kassa = require "kassa"
local sandbox = require "kassa.sandbox"

local AMOUNT = 10000
local US = { country = "US", postalCode = "43215", administrativeArea = "OH" }

-- One letter a state, in the order above: y legal, n not.
local SESSION_STATES = { "INITIATED", "COMPLETED", "ABANDONED", "FAILED" }
local ON_SESSION = {
  { "status", "yyyy" },
  { "update", "yynn" },
}

local AUTHORIZATION_STATES = { "AUTHORIZED", "PENDING", "FAILED", "ABANDONED", "AUTH_REVERSED" }
local ON_AUTHORIZATION = {
  { "status", "yyyyy" },
  { "capture", "ynnnn" },
  { "reverse", "ynnnn" },
  { "follow_on", "ynnnn" },
}

local CAPTURE_STATES = { "SETTLED", "PENDING", "FAILED", "CHARGEBACK" }
local ON_CAPTURE = {
  { "status", "yyyy" },
  { "refund", "ynnn" },
}

local REVERSAL_STATES = { "AUTH_REVERSED", "PENDING", "FAILED" }
local REFUND_STATES = { "REFUNDED", "PENDING", "FAILED" }
local ONLY_STATUS = { { "status", "yyy" } }

local function order(amount)
  return { orderInformation = {
    amountDetails = { currency = "USD", totalAmount = amount, taxAmount = 0 }, billTo = US,
    lineItems = { { productName = "Pen", quantity = 1, unitPrice = amount, totalAmount = amount } },
  } }
end

local function session_body(amount)
  local body = order(amount)
  body.flow = "hosted"
  body.merchantInformation = { successUrl = "https://shop.example/ok",
    cancelUrl = "https://shop.example/cancel", failureUrl = "https://shop.example/failed" }
  return body
end

local function payment_body(token, amount)
  local body = order(amount or AMOUNT)
  body.processorInformation = { preApprovalToken = token }
  return body
end

local function money(amount)
  return { orderInformation = { amountDetails = { currency = "USD", totalAmount = amount } } }
end

local BODY = {
  session = { update = session_body(AMOUNT) },
  authorization = { capture = money(100), follow_on = payment_body "sandbox-approved" },
  capture = { refund = money(100) },
}

local function open_shop()
  local shop = { sandbox = sandbox.world { provider = "cybersource", seed = 11 } }
  shop.client = kassa.cybersource(shop.sandbox:options())
  shop.stranger = kassa.cybersource(shop.sandbox:options()) -- has read nothing
  return shop
end

-- The id of what was made, also where it was declined.
local function id_of(value, err)
  if value then return value.id end
  assert.equal("declined", err.code, tostring(err))
  return err.provider.error_id
end

local function new_session(shop, amount)
  return id_of(shop.client.sessions:create(session_body(amount or AMOUNT)))
end

local function authorized(shop, token, amount)
  return id_of(shop.client.authorizations:create(payment_body(token or "sandbox-approved", amount)))
end

local function captured(shop, amount)
  return id_of(shop.client.authorizations:capture(authorized(shop, nil, 2 * AMOUNT), money(amount)))
end

local function refunded(shop, amount)
  return id_of(shop.client.captures:refund(captured(shop, AMOUNT), money(amount)))
end

local function reversed(shop, amount)
  return id_of(shop.client.authorizations:reverse(authorized(shop, nil, amount)))
end

-- How to reach a state: function(shop) -> id.
local REACH = {
  session = {
    INITIATED = new_session,
    COMPLETED = function(shop)
      local id = new_session(shop)
      assert(shop.sandbox:approve(id))
      return id
    end,
    ABANDONED = function(shop)
      local id = new_session(shop)
      assert(shop.sandbox:abandon(id))
      return id
    end,
    FAILED = function(shop) return new_session(shop, 10901) end,
  },
  authorization = {
    AUTHORIZED = authorized,
    PENDING = function(shop) return authorized(shop, "sandbox-pending-failed") end,
    FAILED = function(shop) return authorized(shop, "sandbox-failed") end,
    ABANDONED = function(shop)
      local id = authorized(shop, "sandbox-pending-abandoned")
      assert(shop.sandbox:review(id, "abandoned"))
      return id
    end,
    AUTH_REVERSED = function(shop)
      local id = authorized(shop)
      kassa.assert(shop.client.authorizations:reverse(id))
      return id
    end,
  },
  capture = {
    SETTLED = function(shop) return captured(shop, 1000) end,
    PENDING = function(shop) return captured(shop, 1932) end,
    FAILED = function(shop) return captured(shop, 1931) end,
    CHARGEBACK = function(shop)
      local id = captured(shop, 1000)
      assert(shop.sandbox:chargeback(id))
      return id
    end,
  },
  reversal = {
    AUTH_REVERSED = reversed,
    PENDING = function(shop) return reversed(shop, 10922) end,
    FAILED = function(shop) return reversed(shop, 10921) end,
  },
  refund = {
    REFUNDED = function(shop) return refunded(shop, 500) end,
    PENDING = function(shop) return refunded(shop, 1942) end,
    FAILED = function(shop) return refunded(shop, 1941) end,
  },
}

local function call(resource, verb, id, body)
  if body then return resource[verb](resource, id, body) end
  return resource[verb](resource, id)
end

-- By id the client knows no state, so that the sandbox is the one that answers.
local function sandbox_says(shop, kind, verb, id)
  local value, err = call(shop.stranger[kind .. "s"], verb, id, (BODY[kind] or {})[verb])
  if value then return true end
  assert.equal(400, err.status, tostring(err))
  assert.equal("no", err.happened)
  return false
end

-- An object's own way to ask for its status is `refresh`, for `status` is a field of it.
local function guard_says(object, kind, verb)
  if verb == "status" then return object:refresh() == object end
  return (object:can(verb, (BODY[kind] or {})[verb]))
end

local function check(kind, state, verb, legal)
  local where = kind .. "." .. verb .. " in " .. state
  local shop = open_shop()
  local id = REACH[kind][state](shop)
  local object = kassa.assert(shop.client[kind .. "s"]:status(id))
  assert.equal(state, object.status, where)
  assert.equal(legal, guard_says(object, kind, verb), where .. ": the guard")
  assert.equal(legal, sandbox_says(shop, kind, verb, id), where .. ": the sandbox")
  shop.client:close()
  shop.stranger:close()
  shop.sandbox:stop()
end

local function each_case(kind, states, cases)
  for _, case in ipairs(cases) do
    it(kind .. "." .. case[1], function()
      assert.equal(#states, #case[2])
      for position, state in ipairs(states) do
        check(kind, state, case[1], case[2]:sub(position, position) == "y")
      end
    end)
  end
end

describe("guard, sandbox and reference agree in every state on", function()
  each_case("session", SESSION_STATES, ON_SESSION)
  each_case("authorization", AUTHORIZATION_STATES, ON_AUTHORIZATION)
  each_case("capture", CAPTURE_STATES, ON_CAPTURE)
  each_case("reversal", REVERSAL_STATES, ONLY_STATUS)
  each_case("refund", REFUND_STATES, ONLY_STATUS)
end)

describe("guard and sandbox refuse alike", function()
  local shop
  before_each(function() shop = open_shop() end)
  after_each(function()
    shop.client:close()
    shop.stranger:close()
    shop.sandbox:stop()
  end)

  -- The guard says it without a request; the sandbox says it to who knows nothing.
  local function refused(code, object, verb, body)
    local before = #shop.sandbox:requests()
    local value, err = object[verb](object, body)
    assert.is_nil(value)
    assert.equal(code, err.code)
    assert.equal(before, #shop.sandbox:requests())
    local kind = verb == "refund" and "capture" or "authorization"
    value, err = call(shop.stranger[kind .. "s"], verb, object.id, body)
    assert.is_nil(value)
    assert.equal(400, err.status)
    return err
  end

  it("a capture above what is authorized, and above what is left of it", function()
    local authorization = kassa.assert(
      shop.client.authorizations:create(payment_body "sandbox-approved"))
    refused("exceeds_amount", authorization, "capture", money(AMOUNT + 1))
    kassa.assert(authorization:capture(money(6000)))
    assert.equal("exceeds_amount",
      refused("exceeds_amount", authorization, "capture", money(4001)).code)
    kassa.assert(authorization:capture(money(4000)))
    refused("exceeds_amount", authorization, "capture", money(1))
  end)

  it("a refund above the capture, and above what is left of it", function()
    local authorization = kassa.assert(
      shop.client.authorizations:create(payment_body "sandbox-approved"))
    local capture = kassa.assert(authorization:capture(money(5000)))
    refused("exceeds_amount", capture, "refund", money(5001))
    kassa.assert(capture:refund(money(4000)))
    refused("exceeds_amount", capture, "refund", money(1001))
  end)

  it("a reversal and a follow-on after a capture", function()
    local authorization = kassa.assert(
      shop.client.authorizations:create(payment_body "sandbox-approved"))
    kassa.assert(authorization:capture(money(100)))
    refused("illegal_state", authorization, "reverse")
    refused("illegal_state", authorization, "follow_on", payment_body "sandbox-approved")
  end)

  it("a capture after a reversal", function()
    local authorization = kassa.assert(
      shop.client.authorizations:create(payment_body "sandbox-approved"))
    kassa.assert(authorization:reverse())
    refused("illegal_state", authorization, "capture", money(100))
  end)

  it("an authorization for a session that was abandoned or failed", function()
    for amount, verb in pairs { [AMOUNT] = "abandon", [AMOUNT + 100] = "decline" } do
      local session = kassa.assert(shop.client.sessions:create(session_body(amount)))
      local token = assert(shop.sandbox:approve(session.id)).auth_token
      assert(shop.sandbox[verb](shop.sandbox, session.id))
      session = kassa.assert(shop.client.sessions:status(session.id))
      local value, err = shop.client.authorizations:create(payment_body(token, amount),
        { session = session })
      assert.is_nil(value)
      assert.equal("illegal_state", err.code)
      value, err = shop.stranger.authorizations:create(payment_body(token, amount))
      assert.is_nil(value)
      assert.equal("declined", err.code)
    end
  end)
end)
