-- Promises of kassa.webhook.serve to whoever calls it wrongly: the fault is named, at its line, and
-- no key is shown.
local kassa = require "kassa"

describe("a key for TLS that cannot be read", function()
  it("is not shown, be it a path, a secret, or a text that lost its first line", function()
    local router, cert = kassa.webhook.router(), "-----BEGIN CERTIFICATE-----"
    for _, key in ipairs { "/nowhere/hunter2", "hunter2\nhunter2\n", kassa.secret "hunter2" } do
      local ok, why = kassa.webhook.serve { router = router, keys = { k = "v" },
        tls = { cert = cert, key = key } }
      assert.is_nil(ok)
      assert.matches("tls.key is no PEM text, and no file that can be read: No such file", why)
      assert.is_nil(why:find("hunter2", 1, true))
    end
    local _, why = kassa.webhook.serve { router = router, keys = { k = "v" },
      tls = { cert = "/", key = "x" } }
    assert.matches("tls.cert is no PEM text, and no file that can be read: Is a directory", why)
  end)
end)

describe("a misuse of serve", function()
  local router, keys = kassa.webhook.router(), { k = "v" }
  local MISUSES = {
    ["options must be a table, got nil"] = {},
    ["router is missing"] = { { keys = keys } },
    ["keys must be a table of keys by id, or a set of them"] = { { router = router } },
    ["router must be made by kassa.webhook.router"] = { { router = {}, keys = keys } },
    ["keys must be a table of keys"] = { { router = router, keys = "key" } },
    ["port must be a whole number from 0 to 65535"] = {
      { router = router, keys = keys, port = -1 } },
    ["path must be a path such as /webhooks"] = { { router = router, keys = keys, path = "x" } },
    ["health must be another path than path"] = {
      { router = router, keys = keys, path = "/health" } },
    ["tls must be { cert =, key = }"] = { { router = router, keys = keys, tls = { cert = "x" } } },
    ["on_ready must be a function"] = { { router = router, keys = keys, on_ready = 1 } },
    ["log must be a function"] = { { router = router, keys = keys, log = "file" } },
    ['provider must be "klarna" or "cybersource"'] = {
      { router = router, keys = keys, provider = "stripe" } },
    ["provider is cybersource, but the router is for klarna"] = {
      { router = router, keys = keys, provider = "cybersource" } },
    ["keys holds a key that is not base64"] = {
      { router = kassa.webhook.router { provider = "cybersource" }, keys = { k = "hunter2!" } } },
    ["tolerance_s must be a number of seconds"] = {
      { router = router, keys = keys, tolerance_s = "1h" } },
    ["tolerance_s is for cybersource"] = { { router = router, keys = keys, tolerance_s = 60 } },
    ["bodymax is no option, did you mean body_max?"] = {
      { router = router, keys = keys, bodymax = 1 } },
  }
  for words, arguments in pairs(MISUSES) do
    it("is named at its line: " .. words, function()
      local ok, err = pcall(function() kassa.webhook.serve(arguments[1]) end)
      assert.is_false(ok)
      assert.is_truthy(err:find(words, 1, true), err)
      assert.matches("serve_misuse_spec.lua:%d+: ", err)
      assert.is_nil(err:find("kassa-test", 1, true))
    end)
  end

  it("is to call it where its task cannot be suspended", function()
    local ok, err = pcall(kassa.run, function()
      coroutine.wrap(function()
        kassa.webhook.serve { router = router, keys = keys }
      end)()
    end)
    assert.is_false(ok)
    assert.matches("cannot be suspended", tostring(err))
  end)
end)
