-- What is generated from the table of operations is committed, and equal to what the table says.
-- It refuses to draw: diagrams are compared by the source that stands in them.

local here = debug.getinfo(1, "S").source:match("^@(.*)spec/docs_spec%.lua$")
package.path = here .. "tools/?.lua;" .. package.path

local api = require("kassa.api").whole(require "kassa.api.klarna")
local cybersource = require("kassa.api").whole(require "kassa.api.cybersource")
local core = require "kassa.core"
local options = require "kassa.options"
local diagram = require "docs.diagram"
local gateway = require "docs.gateway"
local page = require "docs.page"
local triggers = require "docs.triggers"
local types = require "docs.types"
local words = require "docs.words"

local function read(path)
  local file = assert(io.open(here .. path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

-- Compares line by line, so that a failure shows one line and not two books.
local function assert_current(path, text)
  local committed = read(path)
  if committed == text then return end
  local other = text:gmatch("([^\n]*)\n")
  local number = 0
  for line in committed:gmatch("([^\n]*)\n") do
    number = number + 1
    assert.are.equal(other(), line, ("%s:%d is stale: run make docs"):format(path, number))
  end
  error(path .. " is stale: run make docs")
end

describe("generated files", function()
  it("hold the reference page that the table prints", function()
    assert_current("docs/reference/klarna.md", page.render(api))
    assert_current("docs/reference/cybersource.md", gateway.render(cybersource))
  end)

  it("hold the triggers of Cybersource's sandbox", function()
    local list = require("kassa.sandbox.cybersource.triggers").list
    assert_current("docs/sandbox.md",
      triggers.put(read "docs/sandbox.md", triggers.render(list)))
  end)

  it("hold the editor types that the table prints", function()
    assert_current("lua/kassa/types.lua", types.render({ api, cybersource }, core.errors))
  end)

  it("hold the state diagrams of the table's machines", function()
    for _, kind in ipairs(diagram.kinds(api)) do
      local svg = read("docs/reference/" .. kind .. ".svg")
      assert.are.equal(diagram.dot(api, kind), diagram.source(svg), kind .. ": run make docs")
      assert.is_nil(svg:find("[Gg]raphviz"), kind .. ": names a version")
    end
  end)

  it("draw every state and every way", function()
    for _, kind in ipairs(diagram.kinds(api)) do
      local svg, machine = read("docs/reference/" .. kind .. ".svg"), api.machines[kind]
      for _, state in ipairs(machine.states) do
        assert.is_truthy(svg:find("<title>" .. state .. "</title>", 1, true), state)
        for _, to in ipairs(machine.edges[state] or {}) do
          assert.is_truthy(svg:find("<title>" .. state .. "&#45;&gt;" .. to .. "<", 1, true), to)
        end
      end
    end
  end)

  it("hold the same of Cybersource: diagrams, operations, links", function()
    for _, kind in ipairs(diagram.kinds(cybersource)) do
      local svg = read("docs/reference/cybersource_" .. kind .. ".svg")
      assert.are.equal(diagram.dot(cybersource, kind), diagram.source(svg), "run make docs")
    end
    local text, anchors = read "docs/reference/cybersource.md", {}
    for heading in text:gmatch("\n#+ ([^\n]+)") do anchors[words.anchor(heading)] = true end
    for target in text:gmatch("%]%(#([^)]+)%)") do assert.is_true(anchors[target], target) end
    for _, row in ipairs(cybersource.operations) do
      assert.is_truthy(text:find("\n### " .. row.name .. "\n", 1, true), row.name)
    end
  end)

  it("name no operation twice and leave none out", function()
    local text = read "docs/reference/klarna.md"
    for _, row in ipairs(api.operations) do
      local _, headings = text:gsub("\n### " .. row.name:gsub("%p", "%%%0") .. "\n", "")
      assert.are.equal(1, headings, row.name)
    end
  end)

  it("link only to headings that are there", function()
    local text, anchors = read "docs/reference/klarna.md", {}
    for heading in text:gmatch("\n#+ ([^\n]+)") do anchors[words.anchor(heading)] = true end
    for target in text:gmatch("%]%(#([^)]+)%)") do assert.is_true(anchors[target], target) end
  end)
end)

describe("the editor types", function()
  local text = read "lua/kassa/types.lua"

  local function class(name)
    local pattern = "%-%-%-@class " .. name:gsub("%p", "%%%0") .. "[^\n]*\n(.-)\n\n"
    return assert(text:match(pattern), name)
  end

  -- A kit's methods stand in a class of their own, from which that of the object comes.
  local function with_parent(name)
    local parent = text:match("%-%-%-@class " .. name:gsub("%p", "%%%0") .. ": ([^\n]+)\n")
    return class(name) .. "\n" .. class(parent)
  end

  it("are Lua that every version can read", function()
    assert((loadstring or load)(text, "types.lua"))
  end)

  it("know every option of a client, and no other", function()
    for _, name in ipairs { "klarna", "cybersource" } do
      local fields = with_parent("kassa." .. name .. "_options")
      local known = options.merged(options.client, options[name])
      for _, option in ipairs(words.sorted(known)) do
        assert.is_truthy(fields:find("@field " .. option .. "%??%s"), option)
      end
      for field in fields:gmatch("@field ([%w_]+)") do assert.is_truthy(known[field], field) end
    end
  end)

  it("know every option of a call, and no other but those of one operation", function()
    local own = { klarna = { client_id = true, customer_token = true },
      cybersource = { session = true } }
    for name, more in pairs(own) do
      local fields = with_parent("kassa." .. name .. ".call_options")
      local known = options.merged(options.merged(options.call, options.calls[name]), more)
      for _, option in ipairs(words.sorted(known)) do
        assert.is_truthy(fields:find("@field " .. option .. "%??%s"), option)
      end
      for field in fields:gmatch("@field ([%w_]+)") do assert.is_truthy(known[field], field) end
    end
  end)

  it("know every method that a kit adds", function()
    local count = 0
    local function check(table_of, kind, object, part, owner)
      local methods = object.kit and require(object.kit)[part]
      local fields = methods and with_parent(("kassa.%s.%s"):format(table_of.name, owner))
      for name in pairs(methods or {}) do
        assert.is_truthy(fields:find("@field " .. name .. " fun(", 1, true), kind .. ":" .. name)
        count = count + 1
      end
    end
    for _, table_of in ipairs { api, cybersource } do
      for kind, object in pairs(table_of.objects) do
        check(table_of, kind, object, "object", kind .. "_object")
        check(table_of, kind, object, "resource", object.resource)
      end
    end
    assert.is_true(count >= 14)
  end)

  it("define a name once", function()
    local seen = {}
    for name in text:gmatch("%-%-%-@%a+ (kassa[%w_.]*)[^\n]*") do
      if not text:find("@return " .. name, 1, true) then
        assert.is_nil(seen[name], name)
        seen[name] = true
      end
    end
  end)

  it("use only types that they define", function()
    local defined = {}
    for name in text:gmatch("%-%-%-@class ([%w_.]+)") do defined[name] = true end
    for name in text:gmatch("%-%-%-@alias ([%w_.]+)") do defined[name] = true end
    for line in text:gmatch("%-%-%-@field [^\n]+") do
      for name in line:gmatch("%f[%w_.](kassa%.[%w_.]+)") do
        assert.is_true(defined[name], name)
      end
    end
  end)
end)
