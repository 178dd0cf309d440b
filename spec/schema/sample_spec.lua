-- Promises of samples: what is called valid is valid, what is called broken is refused, for every
-- kind and for every operation of the table. It refuses to be random.

local heavy = require "support.heavy"
local S = require "kassa.schema"
local api = require("kassa.api").whole(require "kassa.api.klarna")

local types = {
  S.text {}, S.text { min = 10, max = 12 }, S.text { max = 2 }, S.text { multiline = true },
  S.token { max = 4 }, S.id {}, S.url {}, S.email {}, S.phone {}, S.locale {}, S.currency {},
  S.currency { "SEK", "NOK" }, S.country {}, S.time {},
  S.time { millis = true }, S.date {}, S.amount {}, S.decimal { max = 12 },
  S.amount { min = 5000, max = 6000 }, S.integer { max = 0 }, S.number { min = 2, max = 3 },
  S.flag {}, S.enum { "A", "B" }, S.enum { "A", open = true }, S.any {},
  S.list(S.text { max = 3 }, { min = 2, max = 3 }), S.map(S.integer {}),
  S.record "r" { { "a", S.date {}, required = true }, { "b", S.list(S.flag {}) } },
}
for _, row in ipairs(api.operations) do
  if row.body then types[#types + 1] = row.body end
end

local function check(type_, value, what)
  local fine, faults = S.check(type_, value)
  if not fine then
    error(("%s: %s: %s: %s"):format(S.describe(type_), what, faults[1].path, faults[1].message))
  end
end

describe("schema.sample", function()
  it("is valid for every kind and every operation, its sums included", function()
    for _, type_ in ipairs(types) do check(type_, S.sample(type_), "sample") end
  end)

  it("is valid without what may be left out", function()
    for _, type_ in ipairs(types) do check(type_, S.sample(type_, true), "required only") end
  end)

  it("gives the example where there is one", function()
    assert.equal("b", S.sample(S.text { example = "b" }))
    assert.same({ a = "c" }, S.sample(S.record "r" { { "a", S.text {}, example = "c" } }))
  end)
end)

-- Of the large bodies, which are nearly one.
local STRIDE = heavy.here and 1 or 17

describe("schema.broken", function()
  it("is refused for every kind and every operation, each value with its reason", function()
    for _, type_ in ipairs(types) do
      local all = S.broken(type_)
      for i = 1, #all, #all > 1000 and STRIDE or 1 do
        local broken = all[i]
        assert.is_string(broken.why)
        local fine, faults = S.check(type_, broken.value, true, false)
        if fine then error(S.describe(type_) .. ": " .. broken.why .. " is taken") end
        assert.is_true(#faults >= 1)
      end
    end
  end)

  it("breaks each field of a record", function()
    local seen = {}
    for _, broken in ipairs(S.broken(S.record "r" { { "a", S.flag {}, required = true },
        { "b", S.date {} } })) do
      seen[broken.why:match "^%w+:" or broken.why] = true
    end
    assert.is_true(seen["a:"] and seen["b:"] and seen["an unknown field"])
  end)
end)
