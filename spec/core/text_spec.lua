-- Promises of csrc/core/text.c, seen through core.json.encode: every character comes out as JSON
-- writes it, and no byte sequence that is not UTF-8 comes out at all. It refuses to trust a decoder
-- but the one written by hand for the specs.

local core = require "kassa.core"

local character_length = require("support.utf8").character_length

local SHORT = { ["\b"] = "\\b", ["\t"] = "\\t", ["\n"] = "\\n", ["\f"] = "\\f", ["\r"] = "\\r",
  ['"'] = '\\"', ["\\"] = "\\\\" }

-- What JSON makes of a text, or nil and where its UTF-8 ends, from 1.
local function expected(s)
  local parts, at = {}, 1
  while at <= #s do
    local length = character_length(s, at)
    if not length then return nil, at end
    local character = s:sub(at, at + length - 1)
    if SHORT[character] then character = SHORT[character]
    elseif character:byte() < 0x20 then character = ("\\u%04x"):format(character:byte()) end
    parts[#parts + 1] = character
    at = at + length
  end
  return '"' .. table.concat(parts) .. '"'
end

local function check(s)
  local text, bad_at = expected(s)
  local got, faults = core.json.encode(s)
  if text ~= got then
    error(("%q: expected %s, got %s"):format(s, tostring(text), tostring(got)))
  end
  if not text and faults[1].message ~= "text is not UTF-8 from byte " .. bad_at .. " on" then
    error(("%q: %s"):format(s, faults[1].message))
  end
end

-- The first and last byte of every class that UTF-8, JSON or a control character makes.
local EDGES = { 0x00, 0x08, 0x09, 0x0A, 0x0D, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x7E,
  0x7F, 0x80, 0x85, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xE2, 0xEC,
  0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF }

describe("core text", function()
  it("writes or refuses every text of one and of two bytes", function()
    check ""
    for a = 0, 255 do
      check(string.char(a))
      for b = 0, 255 do check(string.char(a, b)) end
    end
  end)

  it("writes or refuses every text of three bytes from the edges of the classes", function()
    for _, a in ipairs(EDGES) do
      for _, b in ipairs(EDGES) do
        for _, c in ipairs(EDGES) do check(string.char(a, b, c)) end
      end
    end
  end)

  it("takes four bytes from U+10000 to U+10FFFF, no overlong form and none beyond", function()
    for a = 0xEF, 0xF8 do
      for _, b in ipairs(EDGES) do
        for _, c in ipairs { 0x7F, 0x80, 0xBF, 0xC0 } do
          for _, d in ipairs { 0x7F, 0x80, 0xBF, 0xC0 } do check(string.char(a, b, c, d)) end
        end
      end
    end
  end)

  it("refuses overlong forms, surrogates and code points beyond Unicode", function()
    for _, s in ipairs { "\192\128", "\193\191", "\224\128\128", "\224\159\191", "\237\160\128",
        "\237\191\191", "\240\128\128\128", "\240\143\191\191", "\244\144\128\128",
        "\248\136\128\128\128", "\254", "\255" } do
      assert.is_nil((core.json.encode(s)))
    end
  end)

  it("finds the odd byte wherever it stands among words of eight and blocks of sixteen", function()
    for _, odd in ipairs { '"', "\\", "\n", "\127", "\195\164", "\255", "\0", "\31" } do
      for before = 0, 34 do
        for after = 0, 34 do check(("a"):rep(before) .. odd .. ("b"):rep(after)) end
      end
    end
  end)

  it("writes a text that is nothing but escapes, whatever its length", function()
    for size = 1, 300 do check(("\1"):rep(size)) end
    check(("\\\""):rep(5000))
  end)

  it("tells from which byte on a text is not UTF-8", function()
    local _, faults = core.json.encode "Caf\233 au lait"
    assert.equal("text is not UTF-8 from byte 4 on", faults[1].message)
  end)
end)
