-- Promises of `require "kassa"` itself: what a script finds there, and that a misuse is named at
-- the script's own line. It refuses to test what lies behind each name; that name's spec does.
local child = require "support.child"
local cjson = require "cjson"
local kassa = require "kassa"
local script = require "support.script"

describe("kassa", function()
  it("offers clients, tasks, secrets, amounts, errors, webhooks, the journal, no more", function()
    local expected = "VERSION all assert auth checkout cybersource error flow go inbox journal "
      .. "klarna list money null raw reveal run secret sleep update webhook"
    for name in expected:gmatch "%S+" do assert(kassa[name] ~= nil, name) end
    local names = {} -- all of them, now that each was used once
    for name in pairs(kassa) do names[#names + 1] = name end
    table.sort(names)
    assert.equal(expected, table.concat(names, " "))
  end)

  it("answers a mistyped name with the close one, and a colon with the dot, at its line", function()
    local dot = ": call it with a dot, not with a colon"
    for words, slip in pairs {
      ['kassa has no "mony", did you mean money?'] = function() return kassa.mony, 1 end,
      ['kassa has no "webhooks", did you mean webhook?'] = function() return kassa.webhooks, 1 end,
      ['kassa.webhook has no "sever", it has keys, memory, router, serve, sign and verify'] =
        function() return kassa.webhook.sever, 1 end,
      ["kassa.klarna" .. dot] = function() return (kassa:klarna { api_key = "x" }) end,
      ["kassa.cybersource" .. dot] = function() return (kassa:cybersource {}) end,
      ["kassa.webhook.verify" .. dot] = function() return (kassa.webhook:verify {}) end,
      ["kassa.webhook.sign" .. dot] = function() return (kassa.webhook:sign {}) end,
      ["kassa.webhook.router" .. dot] = function() return (kassa.webhook:router {}) end,
      ["kassa.webhook.serve" .. dot] = function() return (kassa.webhook:serve {}) end,
    } do
      local ok, err = pcall(slip)
      assert.is_false(ok)
      assert.is_truthy(err:find(words, 1, true), err)
      assert.matches("kassa_spec.lua:%d+: ", err)
    end
    for _, name in ipairs { "keys", "memory", "router", "serve", "sign", "verify" } do
      assert.equal("function", type(kassa.webhook[name]))
    end
  end)

  it("loads for a client only what a client needs, and the schemas for a body", function()
    local status, printed = child.run [[
      local kassa = require "kassa"
      local klarna = kassa.klarna { api_key = "klarna_test_api_c2VjcmV0" }
      local function count()
        local n = 0
        for name in pairs(package.loaded) do n = n + (name:find "^kassa" and 1 or 0) end
        return n
      end
      local before = count()
      for _, name in ipairs { "api.klarna", "schema", "call", "json", "error", "money" } do
        assert(not package.loaded["kassa." .. name], name)
      end
      local _ = klarna.payment_requests
      assert(package.loaded["kassa.api.klarna"] and not package.loaded["kassa.schema"])
      print(before < count() and "ok")]]
    assert.same({ 0, "ok\n" }, { status, printed })
  end)

  it("leaves no global behind", function()
    assert.is_nil(rawget(_G, "kassa"))
  end)

  it("hides a secret from print", function()
    assert.equal("[secret]", tostring(kassa.secret "klarna_test_api_abc"))
  end)

  it("takes a secret where it takes a key", function()
    local engine = script.new {}
    kassa.klarna { api_key = kassa.secret "klarna_test_api_abc", transport = engine }
    assert.same({ "Authorization: Basic klarna_test_api_abc" }, engine.options.headers)
  end)

  it("shares null with lua-cjson, and marks lists as lua-cjson's encoder knows them", function()
    assert.equal(cjson.null, kassa.null)
    local list = kassa.list { 1 }
    assert.same({ 1 }, list)
    assert.equal(getmetatable(kassa.list()), getmetatable(list))
  end)

  it("converts money both ways", function()
    assert.equal(1999, kassa.money.minor("19.99", "EUR"))
    assert.equal("19.99", kassa.money.format(1999, "EUR"))
    assert.equal(0, kassa.money.exponent "JPY")
  end)

  it("tells what lies behind an object", function()
    local engine = script.new { script.json(200, '{"payment_request_id":"krn:r:1"}') }
    local klarna = kassa.klarna { api_key = "klarna_test_api_abc", transport = engine }
    assert.equal(200, kassa.raw(klarna.payment_requests:read "krn:r:1").status)
  end)
end)

describe("kassa's tasks", function()
  it("run a function and give back all it returns", function()
    assert.equal(4, select("#", kassa.run(function(...) return ... end, 1, nil, 3, nil)))
    assert.equal(0, select("#", kassa.run(function() end)))
  end)

  it("start, wait and join", function()
    local order = {}
    local first = kassa.run(function()
      local task = kassa.go(function(word) kassa.sleep(0.01); order[#order + 1] = word end, "task")
      order[#order + 1] = "main"
      task:join()
      return order[1]
    end)
    assert.equal("main", first)
    assert.same({ "main", "task" }, order)
  end)

  it("run together, and bring both results of each in order", function()
    local values, errors = kassa.all {
      function() kassa.sleep(0.01) return "slow" end,
      function() return nil, "failed" end,
    }
    assert.same({ "slow", n = 2 }, values)
    assert.same({ nil, "failed", n = 2 }, errors)
  end)

  it("sleep outside of a task too", function()
    kassa.sleep(0)
    kassa.sleep(0.001)
  end)
end)

describe("kassa.assert", function()
  it("gives back everything it was given", function()
    assert.same({ 1, 2, 3 }, { kassa.assert(1, 2, 3) })
    assert.equal(3, select("#", kassa.assert(true, nil, nil)))
  end)

  it("raises a message that every Lua can show", function()
    local told = setmetatable({}, { __tostring = function() return "declined: no funds" end })
    local ok, err = pcall(kassa.assert, nil, told)
    assert.is_false(ok)
    assert.matches("declined: no funds", tostring(err))
    local shown_as_text = _VERSION == "Lua 5.1" and not rawget(_G, "jit")
    assert.equal(shown_as_text and "string" or "table", type(err))
  end)

  it("says that an assertion failed where nothing else is said", function()
    local _, err = pcall(kassa.assert, nil)
    assert.matches("assertion failed!", err)
  end)
end)

-- Each must raise, at its own line in this file.
local MISUSES = {
  ["kassa.run"] = function() kassa.run(1) end,
  ["kassa.go"] = function() kassa.go(1) end,
  ["kassa.go: call it inside kassa.run"] = function() kassa.go(print) end,
  ["kassa.all"] = function() kassa.all(print) end,
  ["item 2 is a number"] = function() kassa.all { print, 2 } end,
  ["kassa.sleep"] = function() kassa.sleep "1" end,
  ["kassa.secret"] = function() kassa.secret(7) end,
  ["kassa.list"] = function() kassa.list "x" end,
  ["a metatable of its own"] = function() kassa.list(setmetatable({}, {})) end,
  ["kassa.raw"] = function() kassa.raw {} end,
  ["kassa.reveal"] = function() kassa.reveal "text" end,
  ["open_mx is no option, did you mean"] = function() kassa.webhook.memory { open_mx = 1 } end,
  ["ids_max must be a whole number"] = function() kassa.webhook.memory { ids_max = "many" } end,
  ["three letters"] = function() kassa.money.minor("1", "EURO") end,
  ["got nil"] = function() kassa.money.format(1) end,
  ["got 7"] = function() kassa.money.exponent(7) end,
  ["options must be a table, got nil"] = function() kassa.klarna() end,
  ["api_key is missing"] = function() kassa.klarna {} end,
  ["merchant_id is missing"] = function() kassa.cybersource {} end,
  ["unknown error code"] = function() kassa.error.new "oops" end,
  ["assertion failed!"] = function() kassa.assert(false) end,
}

describe("a misuse", function()
  local function line_of(misuse)
    return "kassa_spec.lua:" .. debug.getinfo(misuse, "S").linedefined .. ": "
  end

  for words, misuse in pairs(MISUSES) do
    it("is named at the line of the script: " .. words, function()
      local ok, err = pcall(misuse)
      assert.is_false(ok)
      assert.is_truthy(err:find(line_of(misuse), 1, true), err)
      assert.is_truthy(err:find(words, 1, true), err)
    end)
  end

  it("is named at its line inside a task too", function()
    local function misuse() kassa.sleep(-1) end
    local ok, err = pcall(kassa.run, misuse)
    assert.is_false(ok)
    assert.is_truthy(err:find(line_of(misuse), 1, true), err)
  end)

  it("is named for a task's join as well", function()
    local function dot() kassa.run(function() kassa.go(function() end).join() end) end
    local _, err = pcall(dot)
    assert.matches("kassa_spec.lua:%d+: task:join: call it with a colon", err)
  end)

  it("is named in a coroutine made inside a task, which cannot run others", function()
    for _, name in ipairs { "run", "all" } do
      local misuse = { run = function() kassa.run(print) end, all = function() kassa.all {} end }
      local function inside() coroutine.wrap(misuse[name])() end
      local _, err = pcall(kassa.run, inside)
      assert.matches("kassa_spec.lua:%d+: kassa%." .. name .. ": called in a coroutine", err)
    end
  end)
end)
