-- Promises of kassa.api.klarna.events: every type of the reference, each about an object of the
-- table, each state one of its machine. The list of types is written by hand here.
local api = require "kassa.api.klarna"
local events = require "kassa.api.klarna.events"
local fixtures = require "support.fixtures"
local json = require "kassa.json"
local machines = require "kassa.api.klarna.machines"

local TYPES = [[
  identity.customer-token.state-change.revoked
  payment.dispute.state-change.arbitration-appeal-window-open
  payment.dispute.state-change.arbitration-pending
  payment.dispute.state-change.closed
  payment.dispute.state-change.merchant-evidence-pending
  payment.dispute.state-change.pre-arbitration
  payment.dispute.updated.arbitration-deadline-extended
  payment.funding.state-change.expired
  payment.funding.state-change.funded
  payment.funding.state-change.pending
  payment.request.state-change.authorized
  payment.request.state-change.canceled
  payment.request.state-change.completed
  payment.request.state-change.confirmed
  payment.request.state-change.declined
  payment.request.state-change.expired
  payment.request.state-change.in-progress
  payment.request.state-change.pending-confirmation
  payment.request.state-change.submitted
  payment.request.updated
  payment.transaction.captured
  payment.transaction.chargeback
  payment.transaction.refunded
  payment.transaction.state-change.authorized
  payment.transaction.state-change.closed
  payment.transaction.state-change.completed
  payment.transaction.state-change.expired
]]

-- States of later releases, which the machines of this one do not have.
local LATER = { COMPLETED = "payment_request", ARBITRATION_APPEAL_WINDOW_OPEN = "payment_dispute" }

describe("the table of events", function()
  it("lists every type of the reference once", function()
    local found = {}
    for i, row in ipairs(events) do found[i] = row.type end
    table.sort(found)
    local expected = {}
    for name in TYPES:gmatch "%S+" do expected[#expected + 1] = name end
    assert.same(expected, found)
  end)

  it("is about objects of the table, in states that their machines have", function()
    for _, row in ipairs(events) do
      if row.object then
        assert.is_truthy(api.objects[row.object], row.type)
      end
      if row.machine then
        local machine = machines[row.machine]
        local known = {}
        for _, state in ipairs(machine.states) do known[state] = true end
        for old in pairs(machine.aliases or {}) do known[old] = true end
        assert.is_truthy(known[row.becomes] or LATER[row.becomes] == row.machine, row.type)
      end
      assert.is_truthy(({ exact = true, likely = true, guess = true })[row.sure], row.type)
      assert.is_truthy(row.source and row.doc, row.type)
    end
  end)

  it("knows where the examples of the reference have their id and their state", function()
    local by_type, seen = {}, 0
    for _, row in ipairs(events) do by_type[row.type] = row end
    for _, fixture in ipairs(fixtures.of "event") do
      seen = seen + 1
      local row, name = by_type[fixture.subject], fixture.name
      local payload = json.decode(fixture.text).payload
      assert.is_string(payload[row.object .. "_id"], name)
      local value = payload
      for _, step in ipairs(row.at or {}) do value = value[step] end
      if row.at then assert.equal(row.becomes, value, name) end
    end
    assert.is_true(seen >= 9)
  end)
end)
