-- Promises of kassa.error: one readable line whatever the provider sent, and only known codes.
local core = require "kassa.core"
local error_value = require "kassa.error"

describe("kassa.error", function()
  it("takes happened and retry from the closed list unless told otherwise", function()
    for _, row in ipairs(core.errors) do
      local err = error_value.new(row.code, {})
      assert.equal(row.happened, err.happened)
      assert.equal(row.retry, err.retry)
    end
    assert.equal("yes", error_value.new("timeout", { happened = "yes" }).happened)
  end)

  it("knows no other code", function()
    assert.has_error(function() error_value.new("oops", {}) end)
  end)

  it("reads as one line, whatever the provider sent", function()
    local err = error_value.new("api", { operation = "payment_request.create", status = 500,
      message = "line one\r\nline two\27[31m" .. ("x"):rep(10000) })
    local line = tostring(err)
    assert.is_nil(line:find("%c"))
    assert.is_true(#line < 700)
    assert.matches("^payment_request.create: api: line one", line)
    assert.matches("HTTP 500", line)
  end)

  it("never cuts a message inside a UTF-8 sequence", function()
    local message = error_value.new("api", { message = ("\195\188"):rep(400) }).message
    assert.equal(0, (message:gsub("%.%.%.$", "")):gsub("\195\188", ""):len())
  end)

  it("lists the first faults with their paths and hints, and counts the rest", function()
    local faults = {}
    for i = 1, 5 do
      local path = "line_items[" .. i .. "].name"
      faults[i] = { path = path, message = "is missing", hint = "give one" }
    end
    local line = tostring(error_value.new("invalid", { faults = faults }))
    assert.matches("line_items[1].name: is missing (give one)", line, 1, true)
    assert.matches("and 2 more", line, 1, true)
  end)

  it("holds the object it is about where no log finds it", function()
    local object = { token = "shopper" }
    local err = error_value.new("deadline", {})
    assert.is_nil(err.object)
    assert.equal(err, error_value.keep(err, "object", object))
    assert.equal(object, err.object)
    for name, value in pairs(err) do
      assert.is_not.equal("object", name)
      assert.is_not.equal(object, value)
    end
    assert.is_nil(error_value.new("deadline", {}).object)
  end)

  it("can be joined to a string, and is recognised", function()
    local err = error_value.new("timeout", {})
    assert.matches("^failed: kassa: timeout", "failed: " .. err)
    assert.is_true(error_value.is(err))
    assert.is_false(error_value.is({}))
  end)
end)
