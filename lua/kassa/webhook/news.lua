-- Whether a state told by an event is news: the state machine decides (in C), and the time where
-- the machine leaves it open. It remembers nothing and never moves a state back.

local core = require "kassa.core"
local find = require("kassa.api").find

local new_machine = core.machine.new

local M = {}

local Rule = {}
Rule.__index = Rule

local function order_of(states)
  local order = {}
  for i, state in ipairs(states) do order[state] = i end
  return order
end

--- The rules of an API's machines, by name. api: its access or its table.
-- -> { name = rule }
function M.rules(api)
  local rules = {}
  for name, machine in pairs(find(api, "machines")) do
    rules[name] = setmetatable({
      machine = new_machine { name = name, states = machine.states, edges = machine.edges },
      order = order_of(machine.states), aliases = machine.aliases or {},
    }, Rule)
  end
  return rules
end

-- For a state that no machine rules: the later event is right, and of two at once the second.
local Timed = {}
Timed.__index = Timed

function Timed.name(_, state)
  return state
end

function Timed.newer(_, known, told)
  return not (known and told.ms and known.ms) or told.ms >= known.ms
end

--- The rule that goes by the time alone.
M.timed = setmetatable({}, Timed)

--- The name that the machine has for a state, or the state as it is.
function Rule:name(state)
  return self.aliases[state] or state
end

-- Events of one second in a circle of states: an event that names the known state as the one before
-- its own follows it; else the one later in life does.
local function breaks_tie(rule, known, told)
  if told.previous then
    if rule:name(told.previous) == known.state then return true end
  end
  return rule.order[told.state] > rule.order[known.state]
end

-- Both states lead to each other, or neither to the other: the later event is right. One without a
-- time cannot be called late.
local function by_time(rule, known, told)
  if not (told.ms and known.ms) or told.ms > known.ms then return true end
  if told.ms < known.ms then return false end
  local order = rule.order
  return not (order[told.state] and order[known.state]) or breaks_tie(rule, known, told)
end

--- Is what an event tells newer than what is known?
-- known: { state =, ms = } or nil, told: { state =, ms = when it happened or nil, previous = the
-- state before, where the event says so }; states by the names of the machine.
-- -> true, or false when it is stale
function Rule:newer(known, told)
  if not known then return true end
  if known.state == told.state then
    return not (told.ms and known.ms) or told.ms >= known.ms
  end
  local machine = self.machine
  local onward = machine:reaches(known.state, told.state)
  local back = machine:reaches(told.state, known.state)
  if onward ~= back then return onward end
  return by_time(self, known, told)
end

return M
