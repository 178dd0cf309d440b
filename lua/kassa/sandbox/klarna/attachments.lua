--- Files that belong to a dispute: uploaded as evidence, kept by id, downloaded again (reference
-- 2.11). It looks at a file's first bytes and its name, and at nothing it says.

local json = require "kassa.json"
local answers = require "kassa.sandbox.answers"
local clock = require "kassa.sandbox.clock"
local disputes = require "kassa.sandbox.klarna.disputes"
local percent = require "kassa.sandbox.percent"

local attachments = { handlers = {} }
local handlers = attachments.handlers

local SIZE_MAX = 7 * 1024 * 1024
local NAME_MAX = 1000      -- characters
local OF_DISPUTE_MAX = 100 -- a number of the sandbox's own

-- Kinds ------------------------------------------------------------------------------------------

local function begins(magic)
  return function(bytes) return bytes:sub(1, #magic) == magic end
end

local function is_docx(bytes)
  return bytes:sub(1, 4) == "PK\3\4" and bytes:find("word/document.xml", 1, true) ~= nil
end

local KINDS = {
  { type = "application/pdf", fits = begins "%PDF-", extensions = { "pdf" } },
  { type = "image/jpeg", fits = begins "\255\216\255", extensions = { "jpg", "jpeg" } },
  { type = "image/png", fits = begins "\137PNG\r\n\26\n", extensions = { "png" } },
  { type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    fits = is_docx, extensions = { "docx" } },
}

local function kind_of(bytes)
  for _, kind in ipairs(KINDS) do
    if kind.fits(bytes) then return kind end
  end
end

-- Names ------------------------------------------------------------------------------------------

local function characters(text)
  local _, inside = text:gsub("[\128-\191]", "")
  return #text - inside
end

local function has_extension(name, kind)
  local given = (name:match "%.([^.]*)$" or ""):lower()
  for _, extension in ipairs(kind.extensions) do
    if given == extension then return true end
  end
  return false
end

-- The part `filename`, else the name the file's own part bears, else one that fits.
local function name_of(form, kind)
  local part = form.filename
  local name = part and part.data or form.file.filename or "attachment." .. kind.extensions[1]
  if name == "" or characters(name) > NAME_MAX then
    return nil, answers.field("filename", "The length must be 1 to " .. NAME_MAX .. ".")
  end
  if name:find "%c" or not json.encode(name) then
    return nil, answers.field("filename", "The name must be plain text in UTF-8.")
  end
  if not has_extension(name, kind) then
    return nil, answers.field("filename", "The extension must match the file: "
      .. table.concat(kind.extensions, " or ") .. ".")
  end
  return name
end

-- The file ---------------------------------------------------------------------------------------

-- What a form holds: { name =, type =, bytes = }, or nil and a refusal.
local function file_of(form)
  local bytes = form.file and form.file.data
  if not bytes then return nil, answers.field("file", "The part is required.") end
  if #bytes == 0 then return nil, answers.field("file", "The file is empty.") end
  if #bytes > SIZE_MAX then return nil, answers.too_large() end
  local kind = kind_of(bytes)
  if not kind then
    return nil, answers.field("file", "The file must be a PDF, JPEG, PNG or DOCX.")
  end
  local name, refusal = name_of(form, kind)
  if not name then return nil, refusal end
  return { name = name, type = kind.type, bytes = bytes }
end

local function upload_refusal(dispute)
  if dispute.state == "CLOSED" then return disputes.wrong_state(dispute, "upload") end
  if #dispute.attachment_order >= OF_DISPUTE_MAX then
    return answers.forbidden("A dispute takes " .. OF_DISPUTE_MAX .. " attachments.")
  end
end

handlers["payment_dispute.upload_attachment"] = function(self, params, form, _, asked)
  local dispute, refusal = disputes.find(self, params.payment_dispute_id, asked)
  if not dispute then return nil, refusal end
  refusal = upload_refusal(dispute)
  if refusal then return nil, refusal end
  local file
  file, refusal = file_of(form)
  if not file then return nil, refusal end
  local number = #dispute.attachment_order + 1
  file.id = string.format("%s:attachment:%d", dispute.id, number)
  file.at = self.now()
  dispute.attachments[file.id] = file
  dispute.attachment_order[number] = file
  return 201, { payment_dispute_attachment_id = file.id }
end

-- A header holds ASCII: other characters are escaped in a second form of the name (RFC 6266).
local function disposition(name)
  local plain = name:gsub("[\128-\255]+", "_"):gsub("[\"\\]", "\\%0")
  local text = "attachment; filename=\"" .. plain .. "\""
  if not name:find "[\128-\255]" then return text end
  return text .. "; filename*=UTF-8''" .. percent.escape(name)
end

handlers["payment_dispute.download_attachment"] = function(self, params, _, _, asked)
  local dispute, refusal = disputes.find(self, params.payment_dispute_id, asked)
  if not dispute then return nil, refusal end
  local id = params.payment_dispute_attachment_id
  local file = dispute.attachments[id]
  if not file then return nil, answers.missing("attachment", id) end
  return 200, file.bytes, {
    ["Content-Type"] = file.type, ["Content-Disposition"] = disposition(file.name),
  }
end

--- The attachments of a dispute, in the order of upload, without their bytes.
function attachments.list(dispute)
  local out = json.list {}
  for i, file in ipairs(dispute.attachment_order) do
    out[i] = {
      payment_dispute_attachment_id = file.id, filename = file.name, content_type = file.type,
      size = #file.bytes, uploaded_at = clock.iso(file.at),
    }
  end
  return out
end

return attachments
