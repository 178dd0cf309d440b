-- Promises of kassa.json: what is read writes back the same, lists as lists and maps as maps.
local cjson = require "cjson"
local core = require "kassa.core"
local json = require "kassa.json"

describe("kassa.json", function()
  it("shares null with lua-cjson", function()
    assert.equal(cjson.null, json.null)
    assert.equal(cjson.null, json.decode "null")
    assert.equal("null", json.encode(cjson.null))
  end)

  it("tells an empty list from an empty map, and writes each back", function()
    for _, text in ipairs {
      "[]", "{}", '{"a":[],"b":{}}', '[[],{},[[]],{"x":[{}]}]', '{"unknown":{"deep":[]}}',
    } do
      assert.equal(text, json.encode(json.decode(text)))
    end
  end)

  it("marks a list of the caller's", function()
    assert.equal('{"a":[]}', json.encode { a = json.list() })
    assert.equal("[1]", json.encode(json.list { 1 }))
    assert.has_error(function() json.list "x" end)
    assert.has_error(function() json.list(setmetatable({}, {})) end)
  end)

  it("writes names sorted, so that one value has one text", function()
    assert.equal('{"a":1,"b":{"c":2,"d":3}}', json.encode { b = { d = 3, c = 2 }, a = 1 })
  end)

  it("says what cannot be written", function()
    local text, faults = json.encode { a = { print } }
    assert.is_nil(text)
    assert.equal("a[1]", faults[1].path)
  end)

  it("honours the marks that the installed cjson has", function()
    local mark = {}
    core.json.adopt(nil, mark, nil)
    local list = json.decode "[]"
    assert.equal(mark, getmetatable(list))
    assert.equal("[]", json.encode(list))
    core.json.adopt(cjson.empty_array, cjson.array_mt, cjson.empty_array_mt)
  end)
end)
