-- Promises of core.secret: key material that no print, index or log shows. It refuses to look for
-- the wiped bytes: that is the sanitizers' part.
local secret = require("kassa.core").secret

describe("core.secret", function()
  it("prints as [secret] and never as its bytes", function()
    local value = secret.new "klarna_test_api_abc"
    assert.equal("[secret]", tostring(value))
    assert.is_nil(tostring(value):find("abc", 1, true))
  end)

  it("has no fields to read or write", function()
    local value = secret.new "abc"
    assert.error_matches(function() return value.bytes end, "no fields")
    assert.error_matches(function() return value[1] end, "no fields")
    assert.error_matches(function() value.bytes = "x" end, "no fields")
  end)

  it("hides its metatable and has neither length nor concatenation", function()
    local value = secret.new "abc"
    assert.is_false(getmetatable(value))
    assert.has_error(function() return #value end)
    assert.has_error(function() return "key " .. value end)
    assert.has_error(function() setmetatable(value, {}) end)
  end)

  it("reveals exactly the bytes it was made of, also none and NULs", function()
    for _, bytes in ipairs { "", "abc", "a\0b", ("k"):rep(100000) } do
      assert.equal(bytes, secret.reveal(secret.new(bytes)))
    end
  end)

  it("tells a secret from everything else", function()
    assert.is_true(secret.is(secret.new ""))
    for _, value in ipairs { "abc", 1, false, {}, print, io.stdout } do
      assert.is_false(secret.is(value))
    end
    assert.is_false(secret.is(nil))
    assert.is_false(secret.is())
  end)

  it("raises with the argument named when misused", function()
    for _, value in ipairs { 1, false, {}, io.stdout } do
      assert.error_matches(function() secret.new(value) end, "bytes: string expected")
      assert.error_matches(function() secret.reveal(value) end, "secret: secret expected")
    end
    assert.error_matches(function() secret.reveal "abc" end, "secret: secret expected")
  end)

  it("is closed after collection: a resurrected secret reveals nothing", function()
    if _VERSION == "Lua 5.1" then return end -- tables have no __gc there to resurrect it with
    local holder, risen = { value = secret.new "abc" }, nil
    setmetatable(holder, { __gc = function(dying) risen = dying.value end })
    holder = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.is_true(secret.is(risen))
    assert.error_matches(function() secret.reveal(risen) end, "secret expected")
  end)
end)
