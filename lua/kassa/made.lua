-- Which attempt of a client made what, by id: so that what one attempt made is not taken for what
-- became of another. It keeps ids and names of attempts, nothing else, and the last few thousand.

local M = {}

M.IDS_MAX = 4096

--- Remember that the attempt of this name made what has this id; what is no id is left out.
function M.remember(client, id, name)
  if type(id) ~= "string" or not name then return end
  local made = client.made or { names = {}, place = 0 }
  client.made = made
  if not made.names[id] then
    made.place = made.place % M.IDS_MAX + 1
    made.names[made[made.place] or false] = nil
    made[made.place] = id
  end
  made.names[id] = name
end

--- Was it made by another attempt of this client than the one of this name?
function M.is_of_another(client, id, name)
  local known = client.made and client.made.names[id]
  return known ~= nil and known ~= name
end

return M
