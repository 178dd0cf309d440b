-- Promises of core.machine: what is legal where, what leads where, and that a faulty definition is
-- found when it is made. It refuses to know Klarna's table; the machine here is written by hand.
local machine = require("kassa.core").machine
local unit = require "support.unit"

local function transaction()
  return machine.new {
    name = "payment_transaction",
    states = { "AUTHORIZED", "EXPIRED", "COMPLETED", "CLOSED" },
    edges = {
      AUTHORIZED = { "AUTHORIZED", "COMPLETED", "CLOSED", "EXPIRED" },
      EXPIRED = { "CLOSED", "COMPLETED" },
      COMPLETED = { "CLOSED" },
    },
    operations = { capture = { "AUTHORIZED" }, refund = { "COMPLETED", "AUTHORIZED", "EXPIRED" } },
  }
end

describe("core.machine", function()
  it("says whether an operation is legal, and in which states it would be", function()
    local m = transaction()
    assert.same({ true }, { m:legal("capture", "AUTHORIZED") })
    assert.same({ false, { "AUTHORIZED" } }, { m:legal("capture", "COMPLETED") })
    assert.same({ false, { "AUTHORIZED", "EXPIRED", "COMPLETED" } },
      { m:legal("refund", "CLOSED") })
  end)

  it("stops nothing that it does not know", function()
    local m = transaction()
    assert.same({ true, "unknown_state" }, { m:legal("capture", "DISPUTED") })
    assert.same({ true }, { m:legal("update", "CLOSED") })
    assert.same({ true }, { m:legal("update", "DISPUTED") })
  end)

  it("knows single steps from ways", function()
    local m = transaction()
    assert.is_true(m:leads("AUTHORIZED", "AUTHORIZED"))
    assert.is_true(m:leads("EXPIRED", "CLOSED"))
    assert.is_false(m:leads("CLOSED", "EXPIRED"))
    assert.is_true(m:reaches("EXPIRED", "CLOSED"))
    assert.is_false(m:reaches("COMPLETED", "AUTHORIZED"))
    assert.is_false(m:reaches("CLOSED", "CLOSED"))
    assert.is_false(m:leads("NOWHERE", "CLOSED"))
    assert.is_false(m:reaches("AUTHORIZED", "NOWHERE"))
  end)

  it("knows its states and which of them are final", function()
    local m = transaction()
    assert.is_true(m:knows "EXPIRED")
    assert.is_false(m:knows "expired")
    assert.is_true(m:final "CLOSED")
    assert.is_false(m:final "COMPLETED")
    assert.is_false(m:final "NOWHERE")
  end)

  it("can do without edges and operations", function()
    local m = machine.new { name = "one", states = { "ONLY" } }
    assert.is_true(m:final "ONLY")
    assert.is_true(m:legal("anything", "ONLY"))
    assert.equal("machine one", tostring(m))
    assert.is_false(getmetatable(m))
  end)
end)

describe("core.machine.new", function()
  local function refuses(definition, pattern)
    assert.error_matches(function() machine.new(definition) end, pattern)
  end

  it("names what is wrong with a definition", function()
    refuses(nil, "definition: table expected, got nil")
    refuses({ states = { "A" } }, "name: string")
    refuses({ name = "", states = { "A" } }, "name: 1 to 47")
    refuses({ name = ("n"):rep(48), states = { "A" } }, "name: 1 to 47 bytes")
    refuses({ name = "m" }, "machine m: states: table expected")
    refuses({ name = "m", states = {} }, "states: one or more")
    refuses({ name = "m", states = { 7 } }, "states: names of states")
    refuses({ name = "m", states = { "A", "A" } }, "states: 'A' is empty or there twice")
    refuses({ name = "m", states = { "" } }, "states: '' is empty")
    refuses({ name = "m", states = { ("s"):rep(48) } }, "too long")
    refuses({ name = "m", states = { "A" }, edges = 1 }, "edges: table expected")
    refuses({ name = "m", states = { "A" }, edges = { A = "A" } }, "edges: lists of states")
    refuses({ name = "m", states = { "A" }, edges = { B = {} } }, "edges: B is none of its states")
    refuses({ name = "m", states = { "A" }, edges = { [1] = {} } }, "edges: names of states")
    refuses({ name = "m", states = { "A" }, edges = { A = { "B" } } }, "edges: B is none of")
    refuses({ name = "m", states = { "A" }, operations = { o = "A" } }, "operations: lists")
    refuses({ name = "m", states = { "A" }, operations = { { "A" } } }, "operations: lists")
    refuses({ name = "m", states = { "A" }, operations = { o = { "B" } } }, "operations: B is none")
    refuses({ name = "m", states = { "A" }, operation = {} }, "operation: unknown field")
  end)

  it("takes 64 states and 64 operations, and says so when there are more", function()
    local states, operations = {}, {}
    for i = 1, 64 do states[i], operations["o" .. i] = "S" .. i, { "S" .. i } end
    local m = machine.new { name = "m", states = states, operations = operations }
    assert.same({ false, { "S64" } }, { m:legal("o64", "S1") })
    operations.o65 = {}
    refuses({ name = "m", states = states, operations = operations }, "operations: .*one too many")
    states[65] = "S65"
    refuses({ name = "m", states = states }, "states: 'S65' is too long a name or one too many")
  end)

  it("runs no metamethod of the definition", function()
    local trap = setmetatable({ name = "m", states = { "A" } },
      { __index = function() error "metamethod" end })
    assert.is_true(machine.new(trap):knows "A")
  end)
end)

describe("core.machine misuse", function()
  it("raises with the argument named", function()
    local m = transaction()
    assert.error_matches(function() m:legal(nil, "CLOSED") end, "operation: string expected")
    assert.error_matches(function() m:legal("capture", nil) end, "state: string expected, got n")
    assert.error_matches(function() m:leads(1, "CLOSED") end, "from: string expected")
    assert.error_matches(function() m:reaches("CLOSED", {}) end, "to: string expected")
    assert.error_matches(function() m:final() end, "state: string expected")
    assert.error_matches(function() m.knows(io.stdout, "CLOSED") end, "kassa.machine expected")
  end)
end)

describe("core.machine against a search by hand", function()
  local seed = 5
  local function random(limit)
    seed = (seed * 16807) % 2147483647
    return seed % limit
  end

  local function random_definition()
    local states, edges = {}, {}
    for i = 1, 1 + random(12) do states[i] = "S" .. i end
    for _, from in ipairs(states) do
      edges[from] = {}
      for _, to in ipairs(states) do
        if random(6) == 0 then edges[from][#edges[from] + 1] = to end
      end
    end
    return states, edges
  end

  -- All that can be reached from one state, by walking.
  local function reached(edges, from)
    local seen, open = {}, { from }
    while #open > 0 do
      for _, to in ipairs(edges[table.remove(open)]) do
        if not seen[to] then
          seen[to] = true
          open[#open + 1] = to
        end
      end
    end
    return seen
  end

  it("agrees on every pair of states of 500 random machines", function()
    for _ = 1, 500 do
      local states, edges = random_definition()
      local m = machine.new { name = "random", states = states, edges = edges }
      for _, from in ipairs(states) do
        local seen = reached(edges, from)
        assert(m:final(from) == (#edges[from] == 0))
        for _, to in ipairs(states) do assert(m:reaches(from, to) == (seen[to] or false)) end
      end
    end
  end)

  it("holds at its limits in C", function()
    assert.matches("^ok %d+$", unit.run "machine_test")
  end)
end)
