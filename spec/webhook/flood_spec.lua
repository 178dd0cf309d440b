-- A promise of kassa.webhook.serve: a flood of senders, or whatever else takes every descriptor of
-- the process, does not end it. It runs in a process of its own, which may open few files.
local child = require "support.child"

describe("a receiver's senders", function()
  it("may take all that a process can open, and it lives on", function()
    local status, output = child.finish { "sh", "-c", ("ulimit -n 64; exec '%s' -e '%s'"):format(
      child.lua, [[
      local kassa = require "kassa"
      local socket = require "socket"
      local wire = require "support.wire"
      local function healthy(port)
        local client = wire.connect(port)
        client:send(wire.request { path = "/health" })
        kassa.sleep(1.5)
        local answer = wire.read(client)
        client:close()
        return answer.status == 200
      end
      assert(kassa.webhook.serve { router = kassa.webhook.router(), keys = { k = "v" },
        receive_s = 1, on_ready = function(receiver)
          assert(healthy(receiver.port))
          local files = {}
          repeat files[#files + 1] = io.open "/dev/null" until not io.open "/dev/null"
          kassa.sleep(0.2)
          for _, file in ipairs(files) do file:close() end
          files = nil
          collectgarbage()
          assert(healthy(receiver.port))
          local slow = {}
          for i = 1, 20 do
            slow[i] = assert(socket.connect("127.0.0.1", receiver.port))
            slow[i]:send "POST"
          end
          kassa.sleep(0.5)
          assert(healthy(receiver.port))
          receiver.stop()
        end })
      print "alive"]]) }
    assert.same({ 0, "alive\n" }, { status, output })
  end)
end)
