-- Finds out at Cybersource whether an intent was carried out: by the search that err:resolve()
-- makes (kassa.resolve.search), since nothing there has a key. It sends nothing that acts.

local canon = require "kassa.journal.canon"
local json = require "kassa.json"
local search = require "kassa.resolve.search"

local M = {}

-- A run that died said no end: its one request was over by then.
local RUN_MS = 130000

--- Was this intent carried out? row: of the book; siblings: all of its operation on its object;
-- plan: of its operation.
-- -> its result as a body in JSON, and the decoded one; or false: it was not; or nil and why it
-- cannot be known
function M.find(client, row, siblings, plan)
  if not row.body then return nil, "what was sent is not kept any more" end
  local known = {}
  for _, other in ipairs(siblings) do
    if other.provider_id and other.key ~= row.key then known[other.provider_id] = true end
  end
  local found, why = search.find {
    client = client, plan = plan, body = canon.decode(row.body), key = row.key, known = known,
    named = row.name ~= nil, happened = "unknown",
    sent_ms = row.sent_ms, ended_ms = row.last_ms + RUN_MS,
  }
  if found == nil then return nil, why.message end
  if not found then return false end
  local bytes, faults = json.encode(found)
  if not bytes then return nil, "its result cannot be kept: " .. faults[1].message end
  return bytes, found
end

return M
