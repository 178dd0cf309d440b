-- Promises of kassa.body: what a row fills in stands under what the caller gives, nothing given is
-- changed, and strict = false checks nothing. Cybersource's own rules are in spec/api.

local body = require "kassa.body"
local json = require "kassa.json"
local S = require "kassa.schema"

local record = S.record "r" {
  { "word", S.enum { "one" } },
  { "country", S.country {} },
  { "list", S.list(S.record "item" { { "tax", S.integer {}, needed = "US" } }) },
  { "inner", S.record "inner" { { "a", S.text {}, required = true }, { "b", S.text {} } } },
}
local api = { name = "none", cases = { US = { at = "country", is = "US", doc = "in the US" } } }
local row = { body = record, fixed = { inner = { a = "fixed" } },
  words = { word = { at = "inner.b", one = "1" } },
  without = { why = "is refused", fields = { "secret" } } }

local function write(...) return body.writer(api, row):write(...) end

describe("a body", function()
  it("holds what is fixed under what is given, which stays as it was", function()
    assert.equal('{"inner":{"a":"fixed"}}', write {})
    local given = { inner = { b = "own" } }
    assert.equal('{"inner":{"a":"fixed","b":"own"}}', write(given))
    assert.same({ inner = { b = "own" } }, given)
    assert.equal('{"inner":{"a":"own"}}', write { inner = { a = "own" } })
    assert.same({ inner = { a = "fixed" } }, row.fixed)
  end)

  it("says a word where it belongs", function()
    assert.equal('{"inner":{"a":"fixed","b":"1"}}', write { word = "one" })
    assert.is_nil((write { word = "at" }))
    assert.is_nil((write { word = 7 }))
  end)

  it("needs a field in its case only, and null is none", function()
    local function with(country, tax)
      local _, faults = write { country = country, list = { { tax = tax } } }
      return faults and faults[1].path .. ": " .. faults[1].message
    end
    assert.equal("list[1].tax: is required in the US", with("US"))
    assert.equal("list[1].tax: is required in the US", with("us", json.null))
    assert.is_nil(with("US", 5))
    assert.is_nil(with "SE")
    assert.is_nil(with(nil))
  end)

  it("tells all faults at once, each with its reason", function()
    local _, faults = write { secret = 1, country = "US", list = { {} }, inner = 5 }
    local lines = {}
    for i, fault in ipairs(faults) do lines[i] = fault.path .. ": " .. fault.message end
    table.sort(lines)
    assert.same({ "inner: expected an object, got 5", "list[1].tax: is required in the US",
      "secret: is refused" }, lines)
  end)

  it("is not checked with strict = false, but still filled in", function()
    assert.equal('{"country":"US","list":[{}],"inner":{"a":"fixed"},"secret":1}',
      write({ secret = 1, country = "US", list = { {} } }, false))
  end)

  it("that is no table is a fault", function()
    assert.is_nil((write(nil)))
    assert.is_nil((write "x"))
  end)
end)
