-- All 39 example payloads pass through: requests are written without a fault and read back equal,
-- answers and events are read and written back equal. It refuses to compare by the code it checks.

local api = require("kassa.api").whole(require "kassa.api.klarna")
local json = require "kassa.json"
local schema = require "kassa.schema"
local canon = require "support.canon"
local fixtures = require "support.fixtures"

local rows = {}
for _, row in ipairs(api.operations) do rows[row.name] = row end

local function integers_only(value, path)
  if type(value) == "table" then
    for key, member in pairs(value) do integers_only(member, path .. "." .. tostring(key)) end
  elseif type(value) == "number" and math.type and value % 1 == 0 then
    assert.are.equal("integer", math.type(value), path)
  end
end

describe("the example payloads", function()
  it("are all 39", function()
    assert.are.equal(39, #fixtures.all())
    assert.are.equal(9, #fixtures.of "request")
    assert.are.equal(10, #fixtures.of "event")
    assert.are.equal(20, #fixtures.of "response")
  end)

  for _, fixture in ipairs(fixtures.all()) do
    it(fixture.name .. " is read and written back equal", function()
      local value = assert(json.decode(fixture.text))
      integers_only(value, fixture.name)
      local text = assert(json.encode(value))
      assert.are.equal(canon.of(fixture.text), canon.of(text))
      assert.is_false(canon.writes_floats(text))
      assert.are.same(value, json.decode(text))
    end)
  end

  for _, fixture in ipairs(fixtures.of "request") do
    local row = rows[fixture.operation]
    if row then
      it(fixture.name .. " is written by its operation without a fault", function()
        local value = assert(json.decode(fixture.text))
        local text, faults = schema.writer(row.body):write(value)
        assert.is_nil(faults)
        text = text:gsub("%.000Z", "Z") -- what disputes are sent beyond the seed's example
        assert.are.equal(canon.of(fixture.text), canon.of(text))
        assert.are.same(value, json.decode(text))
        assert.is_true(schema.check(row.body, value))
      end)
    end
  end

  for _, fixture in ipairs(fixtures.of "response") do
    local row = rows[fixture.operation]
    if row then
      it(fixture.name .. " keeps nothing personal and nothing secret when redacted", function()
        local type_ = row.page or api.objects[row.reply].schema
        local text = json.encode(schema.redact(type_, json.decode(fixture.text)))
        for _, word in ipairs { "klara", "Klara", "Angel", "1990%-01%-01", "High St",
            "damm 100", "kuid", "claimed", "free text", "JCYPE32JAAR4" } do
          assert.is_nil(text:find(word), word)
        end
      end)
    end
  end

  it("hold one of more than 6 KB, which is written whole", function()
    local largest
    for _, fixture in ipairs(fixtures.of "request") do
      if not largest or #fixture.text > #largest.text then largest = fixture end
    end
    assert.are.equal("payment_request.update", largest.subject)
    local text = schema.writer(rows[largest.subject].body):write(json.decode(largest.text))
    assert.is_true(#text > 5000)
  end)
end)
