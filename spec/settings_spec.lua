-- Promises of kassa.settings: hosts, paths and times follow from the options, or none do.
local api = require "kassa.api.klarna"
local settings = require "kassa.settings"

local KEY = "klarna_test_api_k"

describe("kassa.settings", function()
  it("stands on Klarna's test host with times above its 59 s of silence", function()
    local read = settings.read(api, { api_key = KEY })
    assert.equal("https://api-global.test.klarna.com", read.url)
    assert.equal("/v2", read.prefix)
    assert.is_true(read.timeout_ms > 59000)
    assert.is_true(read.deadline_ms >= read.timeout_ms)
    assert.equal(true, read.strict)
    assert.equal(true, read.sums)
  end)

  it("goes live when told", function()
    local read = settings.read(api, { api_key = "klarna_live_api_k", environment = "live" })
    assert.equal("https://api-global.klarna.com", read.url)
  end)

  it("keeps false apart from nothing", function()
    local read = settings.read(api, { api_key = KEY, strict = false, sums = false })
    assert.equal(false, read.strict)
    assert.equal(false, read.sums)
  end)

  it("collects faults and reads nothing", function()
    local read, faults = settings.read(api, { retries = "many", account = "a b" })
    assert.is_nil(read)
    assert.equal(3, #faults)
  end)
end)
