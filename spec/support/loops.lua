-- The loops in which a script may make calls, each started and ended by itself, for promises that
-- all of them keep. It refuses to hide which package is missing.

local runtime = require "kassa.runtime"

local M = {}

local LIMIT_S = 60

-- What a loop lets a story do: `go` starts another coroutine of it, `wait_until` lets the others
-- work until a condition holds.
local function stage(name, host, start)
  local self = { name = name, host = host, live = 0 }
  function self.go(fn)
    self.live = self.live + 1
    start(function()
      fn()
      self.live = self.live - 1
    end)
  end
  function self.sleep(seconds) host.tasks:sleep(seconds) end
  function self.all(list) return host.tasks:all(list) end
  function self.run(fn) return host.tasks:run(fn) end
  function self.wait_until(holds)
    local late = host:driver().engine:now() + 1000 * LIMIT_S
    while not holds() do
      assert(host:driver().engine:now() < late, "it never came to that")
      self.sleep(0.005)
    end
  end
  return self
end

M.plain = {
  play = function(host, fn)
    local self
    self = stage("plain", host, function(act) host.tasks:go(act) end)
    host.tasks:run(function() self.go(function() fn(self) end) end)
    return self
  end,
}

M.cqueues = {
  needs = { "cqueues" }, debian = "lua-cqueues",
  play = function(host, fn)
    local queue = require "cqueues".new()
    local self = stage("cqueues", host, function(act) queue:wrap(act) end)
    self.go(function() fn(self) end)
    assert(queue:loop(LIMIT_S))
    assert(queue:empty(), "cq:loop() did not end by itself")
    return self
  end,
}

M.luv = {
  needs = { "support.luv" }, debian = "lua-luv",
  play = function(host, fn)
    local uv = require "support.luv"
    local late, timer = false, uv.new_timer()
    timer:start(1000 * LIMIT_S, 0, function()
      late = true
      uv.stop()
    end)
    timer:unref()
    local self = stage("luv", host, function(act) coroutine.wrap(act)() end)
    self.go(function() fn(self) end)
    uv.run()
    timer:close()
    uv.run()
    assert(not late, "uv.run() did not end by itself")
    return self
  end,
}

-- One that has to be stepped until its last coroutine has ended.
local function copas_play(load, step)
  return function(host, fn)
    local copas = load()
    local self = stage("copas", host, copas.addthread)
    self.go(function() fn(self) end)
    local engine = host:driver().engine
    local late = engine:now() + 1000 * LIMIT_S
    step(copas, function()
      assert(engine:now() < late, "copas did not end")
      return self.live == 0
    end)
    return self
  end
end

M.copas = {
  needs = { "socket", "copas" }, debian = "lua-copas, which Debian has for Lua 5.1 and 5.2",
  play = copas_play(function() return require "copas" end, function(copas, over)
    while not over() do copas.step(1) end
  end),
}

M["copas 4"] = {
  needs = { "socket" }, debian = "lua-socket", option = "copas",
  play = copas_play(function() return require "support.copas4" end, function(copas)
    copas.loop(1)
  end),
  -- The stand-in has copas's name while this plays.
  within = function(act)
    local before = package.loaded.copas
    package.loaded.copas = require "support.copas4"
    local ok, err = pcall(act)
    package.loaded.copas = before
    if not ok then error(err, 0) end
  end,
}

M.frame = {
  needs = { "socket" }, debian = "lua-socket",
  play = function(host, fn)
    local pause = require "socket".sleep
    local self = stage("frame", host, function(act) coroutine.wrap(act)() end)
    self.go(function() fn(self) end)
    local engine = host:driver().engine
    local late = engine:now() + 1000 * LIMIT_S
    while self.live > 0 do
      assert(engine:now() < late, "the frames did not end")
      host:update()
      pause(0.001)
    end
    return self
  end,
}

-- Inside nginx only, in a request that can wait; each coroutine is a thread of the request.
M.nginx = {
  play = function(host, fn)
    local ngx, wrong = package.loaded.ngx, nil
    local self = stage("nginx", host, function(act)
      assert(ngx.thread.spawn(function()
        local ok, err = xpcall(act, debug.traceback)
        if not ok then wrong = err end
      end))
    end)
    self.go(function() fn(self) end)
    while self.live > 0 and not wrong do ngx.sleep(0.005) end
    if wrong then error(wrong, 0) end
    return self
  end,
}

M.names = { "plain", "cqueues", "luv", "copas", "copas 4", "frame" }

--- The package that a loop lacks here, or nil.
function M.missing(name)
  for _, package_name in ipairs(M[name].needs or {}) do
    if not pcall(require, package_name) then
      return ("%s cannot be played: install %s"):format(name, M[name].debian)
    end
  end
end

--- Play a story in a loop, with a host of its own. The story is called in a coroutine of the loop,
-- with its stage; make(host, option) is called before, outside the loop. -> what the story returned
function M.play(name, make, story)
  local loop, result = M[name], nil
  local host = runtime.new()
  local function act()
    local made = make(host, loop.option or name)
    local self = loop.play(host, function(self) result = { story(self, made) } end)
    assert(self.live == 0, name .. ": a coroutine never ended")
  end
  if loop.within then loop.within(act) else act() end
  return (table.unpack or unpack)(result)
end

return M
