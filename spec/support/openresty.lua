-- nginx with its Lua module for specs, and requests to it. It refuses to know what is tested, and
-- leaves nothing behind.

local peers = require "support.peers"

local M = {}

local FOLDERS = { "/usr/lib/nginx/modules", "/usr/share/nginx/modules", "/usr/lib64/nginx/modules" }
local MODULES = { "ndk_http_module.so", "ngx_http_lua_module.so" }

-- Where the modules are, or nil.
local function modules()
  for _, folder in ipairs(FOLDERS) do
    if peers.read(folder .. "/" .. MODULES[2]) ~= "" then return folder end
  end
end

--- Why nginx cannot run Lua here, or nil.
function M.missing()
  if not peers.have "nginx" then return "nginx cannot be started: install nginx-light" end
  if not modules() then
    return "nginx cannot run Lua: install libnginx-mod-http-lua"
  end
end

--- Why this is not the interpreter under which its specs run: it is always LuaJIT that runs inside,
-- so once is enough.
function M.elsewhere()
  return not rawget(_G, "jit") and "nginx runs LuaJIT whatever runs the spec: done under luajit"
    or nil
end

local function head()
  local lines = {}
  for i, name in ipairs(MODULES) do lines[i] = ("load_module %s/%s;"):format(modules(), name) end
  return table.concat(lines, "\n")
end

-- nginx's LuaJIT is served by the modules of 5.1, wherever this spec's own come from.
local function paths()
  local here = io.popen "pwd":read "*l"
  local core = (os.getenv "LUA_CPATH" or ""):match "([^;]*/)%d%.%d/%?%.so" or here .. "/build/"
  return ('lua_package_path "%s/lua/?.lua;%s/lua/?/init.lua;%s/spec/?.lua;;";\n'
    .. 'lua_package_cpath "%s5.1/?.so;;";'):format(here, here, here, core)
end

local Server = {}
Server.__index = Server

--- Start it. http: directives of its http block; "$port" is a free port, "$folder" the folder.
-- more: as peers.nginx. -> server with `port`, `url` and `folder`
function M.start(http, more)
  local folder, port = peers.folder(), peers.ports(1)[1]
  local self = setmetatable({ folder = folder, port = port, url = "http://127.0.0.1:" .. port },
    Server)
  more = more or {}
  local all = { head = head() .. "\n" .. (more.head or ""), workers = more.workers,
    user = more.user }
  self.peer = peers.nginx(folder, paths() .. "\n" .. http:gsub("%$port", port), all)
  return self
end

local function shell(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

--- One request. -> body, status
function Server:get(path, words)
  local text = shell(("curl -sS -m 60 -w '\n%%{http_code}' %s '%s%s' 2>&1"):format(
    words or "", self.url, path))
  local body, status = text:match "^(.*)\n(%d+)$"
  return body, tonumber(status)
end

--- As many at once. -> how often each status came
function Server:burst(path, count)
  local command = ("seq %d | xargs -P %d -I @ curl -sS -m 60 -o /dev/null -w '%%{http_code}\n' "
    .. "'%s%s' 2>&1"):format(count, count, self.url, path)
  local found = {}
  for line in shell(command):gmatch "[^\n]+" do found[line] = (found[line] or 0) + 1 end
  return found
end

--- The number of the master, or those of the workers.
function Server:master() return peers.read(self.folder .. "/pid"):match "%d+" end
function Server:workers()
  local list = {}
  for pid in shell("ps -o pid= --ppid " .. self:master()):gmatch "%d+" do list[#list + 1] = pid end
  return list
end

--- Tell the master: HUP reloads, QUIT ends when all requests are answered, TERM ends at once.
function Server:signal(name) shell(("kill -%s %s"):format(name, self:master())) end

--- What it wrote to its log.
function Server:log() return peers.read(self.folder .. "/error.log") end

function Server:stop()
  self.peer:stop()
  peers.remove(self.folder)
end

return M
