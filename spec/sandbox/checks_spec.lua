-- Promises of kassa.sandbox.checks that the world's own spec does not see from outside.

local S = require "kassa.schema"
local checks = require "kassa.sandbox.checks"

local ROW = { body = S.record "thing" {
  { "name", S.text { min = 1, max = 5 }, required = true },
  { "items", S.list(S.record "item" { { "count", S.integer { min = 0 } } }) },
} }

local function read(text, kind)
  return checks.body(ROW, { body = text, headers = { ["content-type"] = kind or
    "application/json" } })
end

describe("the check of a body", function()
  it("gives the body as sent, with the members nobody knows", function()
    assert.same({ name = "a", other = { 1 }, items = { { count = 1, more = "x" } } },
      read '{"name":"a","other":[1],"items":[{"count":1,"more":"x"}]}')
  end)

  it("names the place of a fault from 0", function()
    local _, refusal = read '{"name":"a","items":[{"count":1},{"count":-1}]}'
    assert.equal("items[1].count", refusal.validation_errors[1].parameter)
  end)

  it("finds a map where a list belongs, and a list where a map belongs", function()
    for _, text in ipairs { '{"name":"a","items":{"x":1}}', '{"name":"a","items":[[1]]}',
        '{"name":"a","items":3}', '{"name":{},"items":[]}' } do
      local body, refusal = read(text)
      assert.is_nil(body, text)
      assert.equal("VALIDATION_ERROR", refusal.error_code)
    end
  end)

  it("tells the place of a JSON error as Klarna does", function()
    local _, refusal = read '{"name": tru'
    assert.truthy(refusal.error_message:match("%[character %d+ line 1%]%.\n$"))
    _, refusal = read ""
    assert.equal("INVALID_CONTENT_TYPE", refusal.error_code)
  end)

  it("ignores a body where the operation takes none", function()
    assert.same({}, checks.body({}, { body = "ignored", headers = {} }))
  end)
end)

describe("the check of sizes", function()
  it("lets through what is just within", function()
    assert.is_nil(checks.size { headers = {}, body = ("x"):rep(1024 * 1024) })
    assert.equal(413, checks.size { headers = {}, body = ("x"):rep(1024 * 1024 + 1) })
    assert.equal(431, checks.size { headers = { a = ("x"):rep(6 * 1024) } })
  end)
end)

describe("the check of needed headers", function()
  it("asks only for those of the row that are required", function()
    local row = { headers = { { name = "X-One", required = true }, { name = "X-Two" } } }
    assert.is_nil(checks.needed_headers(row, { ["x-one"] = "1" }))
    assert.equal("X-One", checks.needed_headers(row, {}).validation_errors[1].parameter)
    assert.is_nil(checks.needed_headers({}, {}))
  end)
end)
