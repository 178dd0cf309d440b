-- Promises of kassa.sandbox.providers: a provider by its name, Klarna when none is named.

local providers = require "kassa.sandbox.providers"

describe("the sandbox's providers", function()
  it("are found by name, and Klarna without one", function()
    assert.equal(providers.find "klarna", providers.find())
    assert.truthy(providers.find("klarna").answer)
  end)

  it("are close names for one that nobody has", function()
    local found, message = providers.find "klana"
    assert.is_nil(found)
    assert.equal("the sandbox plays no provider klana, did you mean klarna?", message)
  end)
end)
