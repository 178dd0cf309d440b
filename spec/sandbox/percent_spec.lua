-- Percent-encoding in the sandbox's paths, queries and headers.

local percent = require "kassa.sandbox.percent"

describe("sandbox percent-encoding", function()
  it("escapes all but unreserved characters, byte by byte", function()
    assert.equal("aZ09-._~%20%2F%3A%25%C3%A9%00", percent.escape "aZ09-._~ /:%é\0")
  end)

  it("lets more characters stay when told", function()
    assert.equal("krn:a%2Fb", percent.escape("krn:a/b", ":"))
  end)

  it("reads back what it wrote, and hex digits of either case", function()
    local bytes = {}
    for byte = 0, 255 do bytes[#bytes + 1] = string.char(byte) end
    local all = table.concat(bytes)
    assert.equal(all, percent.unescape(percent.escape(all)))
    assert.equal("//", percent.unescape "%2f%2F")
  end)

  it("leaves a plus sign alone", function()
    assert.equal("a+b", percent.unescape "a+b")
  end)

  it("refuses a percent sign that escapes nothing", function()
    for _, text in ipairs { "%", "a%", "%4", "%4g", "%%41", "100% x" } do
      assert.is_nil(percent.unescape(text), text)
    end
  end)
end)
