-- Promises of kassa.runtime.choose: the runtime is found when the call is made, and what would hold
-- up a loop without a word is refused.
local child = require "support.child"
local runtime = require "kassa.runtime"

describe("the runtime of a call", function()
  it("is blocking outside every loop, and the task inside kassa.run", function()
    local host = runtime.new()
    assert.is_nil(host.runtime.refuse())
    assert.is_nil(host.runtime.wait(host:driver(), host:driver().engine:timer(1)))
    local other
    host.tasks:run(function()
      host.tasks:go(function() other = true end)
      host:driver():sleep(1, host.runtime)
      assert.is_true(other)
    end)
  end)

  it("loads no loop that the script has not loaded", function()
    local status, printed = child.run [[
      local kassa = require "kassa"
      kassa.sleep(0)
      kassa.run(function() kassa.sleep(0) end)
      for _, name in ipairs { "cqueues", "copas", "luv", "socket" } do
        assert(not package.loaded[name], name)
      end]]
    assert.same({ 0, "" }, { status, printed })
  end)

  it("strict: refuses in a coroutine that nobody known resumes, and nowhere else", function()
    local host = runtime.new()
    local strict = host:named "strict"
    assert.is_nil(strict.refuse())
    assert.matches("no event loop known to kassa.*runtime = \"luv\"",
      coroutine.wrap(strict.refuse)())
    assert.is_nil(coroutine.wrap(host.runtime.refuse)())
    assert.is_nil(coroutine.wrap(host:named "plain".refuse)())
    host.tasks:run(function()
      assert.is_nil(strict.refuse())
      assert.matches("made inside a task", coroutine.wrap(strict.refuse)())
    end)
  end)

  it("named: refuses where Lua cannot suspend", function()
    local luv = runtime.new():named "frame"
    coroutine.wrap(function()
      local said
      ("x"):gsub("x", function() said = luv.refuse() end)
      assert.matches("cannot suspend it", said)
    end)()
  end)

  it("is also that of kassa.sleep and kassa.run, once a client has named it", function()
    local host = runtime.new()
    host:named "frame"
    for _, act in ipairs {
      function() host.tasks:sleep(0) end, function() host.tasks:run(print) end,
      function() host.tasks:all {} end,
    } do
      local ok, err = pcall(act)
      assert.is_false(ok)
      assert.matches("^.*kassa%.%a+: called outside every coroutine", err)
    end
  end)

  it("says where runtime = \"nginx\" belongs", function()
    local none, why = runtime.new():named "nginx"
    assert.is_nil(none)
    assert.matches("libnginx%-mod%-http%-lua.*inside nginx only.*this is not inside nginx", why)
  end)

  it("takes no name it does not know", function()
    local none, why = runtime.new():named "nodejs"
    assert.is_nil(none)
    assert.matches("no runtime", why)
  end)

  it("is that of frames in a game of LÖVE, and not in a thread of one", function()
    local before = rawget(_G, "love")
    rawset(_G, "love", { run = function() end })
    local host = runtime.new()
    local refused, driver = host.runtime.refuse(), host:driver()
    local inside = coroutine.wrap(host.runtime.loop)()
    rawset(_G, "love", { thread = {} })
    local thread = runtime.new()
    local blocks, plain = thread.runtime.refuse(), thread:driver()
    rawset(_G, "love", before)
    assert.matches("wrap it in coroutine.wrap.*kassa.update%(%) resumes it", refused)
    assert.equal("frame", inside.name)
    assert.equal(driver, host:driver(nil, nil, "thread"))
    assert.is_nil(blocks)
    assert.is_not.equal(plain, thread:driver(nil, nil, "thread"))
  end)
end)
