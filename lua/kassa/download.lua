-- Fetches the bytes of an attachment, into a string or into a file. It never leaves half a file: it
-- writes beside it and renames, and it never trusts the name that the answer tells.

local call = require "kassa.call"
local core = require "kassa.core"
local unescape = require("kassa.endpoint").unescape

local M = {}

local function refuse_file(plan, why)
  return call.refuse(plan, { code = "invalid", happened = "no", retry = "same_key",
    faults = { { path = "file", message = "cannot be written: " .. tostring(why) } } })
end

-- The name of a new file beside the wanted one: in the same folder, so that renaming cannot fail
-- half way. It is not kept while the bytes come: a script that is stopped leaves nothing.
local function try_beside(path)
  local beside = path .. "." .. core.sign.uuid4() .. ".part"
  local file, why = io.open(beside, "wb")
  if not file then return nil, why end
  file:close()
  os.remove(beside)
  return beside
end

-- -> true, or nil and why not. Either way the file beside is gone.
local function write(beside, path, bytes)
  local file, reason = io.open(beside, "wb")
  if not file then return nil, reason end
  local fine, why = file:write(bytes)
  local closed, trouble = file:close()
  if fine and closed then
    fine, why = os.rename(beside, path)
  else
    fine, why = nil, why or trouble
  end
  if not fine then os.remove(beside) end
  return fine, why
end

-- What follows a pattern in a header whose names may be in any case.
local function behind(header, pattern, wanted)
  local _, at = header:lower():find(pattern)
  return at and header:match(wanted, at + 1)
end

-- What stands between quotes, where a backslash takes the meaning from what follows it.
local function unquote(rest)
  local plain = rest:gsub("\\(.)", function(char) return ("\\%03d"):format(char:byte()) end)
  local inside = plain:match '^([^"]*)"'
  return inside and (inside:gsub("\\(%d%d%d)", function(code) return string.char(code) end))
end

--- The file name in a Content-Disposition (RFC 6266), without any folder, or nil.
function M.filename(disposition)
  if not disposition then return nil end
  local coded = behind(disposition, "filename%*%s*=%s*utf%-8''", "^[^;%s]+")
  local quoted = behind(disposition, 'filename%s*=%s*"', "^.*$")
  local name = coded and unescape(coded) or quoted and unquote(quoted)
    or behind(disposition, "filename%s*=%s*", '^[^;%s"]+')
  name = name and name:gsub("[%z\1-\31\127]", ""):match "[^/\\]*$"
  return name and name:find "[^.]" and name or nil -- dots alone name a folder
end

--- What an answer holds, whatever its type.
function M.read(_, answer)
  return { bytes = answer.body or "" }
end

local function describe(download)
  return ("kassa.download %s (%d bytes)"):format(tostring(download.filename or ""), download.size)
end

--- The result of a download: bytes, size, content_type and filename as far as they were told.
function M.make(client, plan, _, value, answer)
  local headers = core.headers.parse(answer.head or "")
  value.size, value.content_type = #value.bytes, headers["content-type"]
  value.filename = M.filename(headers["content-disposition"])
  plan.download_class = plan.download_class
    or { client = client, kind = "download", __name = "kassa.download", __tostring = describe }
  client.info[value] = { answer = answer }
  return setmetatable(value, plan.download_class)
end

--- Fetch, as klarna.disputes:download_attachment(id, attachment_id, target, options) does. target:
-- nil, or { file = path }, which is replaced when all bytes have come.
-- -> { bytes or file, size, content_type, filename }; or nil and the error
function M.execute(client, plan, subject, id, target, options)
  local path = target and target.file
  if not path then return call.execute(client, plan, subject, id, nil, options) end
  local beside, unwritable = try_beside(path)
  if not beside then return refuse_file(plan, unwritable) end
  local download, err = call.execute(client, plan, subject, id, nil, options)
  if not download then return nil, err end
  local fine, why = write(beside, path, download.bytes)
  if not fine then return refuse_file(plan, why) end
  download.file, download.bytes = path, nil
  client.info[download].answer.body = nil -- the file has them
  return download
end

return M
