-- Promises of kassa.sandbox: a sandbox in one line, and a helpful word where a part is missing.

local sandbox = require "kassa.sandbox"

describe("a sandbox in process", function()
  it("gives a client all it needs", function()
    local box = sandbox.world { seed = 7 }
    local options = box:options()
    assert.truthy(options.api_key:match("^klarna_test_api_"))
    assert.truthy(options.account:match("^krn:partner:global:account:test:"))
    assert.truthy(options.base_url:match("^https://"))
    assert.equal("function", type(options.transport.step))
    assert.equal(options.transport, box:options().transport)
  end)

  it("has every verb as a method, and says so when called without a colon", function()
    local box = sandbox.world {}
    assert.equal("2024-01-01T13:00:00Z", box:advance "1h")
    assert.same({}, box:deliveries())
    local result, message = box:approve "nobody"
    assert.is_nil(result)
    assert.truthy(message)
    for _, name in ipairs { "advance", "options", "receive", "handle", "stop" } do
      local words = "call sandbox:" .. name .. "(...) with a colon"
      assert.has_error(function() box[name] "1h" end, words)
      assert.has_error(function() box[name]() end, words)
    end
  end)

  it("answers a mistyped name with the close one, at the line that wrote it", function()
    local box = sandbox.world {}
    for words, slip in pairs {
      ['the sandbox has no verb "aprove", did you mean approve?'] =
        function() box:aprove "krn:r:1" end,
      ["the sandbox has no option sed, did you mean seed?"] =
        function() local made = sandbox.world { sed = 7 } return made end,
      ["call kassa.sandbox.world {...} with a dot, not with a colon"] =
        function() local made = sandbox:world { seed = 7 } return made end,
    } do
      local ok, err = pcall(slip)
      assert.is_false(ok)
      assert.is_truthy(err:find(words, 1, true), err)
      assert.matches("init_spec.lua:%d+: ", err)
    end
    assert.is_true(box:stop())
    assert.is_true(box:stop())
  end)

  it("answers raw requests", function()
    local response = sandbox.world({}):handle { method = "GET", path = "/v2/x", headers = {} }
    assert.equal(401, response.status)
  end)

  it("keeps real time when asked to, to the millisecond", function()
    local box = sandbox.world { clock = "real" }
    local transport = box:options().transport
    assert.truthy(math.abs(box:now() / 1000 - os.time()) < 3)
    local start = transport:now()
    transport:timer(30)
    local id
    repeat transport:step(1000); id = transport:take() until id
    local took = transport:now() - start
    assert.truthy(took >= 29 and took < 500, "it took " .. took)
    box:advance "1d"
    assert.truthy(transport:now() - start > 86400000)
    box:stop()
  end)

  it("lends event loops a descriptor that tells of completions", function()
    local transport = sandbox.world({}):options().transport
    assert.equal("number", type(transport:fd()))
    transport:timer(100)
    transport:step(1)
    assert.is_true(select(2, transport:take()).timer)
    transport:close()
  end)

  it("ends with stop", function()
    local box = sandbox.world {}
    assert.equal("sandbox in process", tostring(box))
    assert.is_true(box:stop())
    assert.equal("sandbox in process (stopped)", tostring(box))
    assert.has_error(function() box:options().transport:step(0) end)
  end)

  it("refuses options nobody knows", function()
    assert.has_error(function() sandbox.world { sed = 7 } end)
  end)
end)

describe("a sandbox behind a socket", function()
  local saved

  before_each(function()
    saved = { package.loaded["kassa.httpd"], package.preload["kassa.httpd"] }
    package.loaded["kassa.httpd"] = nil
    package.preload["kassa.httpd"] = function() error("no such library", 0) end
  end)

  after_each(function()
    package.loaded["kassa.httpd"], package.preload["kassa.httpd"] = saved[1], saved[2]
  end)

  it("names the package to install when the server is missing, and the way without", function()
    local box, message = sandbox.start { seed = 7 }
    assert.is_nil(box)
    assert.truthy(message:find("libmicrohttpd", 1, true))
    assert.truthy(message:find("kassa.sandbox.world{}", 1, true))
  end)
end)
