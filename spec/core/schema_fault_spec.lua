-- Promises of faults: all at once, each with its path and with what was probably meant, none with
-- the value of a personal or secret field. It refuses to test which values are faults.

local core = require "kassa.core"
local S = require "kassa.schema"
local writing = require "support.writing"

local item = S.record "item" {
  { "name", S.text { max = 5 }, required = true },
  { "quantity", S.integer { min = 1 }, required = true },
  { "kind", S.enum { "TO_DOOR", "TO_CURB", "PICKUP_BOX" } },
  { "any", S.any {} },
}
local order = S.record "order" {
  { "currency", S.currency {}, required = true },
  { "data", S.record "data" { { "items", S.list(item) } } },
}

describe("the faults of a value", function()
  it("come all at once, each with its path, list positions from 1", function()
    assert.same({
      "data.items[1].name: expected at most 5 characters, got 6",
      "data.items[2].quantity: expected at least 1, got 0",
      "data.items[2].kind: is none of the allowed values (did you mean \"TO_DOOR\"?)",
      "data.items[2].nmae: is not a field of this object (did you mean \"name\"?)",
      "data.items[2].name: is required",
      "currency: is required",
    }, writing.faults(order, { data = { items = {
      { name = "abcdef", quantity = 1 }, { nmae = "x", quantity = 0, kind = "TODOOR" },
    } } }))
  end)

  it("of unknown fields come sorted", function()
    assert.same({ "a: is not a field of this object", "b: is not a field of this object",
      "c: is not a field of this object", "currency: is required" },
      writing.messages(order, { c = 1, b = 2, a = 3 }))
  end)

  it("list what is allowed when nothing is near", function()
    assert.same({ "kind: is none of the allowed values (one of TO_DOOR, TO_CURB, PICKUP_BOX)" },
      writing.faults(item, { name = "x", quantity = 1, kind = "BY_PIGEON" }))
    local codes = {}
    for position = 1, 20 do codes[position] = "CODE_" .. ("X"):rep(position * 3) end
    local line = writing.faults(S.enum(codes), "y")[1]
    assert.matches("one of CODE_XXX, .*, %.%.%.%)$", line)
  end)

  it("are 100 and a word that there are more", function()
    local value = { currency = "USD" }
    for position = 1, 500 do value["unknown" .. position] = 1 end
    local _, faults = core.schema.compile(order):write(value)
    assert.equal(101, #faults)
    assert.same({ path = "", message = "has more faults than the 100 listed" }, faults[101])
  end)

  it("of the value itself have an empty path", function()
    assert.same({ ": expected an object, got a list" }, writing.faults(order, { 1, 2 }))
    assert.same({ ": expected an object, got nil" }, writing.faults(order, nil))
    assert.same({ ": expected an object, got text" }, writing.faults(order, "x"))
  end)

  it("name odd keys so that they can be read", function()
    local function path(key)
      local _, faults = core.json.encode { [key] = print }
      return faults[1].path
    end
    assert.equal("a-b_1", path "a-b_1")
    assert.equal('["a.b"]', path "a.b")
    assert.equal('[""]', path "")
    assert.equal('["a\\nb"]', path "a\nb")
    assert.equal('["\195\164"]', path "\195\164")
    assert.equal('["?"]', path "\255")
    assert.equal('["a\\u0000b"]', path "a\0b")
    assert.equal('["' .. ("n"):rep(64) .. '"...]', path(("n"):rep(1000)))
    assert.equal('["' .. ("n"):rep(63) .. '"...]', path(("n"):rep(63) .. "\195\164" .. "rest"))
  end)

  it("say what was expected and what came", function()
    local function line(type_, value) return writing.messages(type_, value)[1] end
    assert.equal(": expected text, got 5", line(S.text {}, 5))
    assert.equal(": expected text, got true", line(S.text {}, true))
    assert.equal(": expected text, got a list", line(S.text {}, { 1 }))
    assert.equal(": expected text, got an object", line(S.text {}, { a = 1 }))
    assert.equal(": expected text, got function", line(S.text {}, print))
    assert.equal(": expected text, got thread", line(S.text {}, coroutine.create(function() end)))
    assert.equal(": expected text, got userdata", line(S.text {}, io.stdout))
    assert.equal(": expected text, got null", line(S.text {}, require("kassa.json").null))
    assert.equal(": expected true or false, got text", line(S.flag {}, "true"))
    assert.equal(": expected a list, got an object", line(S.list(S.text {}), { a = 1 }))
    assert.equal(": expected a list, got text", line(S.list(S.text {}), "a"))
    assert.equal(": expected a map, got a list", line(S.map(S.text {}), { "a" }))
  end)

  it("hint at minor units where a price stands for an amount", function()
    for _, price in ipairs { 19.99, "19.99", "1999" } do
      local line = writing.faults(S.amount {}, price)[1]
      assert.matches("minor units", line)
      assert.matches("kassa%.money", line)
    end
  end)

  it("never repeat a personal or secret value", function()
    local type_ = S.record "r" {
      { "a", S.integer { max = 9 }, personal = true },
      { "b", S.amount {}, secret = true },
      { "c", S.list(S.integer { max = 9 }), personal = true },
      { "d", S.record "d" { { "e", S.number {} } }, secret = true },
      { "f", S.integer { max = 9, personal = true } },
      { "g", S.enum { "YES" }, personal = true },
      { "h", S.text {}, personal = true },
      { "i", S.list(S.email { secret = true }) },
    }
    local all = table.concat(writing.faults(type_, { a = 4711, b = 4711.5, c = { 4711, 4711 },
      d = { e = 0 / 0 }, f = 4711, g = "HUSH", h = 4711, i = { "hush@hush" } }), "\n")
    assert.is_nil(all:find "4711")
    assert.is_nil(all:lower():find "hush")
  end)
end)
