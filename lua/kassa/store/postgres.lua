-- What is PostgreSQL's own about a store: a server that may go away and come back. It never shows
-- the password in the connection string, and never weakens what the server was told about syncing.

local M = { remote = true, begin = "BEGIN" }

-- Seconds after which a server that does not answer counts as gone; a string that says otherwise
-- is left as it is.
local LIMITS = {
  { "connect_timeout", 10 }, { "tcp_user_timeout", 20000 }, { "keepalives_idle", 10 },
  { "keepalives_interval", 5 }, { "keepalives_count", 3 },
}

-- The value of a word in a connection string (host=, or in a URI's tail), or nil.
local function word(text, name)
  local quoted = text:match("%f[%w_]" .. name .. "%s*=%s*'([^']*)'")
  return quoted or text:match("%f[%w_]" .. name .. "%s*=%s*([^%s&']+)")
end

local function is_uri(text) return text:find "^postgres%w*://" ~= nil end

-- The password of a connection string, or nil.
local function password_of(text)
  return is_uri(text) and text:match "^%w+://[^@/?]*:([^@/?]*)@" or word(text, "password")
end

--- How messages call the database: host and name, never user or password.
function M.where(options)
  local text = options.postgres
  local host, name
  if is_uri(text) then
    host, name = text:match "^%w+://([^/?]*)/?([^?]*)"
    host = host:gsub("^.*@", "")
  end
  host = host ~= "" and host or word(text, "host") or word(text, "hostaddr") or "this machine"
  name = name ~= "" and name or word(text, "dbname") or "its default"
  return ("the PostgreSQL database %s on %s"):format(name, host)
end

--- What the server said, without the password that it may repeat.
function M.scrub(self, text)
  local secret = password_of(self.options.postgres)
  if not secret or secret == "" then return text end
  return (text:gsub(secret:gsub("%p", "%%%0"), "[secret]"))
end

-- PostgreSQL takes every argument as text, and no 1e+15 for an integer.
function M.number(value) return ("%.0f"):format(value) end

--- { pattern in what PostgreSQL says, what is wrong, what to do }
M.causes = {
  { "^not connected", "no connection was made", -- LuaDBI loses the server's own words
    "see that the server runs there, that the database exists and that it lets this user in (psql "
      .. "with the same connection string tells which of them it is)" },
  { "No space left", "its disk is full", "free some space there, then do the same again" },
  { "read%-only", "it is read-only",
    "connect to the server that takes writes (a standby answers so, and a full disk may)" },
  { "lock timeout", "another session has it locked",
    "end what holds it, then do the same again" },
  { "permission denied", "it does not permit that",
    "let this user create tables in its schema, or create them as another once" },
  { "starting up", "it is starting", "do the same again in a moment" },
  { "shutting down", "it is stopping", "do the same again when it is back" },
  { "terminating connection", "it ended the session", "do the same again when it is back" },
  { "too many", "it has no connection left", "raise max_connections there, or run fewer workers" },
  { "closed the connection", "the connection broke", "do the same again when it is back" },
  { "its encoding is", "it does not take every text", "make a database with ENCODING 'UTF8'" },
}

local MISSING = "LuaDBI's driver for PostgreSQL is not installed (Debian: lua-dbi-postgresql; "
  .. "LuaRocks: luadbi-postgresql): "

-- The connection string, with limits of time where it gives none.
local function with_limits(text)
  local uri = is_uri(text)
  for _, limit in ipairs(LIMITS) do
    if not word(text, limit[1]) then
      local before = uri and (text:find("?", 1, true) and "&" or "?") or " "
      text = ("%s%s%s=%d"):format(text, before, limit[1], limit[2])
    end
  end
  return text
end

--- -> a connection of LuaDBI's, or nil and why
function M.connect(self)
  local found, why = pcall(require, "dbd.postgresql")
  if not found then return nil, MISSING .. tostring(why):gsub("\n.*", "") end
  local connection
  connection, why = require("DBI").Connect("PostgreSQL", with_limits(self.options.postgres))
  if not connection then
    return nil, "not connected: " .. why:gsub("^Failed to connect to database: ", "")
  end
  connection:autocommit(true)
  return connection
end

--- What every new connection is told.
M.settings = {
  "SET client_encoding TO 'UTF8'", "SET client_min_messages TO warning",
  "SET lock_timeout TO '10s'", "SET statement_timeout TO '60s'",
  -- A server told to answer before it has synced is told otherwise.
  "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') "
    .. "WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)",
}

--- Make it ready, after those. ask: function(store, sql) -> rows; -> true, or nil and why not
function M.prepare(self, ask)
  local rows, why = ask(self, "SELECT current_setting('server_encoding') AS encoding")
  if not rows then return nil, why end
  if rows[1].encoding == "UTF8" or rows[1].encoding == "SQL_ASCII" then return true end
  return nil, "its encoding is " .. tostring(rows[1].encoding)
end

local SCHEMA_LOCK = 2000000011 -- an arbitrary number that is always the same

--- Have the migrations of several processes wait for each other, inside the transaction.
function M.lock_schema(self)
  return self:all("SELECT CAST(pg_advisory_xact_lock(?) AS TEXT) AS locked", SCHEMA_LOCK)
end

-- A lock of the session, which ends with it. The kind keeps it apart from the shop's own.
function M.try_lock(self, n)
  local row, err = self:one("SELECT CAST(pg_try_advisory_lock(?) AS INTEGER) AS taken", n)
  if not row then return nil, err end
  return row.taken == 1
end

function M.unlock(self, n)
  require("kassa.store").ask(self, "SELECT CAST(pg_advisory_unlock(?) AS INTEGER) AS freed", n)
end

function M.close() end

return M
