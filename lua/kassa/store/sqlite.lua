-- What is SQLite's own about a store: one file beside the shop, written ahead and synced at every
-- commit. It keeps nothing in memory, since a journal that ends with its process is none.

local core = require "kassa.core"

local WAIT_MS = 10000 -- for another process's transaction; those of kassa take some milliseconds
local TRIES = 100     -- to begin the log of a new file

local M = { remote = false, begin = "BEGIN IMMEDIATE" }

--- How messages call the database.
function M.where(options) return "the database " .. options.path end

function M.scrub(_, text) return text end

function M.number(value) return value end

--- { pattern in what SQLite says, what is wrong, what to do }
M.causes = {
  { "disk is full", "the disk is full", "free some space, then do the same again" },
  { "readonly", "it is read-only",
    "let the user that runs this write to the file and to its folder" },
  { "locked", "another process has it locked",
    "end what holds it (an open shell, a backup), then do the same again" },
  { "malformed", "it is damaged",
    "restore it from a backup; do not start with an empty one, which knows of no capture" },
  { "not a database", "it is damaged, or is something else",
    "restore it from a backup; do not start with an empty one, which knows of no capture" },
  { "unable to open", "it cannot be opened",
    "see that its folder is there, on a disk that takes writes, and that the user that runs this "
      .. "may write to it" },
  { "write%-ahead", "it cannot be written ahead of",
    "put it on a disk of this machine (no network share, no read-only folder, not in memory)" },
  { "I/O error", "the disk failed", "look into the system's log, then do the same again" },
}

local MISSING = "LuaDBI's driver for SQLite is not installed (Debian: lua-dbi-sqlite3; LuaRocks: "
  .. "luadbi-sqlite3): "

--- -> a connection of LuaDBI's, or nil and why
function M.connect(self)
  local found, why = pcall(require, "dbd.sqlite3")
  if not found then return nil, MISSING .. tostring(why):gsub("\n.*", "") end
  local connection
  connection, why = require("DBI").Connect("SQLite3", self.options.path)
  if not connection then return nil, why end
  connection:autocommit(true)
  return connection
end

--- What every new connection is told.
M.settings = { "PRAGMA busy_timeout = " .. WAIT_MS, "PRAGMA synchronous = FULL" }

-- To begin a log SQLite needs a new file for itself and does not wait for it: of two programs that
-- open it together one would be told that it is locked. A transaction does wait, WAIT_MS at most.
local function begin_log(self, ask)
  local rows, why
  for _ = 1, TRIES do
    rows, why = ask(self, "PRAGMA journal_mode = WAL")
    if rows or not tostring(why):find "locked" then break end
    if not ask(self, "BEGIN EXCLUSIVE") then break end
    ask(self, "ROLLBACK")
  end
  return rows, why
end

--- Make it ready, after those. ask: function(store, sql) -> rows; -> true, or nil and why not
function M.prepare(self, ask)
  local rows, why = begin_log(self, ask)
  if not rows then return nil, why end
  if rows[1] and rows[1].journal_mode == "wal" then return true end
  return nil, "its folder takes no write-ahead log"
end

--- Have the migrations of several processes wait for each other: BEGIN IMMEDIATE does.
function M.lock_schema() return true end

-- Locks on a file beside the database, which the system lets go of when the process dies.
local function lock_of(self)
  if self.lock == nil then
    local lock, why
    if core.lock then lock, why = core.lock.open(self.options.path .. "-kassa-lock") end
    if why then return nil, why end
    self.lock = lock or false
  end
  return self.lock
end

function M.try_lock(self, n)
  local lock, why = lock_of(self)
  if lock == nil then return nil, require("kassa.store").failure(self, why) end
  return not lock or lock:try(n)
end

function M.unlock(self, n)
  if self.lock then self.lock:release(n) end
end

function M.close(self)
  if self.lock then self.lock:close() end
  self.lock = nil
end

return M
