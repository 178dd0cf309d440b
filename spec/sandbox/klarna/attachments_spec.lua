-- Promises of kassa.sandbox.klarna.attachments: what may be uploaded (reference 2.11), that it
-- comes back byte for byte, and that an upload that is repeated makes no second file.

local json = require "kassa.json"
local shop = require "support.shop"

local PDF = "%PDF-1.7\r\n\0\255 evidence"
local DOCX = "PK\3\4\20\0" .. "word/document.xml" .. "\0rest"
local MB = 1024 * 1024

local s, id
before_each(function()
  s = shop.open()
  id = s:disputed({ state = "MERCHANT_EVIDENCE_PENDING" }).payment_dispute_id
end)

local function file(bytes, name)
  return { { "file", bytes, filename = name or "evidence.pdf" } }
end

local function download(attachment_id)
  local _, _, response = s:get("/payment/disputes/" .. id .. "/attachments/" .. attachment_id
    .. "/download")
  return response
end

describe("an upload", function()
  it("answers with an id and nothing else", function()
    local status, value = s:upload(id, file(PDF))
    assert.equal(201, status)
    assert.same({ payment_dispute_attachment_id = id .. ":attachment:1" }, value)
    assert.same({ {
      payment_dispute_attachment_id = id .. ":attachment:1", filename = "evidence.pdf",
      content_type = "application/pdf", size = #PDF, uploaded_at = "2024-01-01T12:00:00Z",
    } }, s:verb("attachments", id))
  end)

  it("takes the four kinds, known by their first bytes", function()
    for name, bytes in pairs { ["a.pdf"] = PDF, ["a.PDF"] = PDF, ["a.jpg"] = "\255\216\255\224",
        ["b.jpeg"] = "\255\216\255\219", ["a.png"] = "\137PNG\r\n\26\n", ["a.docx"] = DOCX } do
      assert.equal(201, (s:upload(id, file(bytes, name))), name)
    end
    assert.equal(6, #s:verb("attachments", id))
  end)

  local REFUSED = {
    { file("hello", "a.pdf"), "file" }, { file("", "a.pdf"), "file" },
    { file("PK\3\4 a spreadsheet", "a.docx"), "file" }, { file(PDF, "a.jpg"), "filename" },
    { file(PDF, "pdf"), "filename" }, { file(PDF, "a.pdf.exe"), "filename" },
    { file(PDF, ("a"):rep(997) .. ".pdf"), "filename" },
    { { { "file", PDF }, { "filename", "" } }, "filename" },
    { { { "file", PDF }, { "filename", "a\0b.pdf" } }, "filename" },
    { { { "file", PDF }, { "filename", "a\255.pdf" } }, "filename" },
    { { { "filename", "a.pdf" } }, "file" },
    { { { "file", PDF }, { "file", PDF } }, "file" },
  }

  it("of anything else is refused with the part's name", function()
    for i, case in ipairs(REFUSED) do
      local status, value = s:upload(id, case[1])
      assert.equal(400, status, "case " .. i)
      assert.equal(case[2], value.validation_errors[1].parameter, "case " .. i)
    end
    assert.same({}, s:verb("attachments", id))
  end)

  it("takes 7 MB and not a byte more", function()
    assert.equal(201, (s:upload(id, file(PDF .. ("x"):rep(7 * MB - #PDF)))))
    local status, value, response = s:upload(id, file(PDF .. ("x"):rep(7 * MB - #PDF + 1)))
    assert.equal(413, status)
    assert.is_nil(value)
    assert.equal("", response.body)
    assert.equal(413, (s:upload(id, file(PDF .. ("x"):rep(8 * MB)))))
    assert.equal(1, #s:verb("attachments", id))
  end)

  it("is the one operation whose body may be over 1 MB", function()
    assert.equal(413, (s:respond(id, { additional_information = ("x"):rep(MB) })))
  end)

  it("names the file by its own part, else by the file's, else by what fits", function()
    s:upload(id, { { "file", PDF, filename = "other.txt" }, { "filename", "räksmörgås.pdf" } })
    s:upload(id, file(PDF, "a %22b%22.pdf"))
    s:upload(id, { { "file", PDF } })
    local names = {}
    for i, found in ipairs(s:verb("attachments", id)) do names[i] = found.filename end
    assert.same({ "räksmörgås.pdf", 'a "b".pdf', "attachment.pdf" }, names)
  end)

  it("must be a form", function()
    local path = "/payment/disputes/" .. id .. "/attachments"
    for body, content_type in pairs { ["{}"] = "application/json", [PDF] = "application/pdf",
        ["--x"] = "multipart/form-data; boundary=x" } do
      local status, value = s:post(path, body, { ["content-type"] = content_type })
      assert.equal(400, status)
      assert.equal("INVALID_CONTENT_TYPE", value.error_code)
    end
    assert.equal(400, (s:post(path, "", { ["content-type"] = false })))
  end)

  it("is possible until the dispute is closed", function()
    for _, state in ipairs { "PRE_ARBITRATION", "ARBITRATION_PENDING" } do
      assert.equal(201, (s:upload(s:disputed({ state = state }).payment_dispute_id, file(PDF))))
    end
    local closed = s:disputed({ state = "CLOSED" }).payment_dispute_id
    local status, value = s:upload(closed, file(PDF))
    assert.equal(409, status)
    assert.equal("RESOURCE_CONFLICT", value.error_code)
    assert.equal(404, (s:upload("nobody", file(PDF))))
  end)

  it("has an end: 100 files", function()
    for _ = 1, 100 do assert.equal(201, (s:upload(id, file(PDF)))) end
    assert.equal(403, (s:upload(id, file(PDF))))
  end)
end)

describe("an upload with the same key", function()
  it("makes one attachment, though the boundary is another", function()
    local _, first = s:upload(id, file(PDF), "key", "one")
    local status, again = s:upload(id, file(PDF), "key", "two")
    assert.equal(201, status)
    assert.same(first, again)
    assert.equal(1, #s:verb("attachments", id))
    local log = s:verb "requests"
    assert.is_true(log[#log].replayed)
  end)

  it("and other bytes, or another name, is a conflict", function()
    s:upload(id, file(PDF), "key")
    assert.equal(409, (s:upload(id, file(PDF .. "x"), "key")))
    assert.equal(409, (s:upload(id, file(PDF, "other.pdf"), "key")))
    assert.equal(409, (s:upload(id, { { "file", PDF, filename = "evidence.pdf" },
      { "filename", "evidence.pdf" } }, "key")))
    assert.equal(1, #s:verb("attachments", id))
  end)
end)

describe("a download", function()
  it("brings the bytes back, with what they are and how they are called", function()
    local all = {}
    for i = 0, 255 do all[i + 1] = string.char(i) end
    local bytes = PDF .. table.concat(all)
    local _, made = s:upload(id, { { "file", bytes }, { "filename", 'r "1" ä.pdf' } })
    local response = download(made.payment_dispute_attachment_id)
    assert.equal(200, response.status)
    assert.equal(bytes, response.body)
    assert.equal("application/pdf", response.headers["Content-Type"])
    assert.equal([[attachment; filename="r \"1\" _.pdf"; ]]
      .. "filename*=UTF-8''r%20%221%22%20%C3%A4.pdf", response.headers["Content-Disposition"])
    _, made = s:upload(id, file(PDF))
    assert.equal('attachment; filename="evidence.pdf"',
      download(made.payment_dispute_attachment_id).headers["Content-Disposition"])
  end)

  it("of what is not there is 404", function()
    local response = download "nobody"
    assert.equal(404, response.status)
    assert.equal("RESOURCE_NOT_FOUND", json.decode(response.body).error_code)
    local _, made = s:upload(id, file(PDF))
    id = s:disputed({}).payment_dispute_id
    assert.equal(404, download(made.payment_dispute_attachment_id).status)
  end)

  it("works once the dispute is closed", function()
    local _, made = s:upload(id, file(PDF))
    s:accept_loss(id)
    assert.equal(200, download(made.payment_dispute_attachment_id).status)
  end)
end)

describe("the log of requests", function()
  it("keeps no bytes of files, and can still be read", function()
    s:upload(id, file("\255\216\255\224\0", "a.jpg"))
    local log = s:verb "requests"
    assert.equal("", log[#log].body)
    assert.equal(201, log[#log].status)
    s:get "/payment/disputes?size=5"
    log = s:verb "requests"
    assert.equal("size=5", log[#log].query)
  end)
end)
