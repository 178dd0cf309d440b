-- What the shop needs around it on this machine: a sandbox in Klarna's place, a signing key, a
-- webhook that points at the shop, a password. It writes them into FOLDER/env for `run`, and ends
-- when its input does.
--
--   lua stage.lua FOLDER PORT        0: a free port

local core = require "kassa.core"
local kassa = require "kassa"
local sandboxes = require "kassa.sandbox"

local folder, wanted = arg[1], tonumber(arg[2] or 0)

-- A port that a server just had, and that nobody has taken since.
local function free_port()
  local server = assert(sandboxes.start { clock = "real" })
  local port = server.base_url:match ":(%d+)$"
  server:stop()
  return tonumber(port)
end

local function random(bytes) return core.sign.hex(core.sign.random(bytes)) end

-- Klarna tells the shop of everything, signed with a key that is shown once.
local function subscribe(klarna, url)
  local key = kassa.assert(klarna.signing_keys:create())
  kassa.assert(klarna.webhooks:create {
    url = url, event_types = { "payment.*" }, event_version = "v2", status = "ENABLED",
    signing_key_id = key.signing_key_id,
  })
  return key.signing_key_id, kassa.reveal(key.signing_key)
end

-- Lines that a shell reads. The file appears whole or not at all.
local function write(settings)
  local path = folder .. "/env"
  local file = assert(io.open(path .. ".new", "w"))
  for name, value in pairs(settings) do
    file:write(("export %s='%s'\n"):format(name, (value:gsub("'", "'\\''"))))
  end
  file:close()
  assert(os.rename(path .. ".new", path))
end

local port = wanted > 0 and wanted or free_port()
local sandbox = assert(sandboxes.start { clock = "real" })
local options = sandbox:options()
local shop = "http://127.0.0.1:" .. port
local key_id, key = subscribe(kassa.klarna(options), shop .. "/klarna/webhook")

write {
  KLARNA_API_KEY = options.api_key, KLARNA_ACCOUNT = options.account,
  KLARNA_BASE_URL = options.base_url,
  KLARNA_WEBHOOK_KEY_ID = key_id, KLARNA_WEBHOOK_KEY = key,
  SHOP_PORT = tostring(port), SHOP_URL = shop, SHOP_DB = folder .. "/shop.db",
  SHOP_PASSWORD = random(6), SHOP_SECRET = random(32),
}

pcall(io.read, "*a") -- Ctrl-C, which the whole group of processes hears, ends it as well
sandbox:stop()
