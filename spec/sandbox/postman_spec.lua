-- Promises of webhooks posted by a sandbox behind a socket: signed, in order, tried again by the
-- sandbox's clock, never in the way of the script or of the end.

local child = require "support.child"
local httpd = require "kassa.httpd"
local json = require "kassa.json"
local peers = require "support.peers"
local postman = require "kassa.sandbox.postman"
local sandbox = require "kassa.sandbox"
local sign = require "kassa.core".sign
local socket = require "socket"
local wire = require "support.wire"
local world = require "kassa.sandbox.world"

local ORDER = { currency = "USD", payment_amount = 1000 }

-- One API call to a sandbox behind a socket.
local function post(box, path, body)
  local port = tonumber(box.base_url:match ":(%d+)$")
  local answer = assert(wire.fetch(port, { method = "POST", path = "/v2" .. path,
    body = json.encode(body or {}),
    headers = { "Authorization: Basic " .. box:options().api_key,
      "Content-Type: application/json" } }))
  local value = json.decode(answer.body)
  assert(answer.status >= 200 and answer.status < 300, answer.status .. " " .. answer.body)
  return value
end

local function hook(box, url, types)
  local key = post(box, "/notification/signing-keys")
  local made = post(box, "/notification/webhooks", { url = url, event_version = "v2",
    event_types = json.list(types or { "payment.*" }), signing_key_id = key.signing_key_id,
    status = "ENABLED" })
  return made, key
end

local function order(box)
  return post(box, "/payment/requests", ORDER).payment_request_id
end

local function wait(done, seconds)
  local deadline = socket.gettime() + (seconds or 5)
  while socket.gettime() < deadline do
    local found = done()
    if found then return found end
    socket.sleep(0.005)
  end
end

-- The delivery at a place in the list, when it is in the state and nothing is under way.
local function delivery(box, place, state)
  return assert(wait(function()
    local found = box:deliveries()[place]
    if not found or found.state ~= state then return nil end
    return (state ~= "waiting" or found.next_at) and found
  end), "no delivery " .. place .. " came to be " .. state)
end

