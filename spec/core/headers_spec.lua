-- Promises of core.headers: blocks, rate limits, waiting times and dates are read as sent, and no
-- junk is an error. It refuses to test what a server means by its numbers.
local heavy = require "support.heavy"
local headers = require("kassa.core").headers

local LIMIT = '40, 40;w=1;name="account_payment-request-capture",'
  .. '100;w=1;name="psp_payment-request-capture"'

describe("core.headers.parse", function()
  it("gives each field by its lower-case name, the last one of a name", function()
    local block = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-A: 1\r\nx-a: 2\r\n\r\n"
    assert.same({ ["content-type"] = "application/json", ["x-a"] = "2" }, headers.parse(block))
  end)

  it("reads an HTTP/2 status line, bare LF and a missing last line end", function()
    assert.same({ a = "1", b = "2" }, headers.parse "HTTP/2 204 \nA:1\nB: 2")
  end)

  it("takes the white space around a value away, not the one inside", function()
    assert.same({ a = "b \t c", empty = "" }, headers.parse "A: \t b \t c \t \r\nEmpty:   \r\n")
  end)

  it("makes one line of a folded value", function()
    assert.same({ a = "one   two  \t three", b = "4" },
      headers.parse "A: one\r\n two\r\n\t three\r\nB: 4\r\n")
    assert.equal("one two", headers.parse("A: one\rtwo\r\n").a)
  end)

  it("passes over lines that are no field", function()
    assert.same({ good = "1" },
      headers.parse "HTTP/1.1 200 a: b\r\nno colon\r\n: no name\r\nbad name: 1\r\nGood: 1\r\n\r\n")
    assert.same({}, headers.parse "")
    assert.same({}, headers.parse(("n"):rep(257) .. ": too long a name"))
    assert.same({ [("n"):rep(256)] = "fits" }, headers.parse(("N"):rep(256) .. ": fits"))
  end)

  it("keeps every other byte of a value", function()
    assert.equal("\0\127\128\255:=,", headers.parse("a:\0\127\128\255:=,\r\n").a)
  end)
end)

