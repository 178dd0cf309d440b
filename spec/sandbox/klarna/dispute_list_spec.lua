-- Promises of kassa.sandbox.klarna.dispute_list: every filter of reference 2.10, its order, and
-- pages that show each dispute once.

local json = require "kassa.json"
local shop = require "support.shop"

local function list(s, query)
  local status, value, response = s:get("/payment/disputes" .. (query and "?" .. query or ""))
  assert(status == 200, response.body)
  return value.disputes, value.pagination
end

local function ids(found)
  local out = {}
  for i, dispute in ipairs(found) do out[i] = dispute.payment_dispute_id end
  return out
end

-- A shop with a transaction that is disputed piece by piece: one a day.
local function casebook(count)
  local s = shop.open()
  local id = s:authorized(100000)
  s:capture(id, 100000)
  local made = {}
  for i = 1, count do
    made[i] = s:verb("dispute", id, { amount = 10 }).payment_dispute_id
    s:verb("advance", "1d")
  end
  return s, made, id
end

describe("the list of disputes", function()
  it("is empty before there is one, and is written as a list", function()
    local s = shop.open()
    local _, _, response = s:get "/payment/disputes"
    assert.truthy(response.body:find('"disputes":[]', 1, true))
    local _, pagination = list(s)
    assert.same({ count = 0, total = 0, first_item = json.null, last_item = json.null,
      links = {} }, pagination)
  end)

  it("shows disputes as they are read, oldest first", function()
    local s, made = casebook(3)
    local found, pagination = list(s)
    assert.same(made, ids(found))
    assert.same(3, pagination.count)
    local _, read = s:get("/payment/disputes/" .. made[2])
    assert.same(read, found[2])
  end)

  it("is there in both path families", function()
    local s, made = casebook(1)
    s.family = "account"
    assert.same(made, ids((list(s))))
  end)
end)

describe("a filter", function()
  local s, one, two, three, tx
  before_each(function()
    s = shop.open()
    local function transaction(reference)
      local items = { purchase_reference = reference }
      local _, token = s:pending { currency = "USD", payment_amount = 100,
        supplementary_purchase_data = items }
      local _, request = s:confirm(token, { currency = "USD", payment_amount = 100,
        config = { capture = true } })
      return request.state_context.payment_transaction.payment_transaction_id
    end
    tx = { transaction "order-1", transaction "order 2" }
    one = s:verb("dispute", tx[1], { amount = 10 }).payment_dispute_id
    s:verb("advance", "1d")
    two = s:verb("dispute", tx[1], { amount = 10, reason = "PRODUCTS_FAULTY",
      state = "MERCHANT_EVIDENCE_PENDING" }).payment_dispute_id
    s:verb("advance", "1d")
    three = s:verb("dispute", tx[2], { amount = 10, reason = "PURCHASE_UNAUTHORIZED",
      state = "CLOSED" }).payment_dispute_id
  end)

  local function finds(query, wanted) assert.same(wanted, ids((list(s, query)))) end

  it("by state and by reason takes any of several values", function()
    finds("state=PRE_ARBITRATION", { one })
    finds("state=PRE_ARBITRATION&state=CLOSED", { one, three })
    finds("state=ARBITRATION_PENDING", {})
    finds("reason=PRODUCTS_FAULTY&reason=PURCHASE_UNAUTHORIZED", { two, three })
    finds("state=CLOSED&reason=PRODUCTS_FAULTY", {})
  end)

  it("by transaction, order and product instance", function()
    finds("payment_transaction_id=" .. tx[1], { one, two })
    finds("payment_transaction_id=nobody", {})
    finds("purchase_references=order+2", { three })
    finds("purchase_references=order-1&purchase_references=order%202", { one, two, three })
    local instance = s:verb("view", one).payment_product_instance_id
    finds("payment_product_instance_id=" .. instance, { one, two, three })
    finds("payment_product_instance_id=another", {})
  end)

  it("by time takes the start in and leaves the end out", function()
    finds("opened_at_start=2024-01-02T12:00:00Z", { two, three })
    finds("opened_at_end=2024-01-02T12:00:00.000Z", { one })
    finds("opened_at_start=2024-01-02T12:00:00.001Z&opened_at_end=2024-01-03T12:00:00Z", {})
    finds("opened_at_start=2024-01-02T14:00:00%2B02:00", { two, three })
    finds("closed_at_start=2024-01-01T00:00:00Z", { three })
    finds("closed_at_end=2024-01-03T12:00:00Z", {})
    finds("closed_at_end=2024-01-03T12:00:01Z", { three })
  end)

  it("nobody knows is let pass, as unknown fields are", function()
    finds("colour=red", { one, two, three })
  end)

  it("with a value there is not is refused, with its name", function()
    for query, parameter in pairs {
      ["state=OPEN"] = "state", ["state="] = "state", ["reason=BORED"] = "reason",
      ["sort_by=amount"] = "sort_by", ["size=0"] = "size", ["size=101"] = "size",
      ["size=2.5"] = "size", ["size=2&size=3"] = "size", ["size=-1"] = "size",
      ["opened_at_start=yesterday"] = "opened_at_start",
      ["closed_at_end=2024-01-01"] = "closed_at_end",
      ["opened_at_end=2024-01-01T12:00:00"] = "opened_at_end",
      ["starting_after=nobody"] = "starting_after", ["ending_before="] = "ending_before",
      ["payment_transaction_id="] = "payment_transaction_id",
      [("reason=PRODUCTS_FAULTY&"):rep(11)] = "reason",
      [("payment_transaction_id=a&"):rep(101)] = "payment_transaction_id",
      ["state=%zz"] = "query",
    } do
      local status, value = s:get("/payment/disputes?" .. query)
      assert.equal(400, status, query)
      assert.equal("VALIDATION_ERROR", value.error_code)
      assert.equal(parameter, value.validation_errors[1].parameter)
    end
    local _, value = s:get "/payment/disputes?state=OPEN&size=0&reason=BORED"
    assert.equal(3, #value.validation_errors)
  end)
end)

describe("the order", function()
  it("is by opening, up or down", function()
    local s, made = casebook(3)
    assert.same(made, ids((list(s, "sort_by=opened_at"))))
    assert.same({ made[3], made[2], made[1] }, ids((list(s, "sort_by=-opened_at"))))
  end)

  it("is by the deadline of what is asked, those without one last", function()
    local s, made, tx = casebook(1)
    for _, deadline in ipairs { "9d", "3d", "5d" } do
      made[#made + 1] = s:verb("dispute", tx, { amount = 1, deadline = deadline,
        state = "MERCHANT_EVIDENCE_PENDING" }).payment_dispute_id
    end
    assert.same({ made[3], made[4], made[2], made[1] },
      ids((list(s, "sort_by=deadline_expires_at"))))
    assert.same({ made[2], made[4], made[3], made[1] },
      ids((list(s, "sort_by=-deadline_expires_at"))))
  end)

  it("of equals is settled by the next name, then by the order of opening", function()
    local s = shop.open()
    local tx = s:authorized(100)
    s:capture(tx, 100)
    local made = {}
    for i = 1, 4 do made[i] = s:verb("dispute", tx, { amount = 1 }).payment_dispute_id end
    assert.same(made, ids((list(s, "sort_by=deadline_expires_at&sort_by=opened_at"))))
    assert.same({ made[4], made[3], made[2], made[1] },
      ids((list(s, "sort_by=-deadline_expires_at&sort_by=-opened_at"))))
  end)
end)

