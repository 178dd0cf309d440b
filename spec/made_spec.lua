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

describe("an attempt that is open", function()
  local ABOUT = { code = "order-1", service = "capture", amount = 500, sent_ms = 0 }

  local function with(name, value)
    local all = {}
    for key, own in pairs(ABOUT) do all[key] = own end
    all[name] = value
    return all
  end

  it("contests what another of the same code, service, amount and time may have made", function()
    local client = {}
    assert.is_false(made.is_contested(client, "b", ABOUT))
    made.open(client, "a", ABOUT)
    assert.is_false(made.is_contested(client, "a", ABOUT))
    assert.is_true(made.is_contested(client, "b", ABOUT))
    assert.is_true(made.is_contested(client, "b", with("amount", nil)))
    for name, other in pairs { code = "order-2", service = "refund", amount = 501,
        sent_ms = 3600000 } do
      assert.is_false(made.is_contested(client, "b", with(name, other)))
    end
  end)

  it("contests nothing once it is known what it came to, and is forgotten in the end", function()
    local client = {}
    made.close(client, "a")
    made.open(client, "a", ABOUT)
    made.close(client, "a")
    assert.is_false(made.is_contested(client, "b", ABOUT))
    for i = 1, made.IDS_MAX + 10 do made.open(client, "name" .. i, ABOUT) end
    local count = 0
    for _ in pairs(client.open_attempts.names) do count = count + 1 end
    assert.equal(made.IDS_MAX, count)
  end)
end)
