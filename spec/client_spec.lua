-- Promises of kassa.klarna: misuse is named at the caller's line, and a client never changes.
local kassa = require "kassa"
local script = require "support.script"

local KEY = "klarna_test_api_c2VjcmV0"

local function message_of(fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  assert.is_string(err)
  return err
end

describe("kassa.klarna", function()
  it("names every option that cannot be meant, at once", function()
    local options = { enviroment = "live", timeout_s = -1, base_url = "ftp://x" }
    local err = message_of(kassa.klarna, options)
    for _, words in ipairs {
      "enviroment is no option, did you mean environment?", "timeout_s must be", "base_url",
      "api_key is missing",
    } do
      assert.is_truthy(err:find(words, 1, true), words .. " in " .. err)
    end
  end)

  it("raises at the caller's line", function()
    assert.matches("client_spec.lua:%d+: kassa.klarna: api_key is missing",
      message_of(function() local _ = kassa.klarna {} end))
    assert.matches("options must be a table, got string", message_of(kassa.klarna, "key"))
  end)

  it("refuses a live key on the test host, and clear text to another machine", function()
    for words, options in pairs {
      ["live key"] = { api_key = "klarna_live_api_x" },
      ["test key"] = { api_key = KEY, environment = "live" },
      ["clear text"] = { api_key = KEY, base_url = "http://shop.example" },
      ["live host"] = { api_key = KEY, base_url = "https://api-global.klarna.com" },
    } do
      assert.matches(words, message_of(kassa.klarna, options))
    end
  end)

  it("says what is wrong with paths, metadata, certificates and the runtime", function()
    local nameless = { integrator = { name = "", session_reference = "s" } }
    for words, options in pairs {
      ["did you mean customer_token.charge"] = { paths = { ["customer_token.charg"] = "/x" } },
      ["must hold {payment_request_id}"] = { paths = { ["payment_request.read"] = "/requests" } },
      ["must read like"] = { paths = { ["payment_request.create"] = "payment" } },
      ["integration.integrator.name"] = { integration = nameless },
      ["go together"] = { client_cert = "a.pem" },
      ["runtime must be"] = { runtime = "nodejs" },
      ["ca_file"] = { ca_file = "" },
    } do
      options.api_key = KEY
      local err = message_of(kassa.klarna, options)
      assert.is_truthy(err:find(words, 1, true), words .. " in " .. err)
    end
  end)

  it("never shows the key", function()
    local klarna = kassa.klarna { api_key = KEY }
    assert.equal("kassa.klarna (test, https://api-global.test.klarna.com)", tostring(klarna))
    local seen = {}
    local function search(value, depth)
      if type(value) == "string" then assert.is_nil(value:find(KEY, 1, true)) end
      if type(value) ~= "table" or seen[value] or depth > 8 then return end
      seen[value] = true
      for k, v in pairs(value) do search(k, depth + 1); search(v, depth + 1) end
      search(getmetatable(value), depth + 1)
    end
    search(klarna, 0)
    assert.equal("[secret]", tostring(kassa.secret(KEY)))
    klarna.close()
  end)

  it("is frozen, and answers a mistyped name with the close one", function()
    local klarna = kassa.klarna { api_key = KEY }
    local requests = klarna.payment_requests
    assert.matches("frozen", message_of(function() klarna.payment_requests = 1 end))
    assert.matches("frozen", message_of(function() requests.create = 1 end))
    local err = message_of(function() return klarna.payment_request end)
    assert.matches("did you mean payment_requests", err)
    assert.matches("did you mean create", message_of(function() return requests.craete end))
  end)

  it("raises, at the caller's line, for arguments that cannot be meant", function()
    local klarna = kassa.klarna { api_key = KEY, transport = script.new {} }
    local requests, transactions = klarna.payment_requests, klarna.payment_transactions
    for words, misuse in pairs {
      ["call it with a colon"] = function() requests.create { currency = "USD" } end,
      ["the body must be a table, got string"] = function() requests:create "USD" end,
      ["options must be a table, got number"] = function() requests:create({}, 5) end,
      ["payment_request_id must be a string, got nil"] = function() requests:read() end,
      ["payment_request_id is empty"] = function() requests:read "" end,
      ["payment_transaction_id must be a string, got table"] = function()
        transactions:capture { capture_amount = 1 }
      end,
      ["intnet is no option, did you mean intent?"] = function()
        transactions:capture("t", {}, { intnet = "x" })
      end,
      ["customer_token must be a string"] = function() klarna.customer_tokens:charge({}) end,
      ["customer_token must be a string of 1 to"] = function()
        klarna.customer_tokens:charge("a\r\nX: y", {})
      end,
      ["payment_confirmation_token is empty"] = function() requests:confirm("", {}) end,
    } do
      local err = message_of(misuse)
      assert.is_truthy(err:find(words, 1, true), words .. " in " .. err)
      assert.matches("client_spec.lua:%d+:", err)
    end
  end)

  it("refuses calls once closed", function()
    local klarna = kassa.klarna { api_key = KEY, transport = script.new {} }
    klarna:close()
    klarna:close()
    local err = message_of(function() klarna.payment_requests:read "krn:1" end)
    assert.matches("this client is closed", err)
  end)

  it("takes an object wherever it takes an id, with its state", function()
    local closed = '{"payment_transaction_id":"krn:t:1","state":"CLOSED"}'
    local engine = script.new { script.json(200, closed) }
    local klarna = kassa.klarna { api_key = KEY, transport = engine }
    local tx = assert(klarna.payment_transactions:read "krn:t:1")
    local body = { capture_amount = 1 }
    local _, err = klarna.payment_transactions:capture(tx, body)
    assert.equal("illegal_state", err.code)
    _, err = klarna.payment_transactions:capture("krn:t:1", body, { expect = "CLOSED" })
    assert.equal("illegal_state", err.code)
    assert.equal(1, #engine.sent)
  end)
end)

describe("kassa.assert", function()
  it("raises an error that reads well on every Lua", function()
    local err = kassa.error.new("timeout", { operation = "payment_request.read" })
    local ok, raised = pcall(kassa.assert, nil, err)
    assert.is_false(ok)
    assert.matches("payment_request.read: timeout", tostring(raised))
    assert.equal(1, kassa.assert(1))
  end)
end)

describe("what is behind a client", function()
  local client = require "kassa.client"

  it("is found by the parts of kassa, with the classes of its objects", function()
    local klarna = kassa.klarna { api_key = "klarna_test_api_k", transport = script.new {} }
    local inside = client.of(klarna)
    assert.is_table(inside.classes.payment_request)
    assert.equal(inside, client.of(klarna))
    assert.is_function(klarna.payment_requests.create)
  end)

  it("is not found behind anything else", function()
    local engine = script.new { script.json(200, '{"payment_request_id":"krn:r:1"}') }
    local klarna = kassa.klarna { api_key = "klarna_test_api_k", transport = engine }
    local request = klarna.payment_requests:read "krn:r:1"
    for _, other in ipairs { {}, "klarna", 7, setmetatable({}, {}), request } do
      assert.is_nil(client.of(other))
    end
    assert.is_nil(client.of(klarna.payment_requests))
  end)
end)
