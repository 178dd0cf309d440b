-- Promises of what every page has around it: no script, nothing loaded, nothing cached.
local html = require "kassa.sandbox.pages.html"
local shell = require "kassa.sandbox.pages.shell"

describe("every page", function()
  local answer = shell.page { title = "<Tee>", content = html.template "<p>hi</p>" {} }

  it("forbids scripts, frames and everything from elsewhere", function()
    local policy = answer.headers["Content-Security-Policy"]
    assert.truthy(policy:find("default-src 'none'", 1, true))
    assert.truthy(policy:find("frame-ancestors 'none'", 1, true))
    assert.is_nil(policy:find("script-src", 1, true))
    assert.is_nil(answer.body:find("<script", 1, true))
    assert.is_nil(answer.body:find("https?://"))
  end)

  it("is not stored and tells no other site where it was", function()
    assert.equal("no-store", answer.headers["Cache-Control"])
    assert.equal("no-referrer", answer.headers["Referrer-Policy"])
  end)

  it("escapes its title and keeps its content", function()
    assert.truthy(answer.body:find("<title>&lt;Tee&gt; · kassa sandbox</title>", 1, true))
    assert.truthy(answer.body:find("<p>hi</p>", 1, true))
  end)

  it("can be a notice with a status", function()
    local notice = shell.notice(404, "Gone", "<nothing> here")
    assert.equal(404, notice.status)
    assert.truthy(notice.body:find("&lt;nothing&gt; here", 1, true))
  end)
end)
