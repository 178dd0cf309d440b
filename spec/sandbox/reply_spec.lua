-- Promises of kassa.sandbox.reply: answers as a transport sends them.

local reply = require "kassa.sandbox.reply"

describe("a reply", function()
  it("writes a table as JSON and leaves text as it is", function()
    assert.same({ status = 200, headers = { ["Content-Type"] = "application/json" },
      body = '{"a":1}' }, reply.of(200, { a = 1 }))
    assert.same({ status = 200, headers = { ["Content-Type"] = "text/csv" }, body = "a" },
      reply.of(200, "a", { ["Content-Type"] = "text/csv" }))
    assert.same({ status = 204, headers = {}, body = "" }, reply.of(204))
  end)

  it("of a gateway is a status only", function()
    assert.same({ status = 413, headers = { ["Content-Type"] = "text/plain" }, body = "" },
      reply.bare(413))
  end)

  it("is copied so that what is kept does not change", function()
    local kept = reply.of(200, { a = 1 })
    local copy = reply.copy(kept)
    assert.same(kept, copy)
    copy.headers.X = "1"
    assert.is_nil(kept.headers.X)
  end)
end)
