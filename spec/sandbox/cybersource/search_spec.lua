-- Promises of kassa.sandbox.cybersource.search: transactions are found by the merchant's code, and
-- read by their id, as the guide to the search and the SDK have them.

local gateway = require "support.gateway"

local g
before_each(function() g = gateway.open { seed = 7 } end)

local function search(query, more)
  local body = { query = query, sort = "submitTimeUtc:desc" }
  for name, value in pairs(more or {}) do body[name] = value end
  return g:send("POST", "/tss/v2/searches", body)
end

local function ids_of(answer)
  local out = {}
  for i, row in ipairs(answer._embedded and answer._embedded.transactionSummaries or {}) do
    out[i] = row.id
  end
  return out
end

-- An authorization and its capture, of one order, a minute apart.
local function order(code)
  local _, made = g:authorize("sandbox-approved", "100.00", { code = code })
  g:verb("advance", 60)
  local _, capture = g:capture(made.id, "60.00", { code = code })
  g:verb("advance", 60)
  return made.id, capture.id
end

describe("a search for transactions", function()
  it("finds by the merchant's code, newest first, in the shape of the SDK", function()
    local made, capture = order "order-1"
    order "order-2"
    local status, found = search "clientReferenceInformation.code:order-1"
    assert.equal(201, status)
    assert.same({ 2, 2, 0, 20 }, { found.count, found.totalCount, found.offset, found.limit })
    assert.same({ capture, made }, ids_of(found))
    local row = found._embedded.transactionSummaries[1]
    assert.same({
      id = capture, merchantId = g.world.account.merchant_id,
      submitTimeUtc = "2024-01-01T12:01:00Z",
      applicationInformation = { status = "SETTLED", reasonCode = "100", rCode = "1",
        rFlag = "SOK", applications = { { name = "ics_ap_capture", status = "SETTLED",
          reasonCode = "100", rCode = "1", rFlag = "SOK" } } },
      clientReferenceInformation = { code = "order-1" },
      orderInformation = { amountDetails = { totalAmount = "60.00", currency = "USD" } },
      paymentInformation = { paymentType = { name = "INVOICE", method = "KLARNA" } },
      _links = { transactionDetail = { href = "/tss/v2/transactions/" .. capture,
        method = "GET" } },
    }, row)
  end)

  it("finds nothing without an empty list", function()
    local status, found = search "clientReferenceInformation.code:order-1"
    assert.equal(201, status)
    assert.is_nil(found._embedded)
    assert.equal(0, found.totalCount)
  end)

  it("joins with AND and OR, takes times, and quotes", function()
    local a, b = order "order 1"
    local c, d = order "order-2"
    local function finds(wanted, query)
      assert.same(wanted, ids_of(select(2, search(query, { sort = "submitTimeUtc:asc" }))), query)
    end
    finds({ a, b }, 'clientReferenceInformation.code:"order 1"')
    finds({ b }, 'clientReferenceInformation.code:"order 1" AND '
      .. "orderInformation.amountDetails.totalAmount:60.00")
    finds({ a, d }, "id:" .. a .. " OR id:" .. d)
    finds({ c, d }, "submitTimeUtc:[2024-01-01T12:02:00Z TO *]")
    finds({ a, b, c, d }, "submitTimeUtc:[NOW/DAY-1DAY TO NOW/DAY+1DAY]")
    finds({}, "submitTimeUtc:[* TO NOW-1DAYS]")
    finds({ d }, "clientReferenceInformation.code:order-2 AND submitTimeUtc:[NOW-1HOUR TO NOW] AND "
      .. "orderInformation.amountDetails.totalAmount:60.00")
  end)

  it("gives pages", function()
    for i = 1, 3 do order("order-" .. i) end
    local _, all = search("merchantId:" .. g.world.account.merchant_id)
    local _, page = search("merchantId:" .. g.world.account.merchant_id, { limit = 4, offset = 2 })
    assert.same({ 4, 6 }, { page.count, page.totalCount })
    assert.equal(ids_of(all)[3], ids_of(page)[1])
    assert.equal(ids_of(all)[6], ids_of(page)[4])
  end)

  it("refuses what cannot be asked for", function()
    for _, query in ipairs { "order-1", "clientReferenceInformation.transactionId:t-1", "code:",
        "id:1 AND", "id:1 2", "submitTimeUtc:yesterday", "submitTimeUtc:[NOW+1YEAR TO NOW]" } do
      local status, value = search(query)
      assert.equal(400, status, query)
      assert.equal("query", value.details[1].field)
    end
    assert.equal(400, (search("id:1", { limit = 0 })))
    local status, value = g:send("POST", "/tss/v2/searches", { sort = "id:asc" })
    assert.equal(400, status)
    assert.equal("MISSING_FIELD", value.details[1].reason)
  end)

  it("tells a refused one from a good one", function()
    g:authorize("sandbox-failed", "100.00", { code = "order-1" })
    local _, found = search "clientReferenceInformation.code:order-1"
    local told = found._embedded.transactionSummaries[1].applicationInformation
    assert.same({ "0", "DDECLINED", "203" }, { told.rCode, told.rFlag, told.reasonCode })
  end)
end)

describe("a transaction that is read", function()
  it("names the first of its kind and its neighbours", function()
    local made, capture = order "order-1"
    local _, refund = g:refund(capture, "1.00", { code = "order-1" })
    local status, value = g:send("GET", "/tss/v2/transactions/" .. capture)
    assert.equal(200, status)
    assert.equal(made, value.rootId)
    assert.equal("2024-01-01T12:01:00Z", value.submitTimeUTC)
    assert.is_nil(value.submitTimeUtc)
    assert.equal(g:verb("view", capture).reconciliationId, value.reconciliationId)
    assert.same({ { href = "/tss/v2/transactions/" .. made, method = "GET" },
      { href = "/tss/v2/transactions/" .. refund.id, method = "GET" } },
      value._links.relatedTransactions)
    assert.equal(404, (g:send("GET", "/tss/v2/transactions/7000000000000000000000")))
  end)
end)

describe("reports that lag", function()
  it("hold what is old enough only", function()
    g = gateway.open { seed = 7, report_lag_s = 600 }
    local made = order "order-1"
    g:verb("advance", "7m")
    assert.equal(404, (g:send("GET", "/tss/v2/transactions/" .. made)))
    assert.same({}, ids_of(select(2, search "clientReferenceInformation.code:order-1")))
    g:verb("advance", "1m")
    assert.equal(200, (g:send("GET", "/tss/v2/transactions/" .. made)))
    assert.same({ made }, ids_of(select(2, search "clientReferenceInformation.code:order-1")))
    assert.equal(201, (g:check(made)))
  end)
end)
