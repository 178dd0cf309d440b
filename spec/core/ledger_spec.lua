-- Promises of core.ledger: what must fail is refused before the wire, what is not known stops
-- nothing, and no random history tells it apart from a plain model. It refuses to test Klarna.
local heavy = require "support.heavy"
local ledger = require("kassa.core").ledger
local unit = require "support.unit"

local function fresh(amount)
  return ledger.new { authorized = amount, captured = 0, refunded = 0, captures = 0, refunds = 0,
    operations = 0 }
end

describe("core.ledger", function()
  it("follows a checkout: partial capture, refund, void", function()
    local l = fresh(1000)
    assert.is_true(l:capture(400))
    assert.is_true(l:refund(150))
    assert.same({ authorized = 1000, captured = 400, refunded = 150, remaining = 600,
      captures = 1, refunds = 1, operations = 2 }, l:totals())
    assert.is_true(l:void())
    assert.equal(0, l:totals().remaining)
    assert.same({ false, "nothing remains authorized", 0 }, { l:void() })
  end)

  it("says why not, and the largest amount that would be accepted", function()
    local l = fresh(1000)
    assert.same({ false, "the amount is more than what remains authorized", 1000 },
      { l:can_capture(1001) })
    l:capture(300)
    assert.same({ false, "the amount is more than what was captured and not refunded", 300 },
      { l:can_refund(301) })
    assert.same({ false, "the amount must be 1 or more", 700 }, { l:capture(0) })
    assert.same({ false, "the amount must be 1 or more", 300 }, { l:refund(-5) })
  end)

  it("changes nothing when it only asks and nothing when it refuses", function()
    local l = fresh(500)
    l:capture(200)
    local before = l:totals()
    assert.is_true(l:can_capture(300))
    assert.is_true(l:can_refund(200))
    assert.is_true(l:can_void())
    assert.is_false((l:capture(301)))
    assert.is_false((l:refund(201)))
    assert.same(before, l:totals())
  end)

  it("never captures after a void", function()
    local l = fresh(500)
    l:capture(100)
    l:void()
    assert.same({ false, "the amount is more than what remains authorized", 0 }, { l:capture(1) })
    assert.is_true(l:refund(100))
  end)
end)

describe("core.ledger limits", function()
  it("stops after 200 captures", function()
    local l = fresh(1000)
    for _ = 1, 200 do assert(l:capture(1)) end
    assert.same({ false, "the transaction has had its 200 captures", 0 }, { l:can_capture(1) })
    assert.is_true(l:can_refund(1))
    assert.is_true(l:can_void())
  end)

  it("stops after 200 refunds", function()
    local l = fresh(1000)
    l:capture(500)
    for _ = 1, 200 do assert(l:refund(1)) end
    assert.same({ false, "the transaction has had its 200 refunds", 0 }, { l:can_refund(1) })
    assert.is_true(l:can_capture(1))
  end)

  it("stops after 500 operations of all kinds", function()
    local l = ledger.new { authorized = 1000, captured = 10, refunded = 0, operations = 499 }
    assert.is_true(l:capture(1))
    local full = "the transaction has had its 500 operations"
    assert.same({ false, full, 0 }, { l:can_capture(1) })
    assert.same({ false, full, 0 }, { l:can_refund(1) })
    assert.same({ false, full, 0 }, { l:can_void() })
  end)
end)

describe("core.ledger and what it does not know", function()
  it("refuses nothing because of it", function()
    local l = ledger.new {}
    assert.is_true(l:capture(2 ^ 52))
    assert.is_true(l:refund(1))
    assert.is_true(l:void())
    assert.same({ remaining = 0 }, l:totals())
  end)

  it("works out the remaining amount from the two others", function()
    assert.equal(70, ledger.new({ authorized = 100, captured = 30 }):totals().remaining)
    assert.equal(0, ledger.new({ authorized = 100, captured = 130 }):totals().remaining)
  end)

  it("works out what was captured, unless a void may have taken the rest", function()
    assert.equal(30, ledger.new({ authorized = 100, remaining = 70 }):totals().captured)
    assert.is_nil(ledger.new({ authorized = 100, remaining = 0 }):totals().captured)
    assert.is_true(ledger.new({ authorized = 100, remaining = 0 }):can_refund(100))
  end)

  it("still refuses a refund of more than everything that was captured", function()
    local l = ledger.new { captured = 100 }
    assert.is_true(l:can_refund(100))
    assert.same({ false, "the amount is more than what was captured and not refunded", 100 },
      { l:can_refund(101) })
  end)
end)

