-- Promises of kassa.sandbox.multipart: well-formed bodies come out as they went in, and nothing
-- else does. No bytes make it raise or run for long.

local heavy = require "support.heavy"
local multipart = require "kassa.sandbox.multipart"

local TYPE = "multipart/form-data; boundary=XX"

-- A body of parts { disposition, data, more header lines }.
local function body_of(parts, boundary)
  local out = {}
  for _, part in ipairs(parts) do
    out[#out + 1] = "--" .. (boundary or "XX") .. "\r\nContent-Disposition: form-data; " .. part[1]
      .. "\r\n" .. (part[3] or "") .. "\r\n" .. part[2] .. "\r\n"
  end
  return table.concat(out) .. "--" .. (boundary or "XX") .. "--\r\n"
end

local function read(parts, content_type, boundary)
  return assert(multipart.read(content_type or TYPE, body_of(parts, boundary)))
end

local function refused(body, content_type)
  local parts, why = multipart.read(content_type or TYPE, body)
  assert.is_nil(parts)
  assert.equal("string", type(why))
  return why
end

-- A generator of the spec's own (Park and Miller).
local function dice(seed)
  return function(count)
    seed = seed * 48271 % 2147483647
    return seed % count + 1
  end
end

describe("a body", function()
  it("comes out as its parts, in order", function()
    local parts = read {
      { 'name="file"; filename="a.pdf"', "%PDF-1.7\r\n\0\255",
        "Content-Type: application/pdf\r\n" },
      { 'name="filename"', "proof.pdf" },
    }
    assert.equal(2, #parts)
    assert.equal("file", parts[1].name)
    assert.equal("a.pdf", parts[1].filename)
    assert.equal("application/pdf", parts[1].content_type)
    assert.equal("%PDF-1.7\r\n\0\255", parts[1].data)
    assert.equal("filename", parts[2].name)
    assert.is_nil(parts[2].filename)
    assert.is_nil(parts[2].content_type)
    assert.equal("proof.pdf", parts[2].data)
  end)

  it("may have what RFC 2046 allows around its parts", function()
    local inner = body_of { { 'name=a', "1" } }
    for _, body in ipairs { inner, "preamble\r\n" .. inner, inner .. "epilogue\r\n--XX\r\nmore",
        inner:gsub("^%-%-XX", "--XX \t"), (inner:gsub("%-%-\r\n$", "--")),
        (inner:gsub("%-%-\r\n$", "-- \t")) } do
      local parts = assert(multipart.read(TYPE, body))
      assert.equal(1, #parts)
      assert.equal("1", parts[1].data)
    end
  end)

  it("may be empty, whole or in its parts", function()
    assert.same({}, multipart.read(TYPE, "--XX--\r\n"))
    assert.equal("", read({ { "name=a", "" } })[1].data)
    assert.equal("", multipart.read(TYPE,
      "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n--XX--")[1].data)
  end)

  it("keeps what only looks like a boundary", function()
    for _, data in ipairs { "\r\n--X", "\r\n--XXX", "\r\n--XX-", "\r\n--XX--Y", "\n--XX\n",
        "\r\n--XX \tz", "\r\n-XX--\r\n", "\r\r\n--XXX--\r\n", "\r\n" } do
      local parts = read { { "name=a", data }, { "name=b", "2" } }
      assert.equal(2, #parts, data)
      assert.equal(data, parts[1].data)
      assert.equal("2", parts[2].data)
    end
  end)

  it("of a kind and size that matter comes through: 7 MB and one byte more", function()
    for _, size in ipairs { 7 * 1024 * 1024, 7 * 1024 * 1024 + 1 } do
      local data = ("\r\n--X\0"):rep(math.ceil(size / 6)):sub(1, size)
      local parts = read { { 'name="file"; filename="a.pdf"', data } }
      assert.equal(size, #parts[1].data)
      assert.is_true(data == parts[1].data)
    end
  end)
end)

describe("a name", function()
  local function name(text)
    local part = read({ { 'name="file"; filename=' .. text, "" } })[1]
    return part.filename
  end

  it("may hold quotes, as curl, browsers and older clients write them", function()
    assert.equal('a "b".pdf', name [["a \"b\".pdf"]])
    assert.equal('a "b".pdf', name [["a %22b%22.pdf"]])
    assert.equal([[c:\x;y=z.pdf]], name [["c:\\x;y=z.pdf"]])
    assert.equal("a%20b%2.pdf", name [["a%20b%2.pdf"]])
    assert.equal("", name [[""]])
    assert.equal("plain.pdf", name "plain.pdf")
    assert.equal("räksmörgås.pdf", name [["räksmörgås.pdf"]])
  end)

  it("is not guessed from what is broken", function()
    for _, text in ipairs { [["a]], [["a\]], [["a\"]], [["a" b]], [["a";]], "a b", "", [[a"b]],
        [["a"; filename="b"]], [["a"; name="b"]], [["a", x="y"]] } do
      refused(body_of { { 'name="file"; filename=' .. text, "" } })
    end
  end)

  it("must be there", function()
    refused(body_of { { "", "" } })
    refused(body_of { { "filename=a", "" } })
    refused "--XX\r\n\r\nno headers\r\n--XX--"
    refused "--XX\r\nContent-Type: text/plain\r\n\r\nx\r\n--XX--"
    refused "--XX\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--XX--"
  end)
end)

describe("a content type", function()
  it("names the boundary, in quotes or not", function()
    for given, boundary in pairs {
      ["multipart/form-data; boundary=XX"] = "XX", ["Multipart/Form-Data;BOUNDARY=XX"] = "XX",
      ['multipart/form-data; charset=utf-8; boundary="a:b c"'] = "a:b c",
      [" multipart/form-data ; boundary=----x'_"] = "----x'_",
    } do
      assert.equal(boundary, multipart.boundary(given))
      assert.equal("1", read({ { "name=a", "1" } }, given, boundary)[1].data)
    end
    local long = ("b"):rep(70)
    assert.equal(long, multipart.boundary("multipart/form-data; boundary=" .. long))
  end)

  it("of another form is refused", function()
    for _, given in ipairs { "", "multipart/form-data", "multipart/mixed; boundary=XX",
        "text/plain",
        "multipart/form-data; boundary=", 'multipart/form-data; boundary=""',
        "multipart/form-data;",
        'multipart/form-data; boundary="X',
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-database; boundary=XX", "multipart/form-data boundary=XX",
        'multipart/form-data; boundary="a "', 'multipart/form-data; boundary="a\\\nb"',
        "multipart/form-data; boundary=" .. ("b"):rep(71) } do
      assert.is_nil((multipart.boundary(given)), given)
      refused(body_of { { "name=a", "1" } }, given)
    end
  end)
end)

describe("what is cut or broken", function()
  local whole = body_of({ { 'name="file"; filename="a.pdf"', "%PDF-\r\n--X" },
    { "name=filename", "a.pdf" } })

  it("is refused at whatever byte it ends", function()
    local ends = #whole - 2 -- the last line end may be missing, but not half of it
    for size = 0, ends - 1 do refused(whole:sub(1, size)) end
    refused(whole:sub(1, ends + 1))
    assert.equal(2, #multipart.read(TYPE, whole:sub(1, ends)))
  end)

  it("has a limit for everything that could go on for ever", function()
    local head = "--XX\r\nContent-Disposition: form-data; name=a"
    assert.truthy(refused(head .. "; x=" .. ("y"):rep(9000) .. "\r\n\r\n1\r\n--XX--"):find "8192")
    local many = {}
    for i = 1, 101 do many[i] = { "name=a" .. i, "" } end
    assert.truthy(refused(body_of(many)):find "100")
    many[101] = nil
    assert.equal(100, #read(many))
  end)

  it("has header lines nobody can read", function()
    for _, line in ipairs { "no colon", " folded: 1", "a\0b: 1", "a: 1\rb", "a: 1\nb: 2",
        "Content-Disposition: form-data; name=b", "--XX", "na me: 1", ": 1" } do
      refused("--XX\r\nContent-Disposition: form-data; name=a\r\n" .. line
        .. "\r\n\r\n1\r\n--XX--")
    end
    refused("--X:X\r\nContent-Disposition: form-data; name=a\r\n--X:X\r\n\r\n1\r\n--X:X--",
      'multipart/form-data; boundary="X:X"')
  end)
end)

describe("random bytes", function()
  local PIECES = { "--XX", "--XX--", "\r\n", "\r", "\n", "-", "\0", "; name=a",
    "Content-Disposition: form-data", '; name="', "\\", '"', ":", " ", "\t", "%PDF-", "\255", "; ",
    "=", "X", "--", "%22",
    "\r\n--XX\r\n", "\r\n--XX--", "Content-Disposition: form-data; name=b\r\n\r\n",
    'Content-Disposition: form-data; name="c"; filename="', "\r\n\r\n" }

  local function soup(roll)
    local out = {}
    for i = 1, roll(60) do out[i] = PIECES[roll(#PIECES)] end
    return table.concat(out)
  end

  it("never make it raise, and what it accepts is well formed", function()
    local roll, accepted = dice(7), 0
    for _ = 1, heavy.part(20000) do
      local body = soup(roll)
      if roll(2) == 1 then
        body = "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n" .. body .. "\r\n--XX--"
      end
      local parts, why = multipart.read(roll(20) == 1 and soup(roll) or TYPE, body)
      assert(parts and why == nil or type(why) == "string")
      for _, part in ipairs(parts or {}) do
        accepted = accepted + 1
        assert.equal("string", type(part.name))
        assert.is_nil(part.data:find("\r\n--XX\r\n", 1, true))
      end
    end
    assert.is_true(accepted > 100)
  end)

  it("in a good body either change one part or spoil it all", function()
    local roll = dice(11)
    local whole = body_of { { 'name="file"; filename="a.pdf"', ("%PDF-\r\n--"):rep(20) },
      { "name=filename", "a.pdf" } }
    for _ = 1, heavy.part(20000) do
      local at = roll(#whole)
      local body = whole:sub(1, at - 1) .. string.char(roll(256) - 1) .. whole:sub(at + 1)
      local parts, why = multipart.read(TYPE, body)
      assert(parts and #parts <= 2 or type(why) == "string")
    end
  end)

  it("do not take long, whatever they repeat", function()
    local hostile = {
      ("\r\n--XX"):rep(200000), "--XX" .. (" "):rep(1000000), "--XX\r\na:" .. (" "):rep(1000000),
      ("--XX\r\n"):rep(200000), ("\r\n"):rep(500000), "--XX--" .. ("\t"):rep(1000000) .. "x",
      "--XX\r\nContent-Disposition: form-data; name=a; b=\"" .. ("\\\""):rep(500000),
      body_of { { "name=a" .. (" "):rep(8000), "1", "b:" .. (" x"):rep(10) .. "\r\n" } },
    }
    local began = os.clock()
    for _, body in ipairs(hostile) do multipart.read(TYPE, body) end
    assert.is_true(os.clock() - began < 10, "seconds, where milliseconds are enough")
  end)
end)
