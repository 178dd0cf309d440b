-- The database behind the journal and the inbox: SQLite or PostgreSQL through LuaDBI, with one
-- schema. It knows SQL and transactions, not money, and never guesses whether a commit got through.
--
-- LuaDBI has traps, and every statement here has to mind them:
--   * it reads integers as 32 bits: what may be larger is selected as text, under a name that ends
--     in `_ms` or is `amount` (CAST(sent_ms AS TEXT) AS sent_ms), and comes back as an integer;
--   * it cuts text at NUL bytes, and PostgreSQL takes UTF-8 only: what others wrote goes through
--     store.pack and store.unpack;
--   * it answers a broken constraint as a sentence: use ON CONFLICT;
--   * a prepared statement lives as long as its connection: SQL is constant text with `?` in it.

local core = require "kassa.core"
local error_value = require "kassa.error"

local unpack = table.unpack or unpack
local pack = table.pack or function(...) return { n = select("#", ...), ... } end
local integer = math.tointeger or function(value) return value end

local M = {}

local Store = {}
Store.__index = Store

-- Sentences of LuaDBI's that say nothing.
local PREFIXES = {
  "^Error executing statement parameters: ", "^Error preparing statement handle: ",
  "^Execute failed ",
}

local function bare(text)
  text = tostring(text or "no reason given")
  for _, prefix in ipairs(PREFIXES) do text = text:gsub(prefix, "") end
  return (text:gsub("%s+", " "):gsub(" $", ""))
end

-- What a database said, as an error: which database, what is wrong, what to do.
local function failure(self, text, fields)
  local said = self.dialect.scrub(self, bare(text))
  local what, advice = "it failed", "look into it before you go on"
  for _, cause in ipairs(self.dialect.causes) do
    if said:find(cause[1]) then what, advice = cause[2], cause[3]; break end
  end
  local err = fields or {}
  err.message = ("%s: %s (%s): %s"):format(self.where, what, said, advice)
  return error_value.new("journal", err)
end

M.failure = failure

-- Statements of a connection that is gone must end before it: their finalizer would look at it.
local function disconnect(self)
  local connection = self.connection
  self.connection = nil
  for _, statement in pairs(self.statements) do pcall(statement.close, statement) end
  self.statements = {}
  if connection then pcall(connection.close, connection) end
end

local function prepare(self, sql)
  local found = self.statements[sql]
  if found then return found end
  local ok, made, why = pcall(self.connection.prepare, self.connection, sql)
  if not ok then return nil, made end
  if not made then return nil, why end
  self.statements[sql] = made
  return made
end

-- After a failure SQLite would fail once more with the old reason, so the statement is made anew.
local function forget(self, sql)
  local statement = self.statements[sql]
  self.statements[sql] = nil
  if statement then pcall(statement.close, statement) end
end

local function bound(self, ...)
  local values = pack(...)
  for i = 1, values.n do
    if type(values[i]) == "number" then values[i] = self.dialect.number(values[i]) end
  end
  return unpack(values, 1, values.n)
end

-- -> the statement, executed; or nil and what the database said
local function once(self, sql, ...)
  local statement, why = prepare(self, sql)
  if not statement then return nil, why end
  local ok, done, said = pcall(statement.execute, statement, bound(self, ...))
  if ok and done then return statement end
  forget(self, sql)
  return nil, ok and said or done
end

-- A pooler between, or a LuaDBI that frees what it prepared, may have dropped the statement.
local DROPPED = "prepared statement .* does not exist"

local function execute(self, sql, ...)
  local known = self.statements[sql]
  local statement, why = once(self, sql, ...)
  if statement or not known or not tostring(why):find(DROPPED) then return statement, why end
  return once(self, sql, ...)
end

-- name of a column -> did its integers come as text, since LuaDBI would cut them?
local came_as_text = setmetatable({}, { __index = function(known, name)
  known[name] = name == "amount" or name:find "_ms$" ~= nil
  return known[name]
end })

-- Numbers as this Lua writes integers.
local function settled(row)
  for name, value in pairs(row) do
    if type(value) == "number" or came_as_text[name] then
      row[name] = integer(tonumber(value)) or tonumber(value)
    end
  end
  return row
end