describe("the pages", function()
  it("hold 20 disputes, or as many as are asked for", function()
    local s, made = casebook(25)
    local found, pagination = list(s)
    assert.equal(20, #found)
    assert.equal(20, pagination.count)
    assert.equal(25, pagination.total)
    found, pagination = list(s, "starting_after=" .. pagination.last_item)
    assert.same({ made[21], made[22], made[23], made[24], made[25] }, ids(found))
    assert.equal(json.null, pagination.last_item)
    assert.equal(25, pagination.total)
    assert.equal(25, #list(s, "size=100"))
  end)

  it("show each dispute once, forwards and backwards", function()
    for _, size in ipairs { 1, 3, 7, 10 } do
      local s, made = casebook(10)
      local seen, query = {}, "size=" .. size
      local last
      repeat
        local found, pagination = list(s, query)
        for _, id in ipairs(ids(found)) do seen[#seen + 1] = id end
        last = pagination
        query = "size=" .. size .. "&starting_after=" .. tostring(pagination.last_item)
      until pagination.last_item == json.null
      assert.same(made, seen)
      seen = {}
      while last.first_item ~= json.null do
        local found
        found, last = list(s, "size=" .. size .. "&ending_before=" .. last.first_item)
        for i = #found, 1, -1 do table.insert(seen, 1, found[i].payment_dispute_id) end
      end
      for i, id in ipairs(seen) do assert.equal(made[i], id) end
      assert.is_true(#seen >= 10 - size and #seen < 10)
    end
  end)

  it("keep their place when a dispute leaves the list or a new one comes", function()
    local s, made, tx = casebook(4)
    local query = "state=PRE_ARBITRATION&size=2"
    local _, pagination = list(s, query)
    s:verb("escalate", made[2])
    made[5] = s:verb("dispute", tx, { amount = 10 }).payment_dispute_id
    local found
    found, pagination = list(s, query .. "&starting_after=" .. pagination.last_item)
    assert.same({ made[3], made[4] }, ids(found))
    found = list(s, query .. "&starting_after=" .. pagination.last_item)
    assert.same({ made[5] }, ids(found))
  end)

  it("say where the next and the one before are", function()
    local s, made = casebook(5)
    local _, pagination = list(s, "size=2&sort_by=-opened_at")
    assert.is_nil(pagination.links.prev)
    local link = pagination.links.next
    assert.equal("GET", link.method)
    assert.equal("next", link.rel)
    local found
    found, pagination = list(s, link.href:match "%?(.*)$")
    assert.same({ made[3], made[2] }, ids(found))
    assert.equal("/v2/payment/disputes", pagination.links.prev.href:match "^[^?]*")
    found = list(s, pagination.links.prev.href:match "%?(.*)$")
    assert.same({ made[5], made[4] }, ids(found))
    found, pagination = list(s, pagination.links.next.href:match "%?(.*)$")
    assert.same({ made[1] }, ids(found))
    assert.is_nil(pagination.links.next)
  end)

  it("are asked for from one side only", function()
    local s = casebook(3)
    local _, pagination = list(s, "size=1")
    local cursor = pagination.last_item
    local status, value = s:get("/payment/disputes?starting_after=" .. cursor .. "&ending_before="
      .. cursor)
    assert.equal(400, status)
    assert.equal("ending_before", value.validation_errors[1].parameter)
  end)
end)
