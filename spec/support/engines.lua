-- The databases that a journal can live in, for specs that run on each: where one is missing the
-- spec is pending and names the package. It refuses to stand a mock in for any, and waits for no
-- disk: what is killed here is processes, and their files outlive them without.

local fork = require "support.fork"
local heavy = require "support.heavy"
local peers = require "support.peers"
local postgres = require "support.postgres"

-- A driver that is there stays loaded, so that what it leaks is known by its name (leaks.supp).
local function no_driver(name, package_name)
  if pcall(require, "DBI") and pcall(require, name) then
    if package.searchpath then fork.keep(package.searchpath(name, package.cpath)) end
    return nil
  end
  return ("LuaDBI's %s is not there for this Lua: apt-get install %s"):format(name, package_name)
end

local Sqlite = { name = "SQLite", missing = no_driver("dbd.sqlite3", "lua-dbi-sqlite3") }

-- A database: `options` opens it, `remove` ends it.
function Sqlite.new()
  local folder = peers.quick_folder()
  return {
    options = { path = folder .. "/shop.db" }, folder = folder,
    remove = function() peers.remove(folder) end,
  }
end

local Postgres = {
  name = "PostgreSQL",
  missing = no_driver("dbd.postgresql", "lua-dbi-postgresql") or postgres.missing()
    or not heavy.either and "PostgreSQL is played under lua5.4 and luajit (here: KASSA_WHOLE=1)"
    or nil,
}

function Postgres.new()
  local server = postgres.server()
  local where, name = server:schema()
  return {
    options = { postgres = where }, server = server,
    remove = function()
      server:sql("SET client_min_messages TO warning; DROP SCHEMA " .. name .. " CASCADE")
    end,
  }
end

--- In the order in which a merchant meets them, each { name, missing = text or nil, new = function
-- that makes an empty database }. A spec opens with
--   for _, engine in ipairs(engines) do
--     describe("the inbox on " .. engine.name, function()
--       if engine.missing then return pending(engine.missing) end
return { Sqlite, Postgres }
