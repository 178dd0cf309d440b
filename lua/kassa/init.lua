-- What `require "kassa"` returns: clients, tasks, money, secrets, webhooks, the journal. Everything
-- else is reached from here or required by its own name (kassa.sandbox), and loaded when first
-- used: a script pays only for what it uses.

if package.loaded.ngx then require "kassa.loader" end -- before the first that needs the C core

local access = require "kassa.api.klarna.access"
local client = require "kassa.client"
local core = require "kassa.core"
local host = require "kassa.host"

local kassa = { VERSION = "scm" }

-- The module that holds a name, and what it is called there, unless it is the module itself.
local elsewhere = {
  auth = { "kassa.auth" },
  checkout = { "kassa.checkout", "new" },
  null = { "kassa.json", "null" },
  list = { "kassa.json", "list" },
  money = { "kassa.money" },
  error = { "kassa.error" },
  raw = { "kassa.object", "raw" },
  webhook = { "kassa.webhook" },
  inbox = { "kassa.inbox", "new" },
  journal = { "kassa.journal", "new" },
  flow = { "kassa.flow", "run" },
  openresty = { "kassa.openresty" },
}

local function unknown_name(name)
  local names = {}
  for _, known in ipairs { kassa, elsewhere } do
    for word in pairs(known) do names[word] = true end
  end
  local close = require "kassa.nearest"(tostring(name), names)
  return ("kassa has no %q%s"):format(tostring(name),
    close and ", did you mean " .. close .. "?" or "")
end

setmetatable(kassa, { __index = function(_, name)
  local place = elsewhere[name]
  if not place then error(unknown_name(name), 2) end
  local module = require(place[1])
  local value = module
  if place[2] then value = module[place[2]] end
  kassa[name] = value
  return value
end })

--- A client of Klarna's payment API v2/r5 (docs/reference/klarna.md). Of the options, which
-- kassa.options lists, api_key alone must be given. Raises, naming all that cannot be meant.
-- -> frozen client
function kassa.klarna(options)
  if options == kassa then error("kassa.klarna: call it with a dot, not with a colon", 2) end
  local made = client.new(host, access, options) -- no tail call: an error names the caller's line
  return made
end

--- A client of Klarna through Cybersource (docs/reference/cybersource.md). Of the options, which
-- kassa.options lists, merchant_id must be given, and what requests are signed with: key_id and
-- secret, or p12 and p12_password. Raises, naming all that cannot be meant.
-- -> frozen client
function kassa.cybersource(options)
  if options == kassa then
    error("kassa.cybersource: call it with a dot, not with a colon", 2)
  end
  local made = client.new(host, require "kassa.api.cybersource.access", options)
  return made
end

--- Wrap a secret so that it cannot be printed. -> value that client options take in its place
function kassa.secret(text)
  if type(text) ~= "string" then
    error("bad argument #1 to 'kassa.secret' (string expected, got " .. type(text) .. ")", 2)
  end
  return core.secret.new(text)
end

--- The text of a secret, to put it where secrets are kept. Never log what it returns.
function kassa.reveal(secret)
  if not core.secret.is(secret) then
    error("bad argument #1 to 'kassa.reveal' (kassa.secret expected, got "
      .. type(secret) .. ")", 2)
  end
  return core.secret.reveal(secret)
end

-- The scheduler names a misuse at the line that called the function below, three levels up. Lua 5.1
-- counts a tail call as a level of its own, so none of them is one.

--- Run fn as a task: calls inside suspend only their own task. -> what fn returned
function kassa.run(fn, ...)
  return select(1, host.tasks:run(fn, ...))
end

--- Start a task inside kassa.run. -> task, with task:join()
function kassa.go(fn, ...)
  local task = host.tasks:go(fn, ...)
  return task
end

--- Run several functions at once. -> values, errors (the first and second result of each, in order)
function kassa.all(list)
  local values, errors = host.tasks:all(list)
  return values, errors
end

--- Wait `seconds`; inside a task only that task waits.
function kassa.sleep(seconds)
  host.tasks:sleep(seconds)
end

--- One frame: resume the coroutines whose calls are complete. For clients with runtime = "frame",
-- which LÖVE's have by themselves; call it once a frame. It never waits, and raises what such a
-- coroutine raised.
function kassa.update()
  host:update()
end

--- assert() whose message is readable on every Lua: 5.1 shows only strings.
function kassa.assert(value, err, ...)
  if value then return value, err, ... end
  if err == nil then err = "assertion failed!" end
  error(_VERSION == "Lua 5.1" and not rawget(_G, "jit") and tostring(err) or err, 2)
end

return kassa
