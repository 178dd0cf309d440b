-- Promises of the simulated events: one of every type of reference 5.2, in the shape of the
-- examples there are.

local fixtures = require "support.fixtures"
local random = require "kassa.sandbox.random"
local samples = require "kassa.sandbox.klarna.samples"

local NOON = 1704110400000

-- By hand from the table of 5.2.
local TYPES = {
  "identity.customer-token.state-change.revoked",
  "payment.dispute.state-change.arbitration-appeal-window-open",
  "payment.dispute.state-change.arbitration-pending",
  "payment.dispute.state-change.closed",
  "payment.dispute.state-change.merchant-evidence-pending",
  "payment.dispute.state-change.pre-arbitration",
  "payment.dispute.updated.arbitration-deadline-extended",
  "payment.funding.state-change.expired",
  "payment.funding.state-change.funded",
  "payment.funding.state-change.pending",
  "payment.request.state-change.authorized",
  "payment.request.state-change.canceled",
  "payment.request.state-change.completed",
  "payment.request.state-change.confirmed",
  "payment.request.state-change.declined",
  "payment.request.state-change.expired",
  "payment.request.state-change.in-progress",
  "payment.request.state-change.pending-confirmation",
  "payment.request.state-change.submitted",
  "payment.request.updated",
  "payment.transaction.captured",
  "payment.transaction.chargeback",
  "payment.transaction.refunded",
  "payment.transaction.state-change.authorized",
  "payment.transaction.state-change.closed",
  "payment.transaction.state-change.completed",
  "payment.transaction.state-change.expired",
}

local function sample(event_type)
  return samples.payload(event_type, random.new(1), NOON)
end

-- Does a sample have every member of an example, of the same type?
local function has(example, value, path)
  assert.equal(type(example), type(value), path)
  if type(example) ~= "table" then return end
  for name, member in pairs(example) do has(member, value[name], path .. "." .. name) end
end

describe("a simulated event", function()
  it("is there for every type of the reference", function()
    assert.same(TYPES, samples.types())
    assert.is_nil(sample "payment.paid")
  end)

  it("has the members of Klarna's example of its type", function()
    local count = 0
    for _, fixture in ipairs(fixtures.all()) do
      if fixture.kind == "event" then
        has(fixture.value.payload, sample(fixture.subject), fixture.subject)
        count = count + 1
      end
    end
    assert.equal(10, count)
  end)

  it("says the state that its type says", function()
    for _, event_type in ipairs(TYPES) do
      local word = event_type:match "state%-change%.([%w%-]+)$"
      local payload = sample(event_type)
      local state = (payload.payment_funding or payload).state
      if word and word ~= "arbitration-appeal-window-open" then
        assert.equal(word:upper():gsub("%-", "_"), state)
      end
    end
  end)

  it("has new ids each time, the same for the same seed", function()
    local one, two = random.new(1), random.new(1)
    local first = samples.payload(TYPES[1], one, NOON)
    assert.same(first, samples.payload(TYPES[1], two, NOON))
    assert.not_same(first, samples.payload(TYPES[1], one, NOON))
  end)
end)
