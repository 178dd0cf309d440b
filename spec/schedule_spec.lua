-- Promises of kassa.schedule: never before its time, and in step with nobody.
local schedule = require "kassa.schedule"
local cybersource = require("kassa.api").whole(require "kassa.api.cybersource")

local SHOPPER, REVIEW = cybersource.polling.shopper, cybersource.polling.review

describe("a schedule", function()
  it("has the pauses of section 7.7, in seconds", function()
    local function first(plan, count)
      local seconds = {}
      for i = 1, count do seconds[i] = schedule.pause_ms(plan, i, 0) / 1000 end
      return seconds
    end
    assert.same({ 5, 10, 20, 40, 60, 60, 60, 60, 60, 60, 60, 60, 900, 900 }, first(SHOPPER, 14))
    assert.same({ 30, 120, 600, 3600, 3600 }, first(REVIEW, 5))
  end)

  it("is made longer by chance, never shorter", function()
    for number = 1, 6 do
      local least = schedule.pause_ms(REVIEW, number, 0)
      for _, fraction in ipairs { 0, 0.25, 0.5, 0.999999 } do
        local pause = schedule.pause_ms(REVIEW, number, fraction)
        assert.is_true(pause >= least and pause <= 1.5 * least)
      end
      assert.is_true(schedule.pause_ms(REVIEW, number, 0.9) > least)
    end
  end)

  it("ends 48 hours after a session, 28 days after an authorization", function()
    assert.is_false(schedule.over(SHOPPER, 48 * 3600 * 1000 - 1))
    assert.is_true(schedule.over(SHOPPER, 48 * 3600 * 1000))
    assert.is_false(schedule.over(REVIEW, 28 * 86400 * 1000 - 1))
    assert.is_true(schedule.over(REVIEW, 28 * 86400 * 1000))
  end)

  it("is kept while something is open, and for a state nobody has heard of", function()
    local function of(kind, state)
      return schedule.of_state(cybersource.machines[kind], cybersource.polling, state)
    end
    assert.equal(SHOPPER, of("session", "INITIATED"))
    assert.equal(SHOPPER, of("session", "SOMETHING_NEW"))
    assert.is_nil(of("session", "COMPLETED"))
    for kind, ended in pairs { authorization = "AUTHORIZED", capture = "SETTLED",
        refund = "REFUNDED", reversal = "AUTH_REVERSED" } do
      assert.equal(REVIEW, of(kind, "PENDING"))
      assert.equal(REVIEW, of(kind, "SOMETHING_NEW"))
      assert.equal(REVIEW, of(kind, nil))
      assert.is_nil(of(kind, ended))
      assert.is_nil(of(kind, "FAILED"))
    end
    assert.is_nil(of("capture", "CHARGEBACK"))
  end)
end)
