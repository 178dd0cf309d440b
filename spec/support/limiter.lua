-- A server with a rate limit, and a line that takes its time, for specs of pacing: written by hand
-- from what the headers mean, in milliseconds. It shares no line with kassa.pace.

local limiter = {}

-- Small numbers that come the same on every Lua.
local function chance(seed)
  local state = seed * 7919 % 2147483647 + 1
  return function(low, high)
    state = state * 16807 % 2147483647
    return low + state % (high - low + 1)
  end
end

limiter.chance = chance

local Server = {}
Server.__index = Server

--- A server. options: { limit =, window_ms =, phase = ms by which its windows are off ours,
-- kind = "fixed" or "sliding" }
function limiter.server(options)
  return setmetatable({ options = options, arrivals = {}, counts = {}, refused = 0 }, Server)
end

local function used(self, now)
  local o = self.options
  if o.kind ~= "sliding" then return self.counts[math.floor((now + o.phase) / o.window_ms)] or 0 end
  local count = 0
  for i = #self.arrivals, 1, -1 do
    if self.arrivals[i] <= now - o.window_ms then break end
    count = count + 1
  end
  return count
end

--- A call arrives. -> was it let in?, what remains, seconds until the quota begins anew
function Server:arrive(now)
  local o = self.options
  local window = math.floor((now + o.phase) / o.window_ms)
  local allowed = used(self, now) < o.limit
  if allowed then
    self.counts[window] = (self.counts[window] or 0) + 1
    self.arrivals[#self.arrivals + 1] = now
  else
    self.refused = self.refused + 1
  end
  local seconds = math.ceil(((window + 1) * o.window_ms - o.phase - now) / 1000)
  return allowed, math.max(0, o.limit - used(self, now)), math.max(1, seconds)
end

--- Play `count` calls, all wanted at once, millisecond by millisecond. player: { try(now) -> pass
-- or nil, answered(pass, sent, now, allowed, remaining, reset_s) }; line: { out =, back =
-- functions() -> ms }.
-- -> ms until the last was answered, how many were refused after the first answer had come
function limiter.play(server, player, count, line, limit_ms)
  local now, waiting, done, first_at, late = 0, count, 0, nil, 0
  local arriving, answering = {}, {}
  local function add(at, what, to)
    at[to] = at[to] or {}
    table.insert(at[to], what)
  end
  while done < count do
    assert(now < limit_ms, "it takes too long")
    for _, call in ipairs(arriving[now] or {}) do
      call.allowed, call.remaining, call.reset_s = server:arrive(now)
      if not call.allowed and first_at and call.sent >= first_at then late = late + 1 end
      add(answering, call, now + line.back())
    end
    for _, call in ipairs(answering[now] or {}) do
      first_at = first_at or now
      player.answered(call.pass, call.sent, now, call.allowed, call.remaining, call.reset_s)
      if call.allowed then done = done + 1 else waiting = waiting + 1 end
    end
    arriving[now], answering[now] = nil, nil
    while waiting > 0 do
      local pass = player.try(now)
      if not pass then break end
      waiting = waiting - 1
      add(arriving, { pass = pass, sent = now }, now + 1 + line.out())
    end
    now = now + 1
  end
  return now, late
end

return limiter
