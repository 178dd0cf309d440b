-- Promises of what two bodies have in common: their meaning, not their bytes.
local canon = require "kassa.journal.canon"

describe("the canon of a body", function()
  it("is the same for the same values in another order or with other blanks", function()
    local one = canon.hash '{"capture_amount":400,"a":{"x":1,"y":[1,2]}}'
    assert.equal(one, canon.hash ' { "a": {"y": [1, 2], "x": 1}, "capture_amount": 400 } ')
    assert.matches("^%x+$", one)
    assert.equal(64, #one)
  end)

  it("is another one for every other value", function()
    local seen = {}
    for _, body in ipairs { "", "{}", '{"a":1}', '{"a":"1"}', '{"a":2}', '{"b":1}', '{"a":[1]}',
        '{"a":{}}', '{"a":[]}', '{"a":null}', '{"a":[1,2]}', '{"a":[2,1]}', "no json" } do
      local hash = canon.hash(body)
      assert.is_nil(seen[hash], body)
      seen[hash] = true
    end
  end)

  it("names the fields that differ, deep inside and in lists", function()
    local before = canon.fields(
      '{"a":1,"b":{"c":"x","d":[{"e":1},{"e":2}]},"gone":true,"same":"s"}', "key")
    local now = canon.fields(
      '{"a":2,"b":{"c":"x","d":[{"e":1},{"e":3}]},"new":true,"same":"s"}', "key")
    assert.same({ "a", "b.d[2].e", "gone", "new" }, canon.differences(before, now))
    assert.same({}, canon.differences(before, before))
  end)

  it("keeps of a value too little to read it back", function()
    local fields = canon.fields('{"given_name":"John","date_of_birth":"1970-01-01"}', "key")
    for _, digits in pairs(fields) do assert.equal(2, #digits) end
    assert.is_true(canon.fields('{"a":"x"}', "key").a ~= canon.fields('{"a":"x"}', "another").a)
  end)
end)
