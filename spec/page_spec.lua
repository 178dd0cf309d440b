-- Promises of lists: pages lead to pages, walks end, resume where they stopped and never circle.
local api = require "kassa.api.klarna"
local client = require "kassa.client"
local json = require "kassa.json"
local kassa = require "kassa"
local runtime = require "kassa.runtime"
local script = require "support.script"

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function query_of(target)
  local query = {}
  for name, value in target:gmatch "[?&]([^=&]+)=([^&]*)" do query[name] = unescape(value) end
  return query
end

-- One page of `total` disputes, as the request asks for it. The cursor is the number of the last.
local function page_of(total)
  return function(request)
    local query = query_of(request.target)
    local size, first = tonumber(query.size) or 20, tonumber(query.starting_after) or 0
    local last = math.min(first + size, total)
    local disputes = json.list {}
    for number = first + 1, last do
      disputes[#disputes + 1] = { payment_dispute_id = "krn:d:" .. number, state = "CLOSED" }
    end
    return script.json(200, json.encode { disputes = disputes, pagination = {
      count = #disputes, total = total, last_item = last < total and tostring(last) or json.null,
    } })
  end
end

local function shop(answers)
  local engine = script.new(answers)
  local klarna = client.new(runtime.new(), api, { api_key = "klarna_test_api_k",
    transport = engine, retries = 0 })
  return klarna, engine
end

local function of(total, calls)
  local answers = {}
  for i = 1, calls do answers[i] = page_of(total) end
  return shop(answers)
end

local FAILED = script.json(500, '{"error_code":"INTERNAL_ERROR","error_message":"m"}')

describe("a list", function()
  it("asks with every filter, and returns a page of objects", function()
    local klarna, engine = of(3, 1)
    local page = assert(klarna.disputes:list { state = { "CLOSED", "PRE_ARBITRATION" }, size = 2 })
    assert.equal("/v2/payment/disputes?state=CLOSED&state=PRE_ARBITRATION&size=2",
      engine.sent[1].target)
    assert.same({}, engine.sent[1].headers)
    assert.equal(2, #page.disputes)
    assert.equal("kassa.payment_dispute krn:d:2 (CLOSED)", tostring(page.disputes[2]))
    assert.is_function(page.disputes[1].respond)
    assert.equal(3, page.pagination.total)
    assert.equal("2", page.cursor)
    assert.equal("kassa.payment_dispute_page (2 disputes)", tostring(page))
    assert.equal(200, kassa.raw(page).status)
    assert.equal(kassa.raw(page).body, kassa.raw(page.disputes[1]).body)
  end)

  it("needs no query", function()
    local klarna, engine = of(1, 1)
    local page = assert(klarna.disputes:list())
    assert.equal("/v2/payment/disputes", engine.sent[1].target)
    assert.is_nil(page.cursor)
    assert.is_nil((page:next()))
    assert.equal(1, #engine.sent)
  end)

  it("leads from page to page, and back on the same way", function()
    local klarna, engine = of(5, 4)
    local query = { size = 2, state = { "CLOSED" } }
    local first = assert(klarna.disputes:list(query))
    query.size = 100
    local second = assert(first:next())
    assert.same({ "krn:d:3", "krn:d:4" },
      { second.disputes[1].payment_dispute_id, second.disputes[2].payment_dispute_id })
    local third = assert(second:next())
    assert.equal(1, #third.disputes)
    assert.is_nil((third:next()))
    assert.equal("krn:d:3", assert(first:next()).disputes[1].payment_dispute_id)
    assert.equal("/v2/payment/disputes?state=CLOSED&size=2&starting_after=2",
      engine.sent[4].target)
  end)

  it("is refused before it is sent when the query cannot be meant", function()
    local klarna, engine = of(1, 1)
    local page, err = klarna.disputes:list { size = 0, stat = {} }
    assert.is_nil(page)
    assert.same({ "invalid", "no", "payment_dispute.list" },
      { err.code, err.happened, err.operation })
    assert.equal(2, #err.faults)
    local _, both = klarna.disputes:list { starting_after = "a", ending_before = "b" }
    assert.equal("ending_before", both.faults[1].path)
    assert.equal(0, #engine.sent)
    assert.has_error(function() klarna.disputes:list "CLOSED" end)
    assert.has_error(function() klarna.disputes:list({}, { sizes = 1 }) end)
    assert(klarna.disputes:list({ size = 0 }, { strict = false }))
    assert.matches("size=0", engine.sent[1].target)
  end)

  it("may fail on a page and go on from there", function()
    local klarna = shop { page_of(3), FAILED, page_of(3) }
    local first = assert(klarna.disputes:list { size = 2 })
    local none, err = first:next()
    assert.is_nil(none)
    assert.same({ "api", "no", "same_key" }, { err.code, err.happened, err.retry })
    assert.equal("krn:d:3", assert(first:next()).disputes[1].payment_dispute_id)
  end)

  it("takes an answer without the list for an empty page", function()
    local klarna = shop { script.json(200, "{}"), script.json(200, '{"disputes":null}') }
    for _ = 1, 2 do
      local page = assert(klarna.disputes:list())
      assert.same({}, page.disputes)
      assert.is_nil((page:next()))
    end
  end)

  it("of the Notifications API takes no query and lies outside the account", function()
    local engine = script.new { script.json(200, '{"webhooks":[{"webhook_id":"krn:w:1"}]}') }
    local klarna = client.new(runtime.new(), api, { api_key = "klarna_test_api_k",
      account = "krn:a", transport = engine })
    local page = assert(klarna.webhooks:list { correlation_id = "abc" })
    assert.equal("/v2/notification/webhooks", engine.sent[1].target)
    assert.equal("kassa.webhook krn:w:1", tostring(page.webhooks[1]))
    assert.is_nil((page:next()))
  end)
end)

describe("each", function()
  it("walks a thousand in pages of 20 with at most two pages in memory", function()
    local klarna, engine = of(1000, 50)
    local alive, most, count = setmetatable({}, { __mode = "k" }), 0, 0
    local make = require("kassa.page").make
    local page = require "kassa.page"
    page.make = function(...)
      local made = make(...)
      alive[made] = true
      collectgarbage()
      collectgarbage()
      local living = 0
      for _ in pairs(alive) do living = living + 1 end
      most = math.max(most, living)
      return made
    end
    for dispute, err in klarna.disputes:each { size = 20 } do
      assert(dispute, err)
      count = count + 1
      assert.equal("krn:d:" .. count, dispute.payment_dispute_id)
    end
    page.make = make
    assert.same({ 1000, 50 }, { count, #engine.sent })
    assert.equal(2, most)
  end)

  it("goes on where an earlier walk stopped, and leaves none out", function()
    local klarna = of(10, 20)
    local pages, seen = klarna.disputes:each { size = 3 }, {}
    for dispute in pages do
      seen[dispute.payment_dispute_id] = true
      if dispute.payment_dispute_id == "krn:d:5" then break end
    end
    assert.equal("3", pages.cursor)
    local later = klarna.disputes:each { size = 3, starting_after = pages.cursor }
    for dispute in later do seen[dispute.payment_dispute_id] = true end
    for number = 1, 10 do assert.is_true(seen["krn:d:" .. number]) end
    assert.equal("9", later.cursor)
  end)

  it("gives a page that failed as one last false and the error", function()
    local klarna = shop { page_of(5), FAILED }
    local pages, count, last, why = klarna.disputes:each { size = 2 }, 0, nil, nil
    for dispute, err in pages do
      if dispute then count = count + 1 end
      last, why = dispute, err
    end
    assert.same({ 2, false, "api" }, { count, last, why.code })
    assert.equal("2", pages.cursor)
    assert.is_nil((pages()))
    local _, wrong = klarna.disputes:each { size = 0 }()
    assert.equal("invalid", wrong.code)
  end)

  it("ends with an error when a page comes again", function()
    local same = page_of(9)
    local klarna, engine = shop { same, same, function()
      return same { target = "?size=2" }
    end }
    local count, last = 0, nil
    for dispute, err in klarna.disputes:each { size = 2 } do
      if dispute then count = count + 1 else last = err end
    end
    assert.same({ 4, 3, "protocol", "no" }, { count, #engine.sent, last.code, last.happened })
    assert.matches('page after "4" has been there before', last.message)
  end)

  it("ends with an error when the cursor is not heeded", function()
    local first = page_of(9) { target = "?size=2" }
    local klarna, engine = shop { first, first }
    local _, err
    for _, why in klarna.disputes:each { size = 2 } do err = why end
    assert.same({ "protocol", 2 }, { err.code, #engine.sent })
    local again = shop { first }
    _, err = again.disputes:each { size = 2, starting_after = "2" }()
    assert.is_nil(err) -- one page was asked for and came; that it is no news shows at the next
  end)

  it("walks inside tasks, next to each other", function()
    local klarna = of(6, 6)
    local count = 0
    local function walk()
      local page = assert(klarna.disputes:list { size = 2 })
      while page do
        count = count + #page.disputes
        page = page:next()
      end
    end
    kassa.run(function() kassa.all { walk, walk } end)
    assert.equal(12, count)
  end)

  it("names a misuse", function()
    local klarna = of(1, 1)
    assert.has_error(function() klarna.disputes.each {} end)
    assert.has_error(function() klarna.disputes:each(7) end)
    klarna.close()
    assert.has_error(function() klarna.disputes:each {} end)
  end)
end)
