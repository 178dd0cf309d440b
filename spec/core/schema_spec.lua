-- Promises of the writer as an object: its buffer is its own business, it runs no code of the
-- caller's, and a value can neither break it nor change what it writes next. What it writes is
-- in the specs of schema_write, schema_free and schema_rule.

local core = require "kassa.core"
local S = require "kassa.schema"

local any = core.schema.compile(S.any {})
local point = S.record "point" { { "x", S.integer {}, required = true }, { "y", S.any {} } }

describe("a writer", function()
  it("returns text, or nil and the faults", function()
    local text, faults = core.schema.compile(point):write { x = 1 }
    assert.equal('{"x":1}', text)
    assert.is_nil(faults)
    text, faults = core.schema.compile(point):write {}
    assert.is_nil(text)
    assert.same({ { path = "x", message = "is required" } }, faults)
  end)

  it("writes the same bytes for the same value, in the schema's order", function()
    local type_ = S.record "r" { { "b", S.any {} }, { "a", S.any {} }, { "c", S.any {} } }
    local writer = core.schema.compile(type_)
    for _ = 1, 3 do
      assert.equal('{"b":1,"a":2,"c":3}', writer:write { a = 2, b = 1, c = 3 })
      assert.equal('{"b":1,"a":2,"c":3}', writer:write { c = 3, a = 2, b = 1 })
    end
  end)

  it("is as before after a fault and after a large value", function()
    local writer = core.schema.compile(point)
    writer:write { x = 1, y = ("x"):rep(1000000) }
    writer:write { x = "no", y = print }
    assert.equal('{"x":1,"y":"z"}', writer:write { x = 1, y = "z" })
  end)

  it("writes up to 8 MiB and says when it is more", function()
    local limit = 8 * 1024 * 1024
    assert.equal(limit, #any:write(("x"):rep(limit - 2)))
    for _, value in ipairs { ("x"):rep(limit - 1), ("x"):rep(limit + 1), ("\1"):rep(limit / 2),
        { ("x"):rep(limit / 2), ("x"):rep(limit / 2) } } do
      local text, faults = any:write(value)
      assert.is_nil(text)
      assert.same({ { path = "", message = "is longer than 8388608 bytes of JSON" } }, faults)
    end
  end)

  it("ends on a small table that unfolds into a huge text", function()
    local value = {}
    for _ = 1, 50 do value = { value, value } end
    local text, faults = any:write(value)
    assert.is_nil(text)
    assert.equal("is longer than 8388608 bytes of JSON", faults[1].message)
    value = { print }
    for _ = 1, 50 do value = { value, value } end
    text, faults = any:write(value)
    assert.is_nil(text)
    assert.equal(101, #faults)
  end)

  it("runs no metamethod", function()
    local function boom() error "a metamethod ran" end
    local trap = { __index = boom, __newindex = boom, __len = boom, __pairs = boom, __ipairs = boom,
      __call = boom, __tostring = boom, __eq = boom, __lt = boom, __name = "trap" }
    local list = setmetatable({ 1, setmetatable({}, trap) }, trap)
    local value = setmetatable({ x = 1, y = list }, trap)
    assert.equal('{"x":1,"y":[1,{}]}', core.schema.compile(point):write(value))
    local _, faults = core.schema.compile(point):write(setmetatable({ z = 1 }, trap))
    assert.equal(2, #faults)
  end)

  it("leaves the value as it was", function()
    local value = { x = 1, y = { 1, { a = "b" } } }
    core.schema.compile(point):write(value)
    assert.same({ x = 1, y = { 1, { a = "b" } } }, value)
  end)

  it("may be asked by a finalizer while it writes", function()
    local writer = core.schema.compile(S.any {})
    local wanted = writer:write { outer = ("x"):rep(100) }
    local ran = false
    local function finalize()
      ran = true
      writer:write { inner = ("y"):rep(300), print, print, { print } }
      writer:write { ("z"):rep(500) }
    end
    for _ = 1, 2000 do
      if newproxy then getmetatable(newproxy(true)).__gc = finalize -- luacheck: ignore
      else setmetatable({}, { __gc = finalize }) end
      assert.equal(wanted, writer:write { outer = ("x"):rep(100) })
      local _, faults = writer:write { a = print, b = print }
      assert.same({ "a", "b" }, { faults[1].path, faults[2].path })
    end
    collectgarbage()
    assert.is_true(ran)
  end)

  it("works in a coroutine with little stack", function()
    local value = {}
    for _ = 1, 60 do value = { a = value, b = 1, c = "x" } end
    local text = coroutine.wrap(function() return any:write(value) end)()
    assert.equal(text, any:write(value))
  end)

  it("outlives the schema's table", function()
    local writer
    do
      local name = "long_name_" .. ("n"):rep(60)
      writer = core.schema.compile(S.record "r" { { name, S.enum { "A" .. ("B"):rep(50) } } })
    end
    collectgarbage()
    collectgarbage()
    local value = { ["long_name_" .. ("n"):rep(60)] = "A" .. ("B"):rep(50) }
    assert.matches('^{"long_name_n+":"AB+"}$', writer:write(value))
  end)

  it("is reached by its methods only", function()
    local writer = core.schema.compile(point)
    assert.is_false(getmetatable(writer))
    assert.has_error(function() writer.write({}, {}) end)
    assert.has_error(function() return writer.type_.kind end)
    assert.has_error(function() writer.x = 1 end)
  end)
end)
