-- Promises of schema.describe: one line that a merchant can read, with every limit in it.
-- It refuses to fix the words of records, which are described field by field.

local S = require "kassa.schema"

describe("schema.describe", function()
  it("says the kind and its limits", function()
    assert.equal("text", S.describe(S.text {}))
    assert.equal("text, 1 to 99 characters", S.describe(S.text { min = 1, max = 99 }))
    assert.equal("text, at most 9 characters, several lines",
      S.describe(S.text { max = 9, multiline = true }))
    assert.equal("amount in minor units, 1 to 2147483647",
      S.describe(S.amount { min = 1, max = 2147483647 }))
    assert.equal("number, at least 0.5", S.describe(S.number { min = 0.5 }))
    assert.equal("whole number, at most 9007199254740991",
      S.describe(S.integer { max = 9007199254740991 }))
  end)

  it("lists the values of an enum", function()
    assert.equal("one of A, B", S.describe(S.enum { "A", "B" }))
    assert.equal("one of A (others may exist)", S.describe(S.enum { "A", open = true }))
    assert.equal("one of SEK, USD", S.describe(S.currency { "SEK", "USD" }))
  end)

  it("says what lists and maps hold", function()
    assert.equal("list of country code, at most 3 members",
      S.describe(S.list(S.country {}, { max = 3 })))
    assert.equal("map to object r", S.describe(S.map(S.record "r" {})))
  end)

  it("knows every kind", function()
    for name, make in pairs(S) do
      if type(make) == "function" and pcall(make, {}) then
        local fine, type_ = pcall(make, {})
        if fine and type(type_) == "table" and type_.kind == name then
          assert.is_string(S.describe(type_))
        end
      end
    end
  end)
end)
