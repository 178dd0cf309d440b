-- kassa.flow: a script in named steps that can be run again after a crash: finished steps come from
-- the journal, the open one is settled, the rest is done. It reports a script that has changed
-- since it began, and repairs nothing.

local canon = require "kassa.journal.canon"
local core = require "kassa.core"
local error_value = require "kassa.error"
local host = require "kassa.host"
local journal_of = require "kassa.journal"
local json = require "kassa.json"
local store_of = require "kassa.store"

local pack, unpack = store_of.pack, store_of.unpack

local WAIT_S = 130 -- for another worker at the same flow
local PAUSE_MIN_S, PAUSE_MAX_S = 0.005, 0.2

local M = {}

local Flow = {}
Flow.__index = Flow

local SQL = {
  find = "SELECT version, result, ended_ms IS NOT NULL AS ended FROM kassa_flows WHERE name = ?",
  begin = "INSERT INTO kassa_flows (name, version, begun_ms) VALUES (?, ?, ?) "
    .. "ON CONFLICT DO NOTHING",
  finish = "UPDATE kassa_flows SET result = ?, ended_ms = ? WHERE name = ?",
  steps = "SELECT position, name, kind, result FROM kassa_steps WHERE flow = ? ORDER BY position",
  step = "INSERT INTO kassa_steps (flow, position, name, kind) VALUES (?, ?, ?, 'open') "
    .. "ON CONFLICT DO NOTHING",
  done = "UPDATE kassa_steps SET kind = ?, result = ? WHERE flow = ? AND position = ?",
}

local function changed(self, ...)
  return nil, error_value.new("flow", {
    message = ("%s: %s; run the script that began it to its end, or give the flow another name")
      :format(self.name, (...):format(select(2, ...))),
  })
end

local function now_ms()
  return math.floor(host:driver().engine:time())
end

-- Whole values only: what JSON cannot hold is no result to be kept.
local function keep(self, what, value)
  local text, faults = json.encode { value = value }
  if text then return pack(text) end
  return changed(self, "the result of %s cannot be kept: %s", what, faults[1].message)
end

local function kept(text)
  local value = text and json.decode(unpack(text)).value
  return value
end

-- One step of this name at this place: done, open, or not begun.
local function place(self, name)
  self.position = self.position + 1
  if self.seen[name] then
    return changed(self, "two of its steps are called %q", name)
  end
  self.seen[name] = true
  local row = self.steps[self.position]
  if row and row.name ~= name then
    return changed(self, "its step %d is %q now and was %q when it began", self.position, name,
      row.name)
  end
  if row then return row end
  row = { position = self.position, name = name, kind = "open" }
  local done, err = self.store:run(SQL.step, pack(self.name), self.position, pack(name))
  if not done then return nil, err end
  self.steps[self.position] = row
  return row
end

local function finish(self, row, kind, value)
  local result, err
  if kind == "value" then
    result, err = keep(self, "step " .. row.name, value)
    if not result then return nil, err end
  end
  local done
  done, err = self.store:run(SQL.done, kind, result, pack(self.name), row.position)
  if not done then return nil, err end
  row.kind, row.result = kind, result
  if kind == "value" then return kept(result) end
  return value
end

local function check_step(self, name, fn)
  if getmetatable(self) ~= Flow then error("flow:step: call it with a colon", 3) end
  if type(name) ~= "string" or name == "" or #name > 255 then
    error("flow:step: the name of a step is a text of 1 to 255 bytes", 3)
  end
  if type(fn) ~= "function" then
    error("flow:step: a step is a function, got " .. type(fn), 3)
  end
  if self.running then
    error(("flow:step: %q is not over yet; steps are done one after the other"):format(
      self.running), 3)
  end
  if self.over then error("flow:step: the flow is over", 3) end
end

local function step(self, name, fn)
  local row, err = place(self, name)
  if not row then return nil, err end
  if row.kind == "value" then return kept(row.result) end
  local intent = self.name .. "/" .. name
  self.journal.watched[intent], self.running = 0, name
  self.mark = self.journal:enter_step(("step %q of the flow %s"):format(name, self.name))
  local value, failed = fn(intent)
  self.journal:leave_step(self.mark)
  local calls = self.journal.watched[intent]
  self.journal.watched[intent], self.running = nil, nil
  if value == nil and failed ~= nil then return nil, failed end
  local kind = calls > 0 and "call" or "value"
  if row.kind == kind then return value end
  value, err = finish(self, row, kind, value)
  return value, err
end

--- Do a step of a flow, or have what it did before. name: one of its own in this flow; fn:
-- function(intent): a step that moves money makes one call with { intent = intent }; any other
-- returns what JSON can hold, and that is what a later run gets without fn being called.
-- -> what fn returned; or nil and the error, and the step is not done
function Flow:step(name, fn)
  check_step(self, name, fn)
  local value, err = step(self, name, fn)
  if value == nil then self.failed = err end
  return value, err
