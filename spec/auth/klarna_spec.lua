-- Promises of kassa.auth.klarna: which keys are taken, how they are written, that none is printed.
local auth = require "kassa.auth.klarna"
local core = require "kassa.core"

local KEY = "klarna_test_api_c2VjcmV0"

describe("kassa.auth.klarna", function()
  it("writes the key in the three forms Klarna takes", function()
    local key = auth.check(KEY, "test")
    local basic = "Authorization: Basic "
    assert.equal(basic .. KEY, auth.header(key))
    assert.equal(basic .. "a2xhcm5hX3Rlc3RfYXBpX2MyVmpjbVYw", auth.header(key, nil, "base64"))
    assert.equal(basic .. "OmtsYXJuYV90ZXN0X2FwaV9jMlZqY21WMA==", auth.header(key, ""))
    assert.equal(basic .. core.sign.base64("u-1:" .. KEY), auth.header(key, "u-1"))
  end)

  it("refuses a key whose word contradicts the environment", function()
    local key, why = auth.check("klarna_live_api_abc", "test")
    assert.is_nil(key)
    assert.matches("live key", why)
    assert.matches('environment = "live"', why, 1, true)
    assert.is_nil(auth.check(KEY, "live"))
    assert.is_truthy(auth.check("klarna_live_api_abc", "live"))
  end)

  it("takes keys of other shapes at the caller's word", function()
    assert.is_truthy(auth.check("some-older-key", "test"))
    assert.is_truthy(auth.check(core.secret.new(KEY), "test"))
  end)

  it("says what is wrong with a key without repeating it", function()
    local wrong = { "", "abc\n", " abc", "a b", "a\0b", "klarna_test_client_xyz", "\195\188" }
    for _, key in ipairs(wrong) do
      local checked, why = auth.check(key, "test")
      assert.is_nil(checked)
      assert.matches("^api_key ", why)
      if #key > 2 then assert.is_nil(why:find(key, 1, true)) end
    end
    assert.matches("missing", (select(2, auth.check(nil, "test"))))
    assert.matches("got number", (select(2, auth.check(7, "test"))))
  end)
end)
