-- Promises of `require "kassa"` itself: what a script finds there. It refuses to test what lies
-- behind each name; that name's own spec does.
local kassa = require "kassa"

describe("kassa", function()
  it("offers clients, tasks, secrets, amounts and the marks of JSON", function()
    for _, name in ipairs { "klarna", "secret", "run", "go", "all", "sleep", "assert", "raw" } do
      assert.equal("function", type(kassa[name]), name)
    end
    assert.equal("table", type(kassa.money))
    assert.equal(require("cjson").null, kassa.null)
  end)

  it("hides a secret from print", function()
    assert.equal("[secret]", tostring(kassa.secret "klarna_test_api_abc"))
  end)

  it("asserts with a message that every Lua can show", function()
    assert.same({ 1, 2, 3 }, { kassa.assert(1, 2, 3) })
    local told = setmetatable({}, { __tostring = function() return "declined: no funds" end })
    local ok, err = pcall(kassa.assert, nil, told)
    assert.is_false(ok)
    assert.matches("declined: no funds", tostring(err))
  end)

  it("runs tasks and gives back what they return", function()
    assert.same({ 1, nil, 3 }, { kassa.run(function() return 1, nil, 3 end) })
  end)

  it("leaves no global behind", function()
    assert.is_nil(rawget(_G, "kassa"))
  end)
end)
