-- Promises of kassa.sandbox.pages.board: clock, deliveries and calls stand under the given cards.

local board = require "kassa.sandbox.pages.board"
local grid = require "kassa.sandbox.pages.grid"
local verbs = require "kassa.sandbox.verbs"
local world = require "kassa.sandbox.world"

describe("the board", function()
  local function caller(made)
    return function(name, ...) return verbs.call(made, name, { ... }) end
  end

  it("shows the given cards, then deliveries and calls, and why one was refused", function()
    local made = world.new { provider = "cybersource" }
    made:handle { method = "POST", path = "/pts/v2/payments", headers = {}, body = "{}" }
    local answer = board.show(caller(made), "2024-01-01T12:00:00Z",
      { grid.card("Mine", { { "A" } }, { { "<one>" } }, "") })
    assert.equal(200, answer.status)
    local first = answer.body:find("<h2>Mine</h2>", 1, true)
    local second = answer.body:find("<h2>Webhook deliveries</h2>", 1, true)
    local third = answer.body:find("<h2>API calls</h2>", 1, true)
    assert.truthy(first < second and second < third)
    assert.truthy(answer.body:find("&lt;one&gt;", 1, true))
    assert.truthy(answer.body:find("1 Jan 2024, 12:00 UTC", 1, true))
    assert.truthy(answer.body:find(verbs.call(made, "requests")[1].refused, 1, true))
  end)

  it("moves the clock, or says why not", function()
    local made = world.new()
    assert.equal(303, board.advance(caller(made), "1h").status)
    assert.equal(1704110400000 + 3600000, made.clock:now())
    assert.equal(400, board.advance(caller(made), "soon").status)
  end)
end)
