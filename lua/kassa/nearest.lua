-- "Did you mean": the known names closest to a mistyped one. It knows words only, not what they are for.

local DISTANCE_MAX = 3

-- Edit distance in which swapping two neighbouring letters counts once.
local function distance(a, b)
  local before, last, row = {}, {}, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    row = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before, last = last, row
  end
  return last[#b]
end

--- The name in `names` (a table with names as keys) nearest to `word`, or nil when none is near.
return function(word, names)
  local best, best_distance = nil, math.min(DISTANCE_MAX, math.ceil(#word / 3)) + 1
  for name in pairs(names) do
    local d = distance(word, name)
    if d < best_distance or (d == best_distance and best and name < best) then
      best, best_distance = name, d
    end
  end
  return best
end
