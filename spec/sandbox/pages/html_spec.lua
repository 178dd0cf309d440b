-- Promises of the page templates: no text gets out of its place.
local html = require "kassa.sandbox.pages.html"

describe("a template", function()
  it("escapes texts and numbers for tags and for quoted attributes", function()
    local made = html.template [[<a href="$url" title='$title'>$text</a>]] {
      url = "\"><script>", title = "' onclick='x", text = "<b>&amp;</b>",
    }
    assert.equal("<a href=\"&quot;&gt;&lt;script&gt;\" title='&#39; onclick=&#39;x'>"
      .. "&lt;b&gt;&amp;amp;&lt;/b&gt;</a>", tostring(made))
  end)

  it("takes fragments and lists of them as they are, texts in lists escaped", function()
    local bold = html.template [[<b>$text</b>]]
    local made = html.template [[<p>$parts</p>]] { parts = { bold { text = "<" }, "<i>", 7 } }
    assert.equal("<p><b>&lt;</b>&lt;i&gt;7</p>", tostring(made))
  end)

  it("does not look for names in what was filled in", function()
    local made = html.template "$a $b" { a = "$b %1", b = "$a" }
    assert.equal("$b %1 $a", tostring(made))
  end)

  it("raises for a missing value, and prints nothing for false", function()
    assert.has_error(function() html.template "$name" {} end)
    assert.equal("", tostring(html.template "$name" { name = false }))
  end)

  it("takes a table that only looks like a fragment for a list", function()
    local made = html.template "$x" { x = { text = "<script>" } }
    assert.equal("", tostring(made))
  end)
end)
