--- Posts due deliveries to the webhooks of this machine from inside a server, whose loop polls the
-- postman's descriptor. It posts to no other machine, and nothing it does waits.

local core = require "kassa.core"
local notifications = require "kassa.sandbox.klarna.notifications"

local postman = {}
postman.__index = postman

local TIMEOUT_MS = 5000 -- Klarna's own is not stated
local CONNECTIONS = 16
local CHANNELS_MAX = 100

--- A postman without a world: it has nothing to post until it is given one.
-- @param options { ca_file = PEM that https receivers are verified by, nil for the system's;
--   timeout_ms = time for an answer (5000) }
function postman.new(options)
  options = options or {}
  return setmetatable({
    engine = core.engine.new { max_connections = CONNECTIONS },
    ca_file = options.ca_file, timeout_ms = options.timeout_ms or TIMEOUT_MS,
    channels = {}, channel_count = 0, -- by origin
    flights = {},                     -- engine's id -> { attempt =, channel = }
    busy = {},                        -- webhook id -> an attempt is on the way
    waiting = {},                     -- attempts behind one to the same webhook, in order
  }, postman)
end

local function on_this_machine(url)
  return url ~= nil and notifications.loopback(url)
end

-- Channels ----------------------------------------------------------------------------------------

local function close_idle(self)
  local used = {}
  for _, flight in pairs(self.flights) do used[flight.channel] = true end
  for origin, channel in pairs(self.channels) do
    if not used[channel] then
      channel:close()
      self.channels[origin] = nil
      self.channel_count = self.channel_count - 1
    end
  end
end

local function channel_to(self, origin)
  if self.channels[origin] then return self.channels[origin] end
  if self.channel_count >= CHANNELS_MAX then close_idle(self) end
  local made, message = self.engine:channel { base_url = origin, http = "1.1",
    ca_file = self.ca_file }
  if not made then return nil, message end
  self.channels[origin] = made
  self.channel_count = self.channel_count + 1
  return made
end

-- One attempt -------------------------------------------------------------------------------------

local function lines_of(headers)
  local lines = {}
  for name, value in pairs(headers) do lines[#lines + 1] = name .. ": " .. value end
  table.sort(lines)
  return lines
end

-- On a connection of its own, so that one attempt is one request whatever the receiver does.
local function send(self, attempt)
  local origin, target = attempt.url:match "^(https?://[^/?#]+)([^#]*)"
  local channel, message = channel_to(self, origin)
  if not channel then return self.world:attempted(attempt.id, nil, message) end
  local id = channel:submit("POST", target, lines_of(attempt.headers), attempt.body,
    self.timeout_ms, true)
  self.flights[id] = { attempt = attempt, channel = channel }
  self.busy[attempt.webhook_id] = true
end

local function ended(self, id, answer)
  local flight = self.flights[id]
  if id == self.timer then self.timer = nil end
  if not flight then return end
  self.flights[id] = nil
  self.busy[flight.attempt.webhook_id] = nil
  local status = not answer.code and answer.status or nil
  self.world:attempted(flight.attempt.id, status, answer.message)
end

-- Deliveries to one webhook go one after another, so that order is lost only where a fault says so.
local function send_waiting(self)
  local still = {}
  for _, attempt in ipairs(self.waiting) do
    if self.busy[attempt.webhook_id] then
      still[#still + 1] = attempt
    else
      send(self, attempt)
    end
  end
  self.waiting = still
end

-- A virtual clock moves when told, and whoever tells it calls `work`; for a real one a timer rings,
-- sooner when the clock was told to move on. One that rings too early does no harm.
local function set_timer(self)
  local world, engine = self.world, self.engine
  local at = world.clock.kind == "real" and world:due_at()
  if not at then return end
  local pause_ms = math.max(0, at - world.clock:now())
  if self.timer and engine:now() + pause_ms >= self.rings_at then return end
  if self.timer then engine:cancel(self.timer) end
  self.timer, self.rings_at = engine:timer(pause_ms), engine:now() + pause_ms
end

--- Take what has ended, send what is due. To be called when the descriptor is readable, and after
-- everything that may have changed the world.
function postman:work()
  self.engine:step(0)
  local id, answer = self.engine:take()
  while id do
    ended(self, id, answer)
    id, answer = self.engine:take()
  end
  if not self.world then return end
  self.world:settle()
  for _, attempt in ipairs(self.world:attempts_due(on_this_machine)) do
    self.waiting[#self.waiting + 1] = attempt
  end
  send_waiting(self)
  set_timer(self)
end

--- Milliseconds since 1970: a finer source for a real clock than the system's seconds.
function postman:time()
  return self.engine:time()
end

--- What kassa.httpd polls: { fd =, step = }.
function postman:watcher()
  return { fd = self.engine:fd(), step = function() self:work() end }
end

--- Posts that are under way end unanswered.
function postman:close()
  self.engine:close()
end

return postman
