-- Promises of the sandbox behind HTTP: the API, the verbs and the pages share one world.
local child = require "support.child"
local httpd = require "kassa.httpd"
local json = require "kassa.json"
local socket = require "socket"
local wire = require "support.wire"

describe("the sandbox's server", function()
  local server, port

  setup(function()
    server = assert(httpd.start { module = "kassa.sandbox.server",
      config = json.encode { seed = 7, clock = "virtual" } })
    port = server:port()
  end)
  teardown(function() server:stop() end)

  local function verb(name, ...)
    local answer = wire.fetch(port, { method = "POST", path = "/_sandbox/" .. name,
      body = json.encode { args = json.list { ... } } })
    return json.decode(answer.body), answer.status
  end

  local function create()
    local options = verb("options").result
    local answer = wire.fetch(port, {
      method = "POST", path = "/v2/payment/requests",
      body = json.encode { currency = "USD", payment_amount = 1000 },
      headers = { "Authorization: Basic " .. options.api_key, "Content-Type: application/json" },
    })
    assert.equal(201, answer.status)
    return json.decode(answer.body)
  end

  it("gives its own address as base URL and on its pages", function()
    assert.equal("http://127.0.0.1:" .. port, verb("options").result.base_url)
    local url = create().state_context.payment_distribution.url
    assert.equal("http://127.0.0.1:" .. port .. "/_sandbox/pay/", url:match "^(.*/)")
    assert.equal(200, wire.fetch(port, { path = url:match "^http://[^/]+(/.*)$" }).status)
  end)

  it("refuses a wrong key with 401, like the world it is", function()
    local answer = wire.fetch(port, { path = "/v2/payment/requests/x" })
    assert.equal(401, answer.status)
  end)

  it("does verbs, and says why not", function()
    local id = create().payment_request_id
    assert.equal("PENDING_CONFIRMATION", verb("approve", id).result.state)
    assert.same({ ok = true, result = "PENDING_CONFIRMATION" }, (verb("state", id)))
    local refused = verb("approve", id)
    assert.is_false(refused.ok)
    assert.truthy(refused.message:find("cannot be approved", 1, true))
    local unknown, status = verb "nothing"
    assert.is_false(unknown.ok)
    assert.equal(404, status)
  end)

  it("takes verbs by POST and as JSON only", function()
    assert.equal(405, wire.fetch(port, { path = "/_sandbox/options" }).status)
    for _, body in ipairs { "x", "[1]", "{\"args\":1}", "7" } do
      local answer = wire.fetch(port, { method = "POST", path = "/_sandbox/options", body = body })
      assert(answer.status == 400 or json.decode(answer.body).ok, body)
    end
    assert.equal(200, wire.fetch(port, { method = "POST", path = "/_sandbox/options" }).status)
  end)

  it("runs a delay in real time while its clock stands still", function()
    local key = verb("options").result.api_key
    verb("fault", { operation = "payment_request.read", kind = "delay", ms = 120, times = 1 })
    local before, began = verb("now").result, socket.gettime()
    local id = create().payment_request_id
    local answer = wire.fetch(port, { path = "/v2/payment/requests/" .. id,
      headers = { "Authorization: Basic " .. key } })
    assert.equal(200, answer.status)
    assert.is_true(socket.gettime() - began >= 0.119)
    assert.equal(before, verb("now").result)
  end)

  it("breaks the wire when a fault says so", function()
    local key = verb("options").result.api_key
    local id = create().payment_request_id
    local function read()
      return wire.fetch(port, { path = "/v2/payment/requests/" .. id, timeout_s = 0.2,
        headers = { "Authorization: Basic " .. key } })
    end
    local function problem(fault)
      fault.operation, fault.times = "payment_request.read", 1
      assert.is_true(verb("fault", fault).ok)
      return select(2, read())
    end
    assert.equal("closed", problem { kind = "reset" })
    assert.equal("closed", problem { kind = "truncate", at = 20 })
    assert.equal("timeout", problem { kind = "silence" })
    assert.equal(200, read().status)
  end)

  it("sends a person from / to the dashboard", function()
    local answer = wire.fetch(port, { path = "/" })
    assert.equal(303, answer.status)
    assert.equal("/_sandbox/", answer.headers["location"])
    assert.equal(200, wire.fetch(port, { path = "/_sandbox/" }).status)
    assert.equal(405, wire.fetch(port, { method = "PUT", path = "/_sandbox/" }).status)
  end)

  it("says at boot what is wrong with the options", function()
    local made, message = httpd.start { module = "kassa.sandbox.server", config = "{\"sed\":7}" }
    assert.is_nil(made)
    assert.truthy(message:find("no option sed", 1, true), message)
    made, message = httpd.start { module = "kassa.sandbox.server", config = "not json" }
    assert.is_nil(made)
    assert.truthy(message)
  end)
end)

describe("the sandbox in the foreground", function()
  local OUTPUT = os.tmpname()
  teardown(function() os.remove(OUTPUT) end)

  local function text()
    local file = io.open(OUTPUT)
    local all = file and file:read "*a" or ""
    if file then file:close() end
    return all
  end

  local function wait_for(found)
    local deadline = socket.gettime() + 5
    while socket.gettime() < deadline do
      local value = found()
      if value then return value end
      socket.sleep(0.01)
    end
    error("it did not happen; the output is: " .. text())
  end

  it("prints base URL, key and pages, and ends with 0 on SIGINT and SIGTERM", function()
    for _, signal in ipairs { "INT", "TERM" } do
      local command = "'" .. child.lua .. "' tools/sandbox.lua port=0 clock=virtual"
      os.remove(OUTPUT)
      child.start({ "sh", "-c",
        command .. " & echo process $!; wait $!; echo \"[$?]\"" }, OUTPUT)
      local url = wait_for(function() return text():match "pages +(http://%S+)\n" end)
      assert.truthy(text():find("base URL  http://127.0.0.1:", 1, true))
      assert.truthy(text():find("API key   klarna_test_api_", 1, true))
      assert.truthy(text():find('kassa.klarna { api_key = "klarna_test_api_', 1, true))
      assert.equal(200, wire.fetch(tonumber(url:match ":(%d+)/"), { path = "/_sandbox/" }).status)
      os.execute("kill -" .. signal .. " " .. text():match "process (%d+)")
      wait_for(function() return text():find("[0]", 1, true) end)
    end
  end)

  it("says in one line what a wrong port or clock should be, and exits with 2", function()
    for _, word in ipairs { "port=x", "port=70000", "port=1.5", "clock=sun", "colour=red" } do
      local pipe = io.popen("'" .. child.lua .. "' tools/sandbox.lua " .. word
        .. " 2>&1; echo \"[$?]\"")
      local output = pipe:read "*a"
      pipe:close()
      assert.matches("^sandbox: [^\n]+\n%[2%]\n$", output)
    end
  end)

  it("says that a port is taken, and exits with 1", function()
    local taken = assert(socket.bind("127.0.0.1", 0))
    local _, port = taken:getsockname()
    local pipe = io.popen("'" .. child.lua .. "' tools/sandbox.lua port=" .. port
      .. " 2>&1; echo \"[$?]\"")
    local output = pipe:read "*a"
    pipe:close()
    taken:close()
    assert.truthy(output:find("Address already in use", 1, true), output)
    assert.truthy(output:find("[1]", 1, true), output)
  end)
end)
