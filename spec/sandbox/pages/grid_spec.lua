-- Promises of the tables on the sandbox's pages: escaped, the newest first, and never endless.
local grid = require "kassa.sandbox.pages.grid"

describe("a table", function()
  it("has a title, heads and escaped cells of their columns' classes", function()
    local text = tostring(grid.card("<Things>", { { "Name", "long" }, { "Amount" } },
      { { "<b>one</b>", grid.link { url = "/x?a=\"b\"", text = "two" } } }, "None."))
    for _, part in ipairs { "<h2>&lt;Things&gt;</h2>", "<th class=\"long\">Name</th>",
      "<td class=\"long\">&lt;b&gt;one&lt;/b&gt;</td>",
      "<td class=\"plain\"><a href=\"/x?a=&quot;b&quot;\">two</a></td>" } do
      assert.truthy(text:find(part, 1, true), part)
    end
    assert.is_nil(text:find("None.", 1, true))
  end)

  it("says so when it is empty", function()
    local text = tostring(grid.card("Things", { { "Name" } }, {}, "None yet."))
    assert.truthy(text:find("None yet.", 1, true))
    assert.is_nil(text:find("<table", 1, true))
  end)

  it("shows the newest fifty, newest first", function()
    local list = {}
    for i = 1, 120 do list[i] = i end
    local rows = grid.newest(list, function(n) return n end)
    assert.equal(50, #rows)
    assert.equal(120, rows[1])
    assert.equal(71, rows[50])
  end)

  it("shortens an id and keeps the whole under the pointer", function()
    local id = "krn:payment:us1:request:552603c0-fe8b-4ab1-aacb-41d55fafbdb4"
    local text = tostring(grid.id(id))
    assert.truthy(text:find(">552603c0</span>", 1, true))
    assert.truthy(text:find("title=\"" .. id .. "\"", 1, true))
  end)
end)
