-- Runs Lua in a process of its own, for the promises about exits, forks and signals. It refuses
-- to hide how the child ended: a crash reads as 128 + the signal.
local child = {}

--- The interpreter that runs this spec.
child.lua = arg and arg[-1] or "lua"

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Run a script to its end.
-- @param source Lua text
-- @return the exit status, and what it printed on both streams
function child.run(source)
  local command = quote(child.lua) .. " -e " .. quote(source) .. " 2>&1; echo \"[$?]\""
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  local output, status = text:match "^(.-)%[(%d+)%]\n$"
  return tonumber(status), output
end

--- Start a command in the background, its output going to a file.
-- @param command the words of the command
-- @param output path of the file
-- @return the process id
function child.start(command, output)
  local words = {}
  for i, word in ipairs(command) do words[i] = quote(word) end
  local pipe = assert(io.popen("exec 3>&1; " .. table.concat(words, " ") .. " >" .. quote(output)
    .. " 2>&1 3>&- & echo $! >&3"))
  local pid = pipe:read "*l"
  pipe:close()
  return assert(tonumber(pid))
end

return child
