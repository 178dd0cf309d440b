-- Promises of what Klarna's objects prove about an intent: written by hand for each operation and
-- each state of klarna.md 4.1 and 4.2.
local engines = require "support.engines"
local client_of = require "kassa.client".of
local json = require "kassa.json"
local reading = require "kassa.journal.reading.klarna"
local till_of = require "support.till"

describe("reading at Klarna", function()
  if engines[1].missing then return pending(engines[1].missing) end

  local till, id, client

  before_each(function()
    till = till_of.open(engines[1], { retries = 0 })
    id = till:transaction(1000)
    client = client_of(till.klarna)
  end)

  after_each(function() till:close() end)

  local function row(operation, more)
    local made = { operation = "payment_transaction." .. operation, object = id, key = "k",
      provider = "klarna/test", account = client.settings.account or "",
      state = "unknown", created_ms = 1 }
    for name, value in pairs(more or {}) do made[name] = value end
    return made
  end

  local function find(asked, ...) return reading.find(client, asked, { asked, ... }) end

  local function capture(amount, reference)
    return assert(till:client().payment_transactions:capture(id, {
      capture_amount = amount, payment_capture_reference = reference }))
  end

  it("proves a capture by amount and reference", function()
    local asked = row("capture", { amount = 300, reference = "p-1" })
    assert.is_false(find(asked))
    capture(300, "p-2")
    capture(200, "p-1")
    assert.is_false(find(asked))
    local made = capture(300, "p-1")
    local bytes, value = find(asked)
    assert.equal(made.payment_capture_id, value.payment_capture_id)
    assert.equal(made.payment_capture_id, json.decode(bytes).payment_capture_id)
  end)

  it("proves nothing by an amount alone, but that it is not there", function()
    local asked = row("capture", { amount = 300 })
    assert.is_false(find(asked))
    capture(300)
    local found, why = find(asked)
    assert.is_nil(found)
    assert.matches("without a reference", why)
  end)

  it("gives each of two equal intents its own capture", function()
    local first = row("capture", { amount = 300, reference = "p", key = "k1" })
    local second = row("capture", { amount = 300, reference = "p", key = "k2", created_ms = 2 })
    local one, two = capture(300, "p"), capture(300, "p")
    local _, a = find(first, second)
    local _, b = find(second, first)
    assert.equal(one.payment_capture_id, a.payment_capture_id)
    assert.equal(two.payment_capture_id, b.payment_capture_id)
    assert.is_nil((find(first))) -- one intent, two captures: whose is the other?
  end)

  it("does not count what a settled intent has made", function()
    local made = capture(300, "p")
    local asked = row("capture", { amount = 300, reference = "p" })
    local settled = row("capture", { amount = 300, reference = "p", key = "s", state = "ok",
      provider_id = made.payment_capture_id })
    assert.is_false(find(asked, settled))
  end)

  it("does not take what was captured whole for released", function()
    capture(400)
    capture(600)
    assert.is_false(find(row "void"))
    local other = till:transaction(1000)
    assert(till:client().payment_transactions:capture(other, { capture_amount = 999 }))
    assert(till:client().payment_transactions:void(other))
    local _, value = find(row("void", { object = other }))
    assert.equal("COMPLETED", value.state)
  end)

  it("knows a release by what is left", function()
    assert.is_false(find(row "void"))
    assert(till:client().payment_transactions:void(id))
    local _, value = find(row "void")
    assert.equal(0, value.remaining_authorization_amount)
  end)

  it("knows a cancelled request", function()
    local request = assert(till:client().payment_requests:create {
      currency = "USD", payment_amount = 5 })
    local asked = row("", { operation = "payment_request.cancel",
      object = request.payment_request_id })
    assert.is_false(find(asked))
    assert(request:cancel())
    local _, value = find(asked)
    assert.equal("CANCELED", value.state)
  end)

  it("says so where nothing can be read, or reading fails", function()
    local found, why = find(row("", { operation = "customer_token.charge", object = "sha256:x" }))
    assert.is_nil(found)
    assert.matches("nothing to read", why)
    found, why = find(row("", { operation = "payment_request.confirm", object = "token" }))
    assert.is_nil(found)
    assert.matches("not known", why)
    found, why = find(row("capture", { object = "krn:nothing", amount = 1 }))
    assert.is_nil(found)
    assert.matches("could not be read", why)
  end)
end)
