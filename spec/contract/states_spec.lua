-- Every operation in every state: the client's guard, the sandbox and a table copied by hand from
-- the reference (4.1, 4.2, 4.4) say the same. It refuses to compute what is legal from the rows.

local kassa = require "kassa"
local sandbox = require "kassa.sandbox"

local AMOUNT = 15000

local REQUEST_STATES = { "SUBMITTED", "PREPARED", "IN_PROGRESS", "PENDING_CONFIRMATION",
  "CONFIRMED", "CANCELED", "EXPIRED", "DECLINED" }

-- One letter a state, in the order above: y legal, n not.
local ON_REQUEST = {
  { "read", "yyyyyyyy" },
  { "update", "ynnnnnnn" },
  { "cancel", "ynyynnnn" },
  { "confirm", "nnnyynnn" },
}

local TRANSACTION_STATES = { "AUTHORIZED", "EXPIRED", "COMPLETED", "CLOSED" }

local ON_TRANSACTION = {
  { "read", "yyyy" },
  { "update", "ynnn" },
  { "capture", "ynnn" },
  { "refund", "yyyn" },
  { "void", "ynnn" },
}

local ON_CAPTURE = {
  { "read", "yyyy" },
  { "refund", "yyyn" },
}

local DISPUTE_STATES = { "PRE_ARBITRATION", "ARBITRATION_PENDING", "MERCHANT_EVIDENCE_PENDING",
  "CLOSED" }

local ON_DISPUTE = {
  { "read", "yyyy" },
  { "accept_loss", "yyyn" },
  { "upload_attachment", "yyyn" },
  { "respond", "nnyn" },
}

local RESOURCE = {
  payment_request = "payment_requests", payment_transaction = "payment_transactions",
  payment_capture = "payment_captures", payment_dispute = "disputes",
}

local BODY = {
  payment_request = {
    update = { payment_amount = AMOUNT, currency = "USD" },
    confirm = { payment_amount = AMOUNT, currency = "USD" },
  },
  payment_transaction = {
    update = { payment_transaction_reference = "other" },
    capture = { capture_amount = 100 },
    refund = { refund_amount = 100 },
  },
  payment_capture = { refund = { refund_amount = 100 } },
  payment_dispute = {
    upload_attachment = { bytes = "%PDF-1.4 a receipt" },
    respond = { additional_information = "Delivered on Friday." },
  },
}

local function open_shop()
  local shop = { sandbox = sandbox.world { seed = 11 } }
  shop.klarna = kassa.klarna(shop.sandbox:options())
  shop.stranger = kassa.klarna(shop.sandbox:options()) -- has read nothing
  return shop
end

-- A request whose shopper agreed once, so that there is a token to confirm with in every state.
local function agreed(shop)
  shop.request = assert(shop.klarna.payment_requests:create {
    currency = "USD", payment_amount = AMOUNT,
    config = { redirect_url = "https://shop.example/thanks" },
  })
  shop.id = shop.request.payment_request_id
  assert(shop.sandbox:approve(shop.id))
  shop.token = assert(shop.request:refresh()).state_context.payment_confirmation_token
end

local function back(shop)
  assert(shop.sandbox:expire(shop.id, "confirmation_token"))
end

local function confirm(shop)
  local confirmed = assert(shop.klarna.payment_requests:confirm(shop.token, {
    currency = "USD", payment_amount = AMOUNT,
  }))
  return confirmed.state_context.payment_transaction.payment_transaction_id
end

local TO_REQUEST_STATE = {
  SUBMITTED = back,
  PREPARED = function(shop) back(shop); assert(shop.sandbox:prepare(shop.id)) end,
  IN_PROGRESS = function(shop) assert(shop.sandbox:open(shop.id)) end,
  PENDING_CONFIRMATION = function() end,
  CONFIRMED = confirm,
  CANCELED = function(shop) assert(shop.klarna.payment_requests:cancel(shop.id)) end,
  EXPIRED = function(shop) back(shop); assert(shop.sandbox:advance "48h") end,
  DECLINED = function(shop)
    assert(shop.sandbox:open(shop.id))
    assert(shop.sandbox:decline(shop.id))
  end,
}

-- A transaction of which a part is captured, so that only the state decides about a refund.
local function authorized(shop)
  agreed(shop)
  shop.id = confirm(shop)
  shop.capture = assert(shop.klarna.payment_transactions:capture(shop.id, {
    capture_amount = 5000,
  }))
end

local function voided(shop) assert(shop.klarna.payment_transactions:void(shop.id)) end

local TO_TRANSACTION_STATE = {
  AUTHORIZED = function() end,
  EXPIRED = function(shop) assert(shop.sandbox:advance "28d") end,
  COMPLETED = voided,
  CLOSED = function(shop) voided(shop); assert(shop.sandbox:close(shop.id)) end,
}

local function call(resource, verb, id, body)
  if body then return resource[verb](resource, id, body) end
  return resource[verb](resource, id)
end

-- By id the client knows no state, so that the sandbox is the one that answers.
local function sandbox_says(shop, kind, verb, id)
  local value, err = call(shop.stranger[RESOURCE[kind]], verb, id, BODY[kind][verb])
  if value then return true end
  assert.is_true(err.status == 403 or err.status == 409, tostring(err))
  assert.are.equal("no", err.happened)
  return false
end

local function check(kind, state, verb, legal, reach)
  local where = kind .. "." .. verb .. " in " .. state
  local shop = open_shop()
  local object, id = reach(shop)
  if object then
    assert.are.equal(state, object.state, where)
    assert.are.equal(legal, (object:can(verb, BODY[kind][verb])), where .. ": the guard")
  end
  assert.are.equal(legal, sandbox_says(shop, kind, verb, id), where .. ": the sandbox")
  shop.sandbox:stop()
end

local function each_case(kind, states, cases, reach)
  for _, case in ipairs(cases) do
    it(kind .. "." .. case[1], function()
      assert.are.equal(#states, #case[2])
      for position, state in ipairs(states) do
        local legal = case[2]:sub(position, position) == "y"
        check(kind, state, case[1], legal, function(shop) return reach(shop, state, case[1]) end)
      end
    end)
  end
end

describe("guard, sandbox and reference agree in every state on", function()
  each_case("payment_request", REQUEST_STATES, ON_REQUEST, function(shop, state, verb)
    agreed(shop)
    TO_REQUEST_STATE[state](shop)
    local object = assert(shop.klarna.payment_requests:read(shop.id))
    return object, verb == "confirm" and shop.token or shop.id
  end)

  each_case("payment_transaction", TRANSACTION_STATES, ON_TRANSACTION, function(shop, state)
    authorized(shop)
    TO_TRANSACTION_STATE[state](shop)
    return assert(shop.klarna.payment_transactions:read(shop.id)), shop.id
  end)

  each_case("payment_dispute", DISPUTE_STATES, ON_DISPUTE, function(shop, state)
    authorized(shop)
    local terms = { reason = "PRODUCTS_NOT_RECEIVED", state = state }
    local id = assert(shop.sandbox:dispute(shop.id, terms)).payment_dispute_id
    return assert(shop.klarna.disputes:read(id)), id
  end)

  -- A capture has no state of its own: only the sandbox can say.
  each_case("payment_capture", TRANSACTION_STATES, ON_CAPTURE, function(shop, state)
    authorized(shop)
    TO_TRANSACTION_STATE[state](shop)
    assert.are.equal(state, assert(shop.klarna.payment_transactions:read(shop.id)).state)
    return nil, shop.capture.payment_capture_id
  end)
end)
