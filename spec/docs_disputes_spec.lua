-- The page about disputes keeps its word: its blocks run in order as printed, and its tables leave
-- nothing out. It refuses to help the script along.

local evidence = require "kassa.api.klarna.evidence"
local kassa = require "kassa"
local sandboxes = require "kassa.sandbox"

local file = assert(io.open "docs/disputes.md")
local text = file:read "*a"
file:close()

local PDF = "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"

-- A shop with a captured transaction and two disputes that are due within a week.
local function open()
  local box = sandboxes.world { seed = 7 }
  local klarna = kassa.klarna(box:options())
  local order = { currency = "EUR", payment_amount = 4900 }
  local request = kassa.assert(klarna.payment_requests:create(order))
  box:approve(request.payment_request_id)
  kassa.assert(request:refresh())
  kassa.assert(request:confirm(order))
  local id = request.state_context.payment_transaction.payment_transaction_id
  kassa.assert(klarna.payment_transactions:capture(id, { capture_amount = 4900 }))
  for i, deadline in ipairs { "6d", "6d12h" } do
    assert(box:dispute(id, { reason = i == 1 and "PRODUCTS_NOT_RECEIVED" or "PURCHASE_CANCELED",
      state = "MERCHANT_EVIDENCE_PENDING", deadline = deadline, amount = 100 }))
  end
  return box, klarna
end

local function blocks()
  local list = {}
  for code in text:gmatch "```lua\n(.-)```" do list[#list + 1] = code end
  return list
end

describe("docs/disputes.md", function()
  it("is a script that runs as printed", function()
    local box, klarna = open()
    local path = os.tmpname()
    local proof = assert(io.open(path, "wb"))
    proof:write(PDF)
    proof:close()
    local code = table.concat(blocks(), "\n")
    local changed
    code, changed = code:gsub('file = "proof%.pdf"',
      ('file = %q, filename = "proof.pdf"'):format(path))
    assert.equal(1, changed)
    local chunk = assert((loadstring or load)("local print = ...; " .. code, "=disputes"))
    local shown, made = {}, kassa.klarna
    kassa.klarna = function() return klarna end
    local ok, message = pcall(chunk, function(...)
      local words = {}
      for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
      shown[#shown + 1] = table.concat(words, "\t")
    end)
    kassa.klarna = made
    os.remove(path)
    assert.is_true(ok, tostring(message))
    local page = table.concat(shown, "\n")
    for _, words in ipairs {
      "PRODUCTS_NOT_RECEIVED\t144 hours left, until 2024-01-07T12:00:00Z",
      "estimated_delivery_date\tis absent. When it was to arrive.",
      "proof_of_delivery_attachments\tis absent.",
      "answered at 2024-01-01T12:00:00Z", "was answered", "1 closed",
    } do
      assert.is_truthy(page:find(words, 1, true), words .. "\n" .. page)
    end
    local printed = text:match "```\n(PRODUCTS_NOT_RECEIVED.-)  %.%.%.\n```"
    assert.is_truthy(page:find(printed, 1, true), page)
    assert.equal(2, #box:disputes())
  end)

  it("names every type of request with all its fields", function()
    for name, one in pairs(evidence) do
      local row = assert(text:match("\n| `" .. name .. "` | ([^\n]*) |\n"), name)
      local count = 0
      for field in row:gmatch "`([%w_]+)`" do
        count = count + (one.fields[1] and 1 or 0)
        if one.fields[1] then assert.equal(one.fields[count].name, field) end
      end
      assert.equal(#one.fields, count, name)
    end
  end)

  it("names the messages as they are", function()
    local door = assert(io.open "lua/kassa/dispute/door.lua")
    local source = door:read "*a"
    door:close()
    for _, words in ipairs { "the deadline", "passed", "was answered",
      "Klarna asks for nothing: the dispute is", "another answer",
      "nobody knows whether it arrived" } do
      assert.is_truthy(source:find(words, 1, true), words)
      assert.is_truthy(text:find(words, 1, true), words)
    end
  end)
end)
