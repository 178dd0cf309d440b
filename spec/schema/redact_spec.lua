-- Promises of schema.redact: what is marked personal or secret, and what the schema does not know,
-- is not in the copy, whatever shape it came in. It refuses to change the value.

local S = require "kassa.schema"
local json = require "kassa.json"

local customer = S.record "customer" {
  { "name", S.text {}, personal = true },
  { "token", S.token {}, secret = true },
  { "country", S.country {} },
  { "phones", S.list(S.phone { personal = true }) },
  { "extra", S.any {} },
  { "labels", S.map(S.text { secret = true }) },
  { "orders", S.list(S.record "order" {
    { "id", S.id {} }, { "note", S.text {}, personal = true },
  }) },
}

describe("schema.redact", function()
  it("marks personal and secret fields and keeps the others", function()
    assert.same({ name = "[personal]", token = "[secret]", country = "SE",
      phones = { "[personal]", "[personal]" }, extra = { a = { 1 } }, labels = { a = "[secret]" },
      orders = { { id = "1", note = "[personal]" } } },
      S.redact(customer, { name = "Jo", token = "x", country = "SE", phones = { "1", "2" },
        extra = { a = { 1 } }, labels = { a = "b" }, orders = { { id = "1", note = "n" } } }))
  end)

  it("leaves out what the schema does not know", function()
    assert.same({ country = "SE", nmae = "[unknown]" },
      S.redact(customer, { country = "SE", nmae = "Jo" }))
    assert.equal("[unknown]", S.redact(customer, "Jo"))
    assert.same({ country = "[unknown]" }, S.redact(customer, { country = { "Jo" } }))
    assert.same({ orders = "[unknown]" }, S.redact(customer, { orders = "Jo" }))
  end)

  it("marks a secret field of any shape", function()
    assert.same({ token = "[secret]", name = "[personal]" },
      S.redact(customer, { token = { "x" }, name = { a = "Jo" } }))
  end)

  it("leaves the value as it was", function()
    local value = { name = "Jo", orders = { { note = "n" } } }
    S.redact(customer, value)
    assert.same({ name = "Jo", orders = { { note = "n" } } }, value)
  end)

  it("ends on a value that holds itself", function()
    local loop = { country = "SE" }
    loop.extra = loop
    assert.is_string(json.encode(S.redact(S.record "r" { { "extra", S.any {} } }, { extra = "x" })))
    assert.is_table(S.redact(customer, loop))
  end)

  it("runs no metamethod", function()
    local function boom() error "a metamethod ran" end
    local trap = { __index = boom, __pairs = boom, __len = boom }
    local value = setmetatable({ name = "Jo", phones = setmetatable({ "1" }, trap) }, trap)
    assert.same({ name = "[personal]", phones = { "[personal]" } }, S.redact(customer, value))
  end)

  it("keeps null and empty lists as they are", function()
    assert.equal('{"country":null,"orders":[]}',
      json.encode(S.redact(customer, { country = json.null, orders = {} })))
  end)
end)
