-- Promises of kassa.pace.window, kept against a server written by hand: never more than the limit
-- in any window as the server counts, wherever its windows begin and however long the line takes.

local heavy = require "support.heavy"
local limiter = require "support.limiter"
local pacer = require "support.pacer"
local tally = require "kassa.pace.tally"
local window = require "kassa.pace.window"

local function player(text)
  return pacer.new(text, tally.new())
end

local function line(seed, out_max, back_max)
  local chance = limiter.chance(seed)
  return { out = function() return chance(0, out_max) end,
    back = function() return chance(0, back_max) end }
end

local function text_of(limit, seconds)
  return ('%d, %d;w=%d;name="account_x"'):format(limit, limit, seconds)
end

describe("a window", function()
  for _, case in ipairs { { 40, 1 }, { 5, 1 }, { 1, 1 }, { 60, 3 } } do
    local limit, seconds = case[1], case[2]
    local name = ("of %d calls in %d s never holds more, wherever it begins"):format(limit, seconds)
    it(name, function()
      for seed = 1, heavy.here and 9 or 1, 2 do
        local server = limiter.server { limit = limit, window_ms = 1000 * seconds,
          phase = limiter.chance(seed)(0, 1000 * seconds - 1) }
        local slow = 30 * seed
        local _, late = limiter.play(server, player(text_of(limit, seconds)), limit * 6,
          line(seed, slow, slow), 60000 * seconds)
        assert.equal(0, late, "seed " .. seed)
      end
    end)
  end

  it("that slides is never overrun either", function()
    for seed = 1, heavy.here and 7 or 1, 2 do
      local server = limiter.server { limit = 20, window_ms = 1000, phase = 0, kind = "sliding" }
      local _, late = limiter.play(server, player(text_of(20, 1)), 200,
        line(seed, 15 * seed, 15 * seed), 60000)
      assert.equal(0, late, "seed " .. seed)
    end
  end)

  it("is used up within 5 % over lines of up to 300 ms, once its boundary was seen", function()
    for _, way in ipairs(heavy.here and { 0, 50, 150 } or { 50 }) do
      local server = limiter.server { limit = 40, window_ms = 1000, phase = 413 }
      local took, late = limiter.play(server, player(text_of(40, 1)), 1000,
        { out = function() return way end, back = function() return way end }, 120000)
      assert.equal(0, late)
      assert.equal(0, server.refused)
      assert.truthy(took <= 1.05 * 25000, ("%d ms one way: %d ms"):format(way, took))
    end
  end)

  it("is not believed any more once a refusal has come in spite of it", function()
    local known, counts = window.new(), tally.new()
    known:hear(text_of(40, 1), 1)
    known.policies[1].phase = { low = 0, high = 10 }
    known:refused(500, 600, 1)
    assert.is_nil(known.policies[1].phase)
    known.before[7] = 2000
    known:answer(7, 2100, 2200, 39, 1, counts)
    assert.is_nil(known.policies[1].phase)
  end)

  it("moves with a clock that drifts", function()
    local policy = { limit = 4, window_ms = 1000, phase = { low = 100, high = 120 } }
    local known = window.new()
    assert.equal(100 + 2000 - 2, known:horizon(policy, 120 + 2000 + 2))
    assert.equal(120 + 1000 + 1, known:horizon(policy, 120 + 2000 + 1))
    assert.equal(3000000 - 1000, known:horizon(policy, 3000000)) -- too long ago to be of use
  end)
end)

describe("what the server says", function()
  local function heard(text, remaining, reset_s, now)
    local known, counts = window.new(), tally.new()
    local pass = counts:take(now)
    known:hear(text, reset_s)
    counts:answer(pass, now)
    known:answer(pass, now, now, remaining, reset_s, counts)
    return known, counts
  end

  local function room(known, counts, now, flying)
    local young, count = counts:settle(now, known.longest)
    return known:room(now, young + (flying or 0), count, counts)
  end

  it("holds although nobody here has used it up, until its reset", function()
    local known, counts = heard(text_of(40, 1), 2, 1, 5000)
    assert.equal(0, room(known, counts, 5000, 1))
    assert.equal(1000, room(known, counts, 5000, 2))
    assert.equal(1, room(known, counts, 5999, 2))
    assert.equal(0, room(known, counts, 6000, 2))
  end)

  it("of a long window is held one second longer, since a reset may have been rounded down",
    function()
      local known, counts = heard(text_of(100, 60), 0, 10, 0)
      assert.equal(11000, room(known, counts, 0))
      assert.equal(60000, room(heard(text_of(100, 60), 0, 60, 0), counts, 0)) -- never a window more
    end)

  it("in the plain form means a second, or as long as the reset says", function()
    assert.equal(1000, heard("40", 39, 1, 0).policies[1].window_ms)
    assert.equal(1000, heard("40", 39, nil, 0).policies[1].window_ms)
    assert.equal(30000, heard("40", 39, 30, 0).policies[1].window_ms)
  end)

  it("in the list form is kept for every policy, the smallest of each window", function()
    local known = heard('40, 40;w=1;name="a",100;w=1;name="b",900;w=60', 39, 1, 0)
    assert.equal(2, #known.policies)
    assert.same({ 40, 1000 }, { known.policies[1].limit, known.policies[1].window_ms })
    assert.same({ 900, 60000 }, { known.policies[2].limit, known.policies[2].window_ms })
    assert.equal("40 in 1 s", known:words())
    assert.equal(60000, known.longest)
  end)

  it("changes with the header", function()
    local known, counts = heard(text_of(40, 1), 39, 1, 0)
    known:hear(text_of(10, 1), 1)
    assert.equal(10, known.policies[1].limit)
    for _ = 1, 9 do counts:answer(counts:take(0), 0) end
    assert.equal(1000, room(known, counts, 0))
  end)

  it("is taken for no limit when it says nothing, or what nobody reaches", function()
    local silent = heard(nil, nil, nil, 0)
    assert.is_true(silent:is_open())
    assert.is_true(heard("1000000, 1000000;w=1", 999999, 1, 0):is_open())
    assert.is_false(heard("40", 39, 1, 0):is_open())
    assert.is_true(heard("junk", 39, 1, 0):is_open())
    assert.equal(1, heard("0", 0, 1, 0).policies[1].limit) -- the server's own word ends it
  end)

  it("lets a few go before it has said anything", function()
    local known, counts = window.new(), tally.new()
    assert.equal(0, known:room(0, window.FIRST - 1, 0, counts))
    assert.is_nil(known:room(0, window.FIRST, 0, counts))
  end)

  it("without any header but the time is waited out", function()
    local known, counts = window.new(), tally.new()
    known:hear(nil, 3)
    known:refused(0, 100, 3)
    assert.is_false(known:is_open())
    assert.equal(3000, known:room(100, 0, 0, counts))
    assert.equal(0, known:room(3100, 0, 0, counts))
  end)
end)
