-- Promises of writing values of a described type: what the type allows is written exactly, what it
-- does not allow is a fault; strict = false sends what JSON can hold. It refuses to test the forms
-- of texts, which have a spec of their own.

local core = require "kassa.core"
local json = require "kassa.json"
local S = require "kassa.schema"
local writing = require "support.writing"

local text, messages = writing.text, writing.messages

describe("a whole number", function()
  it("is written exactly", function()
    assert.equal("1000", text(S.amount {}, 1000))
    assert.equal("-5", text(S.integer {}, -5))
    assert.equal("9007199254740991", text(S.amount {}, 9007199254740991))
    if math.maxinteger then
      assert.equal("9223372036854775807", text(S.amount {}, math.maxinteger))
      assert.equal("-9223372036854775808", text(S.amount {}, math.mininteger))
    end
  end)

  it("may be a float that is whole", function()
    assert.equal("1000", text(S.amount {}, 1000.0))
    assert.equal("0", text(S.integer {}, -0.0))
    assert.equal("9007199254740992", text(S.integer {}, 2 ^ 53))
  end)

  it("is refused where a float no longer counts by ones", function()
    assert.matches("up to 2%^53", messages(S.amount {}, 2 ^ 53 + 2)[1])
    assert.matches("up to 2%^53", messages(S.integer {}, 1e300)[1])
    assert.equal(1, #messages(S.integer {}, -2 ^ 63))
  end)

  it("is no fraction, no NaN and no text", function()
    assert.same({ ": expected a whole number of minor units, got 19.99" },
      messages(S.amount {}, 19.99))
    assert.same({ ": expected a whole number, got 0.5" }, messages(S.integer {}, 0.5))
    assert.same({ ": expected a whole number, got NaN" }, messages(S.integer {}, 0 / 0))
    assert.same({ ": expected a whole number, got infinity" }, messages(S.integer {}, 1 / 0))
    assert.same({ ": expected a whole number, got text" }, messages(S.integer {}, "5"))
  end)

  it("keeps to its range", function()
    local type_ = S.amount { min = 1, max = 2147483647 }
    assert.equal("1", text(type_, 1))
    assert.equal("2147483647", text(type_, 2147483647))
    assert.same({ ": expected at least 1, got 0" }, messages(type_, 0))
    assert.same({ ": expected at most 2147483647, got 2147483648" }, messages(type_, 2147483648))
  end)
end)

describe("a decimal", function()
  local price = S.decimal { max = 8 }
  local order = S.record "order" {
    { "details", S.record "details" {
      { "currency", S.currency {}, required = true }, { "total", price } } },
    { "items", S.list(S.record "item" { { "price", price, required = true } }) },
    currency = "details.currency",
  }

  local function with(currency, amount)
    return { details = { currency = currency }, items = { { price = amount } } }
  end

  local function written(currency, amount, ...)
    return text(order, with(currency, amount), ...):match '"price":(.*)}%]}$'
  end

  local function refused(currency, amount, ...)
    return writing.faults(order, with(currency, amount), ...)
  end

  it("is written as text, with as many decimals as the currency of its record has", function()
    assert.equal('"19.99"', written("USD", 1999))
    assert.equal('"0.05"', written("SEK", 5))
    assert.equal('"1999"', written("JPY", 1999))
    assert.equal('"1.999"', written("KWD", 1999))
    assert.equal('"0.00"', written("eur", 0))
    assert.equal('"20.00"', written("USD", 2000.0))
  end)

  it("knows the currency wherever it stands in the table", function()
    assert.equal('{"details":{"currency":"JPY","total":"5"}}',
      text(order, { details = { total = 5, currency = "JPY" } }))
    local both = S.record "both" { { "a", order }, { "b", order } }
    assert.equal('{"a":{"details":{"currency":"JPY","total":"5"}},'
      .. '"b":{"details":{"currency":"USD","total":"0.05"}}}', text(both, {
        a = { details = { total = 5, currency = "JPY" } },
        b = { details = { total = 5, currency = "USD" } } }))
  end)

  it("may be given as text, which goes out as it is", function()
    for _, amount in ipairs { "19.99", "19.9", "19", "0", "0.00" } do
      assert.equal('"' .. amount .. '"', written("USD", amount))
    end
    assert.equal('"500"', written("JPY", "500"))
  end)

  it("is no float", function()
    assert.same({ 'items[1].price: expected whole minor units or a decimal text such as "19.99",'
      .. ' got 19.99 (a float is not exact: 19.99 USD is 1999 in minor units,'
      .. ' or the text "19.99")' },
      refused("USD", 19.99))
    assert.equal(1, #refused("USD", 0 / 0))
    assert.equal(1, #refused("USD", 1e300))
  end)

  it("has no more decimals than its currency", function()
    assert.same({ "items[1].price: has more decimals than the 2 of USD"
      .. " (the provider would cut them off)" }, refused("USD", "19.999"))
    assert.same({ "items[1].price: has more decimals than the 0 of JPY"
      .. " (the provider would cut them off)" }, refused("JPY", "500.0"))
    assert.equal('"1.999"', written("KWD", "1.999"))
  end)

  it("is a plain amount from 0 within its limit", function()
    for _, amount in ipairs { "", "1,50", "1e3", " 1", "+1", ".5", "1.", "x", true, {} } do
      assert.matches("expected whole minor units", refused("USD", amount)[1])
    end
    assert.same({ "items[1].price: expected an amount of at least 0" }, refused("USD", "-1"))
    assert.same({ "items[1].price: expected at least 0, got -1" }, refused("USD", -1))
    assert.equal('"99999.99"', written("USD", 9999999))
    assert.same({ "items[1].price: expected at most 8 characters, got 9" },
      refused("USD", 10000000))
    assert.same({ "items[1].price: expected at most 8 characters, got 9" },
      refused("USD", "100000.00"))
    assert.same({ "items[1].price: has more than 15 digits" }, refused("USD", ("9"):rep(16)))
  end)

  it("cannot be in minor units of no currency", function()
    local fault = "items[1].price: needs the currency to be known"
      .. " (minor units have no meaning without one)"
    assert.same({ fault }, writing.faults(order, { items = { { price = 5 } } }))
    assert.same({ fault }, refused(7, 5, false))
    assert.equal('{"items":[{"price":"5.1234"}]}',
      text(order, { items = { { price = "5.1234" } } }))
    assert.equal(1, #writing.faults(order, { items = { { price = "5.12345" } } }))
  end)

  it("goes out as the caller wrote it when nothing is checked", function()
    assert.equal("19.99", written("USD", 19.99, false))
    assert.equal('"1,5"', written("USD", "1,5", false))
    assert.equal('"-0.01"', written("USD", -1, false))
    assert.equal('"100000.00"', written("USD", 10000000, false))
  end)
end)

describe("a time with milliseconds", function()
  local type_ = S.time { millis = true }

  it("is written in UTC with three digits, whatever it came with", function()
    assert.equal('"2024-01-31T12:00:00.000Z"', text(type_, "2024-01-31T12:00:00Z"))
    assert.equal('"2024-01-31T12:00:00.500Z"', text(type_, "2024-01-31T12:00:00.5Z"))
    assert.equal('"2024-01-31T12:00:00.123Z"', text(type_, "2024-01-31T12:00:00.123456Z"))
    assert.equal('"2024-01-31T22:30:00.000Z"', text(type_, "2024-02-01T00:00:00+01:30"))
    assert.equal('"2024-01-31T12:00:00Z"', text(S.time {}, "2024-01-31T12:00:00Z"))
  end)

  it("is refused, or sent as it is, when it is none", function()
    assert.same({ ": expected a time such as 2024-01-31T12:00:00Z" },
      messages(type_, "2024-01-31T12:00:00"))
    assert.equal('"soon"', text(type_, "soon", false))
    assert.equal(1, #messages(type_, 1706702400))
  end)
end)

describe("a number", function()
  it("is any finite number in its range", function()
    assert.equal("40.7128", text(S.number {}, 40.7128))
    assert.equal("3", text(S.number { min = 0 }, 3))
    assert.equal(1, #messages(S.number { min = 0 }, -0.1))
    assert.equal(1, #messages(S.number { max = 1 }, 1.1))
    assert.same({ ": expected a finite number, got NaN" }, messages(S.number {}, 0 / 0))
    assert.same({ ": expected a number, got text" }, messages(S.number {}, "1"))
  end)
end)

describe("text", function()
  it("is measured in characters, not in bytes", function()
    local type_ = S.text { min = 2, max = 3 }
    assert.equal('"\195\164\195\164\195\164"', text(type_, "\195\164\195\164\195\164"))
    assert.equal('"\240\159\152\128x"', text(type_, "\240\159\152\128x"))
    assert.same({ ": expected at most 3 characters, got 4" },
      messages(type_, "\195\164\195\164\195\164x"))
    assert.same({ ": expected at least 2 characters, got 1" }, messages(type_, "\240\159\152\128"))
    assert.same({ ": expected at least 2 characters, got 0" }, messages(type_, ""))
  end)

  it("has no line break, TAB or control character", function()
    for _, odd in ipairs { "\n", "\r", "\t", "\226\128\168", "\226\128\169" } do
      assert.same({ ": has a line break or a TAB in it" }, messages(S.text {}, "a" .. odd .. "b"))
    end
    for _, odd in ipairs { "\0", "\1", "\8", "\11", "\12", "\27", "\31", "\127", "\194\128",
        "\194\133", "\194\159" } do
      assert.same({ ": has a control character in it" }, messages(S.text {}, "a" .. odd .. "b"))
    end
    assert.equal('"\194\160\226\128\167\226\128\170"',
      text(S.text {}, "\194\160\226\128\167\226\128\170"))
  end)

  it("may have line breaks where several lines are allowed, and nothing else", function()
    local type_ = S.text { multiline = true }
    assert.equal('"a\\tb\\r\\nc\226\128\168"', text(type_, "a\tb\r\nc\226\128\168"))
    assert.same({ ": has a control character in it" }, messages(type_, "a\n\0"))
  end)

  it("that is a token passes untouched", function()
    assert.equal('"a\\n\\u0001"', text(S.token {}, "a\n\1"))
    assert.equal(1, #messages(S.token { max = 3 }, "abcd"))
    assert.equal(1, #messages(S.token {}, "\255"))
  end)

  it("that is an id is 1 to 255 characters", function()
    assert.equal('"krn:payment:eu1:request:1"', text(S.id {}, "krn:payment:eu1:request:1"))
    assert.equal(1, #messages(S.id {}, ""))
    assert.equal(1, #messages(S.id {}, ("x"):rep(256)))
    assert.equal(1, #messages(S.id {}, "a\nb"))
  end)

  it("is not a number, even where it looks like one", function()
    assert.same({ ": expected text, got 43215 (a number that is text stands in quotes)" },
      writing.faults(S.text {}, 43215))
  end)
end)

describe("an enum", function()
  it("is closed when written", function()
    local type_ = S.enum { "TO_DOOR", "TO_CURB" }
    assert.equal('"TO_CURB"', text(type_, "TO_CURB"))
    assert.same({ ': is none of the allowed values (did you mean "TO_DOOR"?)' },
      writing.faults(type_, "TO_DOR"))
    assert.equal(1, #messages(type_, "to_door"))
    assert.equal(1, #messages(type_, ""))
  end)

  it("has values of any length and of any number", function()
    local values = {}
    for position = 1, 400 do values[position] = ("V%03d"):format(position) .. ("X"):rep(60) end
    local type_ = S.enum(values)
    for _, value in ipairs(values) do assert.equal('"' .. value .. '"', text(type_, value)) end
    assert.equal(1, #messages(type_, "V401" .. ("X"):rep(60)))
  end)
end)

describe("a flag", function()
  it("is true or false and nothing like it", function()
    assert.equal("true", text(S.flag {}, true))
    assert.equal("false", text(S.flag {}, false))
    for _, value in ipairs { 1, 0, "true", {} } do assert.equal(1, #messages(S.flag {}, value)) end
  end)
end)

describe("a list", function()
  it("of nothing is []", function()
    assert.equal("[]", text(S.list(S.text {}), {}))
    assert.equal("[]", text(S.list(S.text {}), json.list {}))
    assert.equal("[[],[]]", text(S.list(S.list(S.text {})), { {}, {} }))
  end)

  it("has members of its type, and as many as it may", function()
    local type_ = S.list(S.integer {}, { min = 1, max = 2 })
    assert.equal("[1,2]", text(type_, { 1, 2 }))
    assert.same({ "[2]: expected a whole number, got text" }, messages(type_, { 1, "2" }))
    assert.same({ ": expected at most 2 members, got 3" }, messages(type_, { 1, 2, 3 }))
    assert.same({ ": expected at least 1 members, got 0" }, messages(type_, {}))
  end)

  it("has no null, no hole and no name", function()
    local type_ = S.list(S.integer {})
    assert.same({ "[1]: expected a whole number, got null" }, messages(type_, { json.null }))
    assert.equal(1, #messages(type_, { 1, nil, 3 }))
    assert.equal(1, #messages(type_, { 1, a = 2 }))
    assert.equal(1, #messages(type_, { a = 2 }))
  end)
end)

describe("a map", function()
  it("is sorted, and all its members are of its type", function()
    local type_ = S.map(S.integer {}, { max = 2 })
    assert.equal('{"a":1,"b":2}', text(type_, { b = 2, a = 1 }))
    assert.equal("{}", text(type_, {}))
    assert.same({ "b: expected a whole number, got text" }, messages(type_, { a = 1, b = "2" }))
    assert.same({ ": expected at most 2 members, got 3" }, messages(type_, { a = 1, b = 2, c = 3 }))
    assert.equal(1, #messages(type_, { 1 }))
    assert.equal(1, #messages(type_, json.list {}))
    assert.equal(1, #messages(type_, { a = json.null }))
  end)
end)

describe("a record", function()
  local type_ = S.record "r" {
    { "a", S.integer {}, required = true },
    { "b", S.text {} },
    { "c", S.record "c" { { "d", S.flag {} } } },
    { "e", S.list(S.integer {}) },
  }

  it("of nothing is {}", function()
    assert.equal("{}", text(S.record "r" { { "a", S.any {} } }, {}))
    assert.equal("{}", text(S.record "empty" {}, {}))
    assert.equal('{"a":1,"c":{}}', text(type_, { a = 1, c = {} }))
  end)

  it("writes null for a field that may be left out, and for no other", function()
    assert.equal('{"a":1,"b":null,"c":null,"e":null}',
      text(type_, { a = 1, b = json.null, c = json.null, e = json.null }))
    assert.same({ "a: expected a whole number, got null" }, messages(type_, { a = json.null }))
    assert.same({ ": expected an object, got null" }, messages(type_, json.null))
  end)

  it("is no list, marked or filled", function()
    assert.same({ ": expected an object, got a list" }, messages(type_, { 1 }))
    assert.same({ ": expected an object, got a list" }, messages(type_, json.list {}))
    assert.equal("c: expected an object, got a list", messages(type_, { a = 1, c = { {} } })[1])
  end)

  it("has no keys but its fields", function()
    assert.same({ "z: is not a field of this object" }, messages(type_, { a = 1, z = 1 }))
    assert.same({ ": has a key that is a number" }, messages(type_, { a = 1, [1] = 1 }))
    assert.same({ ": has a key that is a table" }, messages(type_, { a = 1, [{}] = 1 }))
    assert.same({ ': is not a field of this object (did you mean "a"?)' },
      { (writing.faults(type_, { a = 1, A = 1 })[1]:gsub("^A", "")) })
  end)
end)

describe("strict = false", function()
  local type_ = S.record "r" {
    { "a", S.amount { max = 9 }, required = true },
    { "b", S.email { max = 5 } },
    { "c", S.list(S.integer {}, { max = 1 }) },
    { "d", S.record "d" { { "e", S.enum { "F" } } } },
    { "g", S.map(S.integer {}) },
    { "h", S.number { max = 1 } },
  }

  local function loosely(value) return text(type_, value, false) end

  it("writes unknown fields behind the known ones, sorted", function()
    assert.equal('{"a":1,"y":{"q":[]},"z":2}', loosely { z = 2, y = { q = json.list {} }, a = 1 })
    assert.equal('{"y":1,"z":2}', loosely { z = 2, y = 1 })
    assert.equal('{"d":{"e":"F","x":1}}', loosely { d = { e = "F", x = 1 } })
  end)

  it("writes values of another kind, range, form or length as they are", function()
    assert.equal('{"a":"19.99","b":5,"c":"x","d":[1,"y"],"g":[1],"h":true}',
      loosely { a = "19.99", b = 5, c = "x", d = { 1, "y" }, g = { 1 }, h = true })
    assert.equal('{"a":19.99,"b":"no mail\\n","c":[1,2.5],"d":{"e":"G"},"g":{"i":"j"},"h":2}',
      loosely { a = 19.99, b = "no mail\n", c = { 1, 2.5 }, d = { e = "G" }, g = { i = "j" },
        h = 2 })
    assert.equal("{}", loosely {})
    assert.equal("[]", loosely(json.list {}))
    assert.equal('"x"', loosely "x")
    assert.equal('{"c":{"k":1}}', loosely { c = { k = 1 } })
    assert.equal('{"a":null,"d":null}', loosely { a = json.null, d = json.null })
  end)

  it("still refuses what JSON cannot hold", function()
    local loop = {}
    loop.loop = loop
    for _, value in ipairs { 0 / 0, 1 / 0, "\255", print, loop, io.stdout, { 1, nil, 3 },
        { 1, a = 2 }, { [{}] = 1 } } do
      for _, name in ipairs { "a", "b", "c", "d", "g", "h", "z" } do
        assert.is_true(#messages(type_, { [name] = value }, false) > 0)
      end
    end
  end)
end)

describe("what is written", function()
  it("takes the sums' and the strictness' word only when it is false", function()
    local writer = core.schema.compile(S.record "r" { { "a", S.any {}, required = true } })
    for _, on in ipairs { true, 1, "x" } do assert.is_nil((writer:write({}, on))) end
    assert.is_nil((writer:write({}, nil)))
    assert.equal("{}", (writer:write({}, false)))
  end)
end)
