-- From a verified event to the function that handles it: stored first, handled once, one event of
-- an object at a time. It checks no signature, opens no socket, and loses no event to an error.

local error_value = require "kassa.error"
local host = require "kassa.host"
local subject = require "kassa.webhook.subject"

local M = {}

local Router = {}
Router.__index = Router

-- Options and arguments ---------------------------------------------------------------------------

local STORE_FACE = { "put", "take", "done", "failed", "again", "pending", "failures", "state",
  "moved" }

local function store_fault(store)
  if type(store) ~= "table" and type(store) ~= "userdata" then return "must be a store" end
  for _, name in ipairs(STORE_FACE) do
    if type(store[name]) ~= "function" then return "has no method " .. name end
  end
end

local function callable(value)
  local meta = getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and meta.__call ~= nil
end

local CLIENT = "must be a client made by kassa.klarna or kassa.cybersource"

local function client_fault(client)
  return not require("kassa.client").of(client) and CLIENT or nil
end

local function function_fault(value)
  return not callable(value) and "must be a function" or nil
end

local ACCESS = { klarna = "kassa.api.klarna.access", cybersource = "kassa.api.cybersource.access" }

local function provider_fault(name)
  return not ACCESS[name] and 'must be "klarna" or "cybersource"' or nil
end

local CHECKS = { client = client_fault, store = store_fault, on_error = function_fault,
  now = function_fault, provider = provider_fault }

local function check(options)
  if type(options) ~= "table" then
    error("kassa.webhook.router: options must be a table, got " .. type(options), 4)
  end
  if options == require "kassa.webhook" then
    error("kassa.webhook.router: call it with a dot, not with a colon", 4)
  end
  for name, value in pairs(options) do
    local fault = CHECKS[name] and CHECKS[name](value)
    if not CHECKS[name] then
      local close = require "kassa.nearest"(tostring(name), CHECKS)
      fault = "is no option" .. (close and ", did you mean " .. close .. "?" or "")
    end
    if fault then error(("kassa.webhook.router: %s %s"):format(tostring(name), fault), 4) end
  end
end

-- Whose events they are: what the client's provider sends, without a client Klarna's.
local function access_of(options, client)
  if not client then return require(ACCESS[options.provider or "klarna"]) end
  local own = client.access.name
  if options.provider and options.provider ~= own then
    error(("kassa.webhook.router: provider is %s, but the client is one of %s"):format(
      options.provider, own), 4)
  end
  return client.access
end

-- Milliseconds since 1970: what the caller says, or the client's engine; nil: this Lua state's.
local function clock_of(options, client)
  return options.now or client and client.time
end

local function made(options)
  check(options)
  local client = options.client and require("kassa.client").of(options.client)
  local now, access = clock_of(options, client), access_of(options, client)
  return setmetatable({
    subjects = subject.new(access, client), provider = access.name,
    now = options.now or client and client.now,
    store = options.store or require("kassa.webhook.memory").new { now = now },
    on_error = options.on_error, client = client,
    exact = {}, prefixes = {}, fallback = nil,
  }, Router)
end

--- A router. options, all of which may be left out: client, whose objects events carry; store,
-- which keeps them (in memory: kassa.webhook.memory says what a store must do); on_error =
-- function(err, event), called once for each time that handling one failed; now = function that
-- gives milliseconds since 1970; provider = "klarna" or "cybersource", whose events they are, when
-- there is no client to tell.
function M.new(options)
  local router = made(options or {})
  return router
end

-- Called first by every method.
local function must_be_router(self, name)
  if getmetatable(self) == Router then return end
  error("router:" .. name .. ": call it with a colon, not with a dot", 3)
end

-- Handlers ----------------------------------------------------------------------------------------

-- All that a pattern may have before its star, for the types that are listed.
local function prefixes_of(rows)
  local prefixes = {}
  for name in pairs(rows) do
    for last in name:gmatch "()%." do prefixes[name:sub(1, last)] = true end
  end
  return prefixes
end

-- A name that is nearly one of the provider's is a slip of the finger, and its handler would never
-- run.
local function slip(pattern, close)
  return close and ("no event is called %q, did you mean %s? For one that kassa does not list yet "
    .. "give { unlisted = true } as well"):format(pattern, close)
end

local function prefix_fault(self, prefix)
  local prefixes = prefixes_of(self.subjects.rows)
  if prefix == "" or prefixes[prefix] then return nil end
  local close = require "kassa.nearest"(prefix, prefixes)
  return close and slip(prefix .. "*", close .. "*")
end

