-- Promises of writing values of no described type: lists stay lists, maps come sorted, and what
-- JSON cannot hold is a fault, never an error, never a guess. It refuses to test described types.

local core = require "kassa.core"
local json = require "kassa.json"
local S = require "kassa.schema"
local writing = require "support.writing"

local encode = core.json.encode

local function messages(value)
  return writing.messages(S.any {}, value)
end

describe("a free value", function()
  it("is written as it stands", function()
    assert.equal('{"a":1,"b":[true,false,null],"c":{"d":"e"}}',
      encode { a = 1, b = { true, false, json.null }, c = { d = "e" } })
    assert.equal("null", encode(json.null))
    assert.equal('"x"', encode "x")
    assert.equal("5", encode(5))
  end)

  it("has its keys sorted by their bytes", function()
    assert.equal('{"":0,"A":1,"B":2,"a":3,"aa":4,"ab":5,"b":6,"\195\164":7}',
      encode { [""] = 0, A = 1, B = 2, a = 3, aa = 4, ab = 5, b = 6, ["\195\164"] = 7 })
    local value, parts = {}, {}
    for position = 1, 1000 do
      value[("k%04d"):format(position)] = position
      parts[position] = ('"k%04d":%d'):format(position, position)
    end
    assert.equal("{" .. table.concat(parts, ",") .. "}", encode(value))
  end)

  it("that is an empty table is {} unless marked as a list", function()
    assert.equal("{}", encode {})
    assert.equal("[]", encode(json.list {}))
    assert.equal('{"a":[],"b":{}}', encode { a = json.list {}, b = {} })
    assert.equal("[1]", encode(json.list { 1 }))
  end)

  it("is a list whatever way its table was filled", function()
    local value = {}
    for position = 50, 1, -1 do value[position] = position end
    local text = encode(value)
    assert.matches("^%[1,2,3,.*,49,50%]$", text)
    assert.equal("[1,2]", encode { [2] = 2, [1] = 1 })
    local shrunk = { 1, 2, 3, 4, 5, 6, 7, 8 }
    for position = 8, 3, -1 do shrunk[position] = nil end
    assert.equal("[1,2]", encode(shrunk))
  end)

  it("may hold one table many times", function()
    local shared = { "x" }
    assert.equal('{"a":["x"],"b":[["x"],["x"]]}', encode { a = shared, b = { shared, shared } })
  end)

  it("keeps every character of a text and of a name", function()
    assert.equal('{"a\\"\\n\\u0000":"\\t\127\226\128\168"}',
      encode { ['a"\n\0'] = "\t\127\226\128\168" })
  end)

  if jit then
    it("refuses the numbers of LuaJIT that are no doubles", function()
      local value = assert(loadstring "return 1LL")()
      assert.same({ "[1]: expected a value, got cdata" }, messages { value })
    end)
  end
end)

describe("a fault of a free value", function()
  it("is a list with holes", function()
    local holed = { 1, 2, 3, 4 }
    holed[2] = nil
    assert.same({ ": is a list with holes" }, messages(holed))
    assert.same({ "a: is a list with holes" }, messages { a = { 1, nil, 3 } })
    assert.equal(1, #messages { [1] = 1, [10] = 2 })
    assert.equal(1, #messages { [1] = 1, [2 ^ 40] = 2 })
    assert.equal(1, #messages { [1] = 1, [0] = 2 })
    assert.equal(1, #messages { [1] = 1, [-1] = 2 })
    assert.equal(1, #messages { [1] = 1, [1.5] = 2 })
    assert.equal(1, #messages { [1] = 1, [1 / 0] = 2 })
  end)

  it("is a table of positions and names", function()
    assert.same({ ': is a list, but has the name "a" too' }, messages { 1, 2, a = 3 })
    assert.same({ ': is a list, but has the name "a" too' }, messages(json.list { a = 3 }))
  end)

  it("is a key that is no text", function()
    assert.same({ ": has a key that is a number" }, messages { [5] = 1 })
    assert.same({ ": has a key that is a number" }, messages { [5] = 1, a = 2 })
    assert.same({ ": has a key that is a boolean" }, messages { [true] = 1 })
    assert.same({ ": has a key that is a table" }, messages { [{}] = 1 })
    assert.same({ ": has a key that is a function" }, messages { 1, [print] = 1 })
  end)

  it("is a value that JSON cannot hold", function()
    local thread = coroutine.create(function() end)
    for name, value in pairs { ["function"] = print, thread = thread, userdata = io.stdout } do
      assert.same({ ": expected a value, got " .. name }, messages(value))
      assert.same({ "a[2]: expected a value, got " .. name }, messages { a = { 1, value } })
    end
    assert.same({ ": expected a value, got nil" }, messages(nil))
    assert.same({ "a: expected a finite number, got NaN" }, messages { a = 0 / 0 })
    assert.same({ "a: expected a finite number, got infinity" }, messages { a = 1 / 0 })
    assert.same({ "a: expected a finite number, got minus infinity" }, messages { a = -1 / 0 })
  end)

  it("is text or a name that is not UTF-8", function()
    assert.same({ "a: text is not UTF-8 from byte 2 on" }, messages { a = "x\255" })
    assert.same({ '["?"]: text is not UTF-8 from byte 1 on' }, messages { ["\255"] = 1 })
  end)

  it("is a table that holds itself, named where it stands", function()
    local loop = { b = {} }
    loop.b.c = { loop.b }
    assert.same({ 'b.c[1]: is the table that holds it, the one at "b"' }, messages(loop))
    local knot = {}
    knot[1], knot[2], knot[3] = knot, knot, 1
    assert.equal(2, #messages(knot))
  end)

  it("is a table 65 deep", function()
    local value = "x"
    for _ = 1, 64 do value = { value } end
    assert.equal(("["):rep(64) .. '"x"' .. ("]"):rep(64), encode(value))
    assert.same({ ("[1]"):rep(64) .. ": nests deeper than 64 tables" }, messages { value })
  end)

  it("does not hide the others", function()
    assert.same({ "a: expected a value, got function", "b[2]: expected a finite number, got NaN",
      "c: text is not UTF-8 from byte 1 on" }, messages { a = print, b = { 1, 0 / 0 }, c = "\255" })
  end)
end)
