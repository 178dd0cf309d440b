-- kassa.journal: what was meant to be done with money, on disk before the wire, and what came of
-- it. It moves nothing by itself but what was begun, and forgets nothing that is not settled.
--
--   local journal = assert(kassa.journal { path = "shop.db" })
--   local klarna = kassa.klarna { api_key = key, journal = journal }

local book = require "kassa.journal.book"
local nearest = require "kassa.nearest"
local store_of = require "kassa.store"

local M = {}

local Journal = {}
Journal.__index = Journal
Journal.__name = "kassa.journal"

local MAIN = {} -- the coroutine of whoever is in none, on Lua 5.1

local OPTIONS = { path = true, postgres = true }

local function fault_of(options)
  if type(options) ~= "table" then return "options must be a table, got " .. type(options) end
  for name, value in pairs(options) do
    if not OPTIONS[name] then
      local close = nearest(tostring(name), OPTIONS)
      return ("%s is no option%s"):format(tostring(name),
        close and ", did you mean " .. close .. "?" or "")
    end
    if type(value) ~= "string" or value == "" or value:find "%z" then
      return name .. " must be a string, got " .. type(value)
    end
  end
  if (options.path == nil) == (options.postgres == nil) then
    return "give path (of an SQLite file) or postgres (a connection string)"
  end
end

--- Open a journal, and make its tables where there are none. options: path = "shop.db" for an
-- SQLite file on this machine, or postgres = "host=... dbname=..." for many machines (a connection
-- string of libpq's). Raises for options that cannot be meant.
-- -> journal; or nil and an error of code "journal" that names the database and what to do
function M.new(options)
  local fault = options == require "kassa" and "call it with a dot, not with a colon"
    or fault_of(options)
  if fault then error("kassa.journal: " .. fault, 2) end
  local store, err = store_of.open(options)
  if not store then return nil, err end
  return setmetatable({
    store = store,
    late = {},                                    -- outcomes that are still to be written
    watched = {},                                 -- intents of steps in progress -> calls made
    steps = setmetatable({}, { __mode = "k" }),   -- coroutine -> the step of a flow it is in
    plans = setmetatable({}, { __mode = "k" }),   -- client -> operation -> plan
  }, Journal)
end

--- Is this a journal?
function M.is(value) return getmetatable(value) == Journal end

function Journal:__tostring()
  return "kassa.journal in " .. self.store.where
end

-- What only clients and recovery ask for --------------------------------------------------------

-- The time of the client's clock, milliseconds since 1970.
function Journal.now_ms(client)
  return math.floor(client.now())
end

function Journal:executor(execute)
  return require("kassa.journal.executor").executor(self, execute)
end

function Journal:add(client, plans)
  local by_name = {}
  for _, plan in ipairs(plans) do by_name[plan.row.name] = plan end
  self.plans[client] = by_name
end

-- This coroutine is in a step of a flow from now on. -> what leave_step needs
function Journal:enter_step(name)
  local here = coroutine.running() or MAIN
  local mark = { here = here, before = self.steps[here] }
  self.steps[here] = name
  return mark
end

function Journal:leave_step(mark)
  self.steps[mark.here] = mark.before
end

function Journal:step_of_caller()
  return self.steps[coroutine.running() or MAIN]
end

-- Write an outcome down, now or as soon as the database takes it again: the intent stays open until
-- then, and whoever meets it asks the provider.
function Journal:settle(row, outcome, now_ms)
  self.late[#self.late + 1] = { row, outcome, now_ms }
  self:flush()
end

--- Write down the outcomes that the database did not take. -> true; or nil and the error
function Journal:flush()
  while self.late[1] do
    local row, outcome, now_ms = self.late[1][1], self.late[1][2], self.late[1][3]
    local done, err = book.settle(self.store, row, outcome, now_ms)
    if not done then return nil, err end
    table.remove(self.late, 1)
  end
  return true
end

-- What merchants ask for --------------------------------------------------------------------------

--- What is not settled: begun and not ended, or ended without knowing how. Oldest first.
-- -> list of { name, key, operation, object, amount, currency, reference, state ("open" or
-- "unknown"), tries, created_ms, last_ms, error }; or nil and the error
function Journal:open()
  self:flush()
  local rows, err = book.unsettled(self.store)
  return rows, err
end

--- Settle what can be settled of the client's account, for the start of a program and for cron: a
-- named intent is sent again with its own key while the provider honours that, any other is read
-- back. Nothing is sent that could act twice, and no unnamed intent is sent at all.
-- -> { settled = how many, left = { { intent = as in open(), why = words }, ... } }; or nil, error
function Journal:recover(client)
  local inside = require("kassa.client").of(client)
  if not inside or inside.journal ~= self then
    error("journal:recover: give it a client that was made with this journal", 2)
  end
  self:flush()
  local report, err = require("kassa.journal.recovery").run(self, inside)
  return report, err
end

--- The money moved, one row for each step that ended well, two for an authorization that takes its
-- amount at once (config.capture). options, all of which may be left out:
-- from, to (milliseconds since 1970, dates, or times of ISO 8601), currency = three letters. Raises
-- for options that cannot be meant.
-- -> list of rows, with the methods totals() and csv() (kassa.journal.statement); or nil, error
function Journal:statement(options)
  self:flush()
  local statement = require "kassa.journal.statement"
  local fault = statement.fault(options or {})
  if fault then error("journal:statement: " .. fault, 2) end
  local rows, err = statement.read(self.store, options or {})
  return rows, err
end

--- Close the database. Clients with this journal refuse calls that need it.
function Journal:close()
  self:flush()
  self.store:close()
end

return M
