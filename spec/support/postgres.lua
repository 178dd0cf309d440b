-- A real PostgreSQL for specs, in a temporary folder and behind a socket in it, so that no port is
-- taken. One serves a whole test run; it ends with the process that asked for it, however that
-- ends, and leaves nothing. It refuses to touch any other PostgreSQL of this machine.

local peers = require "support.peers"

local postgres = {}

local function shell(command)
  local pipe = assert(io.popen("(" .. command .. ") 2>&1; echo \"[$?]\""))
  local text = pipe:read "*a"
  pipe:close()
  local output, status = text:match "^(.-)%[(%d+)%]\n$"
  return tonumber(status), output
end

-- The folder of the newest server's programs, or nil. Debian and others do not put it on the path.
local function find_programs()
  local _, found = shell("ls -d /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb "
    .. "/usr/libexec/postgresql*/initdb 2>/dev/null | sort -V | tail -n 1 | grep . "
    .. "|| command -v initdb")
  return found:match "^(/[^\n]*)/initdb\n"
end

-- PostgreSQL does not run as root, nor under a sanitizer that was loaded for the spec.
-- -> the words before a command of its own, which make it somebody else's
local function somebody()
  local _, user = shell "id -u"
  local plain = "env -u LD_PRELOAD "
  if user:match "^%d+" ~= "0" then return plain, nil end
  local _, known = shell "id -u postgres >/dev/null 2>&1 && echo postgres || echo nobody"
  local name = known:match "%a+"
  local words = "setpriv --reuid=" .. name .. " --regid=$(id -g " .. name .. ") --clear-groups "
  return plain .. words, name
end

local programs, looked

--- -> nil when a server can be started; or what to install, for `pending`
function postgres.missing()
  if not looked then programs, looked = find_programs(), true end
  if not programs then return "PostgreSQL is not installed: apt-get install postgresql" end
end

local Server = {}
Server.__index = Server

-- Run a program of PostgreSQL's from a folder that anybody may be in. Raises with what it said.
local function run(self, words)
  local status, output = shell(("cd / && %s%s/%s"):format(self.as, programs, words))
  if status ~= 0 then
    error(("%s\n%s%s"):format(words, output, peers.read(self.folder .. "/log")), 3)
  end
  return output
end

--- Start it again after a stop. -> when it takes connections
function Server:start()
  run(self, ("pg_ctl -s -w -t 120 -D %s/data -l %s/log -o '-k %s %s' start"):format(
    self.folder, self.folder, self.folder, self.settings))
end

--- Stop it. how: "fast" (the default: sessions are ended), "immediate" (as if it had crashed).
function Server:stop(how)
  run(self, ("pg_ctl -s -w -t 120 -D %s/data -m %s stop"):format(self.folder, how or "fast"))
end

--- Run SQL. -> what psql printed, one row a line, `|` between columns
function Server:sql(text)
  local quoted = "'" .. text:gsub("'", "'\\''") .. "'"
  return run(self, ("psql -X -q -A -t -v ON_ERROR_STOP=1 -h %s -U kassa -d spec -c %s"):format(
    self.folder, quoted))
end

--- A new, empty schema, which is quicker made than a database and as good as one.
-- -> what to connect with ("host=... user=... dbname=... options=..."), its name
function Server:schema()
  self.last = self.last + 1
  local name = "spec" .. self.last
  if not pcall(self.sql, self, "CREATE SCHEMA " .. name) then
    self:start() -- a spec failed while it was stopped
    self:sql("CREATE SCHEMA " .. name)
  end
  return ("host=%s user=kassa dbname=spec options='-c search_path=%s'"):format(
    self.folder, name), name
end

--- End it and remove what it wrote. The shared one needs no such call.
function Server:close()
  if self.pipe then self.pipe:close() end
  self.pipe = nil
end

-- The folder and its server are a shell's that waits for this process to end.
local function held(folder, as, user)
  local own = user and ("chown %s %s && "):format(user, folder) or ""
  assert(shell(own .. "true") == 0)
  return assert(io.popen(([[
    trap '' INT TERM HUP
    cat >/dev/null
    cd /
    [ ! -e %s/data/postmaster.pid ] || %s%s/pg_ctl -s -w -D %s/data -m immediate stop 2>/dev/null
    rm -rf %s]]):format(folder, as, programs, folder, folder), "w"))
end

--- A server of one's own, to be closed. It does not wait for the disk, since it outlives no power
-- cut. settings: options of the program ("-c name=value ..."); place: an empty folder for it, which
-- it removes.
function postgres.new(settings, place)
  assert(not postgres.missing(), postgres.missing())
  local as, user = somebody()
  local folder = place or peers.quick_folder()
  local self = setmetatable({ folder = folder, as = as, last = 0, pipe = held(folder, as, user),
    settings = "-c listen_addresses= -c max_connections=60 -c fsync=off " .. (settings or "")
  }, Server)
  run(self, ("initdb -D %s/data -U kassa -A trust -E UTF8 --no-locale --no-sync"):format(folder))
  self:start()
  run(self, ("createdb -h %s -U kassa spec"):format(folder))
  return self
end

-- busted loads every module anew for each file of specs, and a server takes a second to make: what
-- is in the registry of this Lua stays.
local registry, SHARED = debug.getregistry(), "kassa.spec.postgres"

--- The server of this test run, started by the first who asks.
function postgres.server()
  postgres.missing() -- knows where the programs are
  registry[SHARED] = registry[SHARED] or postgres.new()
  return setmetatable(registry[SHARED], Server)
end

return postgres
