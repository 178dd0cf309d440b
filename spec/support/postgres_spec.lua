-- Promises of the PostgreSQL that specs use: it can go away and come back, and nothing of it is
-- left when the process that asked for it is gone.
local child = require "support.child"
local peers = require "support.peers"
local postgres = require "support.postgres"

describe("the PostgreSQL of the specs", function()
  if postgres.missing() then return pending(postgres.missing()) end

  local function exists(path)
    return child.finish { "test", "-e", path } == 0
  end

  it("keeps what was committed over a crash and a restart", function()
    local server = postgres.server()
    local where, name = server:schema()
    assert.matches("search_path=" .. name, where, 1, true)
    server:sql("CREATE TABLE " .. name .. ".t (n integer); INSERT INTO " .. name .. ".t VALUES (7)")
    server:stop "immediate"
    assert.has_error(function() server:sql "SELECT 1" end)
    server:start()
    assert.equal("7\n", server:sql("SELECT n FROM " .. name .. ".t"))
    server:sql("DROP SCHEMA " .. name .. " CASCADE")
  end)

  it("is gone with its folder when its owner is killed", function()
    local folder = peers.folder()
    local pid = child.start({ child.lua, "-e", [[
      local server = require "support.postgres".new()
      print(server.folder)
      io.stdout:flush()
      require "kassa".sleep(300)
    ]] }, folder .. "/out")
    local left
    for _ = 1, 3000 do
      left = peers.read(folder .. "/out"):match "(/%S+)\n"
      if left or not exists("/proc/" .. pid) then break end
      os.execute "sleep 0.02"
    end
    assert(left, peers.read(folder .. "/out"))
    assert.is_true(exists(left .. "/data"))
    os.execute("kill -9 " .. pid)
    for _ = 1, 3000 do
      if not exists(left) then break end
      os.execute "sleep 0.02"
    end
    peers.remove(folder)
    assert.is_false(exists(left))
  end)
end)