local function name_fault(self, name)
  local rows = self.subjects.rows
  if rows[name] then return nil end
  local beginning = prefixes_of(rows)[name .. "."] and name .. ".*"
  return slip(name, beginning or require "kassa.nearest"(name, rows))
end

-- -> what stands before the star of a pattern; nil for the name of a type
local function prefix_of(pattern)
  return pattern == "*" and "" or pattern:match "^([^*]+%.)%*$"
end

local function handler_fault(self, pattern, handler)
  if type(pattern) ~= "string" or pattern == "" then
    return "the event type must be a string, got " .. type(pattern)
  end
  if not callable(handler) then return "the handler must be a function, got " .. type(handler) end
  if self.exact[pattern] or self.prefixes[pattern:sub(1, -2)] then
    return ("%q has a handler already"):format(pattern)
  end
  if pattern:find("*", 1, true) and not prefix_of(pattern) then
    return ("the pattern %q does not end in .* (or is no * alone)"):format(pattern)
  end
end

--- Handle events of a type with a function(event). pattern: a type
-- ("payment.transaction.captured"), all that begin alike ("payment.transaction.*"), or all ("*").
-- A type goes before every pattern, a longer pattern before a shorter. flags: { unlisted = true }
-- for a type or a pattern that is nearly one of Klarna's and none. -> the router
function Router:on(pattern, handler, flags)
  must_be_router(self, "on")
  local fault = handler_fault(self, pattern, handler)
  local prefix = not fault and prefix_of(pattern)
  if not fault and not (type(flags) == "table" and flags.unlisted) then
    if prefix then fault = prefix_fault(self, prefix) else fault = name_fault(self, pattern) end
  end
  if fault then error("router:on: " .. fault, 2) end
  if prefix then self.prefixes[prefix] = handler else self.exact[pattern] = handler end
  return self
end

--- Handle every event that no other handler is for. -> the router
function Router:default(handler)
  must_be_router(self, "default")
  if not callable(handler) then
    error("router:default: the handler must be a function, got " .. type(handler), 2)
  end
  self.fallback = handler
  return self
end

local function handler_of(self, event_type)
  local found = self.exact[event_type]
  local prefix = event_type
  while not found and prefix ~= "" do
    prefix = prefix:match "^(.*%.)[^.]+%.?$" or ""
    found = self.prefixes[prefix]
  end
  return found or self.fallback
end

-- One event ---------------------------------------------------------------------------------------

-- What a handler gets: the event, and what is known of its object.
local function view_of(self, event)
  local view = setmetatable({}, getmetatable(event))
  for name, value in pairs(event) do view[name] = value end
  local learned = self.subjects:learn(event, self.store)
  view.state, view.stale = learned.state, learned.stale
  view.object = self.subjects:object(event, learned)
  return view
end

-- A handler fails by raising, or, as all of kassa, by returning nil and the reason.
local function outcome(ok, result, err)
  if not ok then return result == nil and "an error without a value" or result end
  if not result and err ~= nil then return err end
end

local function in_words(cause)
  local ok, text = pcall(tostring, cause)
  return ok and text or "an error that cannot be printed"
end

local function failure_of(cause, event)
  return error_value.new("handler", { operation = event.type, event_id = event.id, cause = cause,
    message = "the handler failed: " .. in_words(cause) })
end

local function store_error(method, cause, event)
  if error_value.is(cause) then return cause end
  return error_value.new("store", { operation = event and event.type, cause = cause,
    event_id = event and event.id, message = ("%s of the store failed: %s"):format(method,
      in_words(cause)) })
end

-- Ask the store, which may be a database that fails or raises. -> its answer; or nil, err
local function ask(self, method, event, ...)
  local ok, answer, why = pcall(self.store[method], self.store, event, ...)
  if ok and answer then return answer end
  return nil, store_error(method, not ok and answer or why, event)
end

-- This failed event, or (nil) every one, is to be handled again. -> how many; or nil, err
local function again(self, id)
  local ok, count, why = pcall(self.store.again, self.store, id)
  if ok and count then return count end
  return nil, store_error("again", not ok and count or why)
end

local function report(self, err, view)
  if self.on_error then pcall(self.on_error, err, view) end -- nobody is left to tell of its errors
end

-- Tell the store how it ended, and whoever listens, once, what went wrong.
local function settle(self, event, view, cause)
  if cause == nil then
    local kept, err = ask(self, "done", event)
    if not kept then report(self, err, view) end
    return kept and true, err
  end
  local err = failure_of(cause, event)
  report(self, err, view)
  local kept, trouble = ask(self, "failed", event, err.message)
  if not kept then report(self, trouble, view) end
  return nil, err
