-- Promises of kassa.query: what is checked is what is sent, escaped, lists as repeated names.
local json = require "kassa.json"
local query = require "kassa.query"
local schema = require "kassa.schema"

local record = require("kassa.api.klarna.dispute").list_query

describe("a query", function()
  it("stands in the record's order, whatever order it was written in", function()
    assert.equal("state=CLOSED&state=PRE_ARBITRATION&sort_by=-opened_at&size=20",
      query.write(record, { size = 20, sort_by = { "-opened_at" },
        state = { "CLOSED", "PRE_ARBITRATION" } }))
  end)

  it("is empty when nothing is asked", function()
    assert.equal("", query.write(record, nil))
    assert.equal("", query.write(record, {}))
    assert.equal("", query.write(record, { reason = json.null }))
  end)

  it("is refused with a list that turned out empty: it would ask for all", function()
    local text, faults = query.write(record, { payment_transaction_id = {} }, true)
    assert.same({ nil, "payment_transaction_id: an empty list filters nothing" },
      { text, faults[1].path .. ": " .. faults[1].message })
    assert.equal("", query.write(record, { payment_transaction_id = {} }, false))
  end)

  it("escapes what has a meaning in a URL, and leaves ids readable", function()
    assert.equal("payment_transaction_id=krn:payment:eu1:transaction:1"
      .. "&purchase_references=a%20b%26c%3Dd%2Fe%3F%23%25%2B&starting_after=%C3%A9~-._",
      query.write(record, { payment_transaction_id = { "krn:payment:eu1:transaction:1" },
        purchase_references = { "a b&c=d/e?#%+" }, starting_after = "\195\169~-._" }))
  end)

  it("sends times with milliseconds, in UTC", function()
    assert.equal("opened_at_start=2024-01-31T12:00:00.000Z&opened_at_end=2024-01-31T22:30:00.000Z",
      query.write(record, { opened_at_start = "2024-01-31T12:00:00Z",
        opened_at_end = "2024-02-01T00:00:00+01:30" }))
  end)

  it("is refused with every fault and the close name", function()
    local text, faults = query.write(record, { stat = { "CLOSED" }, size = 0, state = "CLOSED" })
    assert.is_nil(text)
    local lines = {}
    for i, fault in ipairs(faults) do lines[i] = fault.path .. ": " .. fault.message end
    table.sort(lines)
    assert.equal(3, #lines)
    assert.matches("^size: expected at least 1", lines[1])
    assert.matches("^stat: ", lines[2])
    assert.matches("^state: expected a list", lines[3])
  end)

  it("is sent as it is with strict = false, where it has a text", function()
    assert.equal("size=0&a=true&z=1&z=2",
      query.write(record, { size = 0, z = { 1, 2 }, a = true }, false))
    local text, faults = query.write(record, { z = { { 1 } } }, false)
    assert.same({ nil, "z[1]" }, { text, faults[1].path })
    text, faults = query.write(record, { z = { a = 1 } }, false)
    assert.same({ nil, "z" }, { text, faults[1].path })
  end)

  it("writes whole numbers without an exponent", function()
    local counts = schema.record "counts" { { "n", schema.integer {} } }
    for _, n in ipairs { "2147483647", "999999999999999" } do
      assert.equal("n=" .. n, query.write(counts, { n = tonumber(n) }, false))
    end
  end)
end)