describe("core.headers.rate_limit", function()
  it("reads Klarna's example", function()
    assert.same({ limit = 40, remaining = 15, reset_s = 1, policies = {
      { limit = 40, window_s = 1, name = "account_payment-request-capture" },
      { limit = 100, window_s = 1, name = "psp_payment-request-capture" },
    } }, headers.rate_limit(LIMIT, "15", "1"))
  end)

  it("reads policies without names, without windows and without a first number", function()
    assert.same({ limit = 40, policies = { { limit = 40, window_s = 1 }, { limit = 9 } } },
      headers.rate_limit "40, 40;w=1, 9")
    assert.same({ limit = 40, policies = { { limit = 40, window_s = 60 } } },
      headers.rate_limit "40;w=60")
    assert.same({ limit = 7, policies = {} }, headers.rate_limit "7")
  end)

  it("takes separators inside a quoted name for text", function()
    assert.same({ { limit = 5, window_s = 2, name = 'a,b;w=9\\"c' } },
      headers.rate_limit('1, 5;name="a,b;w=9\\"c";w=2').policies)
  end)

  it("leaves out what it cannot read", function()
    assert.same({ policies = {} }, headers.rate_limit())
    assert.same({ policies = {} }, headers.rate_limit(nil, "many", "-1"))
    assert.same({ policies = {} }, headers.rate_limit("lots;w=1,,;;=", "1.5", "0x1"))
    assert.same({ limit = 3, policies = { { limit = 4 } } },
      headers.rate_limit ' 3 , junk, 4;w=soon;x;=;other="1" , "unclosed')
  end)

  it("reads at most sixteen policies and no number past 2147483647", function()
    local rate = headers.rate_limit(("1;w=1,"):rep(40), ("9"):rep(50), "2147483648")
    assert.equal(16, #rate.policies)
    assert.equal(2147483647, rate.remaining)
    assert.equal(2147483647, rate.reset_s)
  end)
end)

describe("core.headers.rate", function()
  it("finds what a block tells of a rate, in any case, the last of each name", function()
    local block = "HTTP/2 200\r\nX-Other: 1\r\nX-RateLimit-Limit: 1\r\nx-ratelimit-limit:  "
      .. LIMIT .. " \r\nDate: x\r\nX-Ratelimit-Remaining: 15\r\nX-RATELIMIT-RESET:1\r\n\r\n"
    assert.same({ LIMIT, 15, 1 }, { headers.rate(block) })
  end)

  it("gives nothing for a block without, and for names that only begin alike", function()
    for _, block in ipairs { "", "HTTP/2 200\r\nA: 1\r\n\r\n", "X", "X-Ratelimit-Reset",
      "X-Ratelimit-Limits: 4\r\nX-Ratelimit-Reset : 1\r\n a: X-Ratelimit-Reset: 1" } do
      assert.equal(0, select("#", headers.rate(block)), block)
    end
  end)

  it("leaves out what cannot be read", function()
    local limit, remaining, reset = headers.rate "X-Ratelimit-Remaining: -1\nX-Ratelimit-Reset: 3"
    assert.is_nil(limit)
    assert.is_nil(remaining)
    assert.equal(3, reset)
  end)
end)

describe("core.headers.http_date", function()
  local WHEN = 784111777 -- the moment of RFC 9110's three examples

  it("reads the three forms of RFC 9110", function()
    assert.equal(WHEN, headers.http_date "Sun, 06 Nov 1994 08:49:37 GMT")
    assert.equal(WHEN, headers.http_date "Sunday, 06-Nov-94 08:49:37 GMT")
    assert.equal(WHEN, headers.http_date "Sun Nov  6 08:49:37 1994")
    assert.equal(WHEN + 86400 * 10, headers.http_date "Wed Nov 16 08:49:37 1994")
  end)

  it("counts days through leap years and across the ends of time as it uses it", function()
    assert.equal(0, headers.http_date "Thu, 01 Jan 1970 00:00:00 GMT")
    assert.equal(-1, headers.http_date "Wed, 31 Dec 1969 23:59:59 GMT")
    assert.equal(951782400, headers.http_date "Tue, 29 Feb 2000 00:00:00 GMT")
    assert.equal(1709164800, headers.http_date "Thu, 29 Feb 2024 00:00:00 GMT")
    assert.equal(4102444800, headers.http_date "Fri, 01 Jan 2100 00:00:00 GMT")
    assert.equal(253402300799, headers.http_date "Fri, 31 Dec 9999 23:59:59 GMT")
    assert.equal(1483228800, headers.http_date "Sat, 31 Dec 2016 23:59:60 GMT")
  end)

  it("places a year of two digits at most fifty years ahead", function()
    local now = 1700000000 -- in 2023
    assert.equal(headers.http_date "Fri, 01 Jan 2072 00:00:00 GMT",
      headers.http_date("Friday, 01-Jan-72 00:00:00 GMT", now))
    assert.equal(headers.http_date "Tue, 01 Jan 1974 00:00:00 GMT",
      headers.http_date("Tuesday, 01-Jan-74 00:00:00 GMT", now))
  end)

  it("is nil for everything else", function()
    local junk = { "", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 6 Nov 1994 08:49:37 GMT", "sun, 06 nov 1994 08:49:37 gmt", "1994-11-06T08:49:37Z",
      "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
      "Thu, 29 Feb 1900 00:00:00 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
      "Sat, 01 Jan 0000 00:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT!",
      "Sun, 06 Nov 1994 08:49:37 GMT\0" }
    for _, text in ipairs(junk) do assert.is_nil(headers.http_date(text), text) end
    assert.is_nil(headers.http_date(nil))
  end)
end)

describe("core.headers.retry_after", function()
  it("reads seconds and dates, and never waits backwards", function()
    assert.equal(120, headers.retry_after("120", 0))
    assert.equal(0, headers.retry_after(" 0 ", 0))
    assert.equal(37, headers.retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784111740))
    assert.equal(36, headers.retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784111741.9))
    assert.equal(0, headers.retry_after("Sun, 06 Nov 1994 08:49:37 GMT", 784111778))
  end)

  it("is nil for a missing or senseless text", function()
    for _, text in ipairs { "", "soon", "-1", "1.5", "1 2" } do
      assert.is_nil(headers.retry_after(text, 0))
    end
    assert.is_nil(headers.retry_after(nil, 0))
  end)

  it("waits at most 2147483647 seconds", function()
    assert.equal(2147483647, headers.retry_after(("9"):rep(400), 0))
    assert.equal(2147483647, headers.retry_after("Fri, 31 Dec 9999 23:59:59 GMT", 0))
    assert.equal(2147483647, headers.retry_after("Fri, 31 Dec 9999 23:59:59 GMT", -2 ^ 53))
  end)
