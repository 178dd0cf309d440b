-- A promise of the inbox: deliveries that come twice and out of order to programs that are killed
-- between storing and handling are handled once each, one of an object at a time; none is lost.
--
-- KASSA_DELIVERIES: how many (10,000 on SQLite under LuaJIT, a part of them elsewhere, for the time
-- it takes; `make crash` asks for 10,000 each).
local child = require "support.child"
local engines = require "support.engines"
local json = require "kassa.json"
local peers = require "support.peers"

local ASKED = tonumber(os.getenv "KASSA_DELIVERIES")
local FEWER = { SQLite = rawget(_G, "jit") and 10000 or 1000, PostgreSQL = 1000 }
local PROGRAMS = 2
local EVENTS_OF_OBJECT = 8

local function generator(seed)
  return function(max)
    seed = (seed * 16807) % 2147483647
    return seed % max + 1
  end
end

-- So many deliveries of "object id": one in three comes again, some much later, and few in order.
-- -> list, set of ids
local function traffic(random, wanted)
  local list, ids, count = {}, {}, 0
  while #list < wanted do
    count = count + 1
    local event = ("krn:object:%d event-%d"):format(math.ceil(count / EVENTS_OF_OBJECT), count)
    ids["event-" .. count] = true
    for _ = 1, random(3) == 1 and random(2) + 1 or 1 do list[#list + 1] = event end
  end
  for i = 1, #list do
    local j = math.min(#list, i + random(random(10) == 1 and 500 or 20))
    list[i], list[j] = list[j], list[i]
  end
  return list, ids
end

-- Deal deliveries to programs as a proxy would.
local function dealt(random, list)
  local hands = {}
  for number = 1, PROGRAMS do hands[number] = {} end
  for _, event in ipairs(list) do
    local hand = hands[random(PROGRAMS)]
    hand[#hand + 1] = event
  end
  return hands
end

for _, engine in ipairs(engines) do
  describe("the inbox of programs that are killed, on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local deliveries = ASKED or FEWER[engine.name]
    local database, folder
    before_each(function() database, folder = engine.new(), peers.quick_folder() end)
    after_each(function()
      database.remove()
      peers.remove(folder)
    end)

    -- What was done, in the order in which it was.
    local function effects()
      local list = {}
      for what, object, id in peers.read(folder .. "/effects"):gmatch "(%S+) (%S+) (%S+)\n" do
        list[#list + 1] = { what = what, object = object, id = id }
      end
      return list
    end

    it("handles each event once, one of an object at a time", function()
      local random = generator(20260102)
      local list, ids = traffic(random, deliveries)
      peers.write(folder .. "/task", json.encode { deliveries = dealt(random, list), odds = 150,
        seed = 5, database = database.options, folder = folder })
      local status, said = child.finish { child.lua, "-e",
        ("require('support.postbox').main(%q)"):format(folder .. "/task") }
      assert(status == 0, said .. peers.read(folder .. "/wrong"))
      assert.is_true(json.decode(said).kills > deliveries / 100)
      local handled, busy = {}, {}
      for _, effect in ipairs(effects()) do
        if effect.what == "begin" then
          assert.is_nil(busy[effect.object])
          assert.is_nil(handled[effect.id], effect.id)
          busy[effect.object], handled[effect.id] = effect.id, true
        else
          assert.equal(effect.id, busy[effect.object])
          busy[effect.object] = nil
        end
      end
      assert.same(ids, handled)
    end)
  end)
end
