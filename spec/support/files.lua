-- Files for specs that hand one to a call. Each is gone when the function that asked for it ends.

local files = {}

--- A file with this name and content in a folder of its own, for as long as `run` takes.
function files.with(name, bytes, run)
  local folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir " .. folder))
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  local ok, why = pcall(run, path, folder)
  os.execute("rm -r " .. folder)
  if not ok then error(why, 0) end
end

return files
