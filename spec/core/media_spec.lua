-- Promises of core.media: a file is what its bytes say, whatever it is called, and its digest is
-- that of its content. Kinds that nobody takes are unknown, not guessed.
local core = require "kassa.core"
local peers = require "support.peers"
local wire_count = require "support.wire".count

local kind, sha256 = core.media.kind, core.media.sha256

local PNG = "\137PNG\r\n\26\n" .. "\0\0\0\13IHDR"
local JPEG = "\255\216\255\224\0\16JFIF\0"

local function le(number, size)
  local bytes = {}
  for i = 1, size do
    bytes[i] = string.char(number % 256)
    number = math.floor(number / 256)
  end
  return table.concat(bytes)
end

-- A ZIP file of stored entries; the checksums, which nobody here reads, are zero.
local function zip(entries, comment)
  local files, directory = {}, {}
  local at = 0
  for i, entry in ipairs(entries) do
    local name, data, extra = entry[1], entry[2] or "", entry[3] or ""
    files[i] = "PK\3\4" .. le(20, 2) .. ("\0"):rep(12) .. le(#data, 4) .. le(#data, 4)
      .. le(#name, 2) .. le(0, 2) .. name .. data
    directory[i] = "PK\1\2" .. le(20, 2) .. le(20, 2) .. ("\0"):rep(12) .. le(#data, 4)
      .. le(#data, 4) .. le(#name, 2) .. le(#extra, 2) .. ("\0"):rep(10) .. le(at, 4) .. name
      .. extra
    at = at + #files[i]
  end
  local listed = table.concat(directory)
  return table.concat(files) .. listed .. "PK\5\6" .. le(0, 4) .. le(#entries, 2)
    .. le(#entries, 2) .. le(#listed, 4) .. le(at, 4) .. le(#(comment or ""), 2) .. (comment or "")
end

local DOCX = zip {
  { "[Content_Types].xml", "<Types/>" }, { "_rels/.rels", "" },
  { "docProps/app.xml", "x", "extra" },
  { "word/document.xml", ("<w/>"):rep(100) }, { "word/styles.xml", "" },
}

describe("core.media.kind", function()
  local folder
  setup(function() folder = peers.folder() end)
  teardown(function() peers.remove(folder) end)

  -- The same as bytes and as a file with a name that says something else.
  local function told(bytes)
    local path = folder .. "/letter.txt"
    peers.write(path, bytes)
    local as_bytes = { kind { bytes = bytes } }
    assert.same(as_bytes, { kind(path) })
    assert.equal(#bytes, as_bytes[#as_bytes])
    return as_bytes[1], as_bytes[2]
  end

  it("knows PDF, JPEG, PNG and DOCX by their bytes", function()
    assert.equal("pdf", (told "%PDF-1.7\n"))
    assert.equal("pdf", (told "\239\187\191\r\n %PDF-1.4"))
    assert.equal("jpeg", (told(JPEG)))
    assert.equal("png", (told(PNG)))
    assert.equal("docx", (told(DOCX)))
    assert.equal("docx", (told(zip { { "word/document2.xml", "" } })))
    assert.equal("docx", (told(zip({ { "word/document.xml" } }, ("c"):rep(65535)))))
    assert.equal("docx", (told(zip({ { "word/document.xml" } }, "PK\5\6 is no end"))))
    assert.equal("docx", (told(zip { { ("long"):rep(100) }, { "word/document.xml" } })))
  end)

  it("knows one by a tool that makes ZIP files", function()
    if not peers.have "zip" then return pending "zip is not installed" end
    os.execute(("cd %s && mkdir -p word && echo x > word/document.xml && seq 9999 > word/more.xml "
      .. "&& zip -qr letter.docx word && zip -q other.docx word/more.xml"):format(folder))
    assert.equal("docx", (kind(folder .. "/letter.docx")))
    assert.same({ nil, "unknown" }, { (kind(folder .. "/other.docx")),
      (select(2, kind(folder .. "/other.docx"))) })
  end)

  it("calls everything else unknown, whatever it is named", function()
    for _, bytes in ipairs { "hello, I am proof.pdf", "see %PDF-1.7", "\255\216", "\137PNG\n\26\n",
      "%PDF", "GIF89a", "PK\3\4", "PK\5\6" .. ("\0"):rep(18), "\0\0\0", " \r\n", DOCX:sub(2),
      "\239\187\191", (" "):rep(2000) .. "%PDF-1.7" } do
      local is, why = told(bytes)
      assert.same({ nil, "unknown" }, { is, why })
    end
  end)

  it("calls a ZIP file without the document unknown, and one that is cut or lies", function()
    for _, name in ipairs { "word/document.xm", "word/document.xml.bak", "word/documentx.xml",
      "Word/document.xml", "x/word/document.xml", "word/document", "xl/workbook.xml" } do
      assert.is_nil((told(zip { { name } })), name)
    end
    assert.is_nil((told(zip({ { "word/document.xml" } }, "x") .. ("x"):rep(65536))))
    for cut = 1, #DOCX - 1, 7 do assert.is_nil((kind { bytes = DOCX:sub(1, cut) })) end
    for _, lie in ipairs { 0, 1, 65535, 2147483647, 4294967295 } do
      assert.is_nil((told(DOCX:sub(1, -7) .. le(lie, 4) .. "\0\0")), lie) -- where it begins
    end
    assert.is_nil((told(DOCX:sub(1, -13) .. le(2, 2) .. DOCX:sub(-10)))) -- entries: two of five
  end)

  it("survives any change of a few bytes", function()
    local state = 7
    local function random(most)
      state = (state * 16807) % 2147483647
      return state % most + 1
    end
    for _ = 1, 3000 do
      local bytes = DOCX
      for _ = 1, random(4) do
        local at = random(2) == 1 and random(#bytes) or #bytes - random(80) + 1
        bytes = bytes:sub(1, at - 1) .. string.char(random(256) - 1) .. bytes:sub(at + 1)
      end
      local is, why = kind { bytes = bytes }
      assert(is == "docx" or is == nil and why == "unknown")
    end
  end)

  it("says why a file is none", function()
    local before = wire_count "fd"
    peers.write(folder .. "/empty", "")
    os.execute(("mkfifo %s/pipe"):format(folder))
    assert.same({ nil, "missing" }, { kind(folder .. "/nowhere") })
    assert.same({ nil, "missing" }, { kind(folder .. "/empty/below") })
    assert.same({ nil, "missing" }, { kind(folder .. "/empty\0.pdf") })
    assert.same({ nil, "directory" }, { kind(folder) })
    assert.same({ nil, "unreadable" }, { kind(folder .. "/pipe") })
    assert.same({ nil, "unreadable" }, { kind "/dev/null" })
    assert.same({ nil, "empty", 0 }, { kind(folder .. "/empty") })
    assert.same({ nil, "empty", 0 }, { kind { bytes = "" } })
    assert.equal(before, wire_count "fd")
  end)

  it("raises when it is told neither a path nor bytes", function()
    for _, wrong in ipairs { 7, false, {}, { bytes = 7 }, { file = "x" } } do
      assert.error_matches(function() kind(wrong) end, "bytes")
      assert.error_matches(function() sha256(wrong) end, "bytes")
    end
    assert.error_matches(function() kind() end, "path")
  end)
end)

describe("core.media.sha256", function()
  it("is the digest of the content, of a file or of bytes, however long", function()
    local folder = peers.folder()
    assert.equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      sha256 { bytes = "" })
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      sha256 { bytes = "abc" })
    for _, size in ipairs { 0, 3, 16383, 16384, 16385, 7 * 1024 * 1024 } do
      local bytes = ("0123456\0"):rep(math.ceil(size / 8)):sub(1, size)
      peers.write(folder .. "/file", bytes)
      local expected = core.sign.hex(core.sign.sha256(bytes))
      assert.equal(expected, sha256(folder .. "/file"))
      assert.equal(expected, sha256 { bytes = bytes })
    end
    assert.same({ nil, "missing" }, { sha256(folder .. "/none") })
    assert.same({ nil, "directory" }, { sha256(folder) })
    peers.remove(folder)
  end)
end)
