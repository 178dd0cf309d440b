-- The game's line to its server: connects without waiting, and hears line by line. It knows nothing
-- of what is said.

local socket = require "socket"
local words = require "words"

local link = {}

local Link = {}
Link.__index = Link

--- A line to "host:port", an address in numbers: a name would have to be looked up, which waits.
function link.to(address)
  local host, port = address:match "^([%d.]+):(%d+)$"
  assert(host, "the server's address must read like 127.0.0.1:4242, not " .. address)
  local tcp = assert(socket.tcp())
  tcp:settimeout(0)
  tcp:connect(host, tonumber(port))
  local self = setmetatable({ address = address, tcp = tcp }, Link)
  self.lines = function() return self:hear() end
  self.channel = words.over(tcp)
  self:say "hello"
  return self
end

--- Say a line: now, or as soon as there is a connection.
function Link:say(...) self.channel:say(...) end

--- The next line that has arrived, or nil.
function Link:hear()
  self.channel:flush()
  return self.channel:hear()
end

--- Why there is no server any more, or nil.
function Link:lost()
  return self.channel.closed and "The server at " .. self.address .. " does not answer." or nil
end

return link
