-- Sends a file as an attachment, and names the upload by its content, so that a repeated one makes
-- no second attachment. It sends nothing that kassa.upload.file has not looked at.

local call = require "kassa.call"
local core = require "kassa.core"
local inspect = require("kassa.upload.file").inspect
local intent = require "kassa.intent"
local object = require "kassa.object"

local REMEMBERED_MAX = 1000 -- uploads of one client; forgetting them costs a request, no more

local M = {}

-- What kassa.call sends in a body's place: the parts; whom to tell how far it is; and, asked before
-- each repeat, why it must not leave again under the key of what it held.
local function form_of(rules, upload, file)
  local parts = { { name = rules.part, file = upload.file, data = upload.bytes,
    filename = file.name, type = file.type } }
  if file.told then parts[2] = { name = "filename", data = file.name } end
  return {
    parts = parts, size = file.size, on_progress = upload.on_progress,
    changed = function()
      if not upload.file or core.media.sha256(upload.file) == file.hash then return nil end
      return "the file has changed or is gone since its upload began"
    end,
  }
end

-- What this client knows about the uploads of one content to one dispute.
local function memory_of(client, name)
  local memory = client.uploads
  if not memory or memory.count >= REMEMBERED_MAX then
    memory = { count = 0, known = {} }
    client.uploads = memory
  end
  if not memory.known[name] then
    memory.known[name], memory.count = { refused = 0, flying = 0, open = false }, memory.count + 1
  end
  return memory.known[name]
end

-- Klarna may give a refusal again under its key, so what was refused for certain gets a new one.
local function key_of(client, plan, id, hash, known)
  local again = known.refused > 0 and "#" .. known.refused or ""
  return intent.key(client.settings.account or "", plan.row.name, id, "sha256:" .. hash .. again)
end

-- These judge the content itself, so an earlier attempt fared no better.
local JUDGED = { [400] = true, [413] = true, [415] = true, [422] = true }

-- After an upload whose answer never came, or has not come yet, neither a conflict nor a refusal
-- for another reason is a proof that it did not arrive: it keeps its key.
local function remember_failure(known, err)
  local open = known.open or known.flying > 0
  if err.happened == "unknown" then
    known.open = true
  elseif err.status == 409 and open then
    err.happened, err.retry = "unknown", "never"
    err.message = err.message .. " (an earlier upload of this content may have arrived)"
  elseif JUDGED[err.status] then
    known.refused, known.open = known.refused + 1, false
  elseif not open and err.status and err.status < 500 and err.status ~= 409
    and err.status ~= 429 then
    known.refused = known.refused + 1
  end
end

-- The same content was uploaded before: its attachment, without a request.
local function known_attachment(client, plan, known)
  if not known.id then return nil end
  return object.wrap(client, plan.reply, { [known.field] = known.id }, known.answer)
end

--- Upload, as klarna.disputes:upload_attachment(id, upload, options) does. upload: { file = path or
-- bytes = string, filename =, on_progress = function(sent, total) }.
-- -> attachment; or nil and the error
function M.execute(client, plan, subject, id, upload, options)
  local rules = plan.file()
  local file, faults = inspect(rules, upload or {}, call.strict(client, options))
  if not file then return call.refuse(plan, { code = "invalid", faults = faults }) end
  local form = form_of(rules, upload, file)
  if options and (options.intent or options.idempotency_key) then
    return call.execute(client, plan, subject, id, form, options)
  end
  local known = memory_of(client, id .. " " .. file.hash)
  local attachment = known_attachment(client, plan, known)
  if attachment then return attachment end
  options = call.with_key(options, key_of(client, plan, id, file.hash, known))
  known.flying = known.flying + 1 -- for ever, if the task is stopped under way
  local value, err = call.execute(client, plan, subject, id, form, options)
  known.flying = known.flying - 1
  if not value then
    remember_failure(known, err)
    return nil, err
  end
  known.field = client.api.objects[plan.reply].id
  known.id, known.answer = value[known.field], client.info[value].answer
  return value
end

return M
