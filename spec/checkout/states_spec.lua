-- Promises of the one set of states: each state of each provider by hand, the sums, and that what
-- is not known is never a success.

local api = require "kassa.api"
local cybersource = require "kassa.checkout.cybersource"
local klarna = require "kassa.checkout.klarna"
local states = require "kassa.checkout.states"

-- "PROVIDER'S STATE ours" by kind, from klarna.md 4 and cybersource.md 6 and 7.
local EXPECTED = {
  [klarna] = {
    payment_request = "CREATED waiting SUBMITTED waiting PREPARED waiting IN_PROGRESS waiting "
      .. "PENDING_CONFIRMATION approved CONFIRMED authorized AUTHORIZED authorized "
      .. "CANCELED canceled EXPIRED expired DECLINED failed",
    payment_transaction = "AUTHORIZED authorized EXPIRED expired COMPLETED captured "
      .. "CLOSED canceled",
    payment_funding = "PENDING pending FUNDED authorized EXPIRED failed",
  },
  [cybersource] = {
    session = "INITIATED waiting COMPLETED approved ABANDONED abandoned FAILED failed",
    authorization = "PENDING pending AUTHORIZED authorized AUTH_REVERSED canceled "
      .. "ABANDONED abandoned FAILED failed",
    reversal = "PENDING pending AUTH_REVERSED canceled FAILED failed",
    capture = "PENDING pending SETTLED captured CHARGEBACK charged_back FAILED failed",
    refund = "PENDING pending REFUNDED refunded FAILED failed",
  },
}

describe("the states of a checkout", function()
  for provider, kinds in pairs(EXPECTED) do
    for kind, words in pairs(kinds) do
      it(("stand for those of %s's %s"):format(provider.title, kind), function()
        local count = 0
        for told, ours in words:gmatch "(%S+) (%S+)" do
          assert.equal(ours, states.of(provider.states[kind], told), told)
          count = count + 1
        end
        for _ in pairs(provider.states[kind]) do count = count - 1 end
        assert.equal(0, count, "a state that is not expected")
      end)
    end

    it(("leave out none that %s's machines have"):format(provider.title), function()
      local table_of = api.whole(require("kassa.api." .. provider.name))
      for kind, map in pairs(provider.states) do
        assert.is_truthy(kinds[kind], kind)
        for _, state in ipairs(table_of.machines[kind].states) do
          assert.is_truthy(map[state], kind .. " " .. state)
        end
        for alias in pairs(table_of.machines[kind].aliases or {}) do
          assert.is_truthy(map[alias], alias)
        end
      end
    end)
  end

  it("are unknown for what nobody has heard of, which is no success", function()
    for _, told in ipairs { "SHINY", "", "authorized", "AUTHORIZED_PENDING_REVIEW" } do
      assert.equal("unknown", states.of(cybersource.states.authorization, told))
    end
    for _, told in ipairs { 7, false, {} } do
      assert.equal("unknown", states.of(klarna.states.payment_request, told))
    end
    assert.equal("unknown", states.of(klarna.states.payment_request, nil))
    local none = { captured = 0, refunded = 0, charged_back = 0, remaining = 0, captures = {} }
    assert.equal("unknown", states.whole(none, "unknown"))
  end)

  it("are each described, the final ones marked", function()
    local final = {}
    for _, state in ipairs(states.list) do
      assert.matches("^%u.*[.]$", state.doc)
      if state.final then final[#final + 1] = state.name end
    end
    assert.equal("refunded charged_back canceled abandoned expired failed",
      table.concat(final, " "))
    assert.equal(12, #states.list)
  end)
end)

local function part(state, amount) return { state = state, amount = amount } end

describe("the sums of a checkout", function()
  it("count what was moved, and hold what may be", function()
    local captures = { part("captured", 500), part("pending", 40), part("failed", 3),
      part("unknown", 2), part("charged_back", 1000) }
    local refunds = { part("refunded", 100), part("pending", 7), part("failed", 9) }
    assert.same({ captured = 1500, held = 1542, refunded = 100, charged_back = 1000 },
      states.sums(captures, refunds))
    assert.same({ captured = 0, held = 0, refunded = 0, charged_back = 0 }, states.sums({}, {}))
  end)
end)

-- captured refunded charged_back remaining, states of captures, told -> the payment's state
local WHOLE = {
  { 0, 0, 0, 100, "", "authorized", "authorized" },
  { 40, 0, 0, 60, "captured", "authorized", "authorized" },
  { 40, 40, 0, 60, "captured", "authorized", "authorized" },
  { 40, 0, 40, 60, "charged_back", "authorized", "authorized" },
  { 100, 0, 0, 0, "captured", "authorized", "captured" },
  { 100, 99, 0, 0, "captured", "authorized", "captured" },
  { 100, 100, 0, 0, "captured", "authorized", "refunded" },
  { 100, 0, 60, 0, "captured charged_back", "authorized", "charged_back" },
  { 100, 100, 60, 0, "captured charged_back", "authorized", "charged_back" },
  { 40, 0, 0, 0, "captured pending", "authorized", "pending" },
  { 0, 0, 0, 0, "pending", "authorized", "pending" },
  { 0, 0, 0, 0, "unknown", "authorized", "pending" },
  { 0, 0, 0, 0, "", "captured", "captured" },
  { 40, 40, 0, 0, "captured", "captured", "refunded" },
  { 0, 0, 0, 0, "", "canceled", "canceled" },
  { 40, 0, 0, 0, "captured", "canceled", "captured" },
  { 40, 0, 0, 0, "captured", "expired", "captured" },
  { 40, 40, 0, 0, "captured", "expired", "refunded" },
  { 40, 0, 0, 0, "captured", "failed", "captured" },
  { 0, 0, 0, 0, "", "expired", "expired" },
  { 0, 0, 0, 0, "", "failed", "failed" },
  { 40, 0, 0, 60, "captured", "pending", "pending" },
  { 100, 0, 0, 0, "captured", "unknown", "unknown" },
  { 0, 0, 0, 0, "", "waiting", "waiting" },
  { 0, 0, 0, 0, "", "approved", "approved" },
}

describe("the state of a whole payment", function()
  for _, case in ipairs(WHOLE) do
    it(("is %s when %s was told, %d captured, %d given back, %d taken back, %d left (%s)"):format(
      case[7], case[6], case[1], case[2], case[3], case[4], case[5]), function()
      local captures = {}
      for state in case[5]:gmatch "%S+" do captures[#captures + 1] = part(state) end
      assert.equal(case[7], states.whole({ captured = case[1], refunded = case[2],
        charged_back = case[3], remaining = case[4], captures = captures }, case[6]))
    end)
  end
end)
