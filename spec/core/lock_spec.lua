-- Promises of the locks between processes: one holder at a time, and none after its death. The
-- fallback for other systems is kept by lock_test.c, which this spec runs.
local child = require "support.child"
local core = require "kassa.core"
local peers = require "support.peers"
local unit = require "support.unit"

describe("a lock", function()
  local folder, path
  before_each(function()
    folder = peers.folder()
    path = folder .. "/shop.lock"
  end)
  after_each(function() peers.remove(folder) end)

  local function wait_until(probe)
    for _ = 1, 3000 do
      if probe() then return true end
      os.execute "sleep 0.01"
    end
    return false
  end

  -- A process that runs this with `lock`, and then waits to be killed.
  local function start_holder(source)
    local pid = child.start({ child.lua, "-e", ([[
      local lock = assert(require "kassa.core".lock.open(%q))
      %s
      io.open(%q, "w"):close()
      require "kassa".sleep(300)
    ]]):format(path, source, folder .. "/ready") }, folder .. "/out")
    assert(wait_until(function() return child.finish { "test", "-e", folder .. "/ready" } == 0 end),
      peers.read(folder .. "/out"))
    return pid
  end

  it("of one number is held by one handle at a time", function()
    local one, other = core.lock.open(path), core.lock.open(path)
    assert.is_true(one:try(5))
    assert.is_false(other:try(5))
    assert.is_true(other:try(6))
    assert.is_true(one:try(5))
    assert.is_true(one:release(5))
    assert.is_true(other:try(5))
    assert.is_false(one:try(5))
    one:close()
    other:close()
  end)

  it("has numbers from 0 to 2^53 - 1, each its own", function()
    local one, other = core.lock.open(path), core.lock.open(path)
    for _, number in ipairs { 0, 1, 4294967296, 9007199254740991 } do
      assert.is_true(one:try(number))
      assert.is_false(other:try(number))
    end
    assert.is_true(other:try(9007199254740990))
    for _, wrong in ipairs { -1, 9007199254740992, 0.5, "5", {} } do
      assert.has_error(function() one:try(wrong) end)
    end
    one:close()
    other:close()
  end)

  it("ends when its handle is closed, and twice is no harm", function()
    local one, other = core.lock.open(path), core.lock.open(path)
    one:try(1)
    one:close()
    one:close()
    assert.is_true(other:try(1))
    assert.has_error(function() one:try(1) end, "the lock is closed")
    other:close()
  end)

  it("dies with its holder, killed without a warning", function()
    local lock = core.lock.open(path)
    local pid = start_holder "assert(lock:try(9))"
    assert.is_false(lock:try(9))
    assert.is_true(lock:try(10))
    os.execute("kill -9 " .. pid)
    assert.is_true(wait_until(function() return lock:try(9) end))
    lock:close()
  end)

  it("is not handed to the programs that its holder starts", function()
    local lock = core.lock.open(path)
    local pid = start_holder(([[
      assert(lock:try(9))
      os.execute "sleep 300 >/dev/null 2>&1 & echo $! >%s/pid"
    ]]):format(folder))
    os.execute("kill -9 " .. pid)
    assert.is_true(wait_until(function() return lock:try(9) end))
    local killed = child.finish { "kill", "-9", peers.read(folder .. "/pid"):match "%d+" }
    assert.equal(0, killed, "the program was gone before")
    lock:close()
  end)

  it("says why a file cannot be had", function()
    local none, why = core.lock.open(folder .. "/none/shop.lock")
    assert.is_nil(none)
    assert.equal("No such file or directory", why)
    assert.has_error(function() core.lock.open("a\0b") end)
    assert.has_error(function() core.lock.open(nil) end)
  end)

  it("works where the system has only POSIX's", function()
    assert.matches("^ok %d+$", unit.run "lock_test")
  end)
end)
