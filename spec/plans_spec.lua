-- Promises of kassa.plans: what a row says becomes a method, and its schema waits for a body.
local kassa = require "kassa"
local plans = require "kassa.plans"
local table_ = require "kassa.api.klarna"

local function client()
  local made = {
    access = table_, settings = { prefix = "/v2", paths = {} }, resources = {}, classes = {},
  }
  plans.add(made)
  return made
end

describe("kassa.plans", function()
  it("makes a method of every row, on its resource and on what it acts on", function()
    local made = client()
    for _, row in ipairs(table_.operations) do
      assert.equal("function", type(made.resources[row.resource][row.verb]), row.name)
      if row.on then
        assert.equal("function", type(made.classes[row.on].meta.__index[row.verb]), row.name)
      end
    end
  end)

  it("makes the same of Cybersource's rows, where asking for a state is refresh()", function()
    local gateway = require "kassa.api.cybersource"
    local made = { access = gateway, settings = { prefix = "", paths = {} }, resources = {},
      classes = {} }
    plans.add(made)
    for _, row in ipairs(gateway.operations) do
      assert.equal("function", type(made.resources[row.resource][row.verb]), row.name)
      if row.on then
        local verb = row.asks and "refresh" or row.verb
        assert.equal("function", type(made.classes[row.on].meta.__index[verb]), row.name)
      end
    end
    assert.equal("function", type(made.classes.session.meta.__index.authorize))
    assert.is_nil(rawget(made.classes.session.meta.__index, "status")) -- that is a field
  end)

  it("reads the schema of a body when the first one is written", function()
    local plan = client().classes.payment_transaction.meta.plans.capture
    local before = plan.writer
    local body = before:fill({ capture_amount = 5 }, true, true)
    assert.equal('{"capture_amount":5}', tostring(body))
    assert.is_not.equal(before, plan.writer)
    local faults
    body, faults = before:fill({ capture_amount = -5 }, true, true)
    assert.is_nil(body)
    assert.equal("capture_amount", faults[1].path)
  end)

  it("tells every client its own methods", function()
    local key = "klarna_test_api_c2VjcmV0"
    local a, b = kassa.klarna { api_key = key }, kassa.klarna { api_key = key }
    assert.is_not.equal(a.payment_requests, b.payment_requests)
    a.close()
    b.close()
  end)
end)
