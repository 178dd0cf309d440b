-- Promises of kassa.auth.fields: what both schemes take as body, secret and digest.
local core = require "kassa.core"
local fields = require "kassa.auth.fields"
local json = require "kassa.json"

describe("kassa.auth.fields", function()
  it("takes no body and a null read from JSON for the same, and an empty one for a body", function()
    assert.is_nil(fields.body {})
    assert.is_nil(fields.body { body = json.null })
    assert.equal("", fields.body { body = "" })
  end)

  it("reads the secret from strict base64 only", function()
    assert.equal("secret", fields.secret "c2VjcmV0")
    assert.equal("secret", fields.secret(core.secret.new "c2VjcmV0"))
    for _, wrong in ipairs { "", "c2VjcmV0\n", "c2V jcmV0", "c2VjcmV", 7, {} } do
      assert.is_nil(fields.secret(wrong))
    end
  end)

  it("digests as the reference says of an empty body", function()
    assert.equal("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", fields.digest "")
  end)
end)
