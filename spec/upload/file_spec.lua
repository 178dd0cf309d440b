-- Promises of kassa.upload.file: nothing wrong leaves, and all that is wrong is told at once,
-- before the first byte.
local files = require "support.files"
local kassa = require "kassa"
local script = require "support.script"

local PDF = "%PDF-1.4\nproof"
local PNG = "\137PNG\r\n\26\n\0\0\0\13IHDR"
local MAX = 7 * 1024 * 1024
local ATTACHED = '{"payment_dispute_attachment_id":"krn:d:1:attachment:1"}'

local function attached() return script.json(201, ATTACHED) end

local function open(...)
  local engine = script.new { ... }
  local klarna = kassa.klarna { api_key = "klarna_test_api_k", transport = engine, retries = 0 }
  return klarna, engine
end

local function faults_of(upload, options)
  local klarna, engine = open()
  local value, err = klarna.disputes:upload_attachment("krn:d:1", upload, options)
  assert.is_nil(value)
  assert.same({ "invalid", "no", "payment_dispute.upload_attachment", 0 },
    { err.code, err.happened, err.operation, #engine.sent })
  local lines = {}
  for i, fault in ipairs(err.faults) do lines[i] = fault.path .. ": " .. fault.message end
  return lines, err
end

describe("kassa.upload.file", function()
  it("what is no upload is refused, with the close name", function()
    assert.same({ "file: give either file, a path, or bytes, the content itself" }, faults_of(nil))
    assert.same({ "file: give either file, a path, or bytes, the content itself" },
      faults_of { file = "x.pdf", bytes = PDF })
    local lines, err = faults_of { bytes = 7, filname = "x.pdf", on_progress = true }
    assert.same({ "bytes: expected a string, got number", "filname: is no field of an upload",
      "on_progress: expected a function, got boolean" }, lines)
    assert.equal("did you mean filename", err.faults[2].hint)
    assert.has_error(function() open().disputes:upload_attachment("krn:d:1", "x.pdf") end)
  end)

  it("a missing file, a folder, an empty one and one too large are refused", function()
    files.with("x.pdf", "", function(path, folder)
      assert.same({ "file: there is no such file: " .. path .. ".not" },
        faults_of { file = path .. ".not" })
      assert.same({ "file: is a folder" }, faults_of { file = folder })
      assert.same({ "file: is empty" }, faults_of { file = path })
    end)
    assert.same({ "bytes: is empty" }, faults_of { bytes = "" })
    local large = PDF .. ("x"):rep(MAX + 1 - #PDF)
    files.with("x.pdf", large, function(path)
      local lines, err = faults_of { file = path }
      assert.same({ "file: has 7340033 bytes, at most 7340032 are taken" }, lines)
      assert.equal("that is 7 MB", err.faults[1].hint)
    end)
    local klarna = open(attached())
    assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = large:sub(1, MAX) }))
  end)

  it("the content decides about the kind, not the name", function()
    files.with("x.pdf", "just text", function(path)
      local lines, err = faults_of { file = path }
      assert.same({ "file: is no DOCX, JPEG, PDF, PNG" }, lines)
      assert.equal("the content decides, not the name", err.faults[1].hint)
    end)
    files.with("x.png", PDF, function(path)
      assert.same({ 'file: "x.png" does not end like a PDF' }, faults_of { file = path })
    end)
    assert.same({ 'filename: "x.jpg" does not end like a PNG' },
      faults_of { bytes = PNG, filename = "x.jpg" })
  end)

  it("a name that no header can carry is refused", function()
    for _, name in ipairs { "", "a\r\nb.pdf", "\255.pdf", ("x"):rep(997) .. ".pdf", "folder/" } do
      assert.equal(1, #faults_of { bytes = PDF, filename = name })
    end
    local klarna = open(attached())
    assert(klarna.disputes:upload_attachment("krn:d:1",
      { bytes = PDF, filename = ("x"):rep(996) .. ".pdf" }))
  end)

  it("strict = false lets pass what Klarna might take", function()
    local klarna, engine = open(attached())
    assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = "text", filename = "x.txt" },
      { strict = false }))
    assert.same({ name = "file", data = "text", filename = "x.txt",
      type = "application/octet-stream" }, engine.sent[1].body.parts[1])
    assert.same({ "bytes: is empty" }, faults_of({ bytes = "" }, { strict = false }))
    assert.same({ "filename: has a control character in it" },
      faults_of({ bytes = PDF, filename = "a\r\nb.pdf" }, { strict = false }))
  end)
end)
