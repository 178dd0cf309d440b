-- How game and server talk: lines of words, parted by tabs, over a TCP socket. It never waits for
-- the other side, and hangs up on one that sends a line without end.

local words = {}

local LINE_BYTES = 2000

local Channel = {}
Channel.__index = Channel

--- A conversation over a connected socket of LuaSocket.
function words.over(socket)
  socket:settimeout(0)
  return setmetatable({ socket = socket, heard = "", unsaid = "", closed = false }, Channel)
end

function Channel:hang_up()
  self.socket:close()
  self.closed = true
end

--- Send what could not be sent before. Call it once a frame.
function Channel:flush()
  if self.closed or self.unsaid == "" then return end
  local sent, why, partly = self.socket:send(self.unsaid)
  self.unsaid = self.unsaid:sub((sent or partly or 0) + 1)
  if why == "closed" then self:hang_up() end
end

--- Say a line.
function Channel:say(...)
  local line = {}
  for i, word in ipairs { ... } do line[i] = tostring(word):gsub("%c", " ") end
  self.unsaid = self.unsaid .. table.concat(line, "\t") .. "\n"
  self:flush()
end

--- The next line that has arrived, as a list of words; nil when there is none yet.
function Channel:hear()
  if self.closed then return nil end
  local line, why, partly = self.socket:receive("*l", self.heard)
  self.heard = not line and partly or ""
  if why == "closed" or #self.heard > LINE_BYTES then self:hang_up() end
  if not line then return nil end
  local list = {}
  for word in (line .. "\t"):gmatch "([^\t]*)\t" do list[#list + 1] = word end
  return list
end

return words
