-- Promises of kassa.made: what one attempt made is not another's, and memory has a limit.
local made = require "kassa.made"

describe("what attempts made", function()
  it("belongs to the attempt that made it", function()
    local client = {}
    assert.is_false(made.is_of_another(client, "1", "a"))
    made.remember(client, "1", "a")
    assert.is_false(made.is_of_another(client, "1", "a"))
    assert.is_true(made.is_of_another(client, "1", "b"))
    assert.is_false(made.is_of_another(client, "2", "b"))
    made.remember(client, "1", "b")
    assert.is_false(made.is_of_another(client, "1", "b"))
  end)

  it("is left out without an id or a name", function()
    local client = {}
    made.remember(client, nil, "a")
    made.remember(client, 7, "a")
    made.remember(client, "1", nil)
    assert.is_nil(client.made)
  end)

  it("is forgotten, the oldest first", function()
    local client = {}
    for i = 1, made.IDS_MAX + 10 do made.remember(client, "id" .. i, "a") end
    assert.is_false(made.is_of_another(client, "id10", "b"))
    assert.is_true(made.is_of_another(client, "id11", "b"))
    local count = 0
    for _ in pairs(client.made.names) do count = count + 1 end
    assert.equal(made.IDS_MAX, count)
  end)
end)
