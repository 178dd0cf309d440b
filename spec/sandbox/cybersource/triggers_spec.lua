-- Promises of kassa.sandbox.cybersource.triggers: each row of the table does what it says.

local gateway = require "support.gateway"
local triggers = require "kassa.sandbox.cybersource.triggers"

local g
before_each(function() g = gateway.open { seed = 7 } end)

-- An amount of 100 and some that ends in three digits.
local function amount_for(row)
  return row.by == "amount" and "100" .. row.value:sub(1, 1) .. "." .. row.value:sub(2) or "100.00"
end

-- How each operation is asked for with a row's token or amount.
local ASK = {}

ASK["session.create"] = function(row) return g:session(amount_for(row)) end

ASK["session.update"] = function(row)
  local _, session = g:session()
  return g:update(session.id, amount_for(row))
end

function ASK.authorization(row)
  local token = row.by == "token" and row.value or (g:token())
  return g:authorize(token, amount_for(row))
end

function ASK.reversal(row) return g:reverse(g:authorized(amount_for(row)).id) end
function ASK.capture(row) return g:capture(g:authorized("2000.00").id, amount_for(row)) end
function ASK.refund(row) return g:refund(g:captured("2000.00").id, amount_for(row)) end

local function count(kind)
  return #g.world.provider.steps:ids(kind)
end

local function play(row)
  local before = count(row.operation:match "^%a+")
  local status, value = ASK[row.operation](row)
  if row.refuses then
    assert.equal(400, status)
    assert.equal(row.refuses, value.reason)
    assert.equal(before, count(row.operation:match "^%a+"))
    return
  end
  if row.server then
    assert.equal(502, status)
    local after = count(row.operation:match "^%a+")
    assert.equal(row.server == "after" and 1 or 0, after - before)
    return
  end
  assert.equal(201, status)
  assert.equal(row.statuses[1], value.status)
  if not row.statuses[2] then return end
  g:verb("advance", row.after)
  local _, seen = g:check(value.id)
  assert.equal(row.statuses[2], seen.status)
end

describe("the trigger", function()
  for _, row in ipairs(triggers.list) do
    it(("%s by %s %s does what its row says"):format(row.operation, row.by, row.value), function()
      play(row)
    end)
  end

  it("that holds once lets the second attempt pass", function()
    for _, row in ipairs(triggers.list) do
      if row.once then
        local made = g:authorized(amount_for(row))
        local _, reversal = g:reverse(made.id)
        if row.statuses and row.statuses[2] then g:verb("review", reversal.id, "failed") end
        _, reversal = g:reverse(made.id)
        assert.equal("AUTH_REVERSED", reversal.status, row.value)
      end
    end
  end)

  it("is listed by the sandbox", function()
    assert.equal(#triggers.list, #g:verb "triggers")
  end)
end)