local function read_rows(statement)
  local rows = {}
  local row = statement:fetch(true)
  while row do
    rows[#rows + 1] = settled(row)
    row = statement:fetch(true)
  end
  return rows
end

local function count(statement)
  return statement:affected()
end

-- Rows are read to the end, so that the statement holds nothing.
local function ask(self, reader, sql, ...)
  local statement, why = execute(self, sql, ...)
  if not statement then return nil, why end
  local ok, value = pcall(reader, statement)
  if ok then return value end
  forget(self, sql)
  return nil, value
end

-- Is there still somebody at the other end? The driver knows only after it has tried.
local function alive(self)
  if not self.dialect.remote then return true end
  return self.connection ~= nil and self.connection:ping()
    and ask(self, read_rows, "SELECT 1 AS one") ~= nil
end

-- Make a new connection ready. -> true; or nil and why not
local function make_ready(self)
  for _, sql in ipairs(self.dialect.settings) do
    local rows, why = ask(self, read_rows, sql)
    if not rows then return nil, why end
  end
  return self.dialect.prepare(self, M.ask)
end

-- Neither SQLite nor PostgreSQL can share a connection over a fork: SQLite would take locks for
-- held that the child does not hold, and damage the file.
local FORKED = "the journal was opened before a fork, and no connection can cross one: open it in"
  .. " the process that uses it (under nginx in init_worker_by_lua, not in init_by_lua)"

local function refusal(self, message)
  return error_value.new("journal", { message = self.where .. ": " .. message })
end

-- A new session; locks of the old one are gone with it.
local function connect(self)
  disconnect(self)
  local connection, why = self.dialect.connect(self)
  if not connection then return nil, failure(self, why) end
  self.connection, self.session = connection, self.session + 1
  local fine
  fine, why = make_ready(self)
  if fine then return true end
  disconnect(self)
  return nil, failure(self, why)
end

local function ready(self)
  if self.closed then return nil, refusal(self, "the journal was closed; open it again") end
  if self.process ~= core.process.id() then return nil, refusal(self, FORKED) end
  if self.connection then return true end
  return connect(self)
end

-- One statement inside a transaction: what fails there dooms the whole.
local function inside(self, reader, sql, ...)
  local value, why = ask(self, reader, sql, ...)
  if value ~= nil then return value end
  self.doomed = self.doomed or why
  return nil, failure(self, why)
end

-- One statement of its own. What only reads is asked again on a new connection; what writes may
-- have been committed when the connection broke, and says so (`unsure`).
local function alone(self, reader, reads, sql, ...)
  local fine, err = ready(self)
  if not fine then return nil, err end
  local value, why = ask(self, reader, sql, ...)
  if value ~= nil then return value end
  if alive(self) then return nil, failure(self, why) end
  disconnect(self)
  if not reads then return nil, failure(self, why, { unsure = true }) end
  fine, err = connect(self)
  if not fine then return nil, err end
  value, why = ask(self, reader, sql, ...)
  if value ~= nil then return value end
  return nil, failure(self, why)
end

--- Read rows. sql: constant text, `?` for each argument; arguments: text, integers, nil.
-- -> list of rows by column name; or nil and the error
function Store:all(sql, ...)
  if self.working then return inside(self, read_rows, sql, ...) end
  return alone(self, read_rows, true, sql, ...)
end

--- Read one row. -> the first row, or false when there is none; or nil and the error
function Store:one(sql, ...)
  local rows, err = self:all(sql, ...)
  if not rows then return nil, err end
  return rows[1] or false
end

--- Change rows. -> how many; or nil and the error, whose `unsure` is true when the connection broke
-- and nobody knows whether they were changed
function Store:run(sql, ...)
  if self.working then return inside(self, count, sql, ...) end
  return alone(self, count, false, sql, ...)
end

-- Nothing is lost when this fails, so it is tried again on a new connection.
local function begin(self)
  local fine, err = ready(self)
  if not fine then return nil, err end
  local begun, why = execute(self, self.dialect.begin)
  if begun then return true end
  if not self.dialect.remote then return nil, failure(self, why) end
  fine, err = connect(self)
  if not fine then return nil, err end
  begun, why = execute(self, self.dialect.begin)
  if begun then return true end
  return nil, failure(self, why)
end

local function roll_back(self)
  if not execute(self, "ROLLBACK") and self.dialect.remote then disconnect(self) end
end

local function commit(self)
  local done, why = execute(self, "COMMIT")
  if done then return true end
  if alive(self) then
    roll_back(self)
    return nil, failure(self, why)
  end
  disconnect(self)
  return nil, failure(self, why, { unsure = true })
end

--- Do all that fn does or nothing of it. fn: function(store, ...); it must not wait for anything
-- else, and what it returns first decides: nil takes everything back.
-- -> what fn returned, once it is safe on disk; or nil and the error (fn's, or the database's,
-- whose `unsure` is true when the connection broke in the commit)
function Store:transaction(fn, ...)
  if self.working then error("kassa.store: a transaction inside a transaction", 2) end
  local fine, err = begin(self)
  if not fine then return nil, err end
  self.working, self.doomed = true, nil
  local results = pack(pcall(fn, self, ...))
  self.working = false
  if not results[1] then
    roll_back(self)
    error(results[2], 0)
  end
  if self.doomed or results[2] == nil then
    roll_back(self)
    if results[2] == nil and results[3] ~= nil then return nil, results[3] end
    return nil, failure(self, self.doomed)
  end
  fine, err = commit(self)
  if not fine then return nil, err end
  return unpack(results, 2, results.n)
end

local WEAK = { __mode = "v" }

-- Let go of the locks whose owners are garbage: tasks that were killed, or that raised. A request
-- of theirs may still be on its way, as that of a process that died may be.
local function forget_the_dead(self)
  if self.working then return end
  for n, held in pairs(self.held) do
    if held.owned and held.owner[1] == nil then
      self.held[n] = nil
      local mine = held.session == self.session and self.connection
      if mine then self.dialect.unlock(self, n) end
    end
  end
end

--- Take the lock of number n (an integer from 0 to 2^52): of all processes on this database, and of
-- all tasks in this one, one at a time has it. It is let go of when its holder dies. owner: what
-- tells the holder from others of this process, nil for one that is alone; an owner that is garbage
-- has died. -> true when taken, false when another has it; or nil and the error
function Store:try_lock(n, owner)
  local fine, err = ready(self)
  if not fine then return nil, err end
  forget_the_dead(self)
  local held = self.held[n]
  if held and held.session == self.session then return false end
  local taken
  taken, err = self.dialect.try_lock(self, n)
  if taken then
    self.held[n] = { session = self.session, owned = owner ~= nil,
      owner = setmetatable({ owner }, WEAK) }
  end
  return taken, err
end

--- Is the lock still this owner's? A connection that broke has lost it.
function Store:holds(n, owner)
  local held = self.held[n]
  return held ~= nil and held.owner[1] == owner and held.session == self.session
    and self.connection ~= nil
end

--- Let go of a lock that this owner has; any other stays.
function Store:unlock(n, owner)
  local held = self.held[n]
  if not held or held.owner[1] ~= owner or self.process ~= core.process.id() then return end
  self.held[n] = nil
  if held.session == self.session and self.connection then self.dialect.unlock(self, n) end
end

--- Close the connection; every lock is let go of. In a forked child all that is the parent's stays.
function Store:close()
  if self.closed then return end
  if self.process == core.process.id() then
    self.dialect.close(self)
    disconnect(self)
  end
  self.closed, self.held = true, {}
end

-- Read, write and lock by hand, for the dialects: no reconnecting, no transaction.
-- -> rows or nil and what the database said
function M.ask(self, sql, ...)
  return ask(self, read_rows, sql, ...)
end

-- Text that no database would cut or refuse: valid UTF-8 without NUL.
local function clean(text)
  if not text:find "[%z\128-\255]" then return true end
  if text:find "%z" then return false end
  return require("kassa.json").encode { text } ~= nil
end

local function hex_of(byte) return ("%02x"):format(byte:byte()) end

--- Text of others' making as a database can hold it; kassa.store.unpack gives the same bytes back.
function M.pack(text)
  if text == nil then return nil end
  if clean(text) and text:sub(1, 4) ~= "hex:" then return text end
  return "hex:" .. text:gsub(".", hex_of)
end

function M.unpack(text)
  if text == nil or text:byte(4) ~= 58 or text:sub(1, 4) ~= "hex:" then return text end -- 58: ":"
  return (text:sub(5):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- nginx's master runs init_by_lua, and its workers are forked from it.
local function in_master()
  local ngx = package.loaded.ngx
  return type(ngx) == "table" and ngx.get_phase ~= nil and ngx.get_phase() == "init"
end

--- Open a database, made ready by its migrations.
-- options: path = "shop.db" (SQLite) or postgres = "host=... dbname=..." (PostgreSQL, a connection
-- string of libpq's)
-- -> store; or nil and an error of code "journal" that says which database and what to do
function M.open(options)
  local dialect = require(options.postgres and "kassa.store.postgres" or "kassa.store.sqlite")
  local self = setmetatable({
    dialect = dialect, options = options, where = dialect.where(options),
    statements = {}, held = {}, session = 0, working = false, closed = false,
    process = core.process.id(),
  }, Store)
  if in_master() then return nil, refusal(self, FORKED) end
  local fine, err = connect(self)
  if fine then fine, err = require("kassa.store.migrations").run(self) end
  if fine then return self end
  disconnect(self)
  return nil, err
end

return M
