-- Promises of kassa.sandbox.form: the bytes of a form, and the refusals of the engine's channel.
local form = require "kassa.sandbox.form"
local peers = require "support.peers"

describe("kassa.sandbox.form", function()
  it("writes parts between boundaries that are in none of them", function()
    local bytes, kind = form.write {
      { name = "note", data = "two\r\nlines" },
      { name = "file", data = "%PDF-", filename = 'a"b.pdf', type = "application/pdf" },
    }
    local boundary = kind:match "^multipart/form%-data; boundary=(%-+%x+)$"
    assert.equal(("--B\r\n"
      .. 'Content-Disposition: form-data; name="note"\r\n\r\ntwo\r\nlines\r\n'
      .. '--B\r\nContent-Disposition: form-data; name="file"; filename="a%22b.pdf"\r\n'
      .. "Content-Type: application/pdf\r\n\r\n%PDF-\r\n--B--\r\n"):gsub("B", boundary, 1)
      :gsub("%-%-B", function() return "--" .. boundary end), bytes)
    local other = form.write { { name = "note", data = boundary } }
    assert.is_nil(other:find("--" .. boundary, 1, true))
  end)

  it("reads a file and tells its name, not its folder", function()
    local folder = peers.folder()
    peers.write(folder .. "/proof.pdf", "%PDF-\0\r\n")
    local bytes = form.write { { name = "file", file = folder .. "/proof.pdf" } }
    assert.truthy(bytes:find('filename="proof.pdf"\r\n\r\n%PDF-\0\r\n\r\n--', 1, true))
    assert.is_nil(bytes:find(folder, 1, true))
    local none, why = form.write { { name = "file", file = folder } }
    assert.is_nil(none)
    assert.matches("directory", why)
    peers.remove(folder)
    none, why = form.write { { name = "file", file = folder .. "/proof.pdf" } }
    assert.is_nil(none)
    assert.matches("No such file", why)
  end)

  it("refuses what the engine refuses", function()
    local wrong = {
      [{}] = "list of 1 to 16", [{ "text" }] = "tables expected", [{ {} }] = "name",
      [{ { name = "a\n", data = "" } }] = "control", [{ { name = "a" } }] = "file or data",
      [{ { name = "a", data = "", filename = "\r" } }] = "control",
      [{ { name = "a", data = "", type = "\0" } }] = "control",
      [{ { name = "a", data = "", file = "b" } }] = "file or data",
      [{ { name = "a", data = 7 } }] = "file or data",
    }
    for parts, words in pairs(wrong) do
      assert.error_matches(function() form.write(parts) end, words, 1, true)
    end
  end)
end)
