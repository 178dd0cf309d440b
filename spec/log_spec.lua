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
    local entry = {
      attempt = 1, route = "/a b", method = "GET", status = 200, code = "ok",
      operation = "x.read", unknown = 1,
    }
    local words = 'operation=x.read code=ok status=200 method=GET route="/a b" attempt=1'
    assert.equal(words, log.line(entry))
  end)
end)
