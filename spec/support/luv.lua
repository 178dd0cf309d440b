-- luv, opened once: busted forgets between spec files what was loaded, and opening luv a second
-- time in one Lua state frees the loop of the first. It refuses to be loaded where luv is not.

local kept = debug.getregistry()

kept["kassa.spec.luv"] = kept["kassa.spec.luv"] or require "luv"
package.loaded.luv = kept["kassa.spec.luv"]

return package.loaded.luv
