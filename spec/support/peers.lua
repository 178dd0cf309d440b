-- Peers for specs that need a real wire: nginx, and a server with bad manners. They stop when told
-- to or when this process ends, however it ends; it refuses to know what is tested with them.

local peers = {}

local function shell(command)
  local pipe = assert(io.popen("(" .. command .. ") 2>&1"))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

local function binary(name)
  return (os.getenv "KASSA_UNIT" or "build/unit") .. "/" .. name
end

--- Whether this program is installed.
function peers.have(program)
  return shell("command -v " .. program .. " || command -v /usr/sbin/" .. program) ~= ""
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local function read(path)
  local file = io.open(path)
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text
end
peers.read, peers.write = read, write

--- A new empty folder; whoever asks removes it.
function peers.folder()
  return (shell "mktemp -d /tmp/kassa-spec.XXXXXX"):match "%S+"
end

--- The same in memory, where the system has such a place with room: nothing waits for a disk there.
function peers.quick_folder()
  local free_kib = shell "df -Pk /dev/shm | awk 'NR == 2 { print $4 }'":match "^%d+"
  if tonumber(free_kib or 0) < 1048576 then return peers.folder() end
  return shell "mktemp -d /dev/shm/kassa-spec.XXXXXX 2>/dev/null":match "%S+" or peers.folder()
end

function peers.remove(folder)
  assert(folder:gsub("^/dev/shm/", "/tmp/"):find "^/tmp/kassa%-spec%.%w+$")
  os.execute("rm -rf " .. folder)
end

--- So many ports of the loopback that nobody listens on.
function peers.ports(count)
  local ports = {}
  for port in shell(binary "wire" .. " free " .. count):gmatch "%d+" do ports[#ports + 1] = port end
  return ports
end

--- Wait until probe() gives something, but not for ever. -> that
function peers.wait_for(what, probe)
  for _ = 1, 500 do
    local found = probe()
    if found then return found end
    os.execute "sleep 0.01"
  end
  error(what .. " did not start")
end

local Peer = {}
Peer.__index = Peer

--- Stop it and wait until it is gone.
function Peer:stop()
  if self.pipe then self.pipe:close() end
  self.pipe = nil
end

local function start_wire(word)
  local folder = peers.folder()
  local run = ("%s %s %s/port; rm -rf %s"):format(binary "wire", word, folder, folder)
  local pipe = assert(io.popen(run, "w"))
  local port = peers.wait_for("wire", function() return read(folder .. "/port"):match "%d+\n" end)
  port = port:match "%d+"
  return setmetatable({ pipe = pipe, port = port, url = "http://127.0.0.1:" .. port }, Peer)
end

--- The server with bad manners: spec/support/wire.c says which path does what.
-- -> peer with `port` and `url`
function peers.wire() return start_wire "serve" end

--- A port where connections are made and nothing is ever read. -> peer
function peers.hole() return start_wire "hole" end

local FRAME = [[
%s
daemon off; user %s; pid %s/pid; error_log %s/error.log; worker_processes %s;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/f;
  uwsgi_temp_path %s/u; scgi_temp_path %s/s;
%s
}
]]

--- nginx with these server blocks; "$folder" in them is the given folder, which must outlive it.
-- more: { workers = 1, user = "root", head = directives before all others }
-- -> peer
function peers.nginx(folder, servers, more)
  more = more or {}
  local f, http = folder, servers:gsub("%$folder", function() return folder end)
  local text = FRAME:format(more.head or "", more.user or "root", f, f, more.workers or 1,
    f, f, f, f, f, http)
  write(folder .. "/nginx.conf", text)
  local run = "nginx=$(command -v nginx || echo /usr/sbin/nginx); $nginx -c %s/nginx.conf "
    .. "2>%s/start.log & cat; kill $! 2>/dev/null; wait"
  local pipe = assert(io.popen(run:format(folder, folder), "w"))
  local started = pcall(peers.wait_for, "nginx", function()
    return read(folder .. "/pid"):match "%d"
  end)
  if not started then
    pipe:close()
    error("nginx did not start: " .. read(folder .. "/start.log") .. read(folder .. "/error.log"))
  end
  return setmetatable({ pipe = pipe }, Peer)
end

local KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"

--- A certificate authority in the folder: NAME.pem and NAME.key. -> path of the certificate
function peers.authority(folder, name)
  shell(("openssl req -x509 %s -days 2 -subj '/CN=%s' -keyout %s/%s.key -out %s/%s.pem"):format(
    KEY, name, folder, name, folder, name))
  return folder .. "/" .. name .. ".pem"
end

--- A certificate by that authority for a host name (and the loopback's address, unless `only`).
function peers.certificate(folder, authority, name, host, only)
  local names = "subjectAltName=DNS:" .. host .. (only and "" or ",IP:127.0.0.1")
  write(folder .. "/" .. name .. ".ext", names .. "\n")
  local command = ("cd %s && openssl req -new %s -subj '/CN=%s' -keyout %s.key -out %s.csr && "
    .. "openssl x509 -req -in %s.csr -CA %s.pem -CAkey %s.key -CAcreateserial -days 2 "
    .. "-extfile %s.ext -out %s.pem"):format(
    folder, KEY, host, name, name, name, authority, authority, name, name)
  shell(command)
  return folder .. "/" .. name .. ".pem", folder .. "/" .. name .. ".key"
end

--- How many connections of this process to this port of the loopback are established. The kernel
-- lists a socket twice when others come and go between two reads of the list.
function peers.connections(port)
  local count, seen, wanted = 0, {}, (":%04X"):format(port)
  local own = shell "ls -l /proc/$PPID/fd"
  for line in read "/proc/net/tcp":gmatch "[^\n]+" do
    local remote, state, inode =
      line:match "^%s*%d+: %x+:%x+ %x+(:%x+) (%x%x) %S+ %S+ %S+ +%d+ +%d+ (%d+)"
    local ours = remote == wanted and own:find("socket:[" .. inode .. "]", 1, true)
    if ours and state == "01" and not seen[inode] then
      count, seen[inode] = count + 1, true
    end
  end
  return count
end

--- How many connections to this port of the loopback there are, whoever made them.
function peers.established(port)
  local _, count = read "/proc/net/tcp":gsub((" %%x+:%%x+ 0100007F:%04X 01 "):format(port), "")
  return count
end

--- How many sockets, epoll sets and timers this process has open.
function peers.descriptors()
  local list = shell "ls -l /proc/$PPID/fd"
  local _, sockets = list:gsub("%-> socket:", "")
  local _, others = list:gsub("%-> anon_inode:", "")
  return sockets + others
end

return peers