describe("core.ledger and numbers", function()
  it("takes whole numbers in whatever way this Lua writes them", function()
    assert.equal(500, fresh(1000.0):totals().remaining - 500)
    assert.is_true(fresh(1000):can_capture(1000.0))
  end)

  it("raises for a fraction, a text, NaN and what cannot be counted by ones", function()
    local l = fresh(1000)
    for _, amount in ipairs { 19.99, "100", 0 / 0, 1 / 0, -1 / 0, 2 ^ 53 * 4, {}, false } do
      assert.error_matches(function() l:capture(amount) end, "amount: whole number expected")
      assert.error_matches(function() l:can_refund(amount) end, "amount: whole number expected")
      assert.error_matches(function() ledger.new { authorized = amount } end, "authorized: whole")
    end
    assert.error_matches(function() l:capture() end, "amount: whole number expected")
    assert.equal(0, l:totals().captured)
  end)

  it("names the field that it cannot use", function()
    assert.error_matches(function() ledger.new() end, "known: table expected")
    assert.error_matches(function() ledger.new { captured = -1 } end, "captured: .*got %-1")
    assert.error_matches(function() ledger.new { refunds = 1.5 } end, "refunds: .*got 1.5")
    assert.error_matches(function() ledger.new { autorized = 1 } end, "autorized: unknown field")
    assert.error_matches(function() ledger.new { 5 } end, "unknown field")
    assert.error_matches(function() ledger.new({}).capture(io.stdout, 1) end, "kassa.ledger exp")
  end)

  it("counts to the end of int64 where this Lua has it, to 2^53 where it has not", function()
    local most = math.maxinteger or 2 ^ 53
    local l = ledger.new { captured = most - 5 }
    assert.same({ false, "the total would be too large to count", 5 }, { l:can_capture(6) })
    assert.is_true(l:capture(5))
    assert.is_true(l:totals().captured == most)
  end)

  it("holds at the edges of int64 in C", function()
    assert.matches("^ok %d+$", unit.run "ledger_test")
  end)
end)

describe("core.ledger against a plain model", function()
  local seed = 3
  local function random(limit)
    seed = (seed * 16807) % 2147483647
    return seed % limit
  end

  local function model(authorized)
    return { authorized = authorized, captured = 0, refunded = 0, remaining = authorized,
      captures = 0, refunds = 0, operations = 0 }
  end

  local ACT = {}

  function ACT.capture(m, amount)
    if amount < 1 or amount > m.remaining or m.captures == 200 then return false end
    m.captured, m.remaining = m.captured + amount, m.remaining - amount
    m.captures = m.captures + 1
    return true
  end

  function ACT.refund(m, amount)
    if amount < 1 or amount > m.captured - m.refunded or m.refunds == 200 then return false end
    m.refunded, m.refunds = m.refunded + amount, m.refunds + 1
    return true
  end

  function ACT.void(m)
    if m.remaining == 0 then return false end
    m.remaining = 0
    return true
  end

  local function same_books(m, totals)
    for name, number in pairs(m) do assert(totals[name] == number, name) end
  end

  -- One random step, taken by both; the question before it must promise what then happens.
  local function step(l, m)
    local dice = random(20)
    local verb = dice < 10 and "capture" or dice < 19 and "refund" or "void"
    local amount = verb ~= "void" and random(m.authorized + 2) - 1 or nil
    local asked = l["can_" .. verb](l, amount)
    local done, reason, limit = l[verb](l, amount)
    local expected = m.operations < 500 and ACT[verb](m, amount)
    assert(asked == done and done == expected)
    assert(done or (type(reason) == "string" and limit >= 0))
    if done then m.operations = m.operations + 1 end
  end

  it("agrees after every step of 20,000 random histories", function()
    for _ = 1, heavy.part(20000) do
      local authorized = 1 + random(1000)
      local l, m = fresh(authorized), model(authorized)
      for _ = 1, 1 + random(12) do
        step(l, m)
        assert(m.refunded <= m.captured and m.captured + m.remaining <= m.authorized)
      end
      same_books(m, l:totals())
    end
  end)

  it("agrees in long histories of small amounts, which meet every limit", function()
    for _ = 1, 20 do
      local l, m = fresh(100000), model(100000)
      for _ = 1, 900 do
        local verb = random(2) == 0 and "capture" or "refund"
        local amount = 1 + random(3)
        local expected = m.operations < 500 and ACT[verb](m, amount)
        assert(l[verb](l, amount) == expected)
        if expected then m.operations = m.operations + 1 end
      end
      same_books(m, l:totals())
    end
  end)
end)
