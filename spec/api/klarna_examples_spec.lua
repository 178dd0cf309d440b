-- Every example of the reference page runs against the sandbox, as printed.
-- It refuses to help them along: an example gets what its row says it needs, and nothing else.

local api = require("kassa.api").whole(require "kassa.api.klarna")
local kassa = require "kassa"
local sandbox = require "kassa.sandbox"

local NAMES = "kassa, klarna, request, token, transaction, capture, refund, chargeback_id, dispute,"
  .. " signing_key, webhook"

local function request_of(world)
  world.request = assert(world.klarna.payment_requests:create {
    currency = "USD", payment_amount = 15000,
    config = { redirect_url = "https://shop.example/thanks" },
  })
end

local function confirmation_of(world)
  request_of(world)
  assert(world.sandbox:approve(world.request.payment_request_id))
  assert(world.request:refresh())
  world.token = world.request.state_context.payment_confirmation_token
end

local function transaction_of(world)
  confirmation_of(world)
  local confirmed = assert(world.klarna.payment_requests:confirm(world.token, {
    currency = "USD", payment_amount = 15000,
  }))
  local id = confirmed.state_context.payment_transaction.payment_transaction_id
  world.transaction = assert(world.klarna.payment_transactions:read(id))
end

local function capture_of(world)
  transaction_of(world)
  world.capture = assert(world.transaction:capture { capture_amount = 5000 })
end

local function signing_key_of(world)
  world.signing_key = assert(world.klarna.signing_keys:create())
end

local GIVEN = {
  request = request_of,
  confirmation = confirmation_of,
  transaction = transaction_of,
  capture = capture_of,
  customer_token = function(world) world.token = assert(world.sandbox:token "approved") end,
  refund = function(world)
    capture_of(world)
    world.refund = assert(world.capture:refund { refund_amount = 400 })
  end,
  chargeback = function(world)
    capture_of(world)
    local id = world.transaction.payment_transaction_id
    world.chargeback_id = assert(world.sandbox:chargeback(id, {})).payment_chargeback_id
  end,
  dispute = function(world)
    capture_of(world)
    local made = assert(world.sandbox:dispute(world.transaction.payment_transaction_id, {
      reason = "PRODUCTS_NOT_RECEIVED", state = "MERCHANT_EVIDENCE_PENDING",
    }))
    world.dispute = assert(world.klarna.disputes:read(made.payment_dispute_id))
  end,
  signing_key = signing_key_of,
  webhook = function(world)
    signing_key_of(world)
    world.webhook = assert(world.klarna.webhooks:create {
      url = "https://shop.example/klarna", event_types = { "payment.*" }, event_version = "v2",
      signing_key_id = world.signing_key.signing_key_id, status = "ENABLED",
    })
  end,
}

-- What an example prints is for people; here it would only hide the dots.
local function run(code, name, world)
  local chunk = "local " .. NAMES .. " = ...; local print = function() end; " .. code
  local fn = assert((loadstring or load)(chunk .. "\nreturn print", "=" .. name))
  fn(kassa, world.klarna, world.request, world.token, world.transaction, world.capture,
    world.refund, world.chargeback_id, world.dispute, world.signing_key, world.webhook)
end

describe("the example of", function()
  for _, row in ipairs(api.operations) do
    it(row.name .. " runs as printed", function()
      local world = { sandbox = sandbox.world { seed = 7 } }
      world.klarna = kassa.klarna(world.sandbox:options())
      local given = row.example.given
      if given then GIVEN[given](world) end
      run(row.example.code, row.name, world)
      local calls = world.sandbox:requests()
      assert.are.equal(row.name, calls[#calls].operation)
      assert.is_true(calls[#calls].status < 300)
      world.sandbox:stop()
    end)
  end
end)
