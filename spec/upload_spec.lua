-- Promises of kassa.upload: nothing wrong leaves, nothing is attached twice, nothing unsure is told
-- as sure.
local core = require "kassa.core"
local files = require "support.files"
local kassa = require "kassa"
local script = require "support.script"

local PDF = "%PDF-1.4\nproof"
local PNG = "\137PNG\r\n\26\n\0\0\0\13IHDR"
local ATTACHED = '{"payment_dispute_attachment_id":"krn:d:1:attachment:1"}'
local CONFLICT = '{"error_code":"RESOURCE_CONFLICT","error_message":"m"}'

local function attached() return script.json(201, ATTACHED) end
local function lost() return { code = "timeout", message = "no answer", wire = "sent" } end

local function open(...)
  local engine = script.new { ... }
  local klarna = kassa.klarna { api_key = "klarna_test_api_k", transport = engine, retries = 0 }
  return klarna, engine
end

local function key_of(request) return script.headers(request)["klarna-idempotency-key"] end

describe("an upload", function()
  it("is a form of the file and its name, never its folder", function()
    files.with("Receipt.PDF", PDF, function(path)
      local klarna, engine = open(attached())
      local got = assert(klarna.disputes:upload_attachment("krn:d:1", { file = path }))
      assert.same({ payment_dispute_attachment_id = "krn:d:1:attachment:1" }, got)
      local sent = engine.sent[1]
      assert.same({ "POST", "/v2/payment/disputes/krn:d:1/attachments" },
        { sent.method, sent.target })
      assert.same({
        { name = "file", file = path, filename = "Receipt.PDF", type = "application/pdf" },
        { name = "filename", data = "Receipt.PDF" },
      }, sent.body.parts)
      assert.is_nil(script.headers(sent)["content-type"])
      assert.matches("^%x+%-%x+%-5%x+", key_of(sent))
      assert.equal(201, kassa.raw(got).status)
    end)
  end)

  it("takes bytes, with a name or without", function()
    local klarna, engine = open(attached(), attached())
    assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = PNG }))
    assert(klarna.disputes:upload_attachment("krn:d:2", { bytes = PNG, filename = "a/b.png" }))
    assert.same({ { name = "file", data = PNG, filename = "attachment.png", type = "image/png" } },
      engine.sent[1].body.parts)
    assert.equal("b.png", engine.sent[2].body.parts[2].data)
  end)

  it("reports its progress, whatever the listener does", function()
    local klarna, engine = open(attached())
    local watched
    engine.progress = function(_, id) return id and 5, 10 end
    assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF,
      on_progress = function(sent, total) watched = { sent, total }; error "mine" end }))
    assert.same({ 5, 10 }, watched)
  end)

  it("is a method of the dispute, that the guard stops when it is closed", function()
    local klarna, engine = open(script.json(200, '{"payment_dispute_id":"krn:d:1",'
      .. '"state":"PRE_ARBITRATION"}'), attached(), script.json(200,
      '{"payment_dispute_id":"krn:d:1","state":"CLOSED"}'))
    local dispute = assert(klarna.disputes:read "krn:d:1")
    assert(dispute:upload_attachment { bytes = PDF })
    assert(dispute:refresh())
    local _, err = dispute:upload_attachment { bytes = PNG }
    assert.equal("illegal_state", err.code)
    assert.equal(3, #engine.sent)
  end)

  it("a file that goes away at the last moment is no reason to raise", function()
    local _, engine = open()
    local real = getmetatable(engine).__index.channel
    engine.channel = function(self, options)
      local channel = real(self, options)
      return setmetatable({ submit = function() return nil, "x.pdf: gone" end },
        { __index = channel })
    end
    local klarna = kassa.klarna { api_key = "klarna_test_api_k", transport = engine }
    local err = select(2, klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF }))
    assert.same({ "invalid", "no", "x.pdf: gone" }, { err.code, err.happened, err.message })
  end)
end)

