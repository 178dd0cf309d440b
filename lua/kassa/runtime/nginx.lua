-- Calls inside nginx (OpenResty): the request that calls is suspended, the worker goes on. It makes
-- no timer, which nginx refuses while it shuts down, and needs no directive in nginx.conf.
--
-- Engines work in threads of their own and tell a bridge, which is a socket of the unix kind
-- (csrc/core/engine_bridge.h). One of those who wait, the leader, reads from it, hands out what is
-- complete and wakes its owners; the others, the followers, wait on a semaphore each. A leader that
-- has its own answer makes a follower the next one. One that is killed cannot: its connection ends
-- then, which the next call sees, and a follower twice a second. One that is stuck is known by the
-- bytes that it does not read, one at least every 200 ms; a follower takes over from it too.

local core = require "kassa.core"
local here = require "kassa.runtime.here"

local M = { package = "ngx", debian = "libnginx-mod-http-lua; it is there inside nginx only" }

local LEASE_S = 0.6      -- a leader that was not seen for so long is gone: three beats
local LOOK_S = 0.5       -- a follower looks so often whether there is a leader
local KEEP_MS = 60000    -- the bridge's connection waits so long for the next leader
local POLL_S = 0.005     -- without a bridge
local SPARE_MAX = 256    -- semaphores that are kept for later calls

-- Where the module can suspend a request. There is nothing to be suspended in the others.
local YIELDING = {
  rewrite = true, server_rewrite = true, access = true, precontent = true, content = true,
  timer = true, ssl_cert = true, ssl_client_hello = true, ssl_session_fetch = true, preread = true,
}

local NO_YIELD = "called in nginx's phase %s, where a request cannot be suspended and the whole"
  .. " worker would wait: call it in rewrite, access or content, or in ngx.timer.at"

local NATIVE = "called where Lua cannot suspend it (in a callback of gsub, sort or require), and"
  .. " the whole worker of nginx would wait"

-- ---- followers, a list with the newest first, who will wait longest -----------------------------

local function link(self, waiter)
  local newest = self.newest
  waiter.linked, waiter.older, waiter.newer = true, newest, nil
  if newest then newest.newer = waiter end
  self.newest = waiter
end

local function unlink(self, waiter)
  if not waiter.linked then return end
  local older, newer = waiter.older, waiter.newer
  if newer then newer.older = older else self.newest = older end
  if older then older.newer = newer end
  waiter.linked, waiter.older, waiter.newer = false, nil, nil
end

-- The next leader: one whose request was not killed meanwhile, so that it does wait.
local function pass_on(self)
  self.leader = nil
  local waiter = self.newest
  while waiter do
    unlink(self, waiter)
    if waiter.semaphore:count() < 0 then return waiter.semaphore:post(1) end
    waiter = self.newest
  end
end

local function follow(self, waiter)
  local spare = self.spare
  local semaphore = table.remove(spare) or self.new_semaphore()
  waiter.semaphore = semaphore
  link(self, waiter)
  semaphore:wait(LOOK_S)
  unlink(self, waiter)
  waiter.semaphore = nil
  if #spare < SPARE_MAX and semaphore:count() == 0 then spare[#spare + 1] = semaphore end
end

-- ---- the leader ---------------------------------------------------------------------------------

-- Is there one who will hand out what comes? A stuck one has not been seen for a while.
local function is_led(self)
  if not self.leader or self.now() - self.seen_s > LEASE_S then return false end
  return not self.socketed or self.bridge:has_peer()
end

-- Hand out what is complete.
local function pump(self)
  for driver in pairs(self.watched) do
    local engine = driver.engine
    if engine:usable() then driver:turn() end
    if not engine:usable() or engine:pending() == 0 then self.watched[driver] = nil end
  end
end

-- Without a socket everything works, at the cost of looking again and again.
local function blind(self, why)
  if not self.told then
    self.ngx.log(self.ngx.WARN, "kassa: looks for answers every 5 ms, since it has no socket to be"
      .. " woken by: ", why)
  end
  self.told = true
