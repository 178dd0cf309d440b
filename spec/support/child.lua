-- Runs Lua in a process of its own, for the promises about exits, forks and signals. It refuses
-- to hide how the child ended: a crash reads as 128 + the signal.
local child = {}

--- The interpreter that runs this spec.
child.lua = arg and arg[-1] or "lua"

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function line_of(command)
  local words = {}
  for i, word in ipairs(command) do words[i] = quote(word) end
  return table.concat(words, " ")
end

--- Run a command to its end.
-- @param command the words of the command
-- @return the exit status, and what it printed on both streams
function child.finish(command)
  local pipe = assert(io.popen(line_of(command) .. " 2>&1; echo \"[$?]\""))
  local text = pipe:read "*a"
  pipe:close()
  local output, status = text:match "^(.-)%[(%d+)%]\n$"
  return tonumber(status), output
end

--- Run a script to its end.
-- @param source Lua text
-- @return the exit status, and what it printed on both streams
function child.run(source)
  return child.finish { child.lua, "-e", source }
end

--- Start a command in the background, its output going to a file.
-- @param command the words of the command
-- @param output path of the file
-- @return the process id
function child.start(command, output)
  local pipe = assert(io.popen("exec 3>&1; " .. line_of(command) .. " >" .. quote(output)
    .. " 2>&1 3>&- & echo $! >&3"))
  local pid = pipe:read "*l"
  pipe:close()
  return assert(tonumber(pid))
end

return child
