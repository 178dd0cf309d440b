-- Promises of the pages' wording: amounts, times, addresses, as a person reads them.
local words = require "kassa.sandbox.pages.words"

describe("the pages", function()
  it("write amounts with their currency, grouped, by its own decimals", function()
    assert.equal("€150.00", words.amount(15000, "EUR"))
    assert.equal("$1,234,567.89", words.amount(123456789, "USD"))
    assert.equal("−€5.00", words.amount(-500, "EUR"))
    assert.equal("SEK 0.05", words.amount(5, "SEK"))
    assert.equal("JPY 1,500", words.amount(1500, "JPY"))
    assert.equal("KWD 1.500", words.amount(1500, "KWD"))
    assert.equal("£999.00", words.amount(99900, "GBP"))
    assert.equal("−$1,000.00", words.amount(-100000, "USD"))
  end)

  it("write what is no whole amount as it came", function()
    assert.equal("1.5 EUR", words.amount(1.5, "EUR"))
  end)

  it("write times in UTC, and leave other texts alone", function()
    assert.equal("1 Jan 2024, 12:00 UTC", words.time "2024-01-01T12:00:00Z")
    assert.equal("29 Dec 2026, 09:05 UTC", words.time "2026-12-29T09:05:59Z")
    assert.equal("soon", words.time "soon")
    assert.equal("2024-13-01T12:00:00Z", words.time "2024-13-01T12:00:00Z")
    assert.equal("29 Dec 2026, 09:05:59 UTC", words.moment "2026-12-29T09:05:59Z")
    assert.equal("soon", words.moment "soon")
  end)

  it("write how long something lasts, and how large it is", function()
    assert.equal("3 days 3 hours left", words.left(270000))
    assert.equal("1 minute 30 seconds left", words.left(90))
    assert.equal("No time left", words.left(0))
    assert.equal("7.0 MB", words.size(7 * 1024 * 1024))
    assert.equal("1 KB", words.size(1))
    assert.equal("1024 KB", words.size(1024 * 1024 - 1))
  end)

  it("write enums, lists, people and addresses plainly", function()
    assert.equal("Leave with neighbour", words.plain "LEAVE_WITH_NEIGHBOUR")
    assert.equal("", words.list {})
    assert.equal("a", words.list { "a" })
    assert.equal("a, b and c", words.list { "a", "b", "c" })
    assert.equal("Jane Doe", words.person { given_name = "Jane", family_name = "Doe" })
    assert.equal("Doe", words.person { family_name = "Doe" })
    assert.same({ "800 N. High St", "43215 Columbus", "US-OH, US" }, words.address {
      street_address = "800 N. High St", postal_code = "43215", city = "Columbus",
      region = "US-OH", country = "US",
    })
  end)

  it("tell one identifier from another by eight digits", function()
    local id = "krn:payment:eu1:request:552603c0-fe8b-4ab1-aacb-41d55fafbdb4"
    assert.equal("552603c0", words.short(id))
    assert.equal("other", words.short "krn:other")
  end)
end)
