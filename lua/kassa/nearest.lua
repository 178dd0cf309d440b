-- "Did you mean": the known name closest to a mistyped one, by the measure that the writer of
-- requests uses. It knows words only, not what they are for.

local distance = require("kassa.core").nearest.distance

--- The name in `names` (a table with names as keys) nearest to `word`, or nil when none is near.
return function(word, names)
  local best, best_slips
  for name in pairs(names) do
    local slips = type(name) == "string" and distance(word, name)
    if slips and (not best or slips < best_slips or slips == best_slips and name < best) then
      best, best_slips = name, slips
    end
  end
  return best
end
