-- Promises of kassa.sandbox.faults: a plan is checked when made and used up as it says.

local answers = require "kassa.sandbox.answers"
local faults = require "kassa.sandbox.faults"
local random = require "kassa.sandbox.random"

local function fresh(seed)
  return faults.new(random.new(seed or 1, "faults"), answers)
end

describe("a planned fault", function()
  it("comes as often as it says, for its operation only", function()
    local f = fresh()
    f:plan { operation = "payment_transaction.capture", kind = "reset", times = 2 }
    assert.is_nil(f:take("payment_transaction.void"))
    assert.equal("reset", f:take("payment_transaction.capture").kind)
    assert.equal("reset", f:take("payment_transaction.capture").kind)
    assert.is_nil(f:take("payment_transaction.capture"))
  end)

  it("comes for every operation, also for none, when it names none", function()
    local f = fresh()
    f:plan { kind = "status", status = 503 }
    for _ = 1, 20 do assert.equal(503, f:take("payment_request.read").status) end
    assert.equal(503, f:take(nil).status)
  end)

  it("stays until all are cleared when it names no times", function()
    local f = fresh()
    f:plan { operation = "*", kind = "silence" }
    f:plan { kind = "garbage" }
    assert.equal(0, f:plan { clear = true })
    assert.is_nil(f:take("payment_request.read"))
  end)

  it("can let some calls pass first", function()
    local f = fresh()
    f:plan { kind = "reset", skip = 2, times = 1 }
    assert.is_nil(f:take("a"))
    assert.is_nil(f:take("a"))
    assert.equal("reset", f:take("a").kind)
    assert.is_nil(f:take("a"))
  end)

  it("comes by chance in the same places for the same seed", function()
    local function places(seed)
      local f, out = fresh(seed), {}
      f:plan { kind = "reset", chance = 0.3 }
      for i = 1, 200 do out[i] = f:take("a") and "x" or "." end
      return table.concat(out)
    end
    assert.equal(places(5), places(5))
    assert.not_equal(places(5), places(6))
    local _, hits = places(5):gsub("x", "")
    assert.truthy(hits > 30 and hits < 90)
  end)

  it("uses the oldest plan that fits", function()
    local f = fresh()
    f:plan { kind = "reset", times = 1 }
    f:plan { kind = "garbage", times = 1 }
    assert.equal("reset", f:take("a").kind)
    assert.equal("garbage", f:take("a").kind)
  end)

  it("says whether the operation happens all the same", function()
    local effect = {
      refuse = false, reset = false, drop_before_effect = false, drop_after_effect = true,
      delay = true, drip = true, truncate = true, status = false, garbage = true, silence = false,
    }
    for kind, expected in pairs(effect) do
      local f = fresh()
      assert(f:plan { kind = kind, ms = 1, at = 1, status = 500 })
      assert.equal(expected, f:take("a").effect, kind)
    end
    local f = fresh()
    f:plan { kind = "silence", effect = true }
    assert.is_true(f:take("a").effect)
  end)
end)

describe("a plan that cannot be meant", function()
  it("is refused with a sentence", function()
    local wrong = {
      { kind = "explode" }, {}, { kind = "delay" }, { kind = "drip" }, { kind = "truncate" },
      { kind = "status" }, { kind = "status", status = 99 }, { kind = "status", status = "500" },
      { kind = "reset", times = 0 }, { kind = "reset", times = 1.5 }, { kind = "reset", tims = 1 },
      { kind = "reset", chance = 2 }, { kind = "truncate", at = -1 }, { kind = "reset", skip = -1 },
      { kind = 7 }, { kind = "delay", ms = -5 },
    }
    for _, spec in ipairs(wrong) do
      local count, message = fresh():plan(spec)
      assert.is_nil(count)
      assert.equal("string", type(message))
    end
    assert.is_nil(fresh():plan("reset"))
  end)

  it("is refused when there are a thousand", function()
    local f = fresh()
    for _ = 1, 1000 do assert(f:plan { kind = "reset" }) end
    assert.is_nil(f:plan { kind = "reset" })
  end)
end)