end

-- The bridge of this process.
local function bridge_of(self)
  local bridge = self.bridge
  if bridge and bridge:usable() then return bridge end
  local why
  bridge, why = core.bridge.new()
  self.bridge, self.joined = bridge, setmetatable({}, { __mode = "k" })
  if bridge then self.path = "unix:" .. bridge:path() end
  return bridge, why
end

-- From the pool, or new; then it takes the place of any other. -> socket, or nil and why not
local function connect(self)
  local bridge, why = bridge_of(self)
  if not bridge then return nil, why end
  local socket = self.ngx.socket.tcp()
  local connected
  connected, why = socket:connect(self.path, self.pool)
  if not connected then return nil, why end
  if socket:getreusedtimes() > 0 or bridge:accept() then return socket end
  socket:close()
  return nil, "it does not accept its own connection"
end

local function keep(socket)
  if not socket:setkeepalive(KEEP_MS) then socket:close() end
end

-- Engines that have not told this bridge so far do so from now on. -> do all of them? Not one that
-- stands for an engine, as a sandbox in process does: it is to be looked at.
local function join(self)
  local all = true
  for driver in pairs(self.watched) do
    local engine = driver.engine
    if type(engine) ~= "userdata" then
      all = false
    elseif not self.joined[engine] and engine:usable() then
      self.joined[engine] = true
      self.bridge:join(engine)
    end
  end
  return all
end

-- Until there may be something to pump. -> false when the socket has ended
local function await(self, socket, told)
  if told then return socket:receiveany(64) end
  self.ngx.sleep(POLL_S)
  return true
end

-- Until it is woken itself, or another has taken over, whose connection replaces this one.
local function lead(self, waiter)
  self.leader, self.seen_s, self.socketed = waiter, self.now(), false
  local socket, why = connect(self)
  self.socketed = socket ~= nil
  if not socket then blind(self, why) end
  while not waiter.woken and self.leader == waiter do
    self.seen_s = self.now()
    local told = socket and join(self)
    pump(self)
    if waiter.woken then break end
    if not await(self, socket, told) then
      socket:close()
      socket = nil
      break
    end
  end
  if socket then keep(socket) end
  if self.leader == waiter then pass_on(self) end
end

-- ---- the adapter --------------------------------------------------------------------------------

local Nginx = {}

--- Can the caller be suspended here? -> true; or nil and why not
function Nginx.inside(self)
  local phase = self.phase()
  if YIELDING[phase] then
    if here.can_yield() then return true end
    return nil, NATIVE
  end
  return nil, NO_YIELD:format(phase)
end

--- See to it that leaders pump the driver while something of it is in flight.
function Nginx.watch(self, driver) self.watched[driver] = true end

--- Suspend the caller; it may return at any time.
function Nginx.wait(self, waiter)
  waiter.woken = false
  if is_led(self) then return follow(self, waiter) end
  lead(self, waiter)
end

--- Let it go on.
function Nginx.wake(self, waiter)
  waiter.woken = true
  if not waiter.semaphore then return end
  unlink(self, waiter)
  waiter.semaphore:post(1)
end

--- The adapter: { name, mode, inside, watch, wait, wake }. Raises outside nginx.
function M.new()
  local ngx = package.loaded.ngx
  if not (ngx and ngx.get_phase and ngx.socket) then error("this is not inside nginx", 0) end
  local self = {
    ngx = ngx, phase = ngx.get_phase, now = ngx.now,
    new_semaphore = require "ngx.semaphore".new,
    pool = { pool_size = 4 }, -- one for each path
    watched = {}, spare = {}, seen_s = 0,
  }
  local adapter = { name = "nginx", mode = "thread" }
  for name, act in pairs(Nginx) do
    adapter[name] = function(...) return act(self, ...) end
  end
  return adapter
end

return M
