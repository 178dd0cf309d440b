--- Writes multipart/form-data as the engine sends it over a socket, for calls inside this process.
-- It reads whole files into memory, which the engine refuses to do, and guesses no content type.

local core = require "kassa.core"

local form = {}

local PARTS_MAX = 16

local function refuse(words, ...)
  error(words:format(...), 0)
end

local function read(path)
  local file, why = io.open(path, "rb")
  if not file then return nil, why end
  local bytes, trouble = file:read "*a"
  file:close()
  if not bytes then return nil, path .. ": " .. tostring(trouble) end
  return bytes
end

-- The names of a form's part are quoted; what would end the quotes is escaped as browsers do.
local function quoted(field, text)
  if type(text) ~= "string" then
    refuse("body.parts: %s: string expected, got %s", field, type(text))
  end
  if text:find "%c" then refuse("body.parts: %s: a control character in it", field) end
  return '"' .. text:gsub('"', "%%22") .. '"'
end

local function head_of(part)
  local filename = part.filename or part.file and part.file:match "[^/]*$"
  local head = "Content-Disposition: form-data; name=" .. quoted("name", part.name)
  if filename then head = head .. "; filename=" .. quoted("filename", filename) end
  if part.type then
    quoted("type", part.type)
    head = head .. "\r\nContent-Type: " .. part.type
  end
  return head .. "\r\n\r\n"
end

local function bytes_of(part)
  local source = part.file or part.data
  if type(source) ~= "string" or part.file and part.data then
    refuse "body.parts: either file or data expected"
  end
  if part.data then return part.data end
  return read(part.file)
end

-- Parts joined by a line that is in none of them: no part can hold its own digest.
local function join(pieces)
  local boundary = "------------------------"
    .. core.sign.hex(core.sign.sha256(table.concat(pieces))):sub(1, 32)
  local whole = {}
  for _, piece in ipairs(pieces) do
    whole[#whole + 1] = "--" .. boundary .. "\r\n" .. piece .. "\r\n"
  end
  whole[#whole + 1] = "--" .. boundary .. "--\r\n"
  return table.concat(whole), "multipart/form-data; boundary=" .. boundary
end

--- Write the form. parts: as the engine's channel takes them, { name =, file = path or data =,
-- filename =, type = } each; raises what it would raise.
-- -> bytes, content type; or nil and why a file cannot be read
function form.write(parts)
  if type(parts) ~= "table" or #parts < 1 or #parts > PARTS_MAX then
    refuse("body.parts: list of 1 to %d parts expected", PARTS_MAX)
  end
  local pieces = {}
  for i, part in ipairs(parts) do
    if type(part) ~= "table" then refuse "body.parts: tables expected" end
    local head = head_of(part)
    local bytes, why = bytes_of(part)
    if not bytes then return nil, why end
    pieces[i] = head .. bytes
  end
  return join(pieces)
end

return form
