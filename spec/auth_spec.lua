-- Promises of kassa.auth: it offers the three signatures that anyone can check, and nothing else.
local auth = require "kassa.auth"

describe("kassa.auth", function()
  it("offers http_signature, jwt and jws", function()
    for _, name in ipairs { "http_signature", "jwt", "jws" } do
      assert.equal("function", type(auth[name]))
    end
    assert.is_nil(auth.check)
  end)
end)
