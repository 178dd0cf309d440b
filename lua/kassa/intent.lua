-- Idempotency keys: a named intent has one for ever, on every machine, an unnamed call its own.
-- None is made from references or amounts, since two captures of one amount are two captures.

local core = require "kassa.core"

local uuid4, uuid5 = core.sign.uuid4, core.sign.uuid5

local M = {}

-- The namespace of kassa's keys (RFC 4122 version 5). A change would let an old intent act twice.
M.NAMESPACE = "6a1d4b52-3f0e-5c8b-9d6f-7b1a2c3d4e5f"

M.KEY_MAX = 255

-- Parts are written with their length, so that no two different lists make one name.
local function name_of(...)
  local parts = {}
  for i = 1, select("#", ...) do
    local part = select(i, ...) or ""
    parts[i] = #part .. ":" .. part
  end
  return table.concat(parts, ",")
end

--- The key of a named intent, a UUID. account, operation, object: "" where there is none; name: the
-- one that the caller gave the intent; generation: of the try, 1 or nil for the first. A later one
-- follows a definite refusal, whose key must not be used again.
function M.key(account, operation, object, name, generation)
  if generation and generation > 1 then
    return uuid5(M.NAMESPACE, name_of(account, operation, object, name, ("%d"):format(generation)))
  end
  return uuid5(M.NAMESPACE, name_of(account, operation, object, name))
end

M.fresh_key = uuid4

return M
