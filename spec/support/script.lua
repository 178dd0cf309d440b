-- A transport for specs with the engine's Lua face and a clock of its own: each request is
-- answered by the next line of a script. It records what was sent and never opens a socket.

local core = require "kassa.core"

local M = {}

local Channel, Engine = {}, {}
Channel.__index, Engine.__index = Channel, Engine

--- script: list of answers ({ status=, head=, body= } or { code=, wire=, message= }), or
-- functions(request) -> answer; `after_ms` in an answer is how long it takes.
function M.new(script)
  return setmetatable({ script = script, sent = {}, due = {}, clock = 0, last = 0 }, Engine)
end

function Engine:channel(options)
  self.options = options
  return setmetatable({ engine = self }, Channel)
end

local function later(engine, ms, answer)
  engine.last = engine.last + 1
  table.insert(engine.due, { id = engine.last, at = engine.clock + ms, answer = answer })
  table.sort(engine.due, function(a, b) return a.at < b.at or a.at == b.at and a.id < b.id end)
  return engine.last
end

function Channel:submit(method, target, headers, body, timeout_ms, once)
  local engine = self.engine
  local request = { method = method, target = target, headers = headers,
    body = type(body) == "userdata" and tostring(body) or body,
    timeout_ms = timeout_ms, once = once, at = engine.clock }
  engine.sent[#engine.sent + 1] = request
  local answer = table.remove(engine.script, 1) or error("the script has no further answer")
  if type(answer) == "function" then answer = answer(request) end
  local ms = answer.after_ms or 1
  if ms > timeout_ms then
    ms, answer = timeout_ms, { code = "timeout", message = "no answer in time", wire = "sent" }
  end
  answer.ms = ms
  return later(engine, ms, answer)
end

function Channel:close() self.closed = true end

function Engine:timer(ms) return later(self, ms, { timer = true }) end

function Engine:cancel(id)
  for place, entry in ipairs(self.due) do
    if entry.id == id then
      table.remove(self.due, place)
      table.insert(self.due, 1, { id = id, at = self.clock, answer = { code = "canceled" } })
      return true
    end
  end
  return false
end

function Engine:step()
  if self.due[1] and self.due[1].at > self.clock then self.clock = self.due[1].at end
  return #self.due
end

function Engine:take()
  local first = self.due[1]
  if not first or first.at > self.clock then return nil end
  table.remove(self.due, 1)
  return first.id, first.answer
end

function Engine:pending() return #self.due end
function Engine:usable() return true end
function Engine:now() return self.clock end
function Engine:time() return 1700000000000 + self.clock end
function Engine:close() end

--- The headers of a request as a table with lower-case names.
function M.headers(request)
  local lines = table.concat(request.headers, "\r\n")
  return core.headers.parse("HTTP/1.1 200 OK\r\n" .. lines .. "\r\n\r\n")
end

--- An answer with a JSON body.
function M.json(status, body, headers)
  local head = "HTTP/1.1 " .. status .. " X\r\nContent-Type: application/json\r\n"
  for name, value in pairs(headers or {}) do head = head .. name .. ": " .. value .. "\r\n" end
  return { status = status, head = head .. "\r\n", body = body, http = "1.1" }
end

return M
