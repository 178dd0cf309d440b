-- Inside a program that exports an OpenSSL of its own, such as an nginx built with a static one, it
-- has the C core loaded so that libcurl keeps its own. It is asked for inside nginx alone, since it
-- costs a file at every start; another such host requires it before kassa.

local M = {}

local BROKEN = "kassa: the C core cannot be loaded inside this program, which has an OpenSSL of its"
  .. " own that libcurl must not use: %s. Let the program use the system's libssl, or install a"
  .. " libcurl for the OpenSSL that it has"

-- -> the core; raises, naming the cause
local function load_core(deepbind, path)
  local open, why = deepbind.load(path)
  if not open then error(BROKEN:format(why), 0) end
  return open "kassa.core"
end

--- Have the core loaded that way by whoever requires it first, where that is needed.
-- -> is it? False where the core is loaded already, or this Lua cannot look for files
function M.prepare()
  if package.loaded["kassa.core"] or not package.searchpath then return false end
  local found, deepbind = pcall(require, "kassa.deepbind")
  if not found or not deepbind.needed() then return false end
  local path = package.searchpath("kassa.core", package.cpath)
  if not path then return false end -- require says better where it looked
  package.preload["kassa.core"] = function() return load_core(deepbind, path) end
  return true
end

M.prepare()

return M
