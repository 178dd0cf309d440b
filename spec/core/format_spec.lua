-- Promises of csrc/core/format.c, seen through core.schema: each fixed form takes what its rule
-- allows and nothing near it. It refuses to ask a server.

local S = require "kassa.schema"

local function takes(type_, list)
  for _, value in ipairs(list) do
    local fine, faults = S.check(type_, value)
    if not fine then error(("%q: %s"):format(value, faults[1].message), 2) end
  end
end

local function refuses(type_, list)
  for _, value in ipairs(list) do
    if S.check(type_, value) then error(("%q is taken"):format(value), 2) end
  end
end

describe("a date", function()
  it("is a day that exists", function()
    takes(S.date {}, { "2024-01-31", "2024-02-29", "2000-02-29", "1970-01-01", "9999-12-31" })
    refuses(S.date {}, { "2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024-00-10",
      "2024-01-00", "2024-01-32" })
  end)

  it("is written year, month, day", function()
    refuses(S.date {}, { "", "2024-1-31", "31-01-2024", "2024/01/31", "20240131", "2024-01-31 ",
      "2024-01-31T12:00:00Z", "-024-01-31", "2024-01-3x" })
  end)
end)

describe("a time", function()
  it("has a zone", function()
    takes(S.time {}, { "2024-01-01T12:00:00Z", "2024-01-01T12:00:00.123Z",
      "2024-01-01T12:00:00+01:00", "2024-01-01T23:59:59.999999-11:30" })
    refuses(S.time {}, { "2024-01-01T12:00:00", "2024-01-01T12:00:00.123", "2024-01-01T12:00:00+1",
      "2024-01-01T12:00:00+25:00", "2024-01-01T12:00:00+01:60", "2024-01-01T12:00:00ZZ" })
  end)

  it("exists", function()
    refuses(S.time {}, { "2024-02-30T12:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T12:60:00Z",
      "2024-01-01T12:00:60Z", "2024-01-01 12:00:00Z", "2024-01-01t12:00:00z",
      "2024-01-01T12:00:00.Z", "2024-01-01T12:00Z", "2024-01-01T1x:00:00Z", "2024-01-01" })
  end)
end)

describe("an e-mail address", function()
  local at_most = ("a"):rep(64) .. "@" .. ("b"):rep(60) .. ".example"

  it("is a local part and a domain with a dot", function()
    takes(S.email {}, { "john.doe@klarna.com", "a@b.co", "x+tag@sub.shop.example", "o'neil@a-b.ie",
      '"two words"@shop.example', '"a\\"b@c"@shop.example', "jo@[192.0.2.1]",
      "jo@[IPv6:2001:db8::1]", at_most })
    refuses(S.email {}, { "", "jo", "jo@", "@shop.example", "jo@shop", "jo@shop.", "jo@.example",
      "jo@shop..example", ".jo@shop.example", "jo.@shop.example", "j..o@shop.example",
      "jo shop@shop.example", "jo@shop example.com", "jo@-shop.example", "jo@shop-.example",
      "jo@shop.example-", "jo@sh_op.example", '"jo@shop.example', '"j"o"@shop.example',
      '"jo\\"@shop.example', "jo@[]", "jo@[1.2.3.4", "j\246@shop.example", "jo@shop.example\0" })
  end)

  it("has at most 64 characters before and 255 behind the @", function()
    refuses(S.email {}, { "a" .. at_most, "a@" .. ("b."):rep(127) .. "cd" })
    takes(S.email {}, { "a@" .. ("b."):rep(126) .. "cde" })
    refuses(S.email {}, { "a@" .. ("b"):rep(64) .. ".example" })
  end)
end)

describe("a phone number", function()
  it("holds a digit, and nothing but digits, blanks and + ( ) . -", function()
    takes(S.phone {}, { "844-552-7621", "+46 (0)8 123.456", "1", ("1"):rep(99) })
    refuses(S.phone {}, { "", "+", "() -", "call 12", "12\t3", ("1"):rep(100), "\217\161" })
  end)
end)

describe("a locale", function()
  it("is a language with subtags", function()
    takes(S.locale {}, { "en", "en-US", "zh-Hant-TW", "sv_SE", "de-1996", "es-419" })
    refuses(S.locale {}, { "", "e", "en-", "-US", "en--US", "en US", "e1", "toolongtag", "en-US!" })
  end)
end)

describe("a currency and a country", function()
  it("are three and two letters", function()
    takes(S.currency {}, { "USD", "eur" })
    refuses(S.currency {}, { "", "US", "USDX", "U$D", "12A" })
    takes(S.country {}, { "US", "gb", "XK" })
    refuses(S.country {}, { "", "U", "USA", "1A", "\195\164" })
  end)

  it("are of a list where there is one", function()
    takes(S.currency { "SEK", "USD" }, { "SEK" })
    refuses(S.currency { "SEK", "USD" }, { "EUR", "sek" })
  end)
end)

describe("a URL", function()
  it("is absolute: http, https or an app's own scheme", function()
    takes(S.url {}, { "https://shop.example", "http://127.0.0.1:8080/x?a=b#c",
      "HTTPS://SHOP.EXAMPLE", "com.example.app://return", "myapp+x://a", "https://[2001:db8::1]/",
      "app:///path" })
    refuses(S.url {}, { "", "shop.example", "/thanks", "//shop.example", "https:/shop.example",
      "https://", "https:///thanks", "https://?x", "http://:80", "1app://x", "://x",
      "mailto:a@b.c" })
  end)

  it("may hold the placeholders that Klarna fills in", function()
    takes(S.url {}, { "https://shop.example/thanks?id={klarna.payment_request.id}"
      .. "&state={klarna.payment_request.state}" })
  end)

  it("has no blank, no control character and nothing that breaks out of a page", function()
    refuses(S.url {}, { "https://shop.example/a b", "https://shop.example/\n",
      "https://sh\195\164p.se", 'https://shop.example/"', "https://shop.example/<x>",
      "https://shop.example/\\", "https://shop.example/`", "https://shop.example/^",
      "https://shop.example/|" })
  end)

  it("is none that runs or reads something in a browser", function()
    refuses(S.url {}, { "javascript://x/%0aalert(1)", "JavaScript://x", "data://text/html,x",
      "file:///etc/passwd", "vbscript://x", "blob://x" })
    takes(S.url {}, { "javascripts://x", "filer://x" })
  end)
end)

describe("an open enum", function()
  it("takes unknown values that are spelled like the known ones", function()
    takes(S.enum { "ROOM", open = true }, { "ROOM", "SUITE", "ROOM_2" })
    refuses(S.enum { "ROOM", open = true }, { "", "room", "TWO WORDS", "A-B" })
  end)
end)
