-- Promises of core.json.decode: the strict grammar, exact integers, lists told from maps, no crash.
local cjson = require "cjson"
local core = require "kassa.core"
local heavy = require "support.heavy"

local decode, encode = core.json.decode, core.json.encode

local function refused(text, words)
  local value, message = decode(text)
  assert.is_nil(value, text)
  assert.is_string(message)
  if words then assert.is_truthy(message:find(words, 1, true), message) end
end

describe("kassa.core.json.decode", function()
  it("reads integers exactly where Lua has them", function()
    if not math.type then return pending "this Lua has no integers" end
    for _, text in ipairs { "0", "-1", "1000", "9007199254740993", "-999999999999999999" } do
      local value = decode(text)
      assert.equal("integer", math.type(value))
      assert.equal(text, tostring(value))
    end
    assert.equal("integer", math.type(decode "1000.0"))
    assert.equal("integer", math.type(decode "1e3"))
    assert.equal("float", math.type(decode "1.5"))
    assert.equal(0, decode "-0")
  end)

  it("reads other numbers as doubles, whatever the locale", function()
    assert.equal(40.7128, decode "40.7128")
    assert.equal(-1.5e-7, decode "-1.5E-7")
    assert.equal(1e300, decode "1e+300")
    assert.equal(12345678901234567890, decode "12345678901234567890")
    local before = os.setlocale()
    for _, name in ipairs { "de_DE.UTF-8", "de_DE", "fr_FR.UTF-8" } do
      if os.setlocale(name) then assert.equal(1.5, decode "1.5") end
    end
    os.setlocale(before)
  end)

  it("undoes every escape", function()
    assert.equal('"\\/\b\f\n\r\t', decode [["\"\\\/\b\f\n\r\t"]])
    local escaped = [["\u0000\u0041\u00fc\u20AC\uD83D\uDE00"]]
    assert.equal("\0A\195\188\226\130\172\240\159\152\128", decode(escaped))
    local long = '"x' .. ("\\u00fc"):rep(5000) .. 'y"'
    assert.equal("x" .. ("\195\188"):rep(5000) .. "y", decode(long))
  end)

  it("refuses what is no JSON, and says where", function()
    for text, words in pairs {
      [""] = "a value at byte 1", ["1 2"] = "the end at byte 3", ["]"] = "a digit",
      ["["] = "a value", ["[1,]"] = "a digit", ["[1 2]"] = "a comma or ]",
      ["[1}"] = "a comma or ]", ["{"] = "a name", ["{1:2}"] = "a name", ['{"a"}'] = "a colon",
      ['{"a":1,}'] = "a name", ['{"a":1 "b":2}'] = "a comma or }",
      ["tru"] = "a value", ["nul"] = "a value", ["NaN"] = "a digit", ["Infinity"] = "a digit",
      ["-"] = "a digit", ["+1"] = "a digit", ["1."] = "a digit", [".5"] = "a digit",
      ["1e"] = "a digit", ["01"] = "the end", ["0x10"] = "the end",
      ["1e400"] = "a double can hold", ["1" .. ("0"):rep(100)] = "a shorter number",
      ["'a'"] = "a digit", ['"a'] = "the end of a string", ["\239\187\191{}"] = "a digit",
      ['"\\'] = "an escape", ['"\\x"'] = "an escape", ['"\\u12g4"'] = "a Unicode escape",
      ['"\\uD800"'] = "a Unicode escape", ['"\\uD800x"'] = "a Unicode escape",
      ['"\\uDC00\\uD800"'] = "a Unicode escape",
      ['"a\nb"'] = "no control character", ['"\0"'] = "no control character",
      ['"\128"'] = "UTF-8", ['"\192\175"'] = "UTF-8", ['"\226\130"'] = "UTF-8",
      ['"\237\160\128"'] = "UTF-8", ['"\245\128\128\128"'] = "UTF-8",
    } do
      refused(text, words)
    end
  end)

  it("goes as deep as it could write, and no deeper", function()
    assert.is_table(decode(("["):rep(64) .. ("]"):rep(64)))
    refused(("["):rep(100000), "less nesting")
    refused(("["):rep(66) .. "1" .. ("]"):rep(66), "less nesting")
    refused(('{"a":'):rep(100000), "less nesting")
  end)

  it("keeps one value of a name that comes twice", function()
    local value = decode '{"a":1,"a":2}'
    assert.is_true(value.a == 1 or value.a == 2)
  end)

  it("raises for what is no text", function()
    assert.has_error(function() decode(nil) end)
    assert.has_error(function() decode(7) end)
  end)

  it("reads maps and lists of any length", function()
    local parts = {}
    for i = 1, 3000 do parts[i] = ('{"id":%d,"list":[%d,[]]}'):format(i, i) end
    local text = "[" .. table.concat(parts, ",") .. "]"
    local value = decode(text)
    assert.equal(3000, #value)
    assert.equal(text, encode(value))
    for _, size in ipairs { 1, 31, 32, 33, 64, 500 } do
      local map = {}
      for i = 1, size do map[i] = ('"k%04d":%d'):format(i, i) end
      local written = "{" .. table.concat(map, ",") .. "}"
      assert.equal(written, encode(decode(written)))
    end
  end)

  -- The judge is lua-cjson, on texts that both must take: generated values, written by lua-cjson.
  it("agrees with lua-cjson on 2,000 generated texts", function()
    local seed = 20261122
    local bits = { "a", '"', "\\", "\n", "\195\188", "/", " ", "\1", "\127" }
    local function random(n)
      seed = (seed * 16807) % 2147483647
      return seed % n + 1
    end
    local function value(depth)
      local kind = random(depth > 4 and 4 or 6)
      if kind == 1 then return random(2000000000) - 1000000000 end
      if kind == 2 then return random(100000) / 256 end
      if kind == 3 then return random(2) == 1 end
      if kind == 4 then
        local bytes = {}
        for i = 1, random(20) do bytes[i] = bits[random(#bits)] end
        return table.concat(bytes)
      end
      local made = {}
      for i = 1, random(6) do
        local key = kind == 5 and i or "k" .. random(50)
        made[key] = value(depth + 1)
      end
      return made
    end
    for _ = 1, 2000 do
      local made = { value(0) }
      local text = cjson.encode(made)
      assert.same(cjson.decode(text), decode(text))
    end
  end)

  it("survives 20,000 damaged texts without a Lua error", function()
    local file = assert(io.open "spec/fixtures/klarna/13-payment_transaction.read.response.json")
    local text = file:read "*a"
    file:close()
    local seed = 7
    local function random(n)
      seed = (seed * 16807) % 2147483647
      return seed % n + 1
    end
    for _ = 1, heavy.part(20000) do
      local at, cut = random(#text), random(3)
      local damaged = cut == 1 and text:sub(1, at) or text:sub(at)
      if cut == 2 then
        damaged = text:sub(1, at - 1) .. string.char(random(256) - 1) .. text:sub(at + 1)
      end
      local value, message = decode(damaged)
      assert.is_true(value ~= nil or type(message) == "string")
    end
  end)
end)
