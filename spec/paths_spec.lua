-- Promises of kassa.paths: a merchant's own path takes the place of the row's, if it can be meant.
local paths = require "kassa.paths"

local READ = { name = "thing.read", method = "GET", path = "/things/{thing_id}",
  http = "GET /things/{thing_id}", params = { "thing_id" } }

local function faults_of(given)
  local faults = {}
  paths.check({ READ }, given, faults)
  return table.concat(faults, "; ")
end

describe("paths", function()
  it("are the row's, after the prefix, unless the merchant has another", function()
    assert.same({ "GET", "/v2/things/{thing_id}" },
      { paths.route({ prefix = "/v2", paths = {} }, READ) })
    local own = { prefix = "/v2", paths = { ["thing.read"] = "/t/{thing_id}" } }
    assert.same({ "GET", "/v2/t/{thing_id}" }, { paths.route(own, READ) })
    own.paths["thing.read"] = "POST /t/{thing_id}"
    assert.same({ "POST", "/v2/t/{thing_id}" }, { paths.route(own, READ) })
  end)

  it("lie outside the account where the row says so", function()
    local settings = { prefix = "/v2/accounts/a", plain_prefix = "/v2", paths = {} }
    local row = { name = "hook.list", method = "GET", path = "/hooks", base = "plain" }
    assert.same({ "GET", "/v2/hooks" }, { paths.route(settings, row) })
    assert.same({ "GET", "/v2/accounts/a/things/{thing_id}" }, { paths.route(settings, READ) })
  end)

  it("are cut where the id goes in, if one does", function()
    assert.same({ "/v2/things/", "/parts" }, { paths.cut "/v2/things/{thing_id}/parts" })
    assert.same({ "/v2/things", "" }, { paths.cut "/v2/things" })
    assert.same({ "/v2/things/", "/file", "/parts/" },
      { paths.cut "/v2/things/{thing_id}/parts/{part_id}/file" })
  end)

  it("are refused when they cannot be meant", function()
    assert.equal("", faults_of { ["thing.read"] = "GET /t/{thing_id}" })
    assert.matches("must read like", faults_of { ["thing.read"] = "t/{thing_id}" })
    assert.matches("must read like", faults_of { ["thing.read"] = 7 })
    assert.matches("must hold {thing_id}", faults_of { ["thing.read"] = "/t" })
    assert.matches("no operation thing.raed, did you mean thing.read", faults_of {
      ["thing.raed"] = "/t" })
  end)
end)