describe("the answer of a fault", function()
  local function answer(spec, body)
    local f = fresh()
    assert(f:plan(spec))
    return f:answer(f:take("a"), { status = 200, headers = {}, body = body or "{}" },
      function(refusal)
        return { status = refusal.status, headers = { ["Content-Type"] = "application/json" },
          body = refusal.error_code }
      end)
  end

  it("cuts the connection", function()
    for _, kind in ipairs { "refuse", "reset", "drop_before_effect", "drop_after_effect" } do
      assert.same({ kind = "reset", name = kind, begun = true }, answer { kind = kind }.fault)
    end
  end)

  it("delays, drips, truncates and keeps silent", function()
    assert.equal(50, answer { kind = "delay", ms = 50 }.delay_ms)
    assert.same({ kind = "drip", ms = 3 }, answer { kind = "drip", ms = 3 }.fault)
    assert.same({ kind = "truncate", at = 4 }, answer { kind = "truncate", at = 4 }.fault)
    assert.same({ kind = "silence" }, answer { kind = "silence" }.fault)
  end)

  it("ends a limited silence as Klarna does: 500 TIMEOUT", function()
    local made = answer { kind = "silence", ms = 59000 }
    assert.equal(500, made.status)
    assert.equal("TIMEOUT", made.body)
    assert.equal(59000, made.delay_ms)
    assert.is_nil(made.fault)
  end)

  it("puts garbage in place of the body, under the same status", function()
    local made = answer { kind = "garbage" }
    assert.equal(200, made.status)
    assert.not_equal("{}", made.body)
  end)

  it("gives a status in Klarna's envelope, in a gateway's words or in the caller's", function()
    assert.equal(answers.of_status(503).error_code, answer { kind = "status", status = 503 }.body)
    assert.truthy(answer { kind = "status", status = 502 }.body:find("<html>", 1, true))
    assert.equal("own", answer { kind = "status", status = 500, body = "own" }.body)
    local made = answer { kind = "status", status = 429, headers = { ["X-Ratelimit-Reset"] = 2 } }
    assert.equal("2", made.headers["X-Ratelimit-Reset"])
    assert.equal("1", answer({ kind = "status", status = 429 }).headers["X-Ratelimit-Reset"])
  end)
end)

describe("a fault of webhooks", function()
  it("comes for its event types only, as often as it says", function()
    local f = fresh()
    assert.equal(1, f:plan { webhook = "lose", event_type = "payment.request.*", times = 2 })
    assert.is_nil(f:take_webhook "payment.transaction.captured")
    assert.equal("lose", f:take_webhook "payment.request.state-change.submitted")
    assert.equal("lose", f:take_webhook "payment.request.state-change.confirmed")
    assert.is_nil(f:take_webhook "payment.request.state-change.submitted")
  end)

  it("and one of calls do not use each other up", function()
    local f = fresh()
    f:plan { webhook = "duplicate", times = 1 }
    f:plan { kind = "reset", times = 1 }
    assert.equal("reset", f:take("a").kind)
    assert.is_nil(f:take("a"))
    assert.is_nil(f:take(nil))
    assert.equal("duplicate", f:take_webhook "x")
    assert.is_nil(f:take_webhook "x")
    f:plan { kind = "reset" }
    assert.is_nil(f:take_webhook "x")
  end)

  it("can skip, come by chance, and be cleared", function()
    local f = fresh(5)
    f:plan { webhook = "reorder", skip = 1, times = 1 }
    assert.is_nil(f:take_webhook "x")
    assert.equal("reorder", f:take_webhook "x")
    f:plan { webhook = "lose", chance = 0.5 }
    local hits = 0
    for _ = 1, 200 do hits = hits + (f:take_webhook "x" and 1 or 0) end
    assert.truthy(hits > 60 and hits < 140, hits)
    assert.equal(0, f:plan { clear = true })
    assert.is_nil(f:take_webhook "x")
  end)

  it("that cannot be meant is refused with a sentence", function()
    for _, spec in ipairs { { webhook = "explode" }, { webhook = 7 }, { webhook = true },
        { webhook = "lose", kind = "reset" }, { webhook = "lose", operation = "*" },
        { webhook = "lose", times = 0 }, { webhook = "lose", chance = 2 },
        { webhook = "lose", event_type = "pay*" }, { webhook = "lose", status = 500 } } do
      local count, message = fresh():plan(spec)
      assert.is_nil(count)
      assert.equal("string", type(message))
    end
  end)
end)
