-- Promises of kassa.api: a name of a part leads to the part, and to nothing else.
local api_of = require "kassa.api"
local access = require "kassa.api.klarna.access"
local table_ = require "kassa.api.klarna"

describe("kassa.api", function()
  it("finds the table that an access opens", function()
    assert.equal(table_, api_of.table(access))
    assert.equal(table_, api_of.table(table_))
  end)

  it("finds a part by its name", function()
    assert.equal(require "kassa.api.klarna.payment_request".create,
      api_of.find(table_, "payment_request.create"))
    assert.equal(require "kassa.api.klarna.machines", api_of.find(table_, "machines"))
  end)

  it("gives back what is no name", function()
    local part = {}
    assert.equal(part, api_of.find(table_, part))
    assert.is_nil(api_of.find(table_, nil))
  end)

  it("raises for a name of nothing", function()
    assert.has_error(function() api_of.find(table_, "payment_request.crate") end,
      'kassa.api: klarna has no part "payment_request.crate"')
    assert.is_false((pcall(api_of.find, table_, "no_such_module.x")))
    assert.is_false((pcall(api_of.find, table_, "../machines")))
  end)

  it("makes a table whole, once, and leaves the one it was given as it was", function()
    local whole = api_of.whole(table_)
    assert.equal(whole, api_of.whole(table_))
    assert.equal(#table_.operations, #whole.operations)
    for i, row in ipairs(whole.operations) do
      assert.equal(row.name, table_.operations[i].name)
      assert.equal(table_.operations[i].body and "record", row.body and row.body.kind)
      assert.is_not.equal("table", type(table_.operations[i].body))
    end
    for _, object in pairs(whole.objects) do assert.equal("record", object.schema.kind) end
    for _, name in ipairs { "machines", "headers", "limits", "errors", "error" } do
      assert.equal("table", type(whole[name]), name)
    end
    for name, value in pairs(table_) do
      local kept = name == "name" or name == "version" or type(value) == "table"
      assert.is_true(kept or whole.integration ~= nil and type(value) == "string", name)
    end
  end)
end)
