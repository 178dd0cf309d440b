-- Where a client talks to: checks a base URL before the first byte, and writes ids as segments of
-- a path. It refuses plain http to any host but this machine, and ids that would change the path.

local escape = require "kassa.core".segment.escape

local M = {}

local function is_loopback(host)
  if host == "localhost" or host == "[::1]" then return true end
  local a, b, c, d = host:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  return a == "127" and tonumber(b) < 256 and tonumber(c) < 256 and tonumber(d) < 256
end

-- Hosts that tell their environment; a gateway or a sandbox is what the caller says.
local TELLING = {
  { "^api%-global%.klarna%.com$", "live", "Klarna" },
  { "%.test%.klarna%.com$", "test", "Klarna" },
  { "%.playground%.klarna%.com$", "test", "Klarna" },
  { "^apitest%.cybersource%.com$", "test", "Cybersource" },
  { "^api%.cybersource%.com$", "live", "Cybersource" },
  { "^api%.in%.cybersource%.com$", "live_in", "Cybersource" },
}

-- -> environment and whose host it is, or nil
local function told_by(host)
  for _, line in ipairs(TELLING) do
    if host:find(line[1]) then return line[2], line[3] end
  end
end

-- The parts of a URL, or nil. A host in brackets is an IPv6 address.
local function split(url)
  local scheme, host, port, path = url:match "^(%a+)://([^/:%[%]@?#%s%c]+)(:?%d*)(/?[^?#%s]*)$"
  if not scheme then
    scheme, host, port, path = url:match "^(%a+)://(%[[%x:.]+%])(:?%d*)(/?[^?#%s]*)$"
  end
  if not scheme or port == ":" or (path ~= "" and path:sub(1, 1) ~= "/") then return nil end
  return scheme:lower(), host:lower(), port, path
end

-- What is wrong with a scheme and a host that are well written, or nil.
local function fault_of(scheme, host, environment)
  if scheme == "http" and not is_loopback(host) then
    local words = "base_url http://%s would send the key in clear text: http is for loopback only"
    return words:format(host)
  end
  if scheme ~= "http" and scheme ~= "https" then
    return "base_url must begin with https://, got " .. scheme .. "://"
  end
  local told, whose = told_by(host)
  if told and told ~= environment then
    local words = "base_url %s is %s's %s host, but environment is %q"
    return words:format(host, whose, told, environment)
  end
end

--- Check a base URL. -> URL without a slash at its end, or nil and what is wrong with `base_url`
function M.check(url, environment)
  local scheme, host, port, path = split(url)
  if not scheme then
    return nil, "base_url must read https://host[:port][/path], without a user, query or fragment"
  end
  local fault = fault_of(scheme, host, environment)
  if fault then return nil, fault end
  return scheme .. "://" .. host .. port .. path:gsub("/+$", "")
end

--- An id as one path segment (RFC 3986: pchar stays, ":" too). -> text, or nil and what is wrong
function M.segment(id)
  if type(id) ~= "string" then return nil, "must be a string, got " .. type(id) end
  if id == "" then return nil, "is empty" end
  if #id > 1024 then return nil, "is longer than 1024 bytes" end
  if id == "." or id == ".." then return nil, ("%q would change the path"):format(id) end
  return escape(id)
end

--- What a segment says, without its escapes.
function M.unescape(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

return M
