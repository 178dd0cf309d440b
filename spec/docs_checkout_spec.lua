-- The page about the checkout keeps its word: its blocks run in order as printed, over both
-- providers, and its tables are those that the data prints.

local here = debug.getinfo(1, "S").source:match("^@(.*)spec/docs_checkout_spec%.lua$")
package.path = here .. "tools/?.lua;" .. package.path

local fields = require "kassa.checkout.fields"
local kassa = require "kassa"
local printer = require "docs.checkout"
local states = require "kassa.checkout.states"
local storefront = require "support.storefront"

local file = assert(io.open(here .. "docs/checkout.md"))
local text = file:read "*a"
file:close()

local function script()
  local list = {}
  for code in text:gmatch "```lua\n(.-)```" do list[#list + 1] = code end
  list[#list + 1] = "return payment, checkout, sell, ship"
  return table.concat(list, "\n")
end

describe("docs/checkout.md", function()
  local klarna_of
  before_each(function() klarna_of = kassa.klarna end)
  after_each(function() kassa.klarna = klarna_of end)

  for _, provider in ipairs(storefront.PROVIDERS) do
    it("is a script that runs as printed over " .. provider, function()
      local shop, shown = storefront.open(provider), {}
      kassa.klarna = function() return shop.client end -- the one line
      local chunk = assert((loadstring or load)("local print = ...; " .. script(), "=checkout"))
      local payment, checkout, sell, ship = chunk(function(...)
        local words = {}
        for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
        shown[#shown + 1] = table.concat(words, "\t")
      end)
      assert.matches("^waiting\thttps://", shown[1])
      assert.equal("not agreed: waiting", shown[2])
      local back = shop:approve(payment)
      assert(checkout:authorize(payment, back))
      assert.equal("captured", assert(ship(payment)).state)
      sell(payment)
      assert.matches("^%S+\tcaptured\t5000$", shown[4])
      assert.same({ 10000, 2500 }, { payment.captured, payment.refunded })
      local last = shown[5]
      if provider == "cybersource" then assert.matches("a whole authorization only", last)
      else assert.is_nil(last) end
    end)
  end

  it("has the tables that the data prints", function()
    assert.equal(printer.render(text), text, "run make docs")
    for _, name in ipairs(printer.names) do
      assert.is_truthy(text:find("<!-- printed: " .. name .. " -->", 1, true), name)
    end
  end)

  it("is what an editor knows: the same fields, and the same states", function()
    local types = require "docs.checkout_types"
    local function members(pattern)
      local found = {}
      for name in assert(types:match(pattern)):gmatch "\n%-%-%-@field ([%w_]+)" do
        found[#found + 1] = name
      end
      return found
    end
    for name, record in pairs(fields) do
      local class = name == "moved" and "part" or name
      if type(record) == "table" and record.kind == "record" and class ~= "part" then
        local expected = {}
        for position, entry in ipairs(record) do expected[position] = entry[1] end
        assert.same(expected, members("class kassa.checkout_" .. class .. "(\n.-)\n[\nl]"), class)
      end
    end
    local listed = {}
    for state in types:match("alias kassa.checkout_state\n(.-)\n\n"):gmatch '"([%w_]+)"' do
      listed[#listed + 1] = state
    end
    local names = {}
    for position, state in ipairs(states.list) do names[position] = state.name end
    assert.same(names, listed)
  end)

  it("names every state, field and lack", function()
    local count = 0
    for _, provider in ipairs(storefront.PROVIDERS) do
      local module = require("kassa.checkout." .. provider)
      for _, lack in ipairs(module.lacks) do
        assert.is_truthy(text:find(lack.what:gsub("|", "\\|"), 1, true), lack.what)
        count = count + 1
      end
      for _, map in pairs(module.states) do
        for told in pairs(map) do
          assert.is_truthy(text:find("`" .. told .. "`", 1, true), told)
          count = count + 1
        end
      end
    end
    assert.is_true(count > 30)
  end)
end)
