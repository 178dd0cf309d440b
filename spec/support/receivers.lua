-- Receivers of webhooks for specs, and senders that speak to them over real sockets, all in the
-- tasks of one script. It refuses to hold up a task while it waits.
local json = require "kassa.json"
local kassa = require "kassa"
local socket = require "socket"
local wire = require "support.wire"

local receivers = {}

receivers.KEY_ID, receivers.KEY = "krn:key:1", "kassa-test-signing-key-0001"
local count = 0

--- The body of an event.
function receivers.body_of(event_type, payload, id)
  count = count + 1
  return assert(json.encode { metadata = { event_type = event_type,
    event_id = id or "event-" .. count, occurred_at = "2024-01-01T12:00:00Z" },
    payload = payload or { n = count } })
end

--- The text of a delivery. options: key, key_id, path, method, headers (none: signed)
function receivers.delivery(body, options)
  options = options or {}
  local lines = options.headers
  if not lines then
    lines = {}
    for name, value in pairs(kassa.webhook.sign { body = body,
      key = options.key or receivers.KEY, key_id = options.key_id or receivers.KEY_ID }) do
      lines[#lines + 1] = name .. ": " .. value
    end
  end
  return wire.request { method = options.method or "POST", path = options.path or "/",
    headers = lines, body = body }
end

--- A client whose reads suspend only their task.
function receivers.patient(client)
  client:settimeout(0)
  return { receive = function(_, what)
    local got, problem, part = client:receive(what)
    local tries = 0
    while problem == "timeout" and tries < 2000 do
      kassa.sleep(0.003)
      tries = tries + 1
      got, problem, part = client:receive(what, part)
    end
    return got, problem, part
  end }
end

--- Send a request from inside a task. -> the answer; or nil and the problem
function receivers.post(port, request)
  local client = wire.connect(port)
  client:send(request)
  local got, problem = wire.read(receivers.patient(client))
  client:close()
  return got, problem
end

--- Serve, run test(receiver, router) in a task beside it, stop. options.handler: of every event.
function receivers.serving(options, test)
  local handler, errors = options.handler, {}
  local router = kassa.webhook.router {
    store = options.store, client = options.client, now = options.now, provider = options.provider,
    on_error = function(err) errors[#errors + 1] = err end,
  }
  if handler then router:on("*", handler) end
  options.handler, options.store, options.client, options.now = nil, nil, nil, nil
  options.router, options.keys = router, options.keys or { [receivers.KEY_ID] = receivers.KEY }
  local receiver
  function options.on_ready(made) receiver = made end
  kassa.run(function()
    local task = kassa.go(function() return kassa.assert(kassa.webhook.serve(options)) end)
    while not receiver and not task.results do kassa.sleep(0.001) end
    if not receiver then task:join() end
    local tested = kassa.go(function() test(receiver, router, errors) end)
    tested:wait()
    receiver.stop()
    assert(task:join() == true)
    tested:join()
    assert(not socket.connect("127.0.0.1", receiver.port), "it listens on")
  end)
end

return receivers
