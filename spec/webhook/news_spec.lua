-- Promises of kassa.webhook.news: what is newer by the machine is newer whatever the clocks say,
-- and time decides only where the machine does not.
local access = require "kassa.api.klarna.access"
local core = require "kassa.core"
local machines = require "kassa.api.klarna.machines"
local news = require "kassa.webhook.news"

local rules = news.rules(access)
local request, transaction, funding =
  rules.payment_request, rules.payment_transaction, rules.payment_funding

local function newer(rule, known, known_ms, told, told_ms, previous)
  return rule:newer({ state = known, ms = known_ms },
    { state = told, ms = told_ms, previous = previous })
end

describe("news", function()
  it("is everything, where nothing is known", function()
    assert.is_true(request:newer(nil, { state = "SUBMITTED", ms = 1 }))
  end)

  it("is what the known state leads to, although it seems to have happened before", function()
    assert.is_true(newer(request, "SUBMITTED", 5, "CONFIRMED", 3))
    assert.is_true(newer(transaction, "AUTHORIZED", 5, "CLOSED", 3))
    assert.is_true(newer(funding, "PENDING", 5, "FUNDED", nil))
  end)

  it("is never what led to the known state, although it seems to have happened later", function()
    assert.is_false(newer(request, "CONFIRMED", 3, "SUBMITTED", 5))
    assert.is_false(newer(transaction, "COMPLETED", 3, "AUTHORIZED", 5))
    assert.is_false(newer(funding, "EXPIRED", 3, "PENDING", nil))
  end)

  it("is decided by time inside a circle of states", function()
    assert.is_true(newer(request, "IN_PROGRESS", 3, "SUBMITTED", 5))
    assert.is_false(newer(request, "SUBMITTED", 5, "IN_PROGRESS", 3))
    assert.is_true(newer(transaction, "EXPIRED", 3, "AUTHORIZED", 5))
    assert.is_false(newer(transaction, "EXPIRED", 5, "AUTHORIZED", 3))
  end)

  it("within one second follows the state before, and else the order of life", function()
    assert.is_true(newer(request, "IN_PROGRESS", 5, "SUBMITTED", 5, "IN_PROGRESS"))
    assert.is_false(newer(request, "IN_PROGRESS", 5, "SUBMITTED", 5, "CREATED"))
    assert.is_false(newer(request, "IN_PROGRESS", 5, "SUBMITTED", 5))
    assert.is_true(newer(request, "SUBMITTED", 5, "IN_PROGRESS", 5))
  end)

  it("is decided by time where neither state leads to the other", function()
    assert.is_true(newer(request, "CANCELED", 3, "CONFIRMED", 5))
    assert.is_false(newer(request, "CANCELED", 5, "CONFIRMED", 3))
  end)

  it("is decided by time for states that no machine knows", function()
    assert.is_true(newer(request, "CONFIRMED", 3, "COMPLETED", 5))
    assert.is_false(newer(request, "COMPLETED", 5, "CONFIRMED", 3))
    assert.is_true(newer(request, "CONFIRMED", 5, "COMPLETED", 5))
  end)

  it("takes the same state again for news unless it is older", function()
    assert.is_true(newer(request, "SUBMITTED", 5, "SUBMITTED", 5))
    assert.is_true(newer(request, "SUBMITTED", 5, "SUBMITTED", nil))
    assert.is_false(newer(request, "SUBMITTED", 5, "SUBMITTED", 3))
  end)

  it("gives an old name of a state the machine's own", function()
    assert.equal("CONFIRMED", request:name "AUTHORIZED")
    assert.equal("SUBMITTED", request:name "SUBMITTED")
    assert.equal("NEVER_HEARD_OF", request:name "NEVER_HEARD_OF")
  end)

  it("never moves back, for each pair of states of each machine and any times", function()
    for name, machine in pairs(machines) do
      local own = core.machine.new { name = name, states = machine.states, edges = machine.edges }
      for _, known in ipairs(machine.states) do
        for _, told in ipairs(machine.states) do
          local back = own:reaches(told, known) and not own:reaches(known, told)
          for _, ms in ipairs { 1, 2, 3 } do
            if back and known ~= told then
              assert.is_false(newer(rules[name], known, 2, told, ms), name .. known .. told)
            end
          end
        end
      end
    end
  end)
end)

describe("a state that no machine rules", function()
  local timed = news.timed

  it("is newer unless it happened before", function()
    assert.is_true(newer(timed, "PENDING", 5, "SETTLED", 6))
    assert.is_true(newer(timed, "PENDING", 5, "SETTLED", 5))
    assert.is_true(newer(timed, "PENDING", nil, "SETTLED", 5))
    assert.is_true(timed:newer(nil, { state = "SETTLED" }))
    assert.is_false(newer(timed, "SETTLED", 6, "PENDING", 5))
    assert.equal("NOVEL", timed:name "NOVEL")
  end)
end)
