-- Promises of kassa.log: one entry per attempt, in a fixed order, without a secret.
local log = require "kassa.log"

describe("kassa.log", function()
  it("is silent when nobody listens", function()
    assert.is_nil(log.new(nil))
  end)

  it("takes a function, or a table with a level", function()
    assert.is_false(log.new(print).debug)
    assert.is_true(log.new({ write = print, level = "debug" }).debug)
  end)

  it("writes an entry as one line in a fixed order", function()
    assert.equal(
      'operation=payment_request.read code=ok status=200 method=GET route="/a b" attempt=1',
      log.line { attempt = 1, route = "/a b", method = "GET", status = 200, code = "ok",
        operation = "payment_request.read", unknown = 1 })
  end)
end)
