-- Promises of the kinds of field: descriptions are plain data, misuse raises where it stands, and a
-- type can check, describe and sample itself. What is written is in the specs of the core.

local S = require "kassa.schema"

-- The message of an error, without its position, which has to be in this file.
local function misuse(f)
  local fine, message = pcall(f)
  assert.is_false(fine)
  local position, text = message:match "^(.-schema_spec%.lua:%d+): (.*)$"
  assert.is_string(position, message)
  return text
end

describe("a constructor", function()
  it("returns plain data of its own", function()
    local given = { min = 1, max = 5 }
    local type_ = S.text(given)
    assert.same({ kind = "text", min = 1, max = 5 }, type_)
    assert.is_nil(getmetatable(type_))
    given.max = 99
    assert.equal(5, type_.max)
    assert.are_not.equal(S.text {}, S.text {})
  end)

  it("takes no options as none", function()
    assert.same({ kind = "flag" }, S.flag())
    assert.same({ kind = "id", min = 1, max = 255 }, S.id())
    assert.same({ kind = "id", min = 2, max = 9 }, S.id { min = 2, max = 9 })
  end)

  it("takes the facts that a field may carry", function()
    assert.same({ kind = "email", personal = true, doc = "d", source = "R5", sure = "likely",
      example = "a@b.co" }, S.email { personal = true, doc = "d", source = "R5", sure = "likely",
      example = "a@b.co" })
  end)

  it("raises for an option that it does not know, and says which there are", function()
    assert.equal('schema.flag: unknown option "max"; expected doc, example, personal, secret,'
      .. " source, sure", misuse(function() S.flag { max = 1 } end))
    assert.matches("unknown option", misuse(function() S.text { maks = 1 } end))
  end)

  it("raises for a value that an option cannot have", function()
    assert.equal('schema.text: option "max": expected a whole number from 0, got -1',
      misuse(function() S.text { max = -1 } end))
    assert.matches("a whole number from 0", misuse(function() S.text { min = "1" } end))
    assert.matches("a whole number, got", misuse(function() S.amount { min = 0.5 } end))
    assert.matches("true or false", misuse(function() S.text { multiline = 1 } end))
    assert.matches('"exact", "likely" or "guess"', misuse(function() S.text { sure = "yes" } end))
    assert.matches("min 5 is above max 1", misuse(function() S.text { min = 5, max = 1 } end))
    assert.matches("expected a table of options", misuse(function() S.text "x" end))
    assert.matches("expected named options", misuse(function() S.text { "x" } end))
  end)

  it("raises for a record whose currency is none", function()
    local entry = { "code", S.currency {} }
    assert.equal("code", S.record "r" { entry, currency = "code" }.currency)
    assert.matches('"kode" is not the path of a currency here',
      misuse(function() S.record "r" { entry, currency = "kode" } end))
    assert.matches("is not the path of a currency",
      misuse(function() S.record "r" { { "code", S.text {} }, currency = "code" } end))
  end)

  it("raises for an enum without values, or with odd ones", function()
    assert.matches("at least one value", misuse(function() S.enum {} end))
    assert.matches("expected a string", misuse(function() S.enum { 1 } end))
    assert.matches("stands twice", misuse(function() S.enum { "A", "A" } end))
    assert.matches("expected a string", misuse(function() S.currency { "" } end))
  end)

  it("raises for a list or a map of no type", function()
    assert.matches("expected a type for its members", misuse(function() S.list() end))
    assert.matches("expected a type for its members", misuse(function() S.list { max = 1 } end))
    assert.matches("expected a type for its members", misuse(function() S.map(S.text) end))
    assert.matches("unknown option", misuse(function() S.list(S.text {}, { size = 1 }) end))
  end)
end)

describe("a record", function()
  local text = S.text {}

  it("keeps its entries in their order", function()
    local record = S.record "r" { { "b", text, required = true }, { "a", text } }
    assert.equal("record", record.kind)
    assert.equal("r", record.name)
    assert.same({ "b", text, required = true }, record[1])
    assert.equal("a", record[2][1])
  end)

  it("raises for an entry that is none", function()
    assert.matches("expected an entry", misuse(function() S.record "r" { "a" } end))
    assert.matches("field's name first", misuse(function() S.record "r" { { text } } end))
    assert.matches('field "a": expected a type', misuse(function() S.record "r" { { "a" } } end))
    assert.matches('field "a": expected a type',
      misuse(function() S.record "r" { { "a", S.text } } end))
    assert.matches('field "a" stands twice',
      misuse(function() S.record "r" { { "a", text }, { "a", text } } end))
    assert.matches('field "a": unknown option "requird"',
      misuse(function() S.record "r" { { "a", text, requird = true } } end))
    assert.matches("hole",
      misuse(function() S.record "r" { { "a", text }, nil, { "b", text } } end))
    assert.matches('unknown option "rule"', misuse(function() S.record "r" { rule = {} } end))
    assert.matches("record's name", misuse(function() S.record {} end))
    assert.matches("table of entries", misuse(function() S.record "r" "x" end))
  end)

  it("raises for a rule about fields that are not there", function()
    local function with(rule)
      return misuse(function()
        S.record "r" { { "n", S.amount {} }, { "t", text }, { "l", S.list(S.record "i" {
          { "n", S.amount {} } }) }, rules = { rule } }
      end)
    end
    assert.matches("expected a rule", with(1))
    assert.matches("expected a rule", with { equals = "n" })
    assert.matches("expected a rule", with { sum = "l[].n", product = {}, equals = "n" })
    assert.matches('"x" is not the path', with { sum = "l[].n", equals = "x" })
    assert.matches('"t" is not the path', with { sum = "l[].n", equals = "t" })
    assert.matches('"l%[%].x" is not the path', with { sum = "l[].x", equals = "n" })
    assert.matches("has to name one list", with { sum = "n", equals = "n" })
    assert.matches('"x" is not the path', with { product = { "n", "x" }, equals = "n" })
    assert.matches('"l%.n" is not the path', with { product = { "n", "l.n" }, equals = "n" })
  end)
end)

describe("schema.writer", function()
  it("is made once for each type", function()
    local type_ = S.record "r" { { "a", S.integer {} } }
    assert.equal(S.writer(type_), S.writer(type_))
    assert.are_not.equal(S.writer(type_), S.writer(S.record "r" { { "a", S.integer {} } }))
    assert.equal('{"a":1}', S.writer(type_):write { a = 1 })
  end)

  it("raises for what is no type", function()
    misuse(function() return (S.writer {}) end)
    misuse(function() return (S.writer "text") end)
  end)
end)

describe("schema.check", function()
  it("returns true, or nil and the faults", function()
    assert.is_true(S.check(S.integer {}, 5))
    local fine, faults = S.check(S.integer {}, "5")
    assert.is_nil(fine)
    assert.equal(1, #faults)
    assert.is_true(S.check(S.integer {}, "5", false))
  end)
end)

describe("a type", function()
  it("describes, redacts and samples itself", function()
    local type_ = S.record "r" { { "a", S.text {}, secret = true } }
    assert.equal("object r", S.describe(type_))
    assert.same({ a = "[secret]" }, S.redact(type_, { a = "x" }))
    assert.is_true(S.check(type_, S.sample(type_)))
    assert.is_true(#S.broken(type_) > 0)
  end)
end)
