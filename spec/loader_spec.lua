-- Promises of kassa.loader: a host's own OpenSSL is not taken for libcurl's, and where nothing is
-- needed nothing is done. The host is spec/support/host.c.
local child = require "support.child"
local peers = require "support.peers"

-- A call over TLS in a host that says when its own OpenSSL is used.
local SCRIPT = [[
  local way, url, ca = ...
  local prepared = way ~= "bare" and require "kassa.loader".prepare
  if way == "twice" then assert(prepared(), "it is needed no more") end
  local klarna = require "kassa".klarna { api_key = "klarna_test_api_x", base_url = url,
    ca_file = ca }
  local tx, err = klarna.payment_transactions:read("a", { retries = 0 })
  print(tx and tx.state or err.code)
]]

local BROKEN = [[
  package.cpath = package.cpath:gsub("[^;]*;", "", 1)
  package.preload["kassa.deepbind"] = function()
    return { needed = function() return true end,
      load = function() return nil, "libcurl.so.4: version `OPENSSL_3.0.0' not found" end }
  end
  package.searchpath = function() return "core.so" end
  require "kassa.loader"
  print(select(2, pcall(require, "kassa")))
]]

local HOST = (os.getenv "KASSA_UNIT" or "build/unit") .. "/host"

local function missing()
  if not (peers.have "nginx" and peers.have "openssl") then
    return "needs nginx and openssl, which are not installed"
  end
  if _VERSION ~= "Lua 5.4" then return "its host embeds Lua 5.4: done under lua5.4" end
  if (os.getenv "LD_PRELOAD" or ""):find "san" then return "a sanitizer binds for itself" end
  if child.finish { HOST } == 77 then return "needs liblua5.4.so.0 (Debian: liblua5.4-0)" end
end

describe("kassa.loader", function()
  local why, folder, nginx, port = missing(), nil, nil, nil

  setup(function()
    if why then return end
    folder, port = peers.folder(), peers.ports(1)[1]
    peers.authority(folder, "ca")
    peers.certificate(folder, "ca", "good", "localhost")
    peers.write(folder .. "/script.lua", SCRIPT)
    nginx = peers.nginx(folder, ([[server { listen 127.0.0.1:%s ssl http2;
      ssl_certificate $folder/good.pem; ssl_certificate_key $folder/good.key;
      default_type application/json;
      location / { return 200 '{ "payment_transaction_id": "a", "state": "AUTHORIZED" }'; } }]])
      :format(port))
  end)

  teardown(function()
    if nginx then nginx:stop() end
    if folder then peers.remove(folder) end
  end)

  local function run(way)
    local _, printed = child.finish { HOST, folder .. "/script.lua", way,
      "https://127.0.0.1:" .. port, folder .. "/ca.pem" }
    return printed
  end

  it("keeps libcurl's own OpenSSL inside a host that exports another", function()
    if why then return pending(why) end
    assert.matches("the host's SSL_CTX_new was called", run "bare") -- else this proves nothing
    assert.equal("AUTHORIZED\n", run "bound")
    assert.equal("AUTHORIZED\n", run "twice")
  end)

  it("does nothing where the system's libssl is the only one", function()
    local status, printed = child.run [[
      print(require "kassa.loader".prepare(), package.preload["kassa.core"])
      require "kassa.core"]]
    assert.same({ 0, "false\tnil\n" }, { status, printed })
  end)

  it("names the cause when the core cannot be loaded", function()
    local _, printed = child.run(BROKEN)
    assert.matches("an OpenSSL of its own that libcurl must not use: libcurl.so.4: version [^\n]*"
      .. "Let the program use the system's libssl", printed)
  end)

  it("is not loaded outside nginx", function()
    local status, printed = child.run [[
      require "kassa"
      assert(not package.loaded["kassa.loader"])]]
    assert.same({ 0, "" }, { status, printed })
  end)
end)
