-- A raw HTTP/1.1 client over LuaSocket, for seeing on the wire what a server does. It refuses to
-- be clever: no retry, no redirect, no pool.
local lfs = require "lfs"
local socket = require "socket"

local wire = {}

--- A connected TCP socket, non-nil; reads give up after timeout_s (5).
function wire.connect(port, timeout_s)
  local client = assert(socket.connect("127.0.0.1", port))
  client:settimeout(timeout_s or 5)
  return client
end

--- The text of a request.
-- @param options method, path, headers (a list of lines), body
function wire.request(options)
  local first = (options.method or "GET") .. " " .. (options.path or "/") .. " HTTP/1.1"
  local lines = { first, "Host: test" }
  for _, line in ipairs(options.headers or {}) do lines[#lines + 1] = line end
  if options.body then lines[#lines + 1] = "Content-Length: " .. #options.body end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (options.body or "")
end

local function read_head(client)
  local first, problem = client:receive "*l"
  if not first then return nil, problem end
  local answer = { status = tonumber(first:match "^HTTP/1%.%d (%d+)"), headers = {} }
  for line in function() return client:receive "*l" end do
    if line == "" then return answer end
    local name, value = line:match "^([^:]+):%s*(.*)$"
    answer.headers[name:lower()] = value
  end
  return nil, "closed"
end

--- Read one answer.
-- @return { status, headers, body } | nil, reason ("closed", "timeout"), the body so far
function wire.read(client)
  local answer, problem = read_head(client)
  if not answer then return nil, problem end
  if answer.status == 100 then return wire.read(client) end
  local size = tonumber(answer.headers["content-length"] or 0)
  local body, trouble, part = "", nil, nil
  if size > 0 then body, trouble, part = client:receive(size) end
  if not body then return nil, trouble, part end
  answer.body = body
  return answer
end

--- One request on a connection of its own.
function wire.fetch(port, options)
  local client = wire.connect(port, options.timeout_s)
  assert(client:send(wire.request(options)))
  local answer, problem, part = wire.read(client)
  client:close()
  return answer, problem, part
end

--- Did the other side send a reset? After a clean end the first write still succeeds, after a
-- reset it cannot.
function wire.was_reset(client)
  local _, problem = client:receive(1)
  return problem == "closed" and not client:send "x"
end

--- How many entries a folder of /proc/self has: open files in "fd", threads in "task".
-- Forgotten sockets of the spec itself are collected first.
function wire.count(folder)
  collectgarbage()
  collectgarbage()
  local number = 0
  for _ in lfs.dir("/proc/self/" .. folder) do number = number + 1 end
  return number
end

return wire
