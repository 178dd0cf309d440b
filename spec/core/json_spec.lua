-- Promises of core.json as a whole: what is read is written back equal, and lists keep their mark.
-- The reader's grammar is in the spec of json_read, the writer's rules in that of schema_free.

local core = require "kassa.core"
local cjson = require("cjson").new()
local canon = require "support.canon"
local fixtures = require "support.fixtures"

local decode, encode, list_mt = core.json.decode, core.json.encode, core.json.list_mt

describe("core.json.list_mt", function()
  it("marks a table as a list", function()
    assert.equal("[]", encode(setmetatable({}, list_mt)))
    assert.equal("{}", encode(setmetatable({}, {})))
  end)

  it("is what the reader marks empty lists with", function()
    assert.equal(list_mt, getmetatable(decode("[[]]")[1]))
    assert.is_nil(getmetatable(decode("[{}]")[1]))
  end)
end)

describe("core.json.adopt", function()
  -- What OpenResty's cjson has and the stock one has not: a value and two metatables.
  it("honours the marks of another cjson, for good", function()
    local array_mt, empty_array_mt = {}, {}
    core.json.adopt(nil, array_mt, empty_array_mt)
    collectgarbage()
    assert.equal("[[],[]]",
      encode { setmetatable({}, array_mt), setmetatable({}, empty_array_mt) })
    core.json.adopt(cjson.empty_array, cjson.array_mt, cjson.empty_array_mt)
    assert.equal("{}", encode(setmetatable({}, array_mt)))
    assert.equal("[]", encode(setmetatable({}, list_mt)))
  end)
end)

describe("the example payloads", function()
  it("are read and written back and mean the same", function()
    for _, fixture in ipairs(fixtures.all()) do
      assert.equal(canon.of(fixture.text), canon.of(encode(decode(fixture.text))))
    end
  end)

  it("are read as cjson reads them", function()
    for _, fixture in ipairs(fixtures.all()) do
      assert.same(cjson.decode(fixture.text), decode(fixture.text))
    end
  end)

  it("cut short anywhere are refused", function()
    for _, fixture in ipairs(fixtures.all()) do
      local text = fixture.text:match "^(.-)%s*$"
      if #text < 3000 then
        for size = 0, #text - 1, 3 do
          local value, message = decode(text:sub(1, size))
          assert.is_nil(value)
          assert.matches("^expected .* at byte %d+$", message)
        end
      end
    end
  end)
end)
