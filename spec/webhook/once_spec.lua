-- A promise of the router under load: 100,000 deliveries, many of them twice and few in order, are
-- handled once each, and no state ever moves back. Objects live at random, by the machines.
local core = require "kassa.core"
local heavy = require "support.heavy"
local kassa = require "kassa"
local machines = require "kassa.api.klarna.machines"
local rows = require "kassa.api.klarna.events"
local memory = require "kassa.webhook.memory"
local router_of = require "kassa.webhook.router"
local script = require "support.script"

local DELIVERIES = heavy.part(100000)

-- Numbers that are the same on every Lua and every run.
local function generator(seed)
  return function(max)
    seed = (seed * 16807) % 2147483647
    return seed % max + 1
  end
end

local BY_STATE = {} -- machine -> state -> row
for _, row in ipairs(rows) do
  if machines[row.machine] then
    BY_STATE[row.machine] = BY_STATE[row.machine] or {}
    BY_STATE[row.machine][row.becomes] = row
  end
end

local NAMES = {}
for name in pairs(BY_STATE) do NAMES[#NAMES + 1] = name end
table.sort(NAMES)

local function payload_of(row, id, state)
  local payload = { [row.object .. "_id"] = id }
  local place = payload
  for i = 1, #row.at - 1 do
    place[row.at[i]] = {}
    place = place[row.at[i]]
  end
  place[row.at[#row.at]] = state
  return payload
end

-- The events of one object's life, each a second after the one before.
-- -> events, the last state told
local function life(random, machine_name, id)
  local machine, told = machines[machine_name], BY_STATE[machine_name]
  local state, events, last = machine.initial[random(#machine.initial)], {}, nil
  for second = 1, 12 do
    local row = told[state]
    if row then
      last = state
      events[#events + 1] = {
        id = ("%s:%d"):format(id, second), type = row.type,
        payload = payload_of(row, id, state), occurred_ms = 1e12 + second * 1000,
      }
    end
    local edges = machine.edges[state]
    if not edges then break end
    state = edges[random(#edges)]
  end
  return events, last
end

-- So many deliveries: lives of objects, one event in three sent twice or three times, all mixed
-- up within a window. -> deliveries, how many events, last state by machine and id
local function traffic(random, wanted)
  local list, count, last = {}, 0, {}
  local object = 0
  while #list < wanted do
    object = object + 1
    local name = NAMES[object % #NAMES + 1]
    local id = "krn:" .. name .. ":" .. object
    local events, state = life(random, name, id)
    last[name .. " " .. id] = state
    count = count + #events
    for _, event in ipairs(events) do
      for _ = 1, random(3) == 1 and random(2) + 1 or 1 do list[#list + 1] = event end
    end
  end
  for i = 1, #list do
    local j = math.min(#list, i + random(random(10) == 1 and 5000 or 50))
    list[i], list[j] = list[j], list[i]
  end
  return list, count, last
end

local function machine_of(name)
  return core.machine.new { name = name, states = machines[name].states,
    edges = machines[name].edges }
end

-- A store that notes every state moved back: against the machine, or, in a circle, against time.
local function watched(faults)
  local store = memory.new { now = function() return 1e12 end }
  local own, moved = {}, store.moved
  for _, name in ipairs(NAMES) do own[name] = machine_of(name) end
  function store:moved(kind, id, state, ms)
    local known, known_ms = self:state(kind, id)
    if known and known ~= state then
      local onward, back = own[kind]:reaches(known, state), own[kind]:reaches(state, known)
      if back and (not onward or ms < known_ms) then
        faults[#faults + 1] = ("%s %s: %s to %s"):format(kind, id, known, state)
      end
    end
    return moved(self, kind, id, state, ms)
  end
  return store
end

describe(DELIVERIES .. " deliveries with duplicates and out of order", function()
  it("are handled once each, and no state moves back", function()
    local list, count, last = traffic(generator(20240101), DELIVERIES)
    local faults, handled, total = {}, {}, 0
    local store = watched(faults)
    local router = router_of.new { store = store, now = function() return 1e12 end,
      client = kassa.klarna { api_key = "klarna_test_api_k", transport = script.new {} } }
    local newest = {} -- about -> what its last object read as
    router:on("*", function(event)
      total = total + 1
      handled[event.id] = (handled[event.id] or 0) + 1
      newest[event.about] = event.object
    end)
    local duplicates, out_of_order, stale = 0, 0, 0
    local latest = {}
    router:on("payment.funding.*", function(event)
      total = total + 1
      handled[event.id] = (handled[event.id] or 0) + 1
      stale = stale + (event.stale and 1 or 0)
    end)
    for _, event in ipairs(list) do
      local ok, how = router:handle(event)
      assert(ok, how)
      duplicates = duplicates + (how == "duplicate" and 1 or 0)
      local id = event.id:match "^(.*):%d+$"
      out_of_order = out_of_order + (event.occurred_ms < (latest[id] or 0) and 1 or 0)
      latest[id] = math.max(event.occurred_ms, latest[id] or 0)
    end
    assert.is_true(#list >= DELIVERIES)
    assert.is_true(duplicates > DELIVERIES / 5 and out_of_order > DELIVERIES / 10 and stale > 10)
    assert.same({}, faults)
    assert.equal(count, total)
    for id, times in pairs(handled) do assert(times == 1, id) end
    for key, state in pairs(last) do
      local kind, id = key:match "^(%S+) (%S+)$"
      assert(store:state(kind, id) == state, key)
      if kind ~= "payment_funding" then assert(newest[key].state == state, key) end
    end
    assert.same({ 0, 0 }, { router:pending() })
  end)
end)
