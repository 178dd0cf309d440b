-- Where a client talks to: checks a base URL before the first byte and puts ids into path
-- templates. It refuses plain http to any host but this machine, and ids that would change the
-- path.

local M = {}

local function is_loopback(host)
  if host == "localhost" or host == "[::1]" then return true end
  local a, b, c, d = host:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  return a == "127" and tonumber(b) < 256 and tonumber(c) < 256 and tonumber(d) < 256
end

-- Klarna's own hosts tell their environment; any other host (a gateway, a sandbox) is taken at the
-- caller's word.
local function environment_of(host)
  if host == "api-global.klarna.com" then return "live" end
  if host:find "%.test%.klarna%.com$" or host:find "%.playground%.klarna%.com$" then
    return "test"
  end
end

--- Check a base URL. -> URL without a slash at its end, or nil and what is wrong with `base_url`
function M.check(url, environment)
  local scheme, host, port, path = url:match "^(%a+)://([^/:%[%]@?#%s%c]+)(:?%d*)(/?[^?#%s]*)$"
  if not scheme then
    scheme, host, port, path = url:match "^(%a+)://(%[[%x:.]+%])(:?%d*)(/?[^?#%s]*)$"
  end
  if not scheme or port == ":" or (path ~= "" and path:sub(1, 1) ~= "/") then
    return nil, "base_url must read https://host[:port][/path], without a user, query or fragment"
  end
  scheme, host = scheme:lower(), host:lower()
  if scheme == "http" and not is_loopback(host) then
    return nil, ("base_url %s://%s would send the key in clear text: http:// is for loopback "
      .. "only"):format(
      scheme, host)
  end
  if scheme ~= "http" and scheme ~= "https" then
    return nil, "base_url must begin with https://, got " .. scheme .. "://"
  end
  local told = environment_of(host)
  if told and told ~= environment then
    return nil, ("base_url %s is Klarna's %s host, but environment is %q")
      :format(host, told, environment)
  end
  return scheme .. "://" .. host .. port .. path:gsub("/+$", "")
end

local function escape_byte(byte)
  return ("%%%02X"):format(byte:byte())
end

--- An id as one path segment (RFC 3986: pchar stays, ":" too). -> text, or nil and what is wrong
function M.segment(id)
  if type(id) ~= "string" then return nil, "must be a string, got " .. type(id) end
  if id == "" then return nil, "is empty" end
  if #id > 1024 then return nil, "is longer than 1024 bytes" end
  if id == "." or id == ".." then return nil, ("%q would change the path"):format(id) end
  if id:find "^[%w:-]+$" then return id end -- every KRN; the long set below costs ten times this
  return (id:gsub("[^%w%-._~:@!$&'()*+,;=]", escape_byte))
end

return M