end

-- Handle an event that was taken. -> true, "handled" or "unhandled"; or nil, err
local function run(self, event)
  local handler = handler_of(self, event.type)
  local seen, view = pcall(view_of, self, event)
  if not seen then return settle(self, event, event, view) end
  local cause
  if handler then cause = outcome(host.tasks:try(handler, view)) end
  local ok, err = settle(self, event, view, cause)
  return ok, ok and (handler and "handled" or "unhandled") or err
end

local function event_fault(event)
  if type(event) ~= "table" then return "an event expected, got " .. type(event) end
  for name, kind in pairs { type = "string", id = "string", payload = "table" } do
    if type(event[name]) ~= kind then
      return ("event.%s must be a %s, got %s"):format(name, kind, type(event[name]))
    end
  end
end

local function keep(self, event)
  local kept = setmetatable({}, getmetatable(event))
  for name, value in pairs(event) do kept[name] = value end
  kept.about = self.subjects:about(event)
  local what, err = ask(self, "put", kept)
  return what, what and kept.about or err
end

-- What a program calls ----------------------------------------------------------------------------

--- Store an event (of kassa.webhook.verify) without handling it. Who is told "new", "duplicate" or
-- "failed" (stored before, and handling it has failed) may acknowledge it; router:work() does the
-- rest. -> one of these; or nil, err (code store): it is not stored
function Router:accept(event)
  must_be_router(self, "accept")
  local fault = event_fault(event)
  if fault then error("router:accept: " .. fault, 2) end
  local what, about = keep(self, event)
  if not what then return nil, about end
  return what
end

-- -> event; nil when there is none; or nil, err, which was reported
local function take(self, about)
  local ok, event, why = pcall(self.store.take, self.store, about)
  if ok and (event or why == nil) then return event end
  local err = store_error("take", not ok and event or why)
  report(self, err)
  return nil, err
end

--- Handle the next of the stored events that nobody is handling.
-- -> "handled" or "unhandled"; false, err (code store: the store failed); or nil when there is none
function Router:handle_next()
  must_be_router(self, "handle_next")
  local event, err = take(self)
  if err then return false, err end
  if not event then return nil end
  local ok, result = run(self, event)
  if ok then return result end
  return false, result
end

--- Handle what is stored, until nothing is left that nobody else is handling, or the store fails.
-- -> how many were handled, how many failed; and err (code store) when the store failed
function Router:work()
  must_be_router(self, "work")
  local handled, failed = 0, 0
  local how, err = self:handle_next()
  while how ~= nil do
    if how == false and err.code == "store" then return handled, failed, err end
    if how then handled = handled + 1 else failed = failed + 1 end
    how, err = self:handle_next()
  end
  return handled, failed
end

-- The events of one object in their order, up to and beyond the one with this id.
local function work_on(self, about, id)
  local ok, what = true, "queued"
  local event = take(self, about)
  while event do
    local done, result = run(self, event)
    if event.id == id then ok, what = done, result end
    event = take(self, about)
  end
  return ok, what
end

--- Store an event and handle it, after those of its object that came before. One that is handled
-- already is not handled again; one whose handler has failed is.
-- -> true, "handled", "unhandled" (nobody is for it), "duplicate", or "queued" (an event of the
-- same object is being handled, and this one will be by the same task); or nil, err: with code
-- store it is not stored, so it must not be acknowledged; with code handler it is kept, for
-- router:retry()
function Router:handle(event)
  must_be_router(self, "handle")
  local fault = event_fault(event)
  if fault then error("router:handle: " .. fault, 2) end
  local what, about = keep(self, event)
  if not what then return nil, about end
  if what == "duplicate" then return true, "duplicate" end
  if what == "failed" then
    local revived, err = again(self, event.id)
    if not revived then return nil, err end
  end
  return work_on(self, about, event.id)
end

--- Handle again every event whose handler has failed, or the one with this id.
-- -> how many were handled, how many failed; and err (code store) when the store failed
function Router:retry(id)
  must_be_router(self, "retry")
  local revived, err = again(self, id)
  if not revived then return 0, 0, err end
  return self:work()
end

--- -> how many events wait or are being handled, how many have failed
function Router:pending()
  must_be_router(self, "pending")
  return self.store:pending()
end

--- -> the events whose handler has failed: { { event =, why = }, ... }
function Router:failures()
  must_be_router(self, "failures")
  return self.store:failures()
end

return M
