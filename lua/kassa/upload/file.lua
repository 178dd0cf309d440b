-- Looks at a file before the first byte of it leaves: its fields, its size, its kind by the
-- content, its name. It refuses what Klarna would not take, all faults at once, and sends nothing.

local core = require "kassa.core"
local guess = require "kassa.nearest"
local schema = require "kassa.schema"

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

-- What the content is named by; a file that is gone by now is a fault.
local function hash_of(upload, faults)
  local hash, why = core.media.sha256(upload.file or { bytes = upload.bytes })
  if not hash then add(faults, "file", REASON[why] or tostring(why)) end
  return hash
end

--- Look at an upload. rules: what the row says about the file; strict = false lets pass what Klarna
-- might take after all.
-- -> { name, type, size, hash = SHA-256 in hex, told = whether the name is the caller's }; or nil
-- and a list of faults
function M.inspect(rules, upload, strict)
  local faults = {}
  check_fields(upload, faults)
  if faults[1] then return nil, faults end
  local kind, size = look(rules, upload, strict, faults)
  local name = name_of(upload)
  if name then check_name(rules, upload, name, kind, strict, faults) end
  local hash = not faults[1] and hash_of(upload, faults)
  if faults[1] then return nil, faults end
  local described = kind and rules.kinds[kind]
  return {
    name = name or "attachment" .. (described and "." .. described.extensions[1] or ""),
    told = name ~= nil, size = size, hash = hash,
    type = described and described.type or "application/octet-stream",
  }
end

return M
