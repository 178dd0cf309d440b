--- The engine's Lua face without sockets: calls go to a world in this process.
-- With a virtual clock a step jumps to the next completion, so waiting costs nothing; it carries
-- no TLS and no proxy, and a body from a file only as a part of a form.

local agenda = require "kassa.sandbox.agenda"
local form = require "kassa.sandbox.form"

local transport = {}
transport.__index = transport

local channel = {}
channel.__index = channel

local RESPONSE_MAX = 8 * 1024 * 1024
local REASON = {
  [200] = "OK", [201] = "Created", [400] = "Bad Request", [401] = "Unauthorized",
  [403] = "Forbidden", [404] = "Not Found", [409] = "Conflict", [413] = "Content Too Large",
  [429] = "Too Many Requests", [500] = "Internal Server Error", [503] = "Service Unavailable",
}

--- An engine whose only peer is this world.
function transport.new(world)
  return setmetatable({
    world = world, clock = world.clock, last_id = 0, waiting = 0,
    queue = agenda.new(),   -- what will be complete, by time
    flights = {},           -- id -> { channel =, complete =, watch =, size = } until taken
    done = {}, first = 1, last = 0,
    watches = {},           -- id of the real engine -> id here
  }, transport)
end

local function open(self)
  if self.closed then error("the sandbox's transport is closed", 3) end
end

local function next_id(self, of_channel)
  self.last_id = self.last_id + 1
  self.flights[self.last_id] = { channel = of_channel }
  self.waiting = self.waiting + 1
  return self.last_id
end

-- A real engine lends its pollable descriptor and its timer to event loops and to a real clock.
local function inner(self)
  self.engine = self.engine or require "kassa.core".engine.new {}
  return self.engine
end

local function complete_at(self, id, due, answer)
  self.queue:add(due, { id = id, answer = answer })
  if self.engine then
    local virtual = self.clock.kind == "virtual"
    self.engine:timer(virtual and 0 or math.max(0, due - self.clock:now()))
  end
end

--- A channel; options as the engine's, of which base_url, headers and response_max matter here.
function transport:channel(options)
  open(self)
  local host, path = (options.base_url or ""):match("^%a[%w+.-]*://([^/]*)(.*)$")
  if not path then return nil, "base_url is not an absolute URL" end
  return setmetatable({
    transport = self, host = host, path = path:gsub("/+$", ""), headers = options.headers or {},
    response_max = options.response_max or RESPONSE_MAX,
  }, channel)
end

local function add_lines(headers, lines)
  for _, line in ipairs(lines or {}) do
    if type(line) ~= "string" or line:find("[\r\n%z]") then
      error("a header has CR, LF or NUL in it", 4)
    end
    local name, value = line:match("^([^:]+):%s*(.-)%s*$")
    if name then headers[name:lower()] = value end
  end
end

-- -> the body's bytes and, of a form, its type; or nil and why a file cannot be read
local function body_of(body)
  if body == nil then return "" end
  if type(body) == "string" or type(body) == "userdata" then return tostring(body) end
  if type(body) ~= "table" or not body.parts then
    error("the sandbox's transport takes bodies as strings, or { parts = list }", 4)
  end
  return form.write(body.parts)
end

-- -> the request as the world takes it; or nil and why a file cannot be read
local function request_of(self, method, target, lines, body)
  local bytes, kind = body_of(body)
  if not bytes then return nil, kind end
  local headers = { host = self.host }
  add_lines(headers, self.headers)
  add_lines(headers, lines)
  headers["content-type"] = kind or headers["content-type"]
  local path, query = (self.path .. target):match("^([^?]*)%??(.*)$")
  return {
    method = method, path = path, query = query ~= "" and query or nil, headers = headers,
    body = bytes,
  }
end

