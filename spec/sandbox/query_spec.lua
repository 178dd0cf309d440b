-- Promises of kassa.sandbox.query: what a client escapes comes out as it was meant.

local query = require "kassa.sandbox.query"

describe("a query", function()
  it("holds names any number of times, in their order", function()
    local by_name, list = query.read "state=A&size=2&state=B&flag&empty="
    assert.same({ state = { "A", "B" }, size = { "2" }, flag = { "" }, empty = { "" } }, by_name)
    assert.same({ { "state", "A" }, { "size", "2" }, { "state", "B" }, { "flag", "" },
      { "empty", "" } }, list)
  end)

  it("is unescaped, a plus being a blank", function()
    local by_name = query.read "a%20b=%2B1+2&x=%C3%A4%26%3D"
    assert.same({ ["a b"] = { "+1 2" }, x = { "ä&=" } }, by_name)
  end)

  it("may be nothing", function()
    for _, text in ipairs { "", "&", "&&" } do assert.same({}, (query.read(text))) end
    assert.same({}, (query.read(nil)))
  end)

  it("with a broken escape or without an end is refused", function()
    for _, text in ipairs { "a=%", "a=%4", "%zz=1", "a=%4g", ("a&"):rep(1001) } do
      local by_name, why = query.read(text)
      assert.is_nil(by_name)
      assert.equal("string", type(why))
    end
    assert.truthy(query.read(("a&"):rep(1000)))
  end)

  it("is written so that it is read the same", function()
    local list = { { "a b", "+1&=%" }, { "t", "2024-01-31T12:00:00.000+02:00" }, { "ä", "\0\255" } }
    local _, again = query.read(query.write(list))
    assert.same(list, again)
    assert.equal("t=krn:a-1", query.write { { "t", "krn:a-1" } })
  end)
end)
