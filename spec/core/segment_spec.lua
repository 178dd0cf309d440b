-- Promises of core.segment: which bytes of an id are escaped, and no others.
local escape = require "kassa.core".segment.escape

describe("core.segment", function()
  it("leaves what a path segment may hold as it is", function()
    local plain = "azAZ09:-._~@!$&'()*+,;="
    assert.equal(plain, escape(plain))
    assert.equal("", escape "")
  end)

  it("escapes every other byte, and no byte of those", function()
    for code = 0, 255 do
      local byte = string.char(code)
      local plain = byte:find "^[%w%-._~:@!$&'()*+,;=]$" and code < 128
      assert.equal(plain and byte or ("%%%02X"):format(code), escape(byte))
    end
    assert.equal("a%2Fb%00", escape "a/b\0")
  end)

  it("escapes a text of any length", function()
    assert.equal(("%2F"):rep(5000), escape(("/"):rep(5000)))
  end)

  it("refuses what is no text", function()
    assert.has_error(function() escape(1) end,
      "bad argument #1 to 'escape' (text: string expected, got number)")
  end)
end)
