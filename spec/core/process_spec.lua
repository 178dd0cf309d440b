-- Promise of core.process: a forked child is told from its parent.
local process = require("kassa.core").process
local fork = require "support.fork"

describe("core.process.id", function()
  it("is the same at every call, and another one in a child", function()
    local id = process.id()
    assert.equal(id, process.id())
    local pid = fork.fork()
    if pid == 0 then fork.exit(process.id() ~= id and 0 or 1) end
    assert.same({ "exited", 0 }, { fork.wait(pid, 20) })
  end)
end)
