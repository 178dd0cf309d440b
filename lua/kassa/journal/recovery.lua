-- Settles what a program left behind when it died: repeats what may be repeated, reads what may
-- not, and says why the rest is left. It waits for nobody: what another worker has is his.

local book = require "kassa.journal.book"
local call = require "kassa.call"
local canon = require "kassa.journal.canon"
local entry_of = require "kassa.journal.entry"
local executor = require "kassa.journal.executor"
local finding = require "kassa.journal.finding"

local M = {}

-- Why this intent cannot be sent by anybody but its own script, or nil.
local function not_sendable(plan, row, now_ms)
  if not row.name then return "it has no name" end
  if row.needs then return ("it was made with %s, which is not kept"):format(row.needs) end
  if row.object:find "^sha256:" then return "its token is not kept" end
  if not finding.repeatable(plan, row, now_ms) then return "its key is too old" end
end

-- -> true when it is settled; or nil and why not
local function send(journal, client, plan, row, owner)
  local entry = entry_of.new { journal = journal, client = client, plan = plan, row = row,
    identity = owner, generation = row.generation, key = row.key,
    number = executor.number(owner), resumed = true }
  local options = { entry = entry, strict = false, sums = false }
  local id = plan.takes_id and row.object ~= "" and row.object or nil
  local _, err = call.execute(client, plan, nil, id, canon.decode(row.body or ""), options)
  if not err then return true end
  local now = book.by_key(journal.store, row.provider, row.key) -- nothing sent is nothing settled
  local settled = now and (now.state == "ok" or now.state == "failed")
  if settled then return true end
  return nil, tostring(err)
end

local function settle(journal, client, plan, row, owner)
  local unsendable = not_sendable(plan, row, journal.now_ms(client))
  if not unsendable then return send(journal, client, plan, row, owner) end
  local settled, failed = finding.settle(journal, client, plan, row)
  if settled then return true end
  return nil, ("%s; %s"):format(unsendable, failed.message)
end

-- One intent, if nobody else has it. -> true, or nil and why it is left
local function one(journal, client, row)
  local store, number = journal.store, executor.number(row)
  local plan = journal.plans[client][row.operation]
  if not plan then return nil, "this kassa knows no operation " .. row.operation end
  local taken, err = store:try_lock(number, row)
  if not taken then return nil, err and err.message or "another worker is at it" end
  local now
  now, err = book.by_key(store, row.provider, row.key)
  local settled, why = true, nil
  if now == nil then
    settled, why = nil, err.message
  elseif now and (now.state == "open" or now.state == "unknown") then
    settled, why = settle(journal, client, plan, now, row)
  end
  store:unlock(number, row)
  return settled, why
end

local function is_of(client, row)
  return row.provider == client.api.name .. "/" .. client.settings.environment
    and row.account == (client.settings.account or "")
end

--- Settle the intents of this client. -> { settled =, left = }; or nil and the error
function M.run(journal, client)
  local rows, err = book.unsettled(journal.store)
  if not rows then return nil, err end
  local report = { settled = 0, left = {} }
  for _, row in ipairs(rows) do
    if is_of(client, row) then
      local settled, why = one(journal, client, row)
      if settled then
        report.settled = report.settled + 1
      else
        report.left[#report.left + 1] = { intent = row, why = why }
      end
    end
  end
  return report
end

return M