describe("one content, one dispute", function()
  it("makes one attachment, and a second call no request", function()
    local klarna, engine = open(attached(), attached())
    local first = assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF }))
    files.with("other.pdf", PDF, function(path)
      local again = assert(klarna.disputes:upload_attachment("krn:d:1", { file = path }))
      assert.same(first, again)
      assert.equal(201, kassa.raw(again).status)
    end)
    assert.equal(1, #engine.sent)
    assert(klarna.disputes:upload_attachment("krn:d:2", { bytes = PDF }))
    assert.is_not.equal(key_of(engine.sent[1]), key_of(engine.sent[2]))
  end)

  it("has one key, in every process", function()
    local keys = {}
    for i = 1, 2 do
      local klarna, engine = open(attached())
      assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF }))
      keys[i] = key_of(engine.sent[1])
    end
    assert.equal(keys[1], keys[2])
    local other, engine = open(attached())
    assert(other.disputes:upload_attachment("krn:d:1", { bytes = PNG }))
    assert.is_not.equal(keys[1], key_of(engine.sent[1]))
  end)

  it("is repeated under the same key while its outcome is unknown", function()
    local klarna, engine = open(lost(), script.json(409, CONFLICT), attached())
    local upload = { bytes = PDF }
    local _, err = klarna.disputes:upload_attachment("krn:d:1", upload)
    assert.same({ "timeout", "unknown", "same_key" }, { err.code, err.happened, err.retry })
    _, err = klarna.disputes:upload_attachment("krn:d:1", upload)
    assert.same({ "conflict", "unknown", "never" }, { err.code, err.happened, err.retry })
    assert.matches("may have arrived", tostring(err))
    assert(klarna.disputes:upload_attachment("krn:d:1", upload))
    assert.equal(key_of(engine.sent[1]), key_of(engine.sent[2]))
    assert.equal(key_of(engine.sent[1]), key_of(engine.sent[3]))
  end)

  it("does not send under its key what the file holds by now", function()
    for _, options in ipairs { {}, { intent = "mine" } } do
      files.with("x.pdf", PDF, function(path)
        local engine = script.new { function()
          local file = assert(io.open(path, "wb"))
          file:write(PDF, "more")
          file:close()
          return lost()
        end }
        local klarna = kassa.klarna { api_key = "klarna_test_api_k", transport = engine,
          retries = 3 }
        local _, err = klarna.disputes:upload_attachment("krn:d:1", { file = path }, options)
        assert.same({ "invalid", "unknown" }, { err.code, err.happened })
        assert.equal("the file has changed or is gone since its upload began", err.message)
        assert.equal(1, #engine.sent)
      end)
    end
  end)

  it("takes no conflict for a refusal while another task sends it", function()
    local answer = attached()
    answer.after_ms = 50
    local klarna, engine = open(answer, script.json(409, CONFLICT), script.json(401, "{}"))
    local function upload()
      return klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF })
    end
    local function fail(code, happened)
      return function()
        local _, err = upload()
        assert.same({ code, happened }, { err.code, err.happened })
      end
    end
    kassa.run(function()
      kassa.all { function() assert(upload()) end, fail("conflict", "unknown"),
        fail("unauthorized", "no") }
    end)
    assert(upload())
    assert.equal(3, #engine.sent)
    for i = 2, 3 do assert.equal(key_of(engine.sent[1]), key_of(engine.sent[i])) end
  end)

  it("keeps its key after a refusal that does not judge the content of a lost one", function()
    local klarna, engine = open(lost(), script.json(401, "{}"), lost(), script.json(400, "{}"),
      attached())
    for _ = 1, 4 do
      assert.is_nil((klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF })))
    end
    assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF }))
    local first = key_of(engine.sent[1])
    for i = 2, 4 do assert.equal(first, key_of(engine.sent[i])) end
    assert.is_not.equal(first, key_of(engine.sent[5]))
  end)

  it("gets a new key after a refusal, which its first may bring again", function()
    local klarna, engine = open(script.json(403, "{}"), lost(), attached())
    local _, err = klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF })
    assert.same({ "forbidden", "no" }, { err.code, err.happened })
    klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF })
    assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF }))
    assert.is_not.equal(key_of(engine.sent[1]), key_of(engine.sent[2]))
    assert.equal(key_of(engine.sent[2]), key_of(engine.sent[3]))
  end)

  it("is a second attachment when the caller says so by a key or an intent", function()
    local klarna, engine = open(attached(), attached(), attached())
    assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF }))
    assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF }, { intent = "again" }))
    assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF },
      { idempotency_key = "own" }))
    assert.equal("own", key_of(engine.sent[3]))
  end)

  it("is forgotten after many others, and sent under the same key", function()
    local answers = {}
    for i = 1, 1002 do answers[i] = attached() end
    local klarna, engine = open((table.unpack or unpack)(answers))
    for i = 1, 1001 do
      assert(klarna.disputes:upload_attachment("krn:d:" .. i, { bytes = PDF }))
    end
    assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF }))
    assert.equal(1002, #engine.sent)
    assert.equal(key_of(engine.sent[1]), key_of(engine.sent[1002]))
  end)

  it("tells the log how many bytes went", function()
    local entries = {}
    local engine = script.new { attached() }
    local klarna = kassa.klarna { api_key = "klarna_test_api_k", transport = engine,
      log = function(entry) entries[1] = entry end }
    assert(klarna.disputes:upload_attachment("krn:d:1", { bytes = PDF }))
    assert.equal(#PDF, entries[1].request_bytes)
    assert.equal(64, #core.media.sha256 { bytes = PDF })
  end)
end)
