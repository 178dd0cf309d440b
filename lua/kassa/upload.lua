-- Sends a file as an attachment: looks at it before the first byte leaves, and names the upload by
-- its content, so that a repeated one makes no second attachment. It refuses what Klarna would not
-- take: another kind, too many bytes, a name that tells of another kind.

local call = require "kassa.call"
local core = require "kassa.core"
local guess = require "kassa.nearest"
local intent = require "kassa.intent"
local object = require "kassa.object"
local schema = require "kassa.schema"

local REMEMBERED_MAX = 1000 -- uploads of one client; forgetting them costs a request, no more

local M = {}

local KNOWN = { file = "string", bytes = "string", filename = "string", on_progress = "function" }

local REASON = {
  missing = "there is no such file", unreadable = "cannot be read", empty = "is empty",
  directory = "is a folder",
}

local function add(faults, path, message, hint)
  faults[#faults + 1] = { path = path, message = message, hint = hint }
end

local function check_fields(upload, faults)
  for name, value in pairs(upload) do
    local wanted = KNOWN[name]
    if not wanted then
      local close = guess(tostring(name), KNOWN)
      add(faults, tostring(name), "is no field of an upload", close and "did you mean " .. close)
    elseif type(value) ~= wanted then
      add(faults, name, ("expected a %s, got %s"):format(wanted, type(value)))
    end
  end
  if (upload.file == nil) == (upload.bytes == nil) then
    add(faults, "file", "give either file, a path, or bytes, the content itself")
  end
  table.sort(faults, function(a, b) return a.path < b.path end)
end

local function kinds_of(rules)
  local names = {}
  for kind in pairs(rules.kinds) do names[#names + 1] = kind:upper() end
  table.sort(names)
  return table.concat(names, ", ")
end

local function check_size(rules, where, size, faults)
  if size <= rules.max then return end
  add(faults, where, ("has %.0f bytes, at most %.0f are taken"):format(size, rules.max),
    ("that is %.0f MB"):format(rules.max / 1048576))
end

-- The kind of the content and its size; what is wrong with it goes to the faults.
local function look(rules, upload, strict, faults)
  local where = upload.file and "file" or "bytes"
  local kind, reason, size = core.media.kind(upload.file or { bytes = upload.bytes })
  if kind then size = reason end
  if REASON[reason] then
    local named = reason == "missing" and ": " .. upload.file or ""
    add(faults, where, REASON[reason] .. named)
  elseif strict then
    check_size(rules, where, size, faults)
    if not kind or not rules.kinds[kind] then
      add(faults, where, "is no " .. kinds_of(rules), "the content decides, not the name")
    end
  end
  return kind, size
end

local function is_among(list, value)
  for _, member in ipairs(list) do
    if member == value then return true end
  end
  return false
end

-- A name without its folder: nobody is told where a file lies.
local function name_of(upload)
  local name = upload.filename or upload.file
  return name and name:match "[^/\\]*$"
end

local function check_name(rules, upload, name, kind, strict, faults)
  local where = upload.filename and "filename" or "file"
  if name:find "[%z\1-\31\127]" then return add(faults, where, "has a control character in it") end
  if not strict then return end
  local fine, wrong = schema.check(schema.text { min = 1, max = rules.name_max }, name)
  if not fine then return add(faults, where, wrong[1].message) end
  local described = kind and rules.kinds[kind]
  local ending = (name:match "%.([^.]*)$" or ""):lower()
  if described and not is_among(described.extensions, ending) then
    add(faults, where, ("%q does not end like a %s"):format(name, kind:upper()),
      "Klarna takes ." .. table.concat(described.extensions, " or .") .. " for it")
  end
end

--- Look at an upload. rules: what the row says about the file; strict = false lets pass what Klarna
-- might take after all.
-- -> { name, type, size, told = whether the name is the caller's }; or nil and a list of faults
function M.inspect(rules, upload, strict)
  local faults = {}
  check_fields(upload, faults)
  if faults[1] then return nil, faults end
  local kind, size = look(rules, upload, strict, faults)
  local name = name_of(upload)
  if name then check_name(rules, upload, name, kind, strict, faults) end
  if faults[1] then return nil, faults end
  local described = kind and rules.kinds[kind]
  return {
    name = name or "attachment" .. (described and "." .. described.extensions[1] or ""),
    told = name ~= nil, size = size,
    type = described and described.type or "application/octet-stream",
  }
end

local function form_of(rules, upload, file)
  local parts = { { name = rules.part, file = upload.file, data = upload.bytes,
    filename = file.name, type = file.type } }
  if file.told then parts[2] = { name = "filename", data = file.name } end
  return { parts = parts, size = file.size }
end

-- Why a file cannot be sent a second time under the key of what it held, or nil.
local function changed(upload, hash)
  if not upload.file or core.media.sha256(upload.file) == hash then return nil end
  return "the file has changed or is gone since its upload began"
end

-- The client as this upload sees it: its progress is told, a file that is gone by now is no reason
-- to raise, and one that has changed does not leave under the key of another.
local function view_of(client, upload, hash)
  local listener, again, why = upload.on_progress, false, nil
  return setmetatable({
    channel = { submit = function(_, ...)
      local id
      why = again and changed(upload, hash)
      if why then return nil end
      again = true
      id, why = client.channel:submit(...)
      return id
    end },
    driver = {
      await = function(_, id, runtime)
        if not id then return { code = "invalid", message = why, wire = "unsent" } end
        return client.driver:await(id, runtime, listener)
      end,
      sleep = function(_, ms, runtime) return client.driver:sleep(ms, runtime) end,
    },
  }, { __index = client })
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

local function options_with(options, key)
  local all = { derived_key = key }
  for name, value in pairs(options or {}) do
    if name ~= "derived_key" then all[name] = value end
  end
  return all
end

local function send(client, plan, subject, id, upload, file, hash, options)
  local form = form_of(plan.file(), upload, file)
  return call.execute(view_of(client, upload, hash), plan, subject, id, form, options)
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
  local strict = options and options.strict
  if strict == nil then strict = client.settings.strict end
  local file, faults = M.inspect(plan.file(), upload or {}, strict)
  if not file then return call.refuse(plan, { code = "invalid", faults = faults }) end
  local hash, why = core.media.sha256(upload.file or { bytes = upload.bytes })
  if not hash then
    return call.refuse(plan, { code = "invalid", faults = {
      { path = "file", message = REASON[why] or tostring(why) } } })
  end
  if options and (options.intent or options.idempotency_key) then
    return send(client, plan, subject, id, upload, file, hash, options)
  end
  local known = memory_of(client, id .. " " .. hash)
  local attachment = known_attachment(client, plan, known)
  if attachment then return attachment end
  local key = key_of(client, plan, id, hash, known)
  options = options_with(options, key)
  known.flying = known.flying + 1 -- for ever, if the task is stopped under way
  local value, err = send(client, plan, subject, id, upload, file, hash, options)
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
