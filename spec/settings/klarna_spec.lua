-- Promises of kassa.settings.klarna: the key becomes a header, the account a path.
local access = require "kassa.api.klarna.access"
local settings = require "kassa.settings"

local KEY = "klarna_test_api_k"

describe("kassa.settings.klarna", function()
  it("writes the key's header once, or has a function asked for it every time", function()
    local fixed = assert(settings.read(access, { api_key = KEY }))
    assert.same({ "Authorization: Basic " .. KEY }, fixed.headers)
    assert.is_nil(fixed.authorize)
    local asked = assert(settings.read(access, { api_key = function() return KEY end }))
    assert.same({}, asked.headers)
    assert.same({ "Authorization: Basic " .. KEY }, asked.authorize())
  end)

  it("puts an account into the path as it is", function()
    local account = "krn:partner:global:account:test:X"
    local read = settings.read(access, { api_key = KEY, account = account })
    assert.equal("/v2/accounts/" .. account, read.prefix)
    assert.equal("/v2", read.plain_prefix)
    assert.equal(account, read.account)
  end)

  it("names what is wrong with the integration", function()
    local _, faults = settings.read(access, { api_key = KEY, integration = { integrator = {} } })
    assert.matches("^integration%.integrator%.name: ", faults[1])
  end)

  it("takes no option of Cybersource's", function()
    local _, faults = settings.read(access, { api_key = KEY, merchant_id = "m" })
    assert.matches("^merchant_id is no option", faults[1])
  end)
end)
