-- Promises of kassa.pace.shared: several workers together never send more than the limit, however
-- their steps fall between one another.

local dict_of = require "support.dict"
local heavy = require "support.heavy"
local limiter = require "support.limiter"
local pacer = require "support.pacer"
local shared = require "kassa.pace.shared"
local tally = require "kassa.pace.tally"

local TEXT = '20, 20;w=1;name="account_x"'

local function worker_of(dict)
  return pacer.new(TEXT, shared.new(dict, "k:"))
end

-- Several workers in one: each step is made by the next of them.
local function team(size, dict)
  local workers, turn = {}, 0
  for i = 1, size do workers[i] = worker_of(dict) end
  local owner = {}
  return {
    try = function(now)
      for _ = 1, size do
        turn = turn % size + 1
        local pass = workers[turn].try(now)
        if pass then
          owner[pass] = workers[turn]
          return pass
        end
      end
    end,
    answered = function(pass, ...) owner[pass].answered(pass, ...) end,
  }
end

-- Run these functions next to each other: at every yield another one, by chance, goes on.
local function interleave(functions, chance)
  local threads = {}
  for i, fn in ipairs(functions) do threads[i] = coroutine.create(fn) end
  while threads[1] do
    local i = chance(1, #threads)
    assert(coroutine.resume(threads[i]))
    if coroutine.status(threads[i]) == "dead" then table.remove(threads, i) end
  end
end

describe("workers with one dictionary", function()
  it("share a limit over a slow line, and lose at most a tenth by it", function()
    local now = 0
    local server = limiter.server { limit = 20, window_ms = 1000, phase = 700 }
    local player = team(3, dict_of.new(function() return now / 1000 end))
    local try = player.try
    function player.try(at)
      now = at
      return at % 10 == 0 and try(at) or nil -- they look every 10 ms
    end
    local took, late = limiter.play(server, player, 200,
      { out = function() return 5 end, back = function() return 5 end }, 60000)
    assert.equal(0, late)
    assert.truthy(took <= 1.1 * 10000, "it took " .. took)
  end)

  it("never let more than the limit through, whoever comes between", function()
    for seed = 1, heavy.part(24) do
      local chance, now, let = limiter.chance(seed), 990 + seed, {}
      local dict = dict_of.new(function() return now / 1000 end, coroutine.yield)
      local tasks = {}
      for i = 1, 6 do
        local worker = worker_of(dict)
        worker.window:hear(TEXT, 1)
        tasks[i] = function()
          for step = 1, 6 do
            now = now + chance(0, 20) -- over the border of a slot, too
            local at = now
            local pass = worker.try(at)
            if pass then
              let[#let + 1] = at
              if step % 2 == 0 then worker.answered(pass, at, now, true, 19, 1) end
            end
          end
        end
      end
      interleave(tasks, chance)
      assert.truthy(now < 1990 + seed and #let > 0, "all within one window")
      assert.truthy(#let <= 20, ("seed %d: %d let through"):format(seed, #let))
    end
  end)

  it("see each other over the border of a slot, when one was slow to enter itself", function()
    local dict = dict_of.new(function() return 0 end)
    local one, other = worker_of(dict), worker_of(dict)
    one.window:hear("1, 1;w=1", 1)
    one.tally:tell(one.window, 1)
    assert.truthy(one.try(200))
    assert.is_nil(other.try(199))
  end)

  it("know what another has learnt, and wait when another was refused", function()
    local dict = dict_of.new(function() return 0 end)
    local one, other = worker_of(dict), worker_of(dict)
    local pass = one.try(0)
    one.answered(pass, 0, 10, true, 19, 1)
    other.try(10)
    assert.equal(20, other.window.policies[1].limit)
    one.answered(one.try(20), 20, 30, false, 0, 1)
    assert.is_nil(other.try(31))
    assert.is_nil(other.try(1029))
    assert.truthy(other.try(1030))
  end)

  it("are not held up for ever by one that died, nor by what has expired", function()
    local now = 0
    local dict = dict_of.new(function() return now / 1000 end)
    local one, other = worker_of(dict), worker_of(dict)
    one.window:hear(TEXT, 1)
    one.tally:tell(one.window, 1)
    local dead = {}
    for _ = 1, 20 do dead[#dead + 1] = one.tally:take(now) end
    assert.is_nil(other.try(now))
    now = tally.ARRIVAL_MS + 1200
    assert.truthy(other.try(now))
    now = 60000
    for _, pass in ipairs(dead) do one.tally:undo(pass) end -- it was only slow
    assert.truthy(other.try(now))
  end)

  it("cost a dictionary a known number of steps", function()
    local dict = dict_of.new(function() return 0 end)
    local one = worker_of(dict)
    one.answered(one.try(0), 0, 0, true, 19, 1)
    dict.used = 0
    one.try(0)
    assert.truthy(dict.used <= 45, dict.used)
  end)
end)
