-- The page about webhooks keeps its word: its blocks run in order as printed, and its tables leave
-- nothing out. It lends the script an nginx, a certificate and a port, and no other help.

local events = require "kassa.api.klarna.events"
local kassa = require "kassa"
local manual = require "support.manual"
local memory = require "kassa.webhook.memory"
local peers = require "support.peers"
local sandboxes = require "kassa.sandbox"
local socket = require "socket"

local text = manual.text "webhooks"

-- A text of what was printed, one line for each call.
local function printer(lines)
  return function(...)
    local words = {}
    for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
    lines[#lines + 1] = table.concat(words, "\t")
  end
end

-- As much of OpenResty as the page uses, with one request in it.
local function nginx(request, seen)
  return {
    WARN = 5, ERR = 4,
    log = function(_, line) seen.logged = line end,
    exit = function(status) seen.status = status end,
    req = {
      read_body = function() end,
      get_body_data = function() return request.body end,
      get_headers = function() return request.headers end,
    },
  }
end

-- Serve as the page says, on a free port and with a certificate of this test; while it runs, a
-- shopper buys, and Klarna's deliveries come to the receiver.
local function serve_with(folder, during)
  local serve = kassa.webhook.serve
  return function(options)
    assert.equal("fullchain.pem", options.tls.cert)
    local cert, key = folder .. "/shop.pem", folder .. "/shop.key"
    local on_ready = options.on_ready
    return serve {
      router = options.router, keys = options.keys, path = options.path, address = "127.0.0.1",
      tls = require "kassa.httpd".tls and { cert = cert, key = key } or nil,
      on_ready = function(receiver)
        on_ready(receiver)
        during(receiver, options)
        receiver.stop()
      end,
    }
  end
end

describe("docs/webhooks.md", function()
  local serve, klarna_of, inbox_of
  before_each(function()
    serve, klarna_of, inbox_of = kassa.webhook.serve, kassa.klarna, kassa.inbox
  end)
  after_each(function()
    kassa.webhook.serve, kassa.klarna, kassa.inbox = serve, klarna_of, inbox_of
  end)

  it("is a script that runs as printed", function()
    local box, folder = sandboxes.world { seed = 7 }, peers.folder()
    peers.authority(folder, "authority")
    peers.certificate(folder, "authority", "shop", "shop.test")
    local deliveries = {}
    box:receive(function(request)
      deliveries[#deliveries + 1] = request
      return 204
    end)
    local klarna = klarna_of(box:options())
    local shown, seen, request = {}, {}, nil
    kassa.klarna = function() return klarna end
    kassa.inbox = function(options) return inbox_of { path = folder .. "/" .. options.path } end
    kassa.webhook.serve = serve_with(folder, function(receiver, options)
      assert.matches("/klarna$", receiver.url)
      assert(socket.connect("127.0.0.1", receiver.port)):close()
      request = kassa.assert(klarna.payment_requests:create {
        currency = "EUR", payment_amount = 4900 })
      box:approve(request.payment_request_id)
      while deliveries[1] do -- as the receiver does, without the socket
        local sent = table.remove(deliveries, 1)
        local event = assert(kassa.webhook.verify {
          body = sent.body, headers = sent.headers, keys = options.keys })
        assert(options.router:handle(event))
      end
    end)
    local ngx = nginx({ body = "{}", headers = {} }, seen)
    local script = "local print, ngx = ...; " .. manual.script(text)
    local chunk = assert((loadstring or load)(script, "=webhooks"))
    local ok, message = pcall(chunk, printer(shown), ngx)
    peers.remove(folder)
    assert.is_true(ok, tostring(message))
    local page = table.concat(shown, "\n")
    for _, words in ipairs { "listening at http",
      "payment.transaction.state-change.authorized\tkrn",
      "nobody waits for\tpayment.request.state-change.submitted", "0 handled, 0 failed again",
      "handled\tduplicate", "XFZ3Y2EH1X26\tSETTLED" } do
      assert.is_truthy(page:find(words, 1, true), words .. "\n" .. page)
    end
    assert.equal(400, seen.status)
    assert.matches("has no Klarna%-Signature header", seen.logged)
    assert.equal("CONFIRMED", box:state(request.payment_request_id))
    assert.is_nil(page:find("not handled", 1, true))
  end)

  it("handles in nginx what is signed", function()
    local code = assert(text:match "\n(local function content.-\n)content%(%)\n")
    local body = '{"metadata":{"event_type":"x","event_id":"1"},"payload":{}}'
    local router, handled, works = kassa.webhook.router(), 0, false
    router:on("*", function()
      assert(works, "not yet")
      handled = handled + 1
    end)
    local seen = {}
    local ngx = nginx({ body = body,
      headers = kassa.webhook.sign { body = body, key = "k", key_id = "id" } }, seen)
    local chunk = assert((loadstring or load)(
      "local kassa, router, keys, ngx = ...; " .. code .. " return content"))
    local content = chunk(kassa, router, { id = "k" }, ngx)
    for i, expected in ipairs { 500, 204, 204 } do
      works = i > 1
      content()
      assert.equal(expected, seen.status)
    end
    assert.equal(1, handled)
    assert.matches("not yet", seen.logged)
  end)

  it("lists every type with its object", function()
    local count = 0
    for _, row in ipairs(events) do
      local object = row.object and "`" .. row.object .. "`" or ""
      assert.is_truthy(text:find(("\n| `%s` | %s | "):format(row.type, object), 1, true), row.type)
    end
    for _ in text:match("\n## Types\n(.*)$"):gmatch "\n| `" do count = count + 1 end
    assert.equal(#events, count)
  end)

  it("lists the types of Cybersource", function()
    local part = text:match "\n## Cybersource\n(.-)\n## "
    for _, row in ipairs(require "kassa.api.cybersource.events") do
      assert.is_truthy(part:find("Types: `" .. row.type .. "`", 1, true), row.type)
    end
  end)

  it("names every reason, every method of a store and the limits as they are", function()
    for reason in ("no_signature bad_format unknown_key mismatch stale not_json missing_field")
      :gmatch "%S+" do
      assert.is_truthy(text:find("`" .. reason .. "`", 1, true), reason)
    end
    local store = memory.new()
    for method in ("put take done failed again pending failures state moved"):gmatch "%S+" do
      assert.is_function(store[method])
      assert.is_truthy(text:find("`" .. method .. "`", 1, true), method)
    end
    local code = text:match "(kassa.webhook.memory %b{})"
    local named = (loadstring or load)("local kassa = ...; return " .. code)(kassa)
    for _, name in ipairs { "open_max", "ids", "states" } do
      local one, other = store[name], named[name]
      assert.equal(type(one) == "table" and one.half or one,
        type(other) == "table" and other.half or other, name)
    end
  end)
end)
