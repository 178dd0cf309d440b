-- Settles an intent by reading, where repeating it is no way: once the provider may have forgotten
-- its key, or has none. It closes what the provider's objects prove and leaves the rest.

local book = require "kassa.journal.book"
local canon = require "kassa.journal.canon"
local facts = require "kassa.journal.facts"
local json = require "kassa.json"

local M = {}

-- A provider keeps a key for 24 hours (klarna.md 1.10); clocks differ, and a call takes its time.
local WINDOW_MS = 23 * 3600 * 1000

-- Clocks of machines differ by less. A clock that was set back tells nothing about a key's age.
local SKEW_MS = 10 * 60 * 1000

-- What was sent so lately may still be on its way: not to find it proves nothing.
local FLIGHT_MS = 3 * 60 * 1000
M.FLIGHT_MS = FLIGHT_MS

--- May this intent be sent again as it is, without moving money twice? plan: of its operation.
-- What moves none is harmless twice, and waits for nobody.
function M.repeatable(plan, row, now_ms)
  if not plan.row.money then return true end
  local age_ms = now_ms - row.sent_ms
  return plan.keyed and age_ms < WINDOW_MS and age_ms > -SKEW_MS
end

--- Was it carried out? -> its result as JSON and decoded; or false: it was not; or nil and why it
-- cannot be known
function M.find(journal, client, plan, row)
  local siblings, err = book.siblings(journal.store, row)
  if not siblings then return nil, err.message end
  return require("kassa.journal.reading." .. client.api.name).find(client, row, siblings,
    plan)
end

local function found_outcome(plan, row, bytes, value, result)
  return {
    state = "ok", outcome = bytes, status = 200, result = result or "ok, as read back",
    fields = row.name and row.body and json.encode(canon.fields(row.body, row.key)) or nil,
    provider_id = facts.made(plan.api, plan.reply, value),
  }
end

local NOT_DONE = { state = "failed", result = "not carried out, as read back",
  error = "it was not carried out" }

local function stale(row, why)
  return {
    code = "stale_intent",
    message = ("nobody can say any more whether %s %q was carried out: %s; look at %s at the "
      .. "provider, and give what is still to be done a new name"):format(row.operation,
      row.name or row.key, why, row.object ~= "" and row.object or "it"),
  }
end

local function write(journal, row, outcome, now_ms)
  local copy = { number = row.tries, sent_ms = row.last_ms }
  for name, what in pairs(outcome) do copy[name] = what end
  return book.settle(journal.store, row, copy, now_ms)
end

--- What err:resolve() has found out about a row: the object, or false where nothing was done.
function M.resolved(journal, client, plan, row, found)
  local bytes = found and json.encode(found)
  if found and not bytes then return end -- it stays open, and is found again
  local outcome = found and found_outcome(plan, row, bytes, found, "ok, as resolved") or NOT_DONE
  write(journal, row, outcome, journal.now_ms(client))
end

--- Settle a row by reading. -> true when it is settled; or nil and the fields of an error
function M.settle(journal, client, plan, row)
  local now_ms = journal.now_ms(client)
  local bytes, value = M.find(journal, client, plan, row)
  if bytes == nil then return nil, stale(row, value) end
  if not bytes and now_ms - row.last_ms < FLIGHT_MS then
    return nil, stale(row, ("it is not there yet, but was sent %d s ago: ask again later"):format(
      math.max(0, math.floor((now_ms - row.last_ms) / 1000))))
  end
  local outcome = bytes and found_outcome(plan, row, bytes, value) or NOT_DONE
  local done, err = write(journal, row, outcome, now_ms)
  if done then return true end
  return nil, { code = "journal", message = err.message, happened = "unknown" }
end

return M