end

-- One worker at a time. -> the number of the lock, or nil and the error
local function lock(self, wait_s)
  local number = tonumber(canon.hex(core.sign.sha256("flow " .. self.name)):sub(1, 13), 16)
  local waited, pause = 0, PAUSE_MIN_S
  while true do
    local taken, err = self.store:try_lock(number, self)
    if taken then return number end
    if err then return nil, err end
    if waited >= wait_s then
      return nil, error_value.new("deadline", { happened = "unknown", retry = "same_key",
        message = ("another worker is at the flow %s and did not end in time"):format(self.name) })
    end
    host.tasks:sleep(pause)
    waited, pause = waited + pause, math.min(PAUSE_MAX_S, pause * 2)
  end
end

-- -> "new", "ended" (and its result), or "begun"; or nil and the error
local function begin(self)
  local row, err = self.store:one(SQL.find, pack(self.name))
  if row == nil then return nil, err end
  if row and row.version ~= self.version then
    return changed(self, "it was begun by version %q of its script, this is version %q",
      row.version, self.version)
  end
  if row and row.ended ~= 0 and row.ended ~= false then return "ended", kept(row.result) end
  if not row then
    local done
    done, err = self.store:run(SQL.begin, pack(self.name), self.version, now_ms())
    if not done then return nil, err end
  end
  self.steps, err = self.store:all(SQL.steps, pack(self.name))
  if not self.steps then return nil, err end
  for _, row_of_step in ipairs(self.steps) do row_of_step.name = unpack(row_of_step.name) end
  return "begun"
end

local function complete(self, value)
  if #self.steps > self.position then
    return changed(self, "its script ended before step %d, %q, which it had when it began",
      self.position + 1, self.steps[self.position + 1].name)
  end
  if value == nil then value = true end
  local result, err = keep(self, "the flow", value)
  if not result then return nil, err end
  local done
  done, err = self.store:run(SQL.finish, result, now_ms(), pack(self.name))
  if not done then return nil, err end
  return kept(result)
end

-- The error of kassa's that fn raised, or nil. Plain Lua 5.1 shows only texts, so that kassa.assert
-- raises the text of the error there.
local function raised_by_step(self, raised)
  if error_value.is(raised) then return raised end
  local failed = error_value.is(self.failed) and type(raised) == "string" and self.failed
  return failed and raised:find(tostring(failed), 1, true) and failed or nil
end

local function play(self, fn)
  local how, result = begin(self)
  if how ~= "begun" then
    if how == "ended" then return true, result end
    return true, nil, result
  end
  local ok, value, failed = host.tasks:try(fn, self)
  self.over = true
  if not ok then
    if self.running then self.journal:leave_step(self.mark) end
    local err = raised_by_step(self, value)
    if err then return true, nil, err end
    return false, value
  end
  if value == nil and failed ~= nil then return true, nil, failed end
  return true, complete(self, value)
end

local function check(journal, name, fn, options)
  if not journal_of.is(journal) then return "the first argument is what kassa.journal returns" end
  if type(name) ~= "string" or name == "" or #name > 255 then
    return "the name of a flow is a text of 1 to 255 bytes, such as \"order-1001\""
  end
  if type(fn) ~= "function" then return "a flow is a function, got " .. type(fn) end
  if options ~= nil and type(options) ~= "table" then return "options must be a table" end
  for option in pairs(options or {}) do
    if option ~= "version" and option ~= "wait_s" then
      return tostring(option) .. " is no option (version, wait_s)"
    end
  end
end

--- Run a flow: fn(flow), whose steps (flow:step) are kept in the journal. Run again, after a crash
-- or in another worker, it does only what is not done yet; once it has ended it returns its result
-- without a step. options: version (text or number, "1"): of the script, to be raised when its
-- steps change; wait_s: how long to wait for another worker at the same flow (130).
-- -> what fn returned, as JSON holds it (true for nothing); or nil and the error: fn's own, or of
-- code "flow" when the script is not the one that began it. What fn raises is raised, but an error
-- of kassa's (kassa.assert) is returned.
function M.run(journal, name, fn, options)
  local fault = check(journal, name, fn, options)
  if fault then error("kassa.flow: " .. fault, 2) end
  options = options or {}
  local self = setmetatable({ journal = journal, store = journal.store, name = name, position = 0,
    version = tostring(options.version or 1), seen = {} }, Flow)
  local number, err = lock(self, options.wait_s or WAIT_S)
  if not number then return nil, err end
  local ok, value, failed = play(self, fn)
  journal.store:unlock(number, self)
  if not ok then error(value, 0) end
  return value, failed
end

return M