end)

describe("core.headers.valid_name and valid_value", function()
  it("accept what RFC 9110 lets a client write", function()
    for _, name in ipairs { "A", "Klarna-Idempotency-Key", "x_1", "!#$%&'*+-.^_`|~" } do
      assert.is_true(headers.valid_name(name))
    end
    for _, value in ipairs { "", "a", "a b\tc", "krn:partner:1", '{"a":"b"}', "gr\195\188n" } do
      assert.is_true(headers.valid_value(value))
    end
  end)

  it("refuse whatever could start another line or field", function()
    for _, name in ipairs { "", "a b", "a:", "a\r", "a\n", "\0", "a\0b", "gr\195\188n", "(a)" } do
      assert.is_false(headers.valid_name(name))
    end
    for _, value in ipairs { "a\r\nb", "a\nb", "a\r", "a\0", "\27[1m", " a", "a ", "\ta" } do
      assert.is_false(headers.valid_value(value))
    end
  end)
end)

describe("core.headers and junk", function()
  local state = 11
  local function random(limit)
    state = (state * 16807) % 2147483647
    return state % limit
  end

  local PIECES = { "\r\n", "\n", " ", "\t", ":", ",", ";", "=", '"', "\\", "w=1", "40", "name=",
    "Sun", "Sunday", ", ", "06", "Nov", "1994", "-", "08:49:37", " GMT", "\0", "\255", "HTTP/1.1" }

  local function junk()
    local parts = {}
    for i = 1, random(24) do
      parts[i] = random(3) == 0 and string.char(random(256)) or PIECES[random(#PIECES) + 1]
    end
    return table.concat(parts)
  end

  it("is never an error, in 20,000 texts", function()
    for _ = 1, heavy.part(20000) do
      local text = junk()
      for name, value in pairs(headers.parse(text)) do
        assert(headers.valid_name(name) and name == name:lower())
        assert(not value:find "[\r\n]")
      end
      local rate = headers.rate_limit(text, text, text)
      assert(#rate.policies <= 16 and (rate.limit == nil or rate.limit >= 0))
      local wait = headers.retry_after(text, 784111000)
      assert(wait == nil or (wait >= 0 and wait <= 2147483647))
      headers.http_date(text)
      assert(not (headers.valid_value(text) and text:find "[%z\r\n]"))
    end
  end)
end)

describe("core.headers misuse", function()
  it("raises with the argument named", function()
    local cases = {
      { "parse", "block", nil }, { "parse", "block", 5 }, { "rate_limit", "limit", {} },
      { "rate_limit", "remaining", nil, 15 }, { "retry_after", "text", 5, 0 },
      { "retry_after", "now_epoch_s", "5", "0" }, { "retry_after", "now_epoch_s", "5", 0 / 0 },
      { "http_date", "text", true }, { "valid_name", "name", nil }, { "valid_value", "value", 1 },
    }
    for _, case in ipairs(cases) do
      assert.error_matches(function() headers[case[1]](case[3], case[4]) end,
        case[2] .. ": .*expected")
    end
  end)
end)
