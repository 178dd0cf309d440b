-- Which attempt of a client made what, by id: so that what one attempt made is not taken for what
-- became of another. It keeps ids, names and codes of attempts, no more, and the last few thousand.

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

local NEAR_MS = 3600000 -- further apart, two attempts are not mistaken for one another

--- Remember an attempt while nobody knows what it came to. about: { code = the merchant's,
-- service =, amount = minor units or nil, sent_ms = since 1970 }
function M.open(client, name, about)
  local open = client.open_attempts or { names = {}, place = 0 }
  client.open_attempts = open
  open.place = open.place % M.IDS_MAX + 1
  open.names[open[open.place] or false] = nil
  open[open.place], open.names[name] = name, about
end

--- It is known what the attempt came to.
function M.close(client, name)
  if client.open_attempts and name then client.open_attempts.names[name] = nil end
end

--- Is another attempt open, of which the same could be told as of this one?
function M.is_contested(client, name, about)
  for other, its in pairs(client.open_attempts and client.open_attempts.names or {}) do
    local alike = its.code == about.code and its.service == about.service
      and (its.amount == nil or about.amount == nil or its.amount == about.amount)
    if alike and other ~= name and math.abs(its.sent_ms - about.sent_ms) < NEAR_MS then
      return true
    end
  end
  return false
end

--- Was it made by another attempt of this client than the one of this name?
function M.is_of_another(client, id, name)
  local known = client.made and client.made.names[id]
  return known ~= nil and known ~= name
end

return M
