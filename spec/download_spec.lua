-- Promises of kassa.download: bytes come whole, into a string or a file, and never half.
local download = require "kassa.download"
local kassa = require "kassa"
local script = require "support.script"

local BYTES = "%PDF-1.4\0\255\r\n{not json"
local HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n"
  .. 'Content-Disposition: attachment; filename="../up/receipt.pdf"\r\n\r\n'

local function file_answer() return { status = 200, head = HEAD, body = BYTES } end

local function open(...)
  local engine = script.new { ... }
  local klarna = kassa.klarna { api_key = "klarna_test_api_k", transport = engine, retries = 0 }
  return klarna, engine
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local bytes = file:read "*a"
  file:close()
  return bytes
end

-- A folder of its own for each case, so that whatever is left behind shows.
local function with_folder(run)
  local folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir " .. folder))
  local ok, why = pcall(run, folder)
  local list = io.popen("ls -A " .. folder)
  local left = list:read "*a"
  list:close()
  os.execute("rm -r " .. folder)
  if not ok then error(why, 0) end
  return left
end

describe("a download", function()
  it("brings the bytes as they are, with their type and name", function()
    local klarna, engine = open(file_answer())
    local got = assert(klarna.disputes:download_attachment("krn:d:1", "krn:a/1"))
    assert.equal("/v2/payment/disputes/krn:d:1/attachments/krn:a%2F1/download",
      engine.sent[1].target)
    assert.same({ bytes = BYTES, size = #BYTES, content_type = "application/pdf",
      filename = "receipt.pdf" }, got)
    assert.equal("kassa.download receipt.pdf (" .. #BYTES .. " bytes)", tostring(got))
    assert.equal(BYTES, kassa.raw(got).body)
  end)

  it("is a method of the dispute, too", function()
    local klarna, engine = open(script.json(200, '{"payment_dispute_id":"krn:d:1"}'),
      file_answer(), file_answer())
    local dispute = assert(klarna.disputes:read "krn:d:1")
    assert.equal(BYTES, assert(dispute:download_attachment("krn:a:1")).bytes)
    assert.equal(BYTES, assert(klarna.disputes:download_attachment(dispute, "krn:a:1", nil,
      { correlation_id = "abc" })).bytes)
    assert.same({ "Partner-Correlation-Id: abc" }, engine.sent[3].headers)
    assert.equal(engine.sent[2].target, engine.sent[3].target)
  end)

  it("goes into a file, which is replaced", function()
    local left = with_folder(function(folder)
      local path = folder .. "/proof.pdf"
      local file = assert(io.open(path, "wb"))
      file:write "older"
      file:close()
      local klarna = open(file_answer())
      local got = assert(klarna.disputes:download_attachment("krn:d:1", "krn:a:1", { file = path }))
      assert.same({ file = path, size = #BYTES, content_type = "application/pdf",
        filename = "receipt.pdf" }, got)
      assert.is_nil(kassa.raw(got).body)
      assert.equal(BYTES, read(path))
    end)
    assert.equal("proof.pdf\n", left)
  end)

  it("leaves the file alone when it fails", function()
    local left = with_folder(function(folder)
      local klarna, engine = open(script.json(404, "{}"),
        { code = "protocol", message = "the answer broke off", wire = "sent" })
      for _, code in ipairs { "not_found", "protocol" } do
        local got, err = klarna.disputes:download_attachment("krn:d:1", "krn:a:1",
          { file = folder .. "/proof.pdf" })
        assert.same({ nil, code, "no" }, { got, err.code, err.happened })
      end
      assert.equal(2, #engine.sent)
    end)
    assert.equal("", left)
  end)

  it("is refused before the request where nothing can be written", function()
    with_folder(function(folder)
      local klarna, engine = open(file_answer())
      local got, err = klarna.disputes:download_attachment("krn:d:1", "krn:a:1",
        { file = folder .. "/missing/proof.pdf" })
      assert.is_nil(got)
      assert.same({ "invalid", "file" }, { err.code, err.faults[1].path })
      assert.equal(0, #engine.sent)
    end)
  end)

  it("leaves nothing behind when the script is stopped while it waits", function()
    local left = with_folder(function(folder)
      local klarna = open(function() error "interrupted!" end)
      assert.has_error(function()
        klarna.disputes:download_attachment("krn:d:1", "krn:a:1", { file = folder .. "/proof.pdf" })
      end)
    end)
    assert.equal("", left)
  end)

  it("leaves nothing behind where the file cannot be put in place", function()
    local left = with_folder(function(folder)
      assert(os.execute("mkdir -p " .. folder .. "/proof.pdf/inside"))
      local klarna = open(file_answer())
      local got, err = klarna.disputes:download_attachment("krn:d:1", "krn:a:1",
        { file = folder .. "/proof.pdf" })
      assert.same({ nil, "invalid", "file" }, { got, err.code, err.faults[1].path })
    end)
    assert.equal("proof.pdf\n", left)
  end)

  it("names a misuse", function()
    local klarna, engine = open()
    local disputes = klarna.disputes
    for _, wrong in ipairs { { "krn:d:1" }, { "krn:d:1", "" }, { nil, "krn:a:1" },
        { "krn:d:1", "krn:a:1", "proof.pdf" }, { "krn:d:1", "krn:a:1", { path = "x" } },
        { "krn:d:1", "krn:a:1", { file = "" } }, { "krn:d:1", "krn:a:1", {}, { sizes = 1 } } } do
      assert.has_error(function()
        disputes:download_attachment(wrong[1], wrong[2], wrong[3], wrong[4])
      end)
    end
    assert.equal(0, #engine.sent)
  end)
end)

describe("the name in a Content-Disposition", function()
  it("is read in each form, and never with a folder", function()
    for header, name in pairs {
      ['attachment; filename="a b.pdf"'] = "a b.pdf", ["attachment; FileName=a.pdf; x=1"] = "a.pdf",
      ["attachment; filename*=UTF-8''%C3%A9%20b.pdf; filename=\"e.pdf\""] = "\195\169 b.pdf",
      ['attachment; filename="a\\"b.pdf"'] = 'a"b.pdf', ['inline; filename="/etc/x.pdf"'] = "x.pdf",
      ['attachment; filename="c:\\\\x\\\\y.pdf"'] = "y.pdf",
    } do
      assert.equal(name, download.filename(header), header)
    end
    assert.is_nil(download.filename "attachment")
    for _, none in ipairs { '"a/"', '"a\\\\"; x="y"', '""; x="y"', '".."', "..", '"a/."', '"op' } do
      assert.is_nil(download.filename("attachment; filename=" .. none), none)
    end
    assert.is_nil(download.filename(nil))
  end)
end)