local function head_of(response)
  local lines = {}
  for name, value in pairs(response.headers) do lines[#lines + 1] = name .. ": " .. value end
  lines[#lines + 1] = "Content-Length: " .. #response.body
  table.sort(lines)
  return string.format("HTTP/1.1 %d %s\r\n%s\r\n\r\n", response.status,
    REASON[response.status] or "Status", table.concat(lines, "\r\n"))
end

local function failure(code, message, status, wire)
  return { code = code, message = message, status = status, wire = wire or "sent" }
end

local FAULT = {}

function FAULT.reset(response)
  local name = response.fault.name
  if name == "refuse" then return failure("connect", "connection refused", nil, "unsent") end
  if name == "reset" then return failure("protocol", "connection reset by peer") end
  return failure("protocol", "connection closed before an answer")
end

function FAULT.truncate(response)
  if response.fault.at >= #response.body then return nil end
  return failure("protocol", string.format("the body ended after %d of %d bytes",
    response.fault.at, #response.body), response.status)
end

-- How long the answer takes and what it is.
local function outcome(response, response_max)
  local fault = response.fault
  local delay = response.delay_ms or 0
  if fault and fault.kind == "silence" then return math.huge end
  if fault and fault.kind == "drip" then delay = delay + fault.ms * #response.body end
  local broken = fault and FAULT[fault.kind] and FAULT[fault.kind](response)
  if broken then return delay, broken end
  if #response.body > response_max then
    return delay, failure("too_large", "the body is over " .. response_max .. " bytes",
      response.status)
  end
  return delay, { status = response.status, head = head_of(response), body = response.body,
    http = "1.1" }
end

-- Of an answer that drips the head has come long before its end.
local function late(response, timeout_ms)
  local begun = response.fault and response.fault.kind == "drip"
    and (response.delay_ms or 0) < timeout_ms
  return failure("timeout", "no answer within " .. timeout_ms .. " ms",
    begun and response.status or nil)
end

--- Send a request. Arguments and result are those of the engine's channel.
function channel:submit(method, target, headers, body, timeout_ms)
  local owner = self.transport
  open(owner)
  if self.closed then error("the channel is closed", 2) end
  local request, why = request_of(self, method, target, headers, body)
  if not request then return nil, why end
  local start = owner.clock:now()
  local response = owner.world:handle(request)
  local delay, answer = outcome(response, self.response_max)
  if timeout_ms and delay >= timeout_ms then
    delay, answer = timeout_ms, late(response, timeout_ms)
  end
  local id = next_id(owner, self)
  owner.flights[id].size = #request.body
  if delay < math.huge then
    answer.ms = delay
    complete_at(owner, id, start + delay, answer)
  end
  return id
end

-- It is complete: no later than now, and only once.
local function complete(self, id, answer)
  self.flights[id].complete = true
  self.last = self.last + 1
  self.done[self.last] = { id = id, answer = answer }
end

local function cancel(self, id)
  local watch = self.flights[id].watch
  if watch then
    self.watches[watch] = nil
    self.engine:cancel(watch)
  end
  complete(self, id, failure("canceled", "canceled"))
end

--- The end of a channel; its calls end as canceled and are still to be taken.
function channel:close()
  local owner = self.transport
  self.closed = true
  local ids = {}
  for id, flight in pairs(owner.flights) do
    if flight.channel == self and not flight.complete then ids[#ids + 1] = id end
  end
  table.sort(ids)
  for _, id in ipairs(ids) do cancel(owner, id) end
end

--- A completion after ms milliseconds.
function transport:timer(ms)
  open(self)
  local id = next_id(self)
  complete_at(self, id, self.clock:now() + math.max(0, ms), { timer = true })
  return id
end

--- A completion as { readable = true } once the descriptor is readable; or nil and why not.
function transport:watch(fd)
  open(self)
  local watch, why = inner(self):watch(fd)
  if not watch then return nil, why end
  local id = next_id(self)
  self.watches[watch], self.flights[id].watch = id, watch
  return id
end

--- End a call, a timer or a watch as canceled; it is still to be taken. Returns false when it is
-- complete or unknown.
function transport:cancel(id)
  open(self)
  local flight = self.flights[id]
  if not flight or flight.complete then return false end
  cancel(self, id)
  return true
end

local function collect(self)
  local entry = self.queue:take(self.clock:now())
  while entry do
    local flight = self.flights[entry.id]
    if flight and not flight.complete then complete(self, entry.id, entry.answer) end
    entry = self.queue:take(self.clock:now())
  end
  return self.last - self.first + 1
end

-- Of the real engine only its watches mean anything here; its timers just woke somebody.
local function drain(self)
  local engine = self.engine
  engine:step(0)
  local found, answer = engine:take()
  while found do
    local id = self.watches[found]
    self.watches[found] = nil
    if id then complete(self, id, answer) end
    found, answer = engine:take()
  end
end

local function wait_really(self, ms)
  local next_at = self.queue:next()
  local pause = next_at and math.min(ms, next_at - self.clock:now()) or ms
  local engine = inner(self)
  engine:timer(math.max(0, pause))
  engine:step(math.max(0, pause))
  drain(self)
end

-- While nothing but descriptors is waited for, a virtual clock too runs as fast as the real one.
local function wait_virtually(self, ms)
  local now, next_at = self.clock:now(), self.queue:next()
  if not next_at and next(self.watches) then
    local before = self.engine:now()
    wait_really(self, ms)
    ms = math.floor(self.engine:now() - before)
  end
  self.world:advance(((next_at or now + ms) - now) / 1000)
end

--- Let at most ms milliseconds pass; a virtual clock jumps to the next completion instead.
-- Returns the number of completions waiting.
function transport:step(ms)
  open(self)
  if self.engine then drain(self) end
  self.world:deliver()
  local ready = collect(self)
  if ready > 0 or ms <= 0 then return ready end
  if self.clock.kind == "real" then
    wait_really(self, ms)
  else
    wait_virtually(self, ms)
    if self.engine and self.queue:next() then self.engine:timer(0) end -- a loop has to come again
  end
  return collect(self)
end

local function pop(self)
  collect(self)
  local entry = self.done[self.first]
  if not entry then return nil end
  self.done[self.first] = nil
  self.first = self.first + 1
  self.flights[entry.id] = nil
  self.waiting = self.waiting - 1
  return entry
end

--- The next completion: id, answer; or nil. What it tells of has its webhooks delivered first: here
-- no call is half made, so that a receiver may make calls of its own.
function transport:take()
  open(self)
  local entry = pop(self)
  self.world:deliver()
  if not entry then return nil end
  return entry.id, entry.answer
end

--- A descriptor that becomes readable when something is complete.
function transport:fd()
  open(self)
  local made = not self.engine
  local engine = inner(self)
  if made and self.waiting > 0 then engine:timer(0) end
  return engine:fd()
end

--- How much of a call's body has left and how large it is: here all of it leaves at once.
-- nil: no such call, or it was taken.
function transport:progress(id)
  open(self)
  local flight = self.flights[id]
  local size = flight and flight.size
  if size then return size, size end
end

--- May calls be made?
function transport:usable()
  return not self.closed
end

function transport:pending()
  open(self)
  return self.waiting
end

--- Milliseconds of a clock that never goes back: the world's.
function transport:now()
  open(self)
  return self.clock:now()
end

--- Milliseconds since 1970 by the world's clock.
function transport:time()
  open(self)
  return self.clock:now()
end

function transport:close()
  if self.engine then self.engine:close() end
  self.engine, self.closed = nil, true
end

return transport
