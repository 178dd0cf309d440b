-- Promises of kassa.runtime.copas beside those of spec/contract/runtime_spec.lua: both generations,
-- and a clear word when the package is not there.
local client = require "kassa.client"
local loops = require "support.loops"
local runtime = require "kassa.runtime"

describe("kassa.runtime.copas", function()
  it("is named when it is not there, where the client is made", function()
    local preload, loaded = package.preload.copas, package.loaded.copas
    package.loaded.copas = nil
    package.preload.copas = function() error("module 'copas' not found:\n\tno file", 0) end
    local ok, err = pcall(function()
      client.new(runtime.new(), require "kassa.api.klarna.access",
        { api_key = "klarna_test_api_x", runtime = "copas" })
    end)
    package.preload.copas, package.loaded.copas = preload, loaded
    assert.is_false(ok)
    assert.matches('runtime = "copas" needs the Lua package copas', err)
    assert.matches("lua%-copas", err)
    assert.is_nil(err:find "no file")
  end)

  it("keeps the socket of a handler of copas 1.2 open while it waits", function()
    local missing = loops.missing "copas"
    if missing then return pending(missing) end
    local copas, socket = require "copas", require "socket"
    local host = runtime.new()
    local chosen = host:named "copas"
    local server, said = assert(socket.bind("127.0.0.1", 0)), nil
    assert.is_true(copas.autoclose)
    copas.addserver(server, function(accepted)
      host:driver():sleep(10, chosen)
      said = { accepted:send "still open\n" }
      accepted:close()
    end)
    local visitor = assert(socket.connect("127.0.0.1", (select(2, server:getsockname()))))
    local engine = host:driver().engine
    local late = engine:now() + 20000
    while not said do
      assert(engine:now() < late)
      copas.step(1)
    end
    visitor:settimeout(20)
    assert.equal("still open", (visitor:receive "*l"))
    visitor:close()
    server:close()
  end)

  it("finds copas 4 by itself while its loop runs", function()
    local missing = loops.missing "copas 4"
    if missing then return pending(missing) end
    loops["copas 4"].within(function()
      local copas, host = require "support.copas4", runtime.new()
      local order = {}
      for _, ms in ipairs { 300, 1 } do
        copas.addthread(function()
          host:driver():sleep(ms, host.runtime)
          order[#order + 1] = ms
        end)
      end
      copas.loop(1)
      assert.same({ 1, 300 }, order)
    end)
  end)
end)