describe("a sandbox behind a socket", function()
  local box, receiver, base

  local function seen()
    return json.decode(wire.fetch(receiver:port(), { path = "/seen" }).body)
  end

  before_each(function()
    receiver = assert(httpd.start { module = "support.hook_app" })
    base = "http://127.0.0.1:" .. receiver:port()
    box = assert(sandbox.start { seed = 7 })
  end)
  after_each(function()
    box:stop()
    receiver:stop()
  end)

  it("posts an event, signed with the webhook's key", function()
    local made, key = hook(box, base .. "/204/hooks?shop=1")
    order(box)
    local done = delivery(box, 1, "delivered")
    local got = seen()[1]
    assert.equal("/204/hooks", got.path)
    assert.equal(done.body, got.body)
    assert.equal("application/json", got.headers["content-type"])
    assert.equal(key.signing_key_id, got.headers["klarna-signing-key-id"])
    assert.equal(sign.hex(sign.hmac_sha256(key.signing_key, got.body)),
      got.headers["klarna-signature"])
    assert.equal(made.webhook_id, json.decode(got.body).metadata.webhook_id)
    assert.equal(204, done.attempts[1].status)
    assert.equal(1, #done.attempts)
  end)

  it("tries again by its clock, counted from the failure", function()
    hook(box, base .. "/fails/2")
    order(box)
    local failed = delivery(box, 1, "waiting")
    assert.equal("2024-01-01T12:00:10Z", failed.next_at)
    assert.equal(500, failed.attempts[1].status)
    box:advance "9s"
    assert.equal(1, #box:deliveries()[1].attempts)
    box:advance "1s"
    wait(function() return #box:deliveries()[1].attempts == 2 end)
    assert.equal("2024-01-01T12:02:10Z", delivery(box, 1, "waiting").next_at)
    box:advance "1d"
    local done = delivery(box, 1, "delivered")
    assert.equal(3, #done.attempts)
    assert.equal("2024-01-02T12:00:10Z", done.attempts[3].at)
    assert.equal(3, #seen())
    assert.equal(seen()[1].body, seen()[3].body)
  end)

  it("drops an event after seven attempts", function()
    hook(box, base .. "/503")
    order(box)
    for i, pause in ipairs { "10s", "2m", "15m", "3h", "6h", "12h" } do
      wait(function()
        local found = box:deliveries()[1]
        return #found.attempts == i and found.next_at
      end)
      box:advance(pause)
    end
    local dropped = delivery(box, 1, "dropped")
    assert.equal(7, #dropped.attempts)
    assert.is_nil(dropped.next_at)
    assert.equal(1, box:redeliver(dropped.event_id))
    wait(function() return #seen() == 8 end)
    assert.equal(8, #delivery(box, 1, "waiting").attempts)
  end)

  it("says why nobody answered", function()
    local free = assert(socket.bind("127.0.0.1", 0))
    local _, port = free:getsockname()
    free:close()
    hook(box, "http://127.0.0.1:" .. port .. "/")
    order(box)
    local failed = delivery(box, 1, "waiting")
    assert.is_nil(failed.attempts[1].status)
    assert.equal("string", type(failed.attempts[1].message))
  end)

  it("posts to one webhook in order, also when the receiver is slow", function()
    hook(box, base .. "/late")
    for _ = 1, 3 do box:approve(order(box)) end
    delivery(box, 9, "delivered")
    local expected = {}
    for _ = 1, 3 do
      for _, word in ipairs { "submitted", "in-progress", "pending-confirmation" } do
        expected[#expected + 1] = "payment.request.state-change." .. word
      end
    end
    local types = {}
    for i, got in ipairs(seen()) do types[i] = got.event_type end
    assert.same(expected, types)
  end)

  it("plays duplicate, reorder and lose on the wire", function()
    hook(box, base .. "/")
    box:fault { webhook = "duplicate", event_type = "payment.*", times = 1 }
    local id = order(box)
    box:fault { webhook = "reorder", times = 1 }
    box:approve(id)
    delivery(box, 4, "delivered")
    box:fault { webhook = "lose" }
    order(box)
    local types = {}
    for i, got in ipairs(seen()) do types[i] = got.event_type:match "[^.]*$" end
    assert.same({ "submitted", "submitted", "pending-confirmation", "in-progress" }, types)
    assert.equal("dropped", box:deliveries()[5].state)
  end)

  it("posts a simulated event to its webhook", function()
    local made = hook(box, base .. "/", { "identity.*" })
    post(box, "/notification/webhooks/" .. made.webhook_id .. "/simulate",
      { event_type = "payment.transaction.chargeback", event_version = "v2" })
    delivery(box, 1, "delivered")
    assert.equal("payment.transaction.chargeback", seen()[1].event_type)
  end)

  it("posts to this machine only", function()
    hook(box, "https://shop.example/hooks")
    order(box)
    assert.equal("due", box:deliveries()[1].state)
    assert.equal(0, #box:deliveries()[1].attempts)
    assert.has_error(function() box:receive(print) end, "a sandbox behind a socket posts to"
      .. " webhooks: make one with a URL of this machine, or use kassa.sandbox.world")
  end)

  it("waits for nobody: a receiver in the script's own thread is posted to meanwhile", function()
    local listener = assert(socket.bind("127.0.0.1", 0))
    listener:settimeout(5)
    local _, port = listener:getsockname()
    hook(box, "http://127.0.0.1:" .. port .. "/")
    local began = socket.gettime()
    order(box)
    box:advance "5s"
    assert.truthy(socket.gettime() - began < 2)
    assert.equal("due", box:deliveries()[1].state)
    local client = assert(listener:accept())
    assert.equal("POST / HTTP/1.1", (client:receive "*l"))
    client:send "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
    assert.equal(202, delivery(box, 1, "delivered").attempts[1].status)
    client:close()
    listener:close()
  end)

  it("ends at once with posts under way, and leaves nothing behind", function()
    local fds, threads = wire.count "fd", wire.count "task"
    local other = assert(sandbox.start { seed = 1 })
    hook(other, base .. "/silence")
    for _ = 1, 3 do order(other) end
    wait(function() return #seen() > 0 end)
    local began = socket.gettime()
    other:stop()
    assert.truthy(socket.gettime() - began < 1)
    assert.equal(threads, wire.count "task")
    assert.equal(fds, wire.count "fd")
  end)
end)

describe("a sandbox beside a real clock", function()
  it("tries again when the time has come, without being asked", function()
    local receiver = assert(httpd.start { module = "support.hook_app" })
    local box = assert(sandbox.start { seed = 7, clock = "real" })
    hook(box, "http://127.0.0.1:" .. receiver:port() .. "/fails/1")
    order(box)
    delivery(box, 1, "waiting")
    box:advance(9.7)
    socket.sleep(0.5)
    local seen = json.decode(wire.fetch(receiver:port(), { path = "/seen" }).body)
    assert.equal(2, #seen)
    assert.equal("delivered", box:deliveries()[1].state)
    box:stop()
    receiver:stop()
  end)
end)

-- A postman in this thread, its world beside it.
describe("the postman", function()
  local receiver, own, carrier

  local function start(options)
    receiver = assert(httpd.start { module = "support.hook_app" })
    own, carrier = world.new { seed = 3 }, postman.new(options)
    carrier.world = own
  end

  local function add(url)
    local _, key = own.provider:act("signing_key.create", {}, {})
    local status, made = own.provider:act("webhook.create", {}, { url = url,
      event_types = { "*" }, signing_key_id = key.signing_key_id })
    assert.equal(201, status)
    return made.webhook_id
  end

  local function work_until(done)
    return assert(wait(function()
      carrier:work()
      return done(own.deliveries:list())
    end))
  end

  after_each(function()
    carrier:close()
    receiver:stop()
  end)

  it("gives up on a receiver that does not answer, and tells of it", function()
    start { timeout_ms = 100 }
    add("http://127.0.0.1:" .. receiver:port() .. "/silence")
    own.provider.tell("x", {})
    work_until(function(list) return list[1].state == "waiting" end)
    local attempt = own.deliveries:list()[1].attempts[1]
    assert.is_nil(attempt.status)
    assert.equal("no complete answer within the time for this request", attempt.message)
  end)

  it("does not let one webhook hold up another", function()
    start()
    add("http://127.0.0.1:" .. receiver:port() .. "/silence")
    add("http://localhost:" .. receiver:port() .. "/")
    own.provider.tell("x", {})
    own.provider.tell("y", {})
    work_until(function(list)
      return list[2].state == "delivered" and list[4].state == "delivered"
    end)
    assert.equal("due", own.deliveries:list()[1].state)
  end)

  it("does without an address that is none", function()
    start()
    add "http://127.0.0.1:99999/"
    own.provider.tell("x", {})
    work_until(function(list) return list[1].state == "waiting" end)
  end)

  it("forgets addresses it no longer posts to", function()
    start()
    local id = add("http://127.0.0.1:" .. receiver:port() .. "/")
    for i = 1, 120 do
      own.provider.webhooks[id].url = ("http://127.0.0.%d:%d/"):format(i, receiver:port())
      own.provider.tell("x", {})
      work_until(function(list) return list[i].state ~= "due" end)
    end
    assert.truthy(carrier.channel_count <= 100)
    local count = 0
    for _ in pairs(carrier.channels) do count = count + 1 end
    assert.equal(carrier.channel_count, count)
  end)
end)

describe("a post over TLS", function()
  it("is made to a receiver whose certificate is trusted, to no other", function()
    if not (httpd.tls and peers.have "openssl") then return pending "needs TLS and openssl" end
    local folder = peers.folder()
    local ca = peers.authority(folder, "ca")
    local cert, key = peers.certificate(folder, "ca", "shop", "localhost")
    local function text(path)
      local file = assert(io.open(path))
      local all = file:read "*a"
      file:close()
      return all
    end
    local receiver = assert(httpd.start { module = "support.hook_app", tls_cert = text(cert),
      tls_key = text(key) })
    for file, state in pairs { [ca] = "delivered", [""] = "waiting" } do
      local box = assert(sandbox.start { seed = 7, ca_file = file ~= "" and file or nil })
      hook(box, "https://localhost:" .. receiver:port() .. "/")
      order(box)
      assert.equal(1, #delivery(box, 1, state).attempts)
      box:stop()
    end
    receiver:stop()
    peers.remove(folder)
  end)
end)

-- What stands before each case in a process of its own: a sandbox with posts under way to a
-- receiver that never answers, and to one that does.
local BUSY = [[
  local httpd, json = require "kassa.httpd", require "kassa.json"
  local wire = require "support.wire"
  local receiver = assert(httpd.start { module = "support.hook_app" })
  local box = assert(require "kassa.sandbox".start { seed = 7 })
  local function post(path, body)
    local answer = wire.fetch(tonumber(box.base_url:match ":(%d+)$"), { method = "POST",
      path = "/v2" .. path, body = json.encode(body or {}),
      headers = { "Authorization: Basic " .. box:options().api_key,
        "Content-Type: application/json" } })
    return json.decode(answer.body)
  end
  local key = post("/notification/signing-keys").signing_key_id
  for _, path in ipairs { "/silence", "/204" } do
    post("/notification/webhooks", { url = "http://127.0.0.1:" .. receiver:port() .. path,
      event_types = { "*" }, signing_key_id = key })
  end
  local function order() post("/payment/requests", { currency = "USD", payment_amount = 1 }) end
  for _ = 1, 5 do order() end
]]

describe("a process with posts under way", function()
  local function times(n, source, expected)
    for i = 1, n do
      local status, output = child.run(BUSY .. source)
      assert.equal(expected, status, "run " .. i .. ": " .. output)
    end
  end

  it("may end in every way", function()
    times(5, "os.exit(3)", 3)
    times(3, "os.exit(4, true)", 4)
    times(3, "", 0)
    times(3, "box:stop() os.exit(5)", 5)
  end)

  local on_luajit = rawget(_G, "jit") and it or function(name) pending(name .. " (needs ffi)") end

  on_luajit("disturbs nothing in a forked child, and posts on in the parent", function()
    times(3, [[
      local ffi = require "ffi"
      ffi.cdef "int fork(void); int waitpid(int, int *, int);"
      local pid = ffi.C.fork()
      if pid == 0 then
        box:stop()
        os.exit(0, true)
      end
      local status = ffi.new "int[1]"
      ffi.C.waitpid(pid, status, 0)
      assert(status[0] == 0, "the child failed: " .. status[0])
      order()
      for _ = 1, 500 do
        local list = box:deliveries()
        if list[12].state == "delivered" then os.exit(6) end
        require "socket".sleep(0.01)
      end
      error(json.encode(box:deliveries()[12]))
    ]], 6)
  end)
end)

describe("the sandbox in the foreground", function()
  it("posts too", function()
    local receiver = assert(httpd.start { module = "support.hook_app" })
    local path = os.tmpname()
    local pid = child.start({ child.lua, "-e", ([[
      local file = io.open(%q, "w")
      assert(require "kassa.sandbox.server".serve { seed = 7, on_ready = function(made)
        file:write(made.base_url, " ", made.api_key, "\n")
        file:close()
      end })
    ]]):format(path) }, "/dev/null")
    local line = wait(function()
      local file = assert(io.open(path))
      local text = file:read "*l"
      file:close()
      return text
    end)
    local base_url, api_key = line:match "^(%S+) (%S+)$"
    local box = { base_url = base_url, options = function() return { api_key = api_key } end }
    hook(box, "http://127.0.0.1:" .. receiver:port() .. "/")
    order(box)
    assert.truthy(wait(function()
      return #json.decode(wire.fetch(receiver:port(), { path = "/seen" }).body) == 1
    end))
    os.execute("kill " .. pid)
    os.remove(path)
    receiver:stop()
  end)
end)
