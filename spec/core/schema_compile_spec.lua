-- Promises of compiling: every kind becomes a writer, types may be shared and hold themselves, and
-- what is no type raises before a value is seen. It refuses to test what a writer writes.

local core = require "kassa.core"
local S = require "kassa.schema"

local compile = core.schema.compile

describe("core.schema.compile", function()
  it("raises for what is no type", function()
    for _, wrong in ipairs { 1, "text", true, print } do
      assert.has_error(function() compile(wrong) end)
    end
    assert.has_error(function() compile(nil) end)
    assert.has_error(function() compile {} end, "schema: unknown kind ?")
    assert.has_error(function() compile { kind = "txt" } end, "schema: unknown kind txt")
    assert.has_error(function() compile { kind = 1 } end)
    assert.has_error(function() compile { kind = "list" } end, "schema: expected a type, got nil")
    assert.has_error(function() compile { kind = "list", item = 1 } end,
      "schema: expected a type, got number")
  end)

  it("raises for a record that is none", function()
    local text = { kind = "text" }
    local function record(...) return { kind = "record", name = "r", ... } end
    assert.has_error(function() compile(record(1)) end, "schema: record r: expected an entry")
    assert.has_error(function() compile(record { "a", 1 }) end)
    assert.has_error(function() compile(record { 1, text }) end, "schema: expected a name")
    assert.has_error(function() compile(record { 'a"b', text }) end)
    assert.has_error(function() compile(record { "a\nb", text }) end)
    assert.has_error(function() compile { kind = "record" } end, "schema: expected a name")
  end)

  it("raises for a rule about fields that are not there", function()
    local function with_rule(rule)
      return { kind = "record", name = "r", { "a", { kind = "amount" } }, rules = { rule } }
    end
    for _, rule in ipairs { 1, {}, { sum = "l[].a" }, { equals = "a" }, { sum = "a", equals = "a" },
        { sum = "", equals = "a" }, { sum = "x[].y", equals = "a" }, { sum = "[]", equals = "a" },
        { product = {}, equals = "a" }, { product = { "a", "b" }, equals = "a" },
        { product = { "a", "a" }, equals = "b" } } do
      assert.has_error(function() compile(with_rule(rule)) end)
    end
  end)

  it("raises for limits that are no whole numbers", function()
    assert.has_error(function() compile { kind = "text", max = 1.5 } end)
    assert.has_error(function() compile { kind = "amount", min = 1e300 } end)
    compile { kind = "number", min = 0.5, max = 1e300 }
  end)

  it("takes 64 fields and no more", function()
    local type_ = { kind = "record", name = "r" }
    local value = {}
    for position = 1, 64 do
      type_[position] = { "f" .. position, { kind = "integer" }, required = true }
      value["f" .. position] = position
    end
    local writer = compile(type_)
    assert.matches('^{"f1":1,"f2":2,.*"f64":64}$', writer:write(value))
    local _, faults = writer:write {}
    assert.equal(64, #faults)
    type_[65] = { "f65", { kind = "integer" } }
    assert.has_error(function() compile(type_) end, "schema: record r: more than 64 fields")
  end)

  it("takes a type that holds itself", function()
    local node = { kind = "record", name = "node", { "name", S.text {}, required = true } }
    node[2] = { "children", { kind = "list", item = node } }
    local writer = compile(node)
    assert.equal('{"name":"a","children":[{"name":"b"},{"name":"c","children":[]}]}',
      writer:write { name = "a", children = { { name = "b" }, { name = "c", children = {} } } })
    local _, faults = writer:write { name = "a", children = { { name = "b", children = { {} } } } }
    assert.same({ { path = "children[1].children[1].name", message = "is required" } }, faults)
    local loop = { name = "a" }
    loop.children = { loop }
    _, faults = writer:write(loop)
    assert.equal('is the table that holds it, the one at ""', faults[1].message)
  end)

  it("does not nest types without end", function()
    local type_ = S.text {}
    for _ = 1, 100 do type_ = { kind = "list", item = type_ } end
    assert.has_error(function() compile(type_) end, "schema: types nest deeper than 64")
  end)

  it("tells fields of one length and fields with long names apart", function()
    local fields = { kind = "record", name = "r" }
    local value, parts = {}, {}
    for position = 1, 40 do
      local name = ("%02d"):format(position) .. ("n"):rep(position)
      fields[position] = { name, S.integer {} }
      value[name] = position
      parts[position] = ('"%s":%d'):format(name, position)
    end
    assert.equal("{" .. table.concat(parts, ",") .. "}", compile(fields):write(value))
  end)

  it("may wait for the first value", function()
    local writer = compile(S.text { max = 1 }, true)
    collectgarbage()
    assert.equal('"a"', writer:write "a")
    assert.equal('"b"', writer:write "b")
    writer = compile({ kind = "list", item = 1 }, true)
    for _ = 1, 2 do
      assert.has_error(function() writer:write {} end, "schema: expected a type, got number")
    end
    local node = { kind = "record", name = "node", { "a", S.text {} }, { "b", 1 } }
    node[3] = { "c", { kind = "list", item = node } }
    writer = compile(node, true)
    for _ = 1, 2 do assert.has_error(function() writer:write { c = { {} } } end) end
  end)

  it("runs no metamethod of a type", function()
    local function boom() error "a metamethod ran" end
    local type_ = setmetatable({ kind = "text" }, { __index = boom, __len = boom })
    assert.equal('"a"', compile(type_):write "a")
  end)
end)
