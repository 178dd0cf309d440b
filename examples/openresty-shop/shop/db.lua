-- The shop's own table, in the same SQLite file as kassa's journal. It makes the table, and runs
-- one statement at a time; what a statement means is for orders.lua to know.

local DBI = require "DBI"

local db = {}

local TABLE = [[CREATE TABLE IF NOT EXISTS orders (
  number INTEGER PRIMARY KEY,          -- 1001, ...: what people say
  key TEXT NOT NULL UNIQUE,            -- stands in the order's address, and cannot be guessed
  placed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M', 'now')),
  basket TEXT NOT NULL,                -- JSON: lines with the prices of that day
  address TEXT NOT NULL,               -- JSON: who gets it
  amount INTEGER NOT NULL,             -- cents
  payment TEXT,                        -- what payment:save() gave; NULL before Klarna was asked
  state TEXT NOT NULL,                 -- the payment's state, for lists
  version INTEGER NOT NULL DEFAULT 0   -- counts changes, so that no worker writes over another
)]]

local connection -- of this worker: made when first needed, after nginx has forked

local function open()
  local made = assert(DBI.Connect("SQLite3", os.getenv "SHOP_DB"))
  made:autocommit(true)
  for _, sql in ipairs { "PRAGMA busy_timeout = 10000", "PRAGMA synchronous = FULL", TABLE } do
    local statement = assert(made:prepare(sql))
    assert(statement:execute())
    statement:close()
  end
  return made
end

local function execute(sql, ...)
  connection = connection or open()
  local statement = assert(connection:prepare(sql))
  assert(statement:execute(...))
  return statement
end

--- The rows that a statement reads: a list of tables by column.
function db.rows(sql, ...)
  local statement, rows = execute(sql, ...), {}
  for row in statement:rows(true) do rows[#rows + 1] = row end
  statement:close()
  return rows
end

--- How many rows a statement has changed.
function db.change(sql, ...)
  local statement = execute(sql, ...)
  local count = statement:affected()
  statement:close()
  return count
end

return db
