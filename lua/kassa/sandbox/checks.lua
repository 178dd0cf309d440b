--- What a request must be before any rule looks at it: size, key, headers, content type, fields.
-- It knows no state and no money; each check returns nothing, or a refusal (sandbox/answers.lua).

local json = require "kassa.json"
local S = require "kassa.schema"
local sign = require "kassa.core".sign
local answers = require "kassa.sandbox.answers"
local multipart = require "kassa.sandbox.multipart"

local checks = {}

local BODY_MAX = 1024 * 1024
local UPLOAD_MAX = 7 * BODY_MAX + 64 * 1024 -- 7 MB of a file and the form around it
local HEADER_MAX = 6 * 1024
local HEADERS_MAX = 20 * 1024
local KEY_MAX = 255
local PARAMETER_MAX = 256
local REASON_MAX = 512
local ORIGINATORS_MAX = 10
local LIST_MARK = getmetatable(json.list {})

--- Sizes (reference 1.7). A gateway refuses them, not the API: returns a status only, or nil.
-- @param row nil for a route nobody has
function checks.size(request, row)
  local total = 0
  for name, value in pairs(request.headers) do
    local size = #name + #value
    if size > HEADER_MAX then return 431 end
    total = total + size
  end
  if total > HEADERS_MAX then return 431 end
  local body_max = row and row.hook == "multipart" and UPLOAD_MAX or BODY_MAX
  if #(request.body or "") > body_max then return 413 end
end

-- The three forms of reference 1.3: the key as it is, the key in base64, user:key in base64.
local function holds_key(text, api_key, username)
  if sign.equal(text, api_key) then return true end
  local user, password = text:match("^([^:]*):(.*)$")
  return user and (user == "" or user == username) and sign.equal(password, api_key) or false
end

--- The key in Authorization.
-- @param account { api_key =, username = }
function checks.credentials(headers, account)
  local given = (headers.authorization or ""):match("^[Bb]asic%s+(%S+)%s*$")
  if given then
    if sign.equal(given, account.api_key) then return nil end
    local plain = sign.unbase64(given)
    if plain and holds_key(plain, account.api_key, account.username) then return nil end
  end
  return answers.unauthorized()
end

local function length_fault(name, value, max)
  if value == nil or (#value >= 1 and #value <= max) then return nil end
  return answers.field(name, "The length must be 1 to " .. max .. ".")
end

local function party_fault(party)
  if type(party) ~= "table" then return "must be an object" end
  for name, limit in pairs { name = 50, session_reference = 100 } do
    local value = party[name]
    if type(value) ~= "string" or #value < 1 or #value > limit then
      return name .. " must be a text of 1 to " .. limit .. " characters"
    end
  end
end

-- Reference 1.6, without the pattern of names: Klarna's own examples break it.
local function metadata_fault(text)
  if text == nil then return nil end
  local name = "Klarna-Integration-Metadata"
  local value = json.decode(text)
  if type(value) ~= "table" then
    return answers.field(name, "The header must hold a JSON object.")
  end
  local why = party_fault(value.integrator)
  if why then return answers.field(name, "integrator: " .. why .. ".") end
  local originators = value.originators
  if originators == nil then return nil end
  if type(originators) ~= "table" or #originators > ORIGINATORS_MAX then
    return answers.field(name, "originators must be a list of at most " .. ORIGINATORS_MAX .. ".")
  end
  for _, party in ipairs(originators) do
    why = party_fault(party)
    if why then return answers.field(name, "originators: " .. why .. ".") end
  end
end

--- Headers every operation may carry (reference 1.4).
function checks.headers(headers)
  local id = headers["partner-correlation-id"]
  if id and (#id > KEY_MAX or not id:match("^%w+$")) then
    return answers.field("Partner-Correlation-Id", "The value must match ^[A-Za-z0-9]+$ and have"
      .. " at most 255 characters.")
  end
  return length_fault("Klarna-Idempotency-Key", headers["klarna-idempotency-key"], KEY_MAX)
    or length_fault("X-Klarna-Client-Id", headers["x-klarna-client-id"], 255)
    or length_fault("X-Klarna-Customer-Token", headers["x-klarna-customer-token"], 1024)
    or metadata_fault(headers["klarna-integration-metadata"])
end

--- Headers this operation cannot do without.
function checks.needed_headers(row, headers)
  for _, entry in ipairs(row.headers or {}) do
    if entry.required and not headers[entry.name:lower()] then
      return answers.field(entry.name, "The header is required.")
    end
  end
end

-- Members the description does not know are let pass: the reference does not say that Klarna
-- refuses them. A copy without them is what the strict check sees.
local function known_only(kind, value)
  if type(value) ~= "table" then return value end
  if kind.kind == "list" then
    local out = json.list {}
    for i, item in ipairs(value) do out[i] = known_only(kind.item, item) end
    return next(value) ~= nil and #out == 0 and value or out
  end
  if kind.kind ~= "record" or #value > 0 then return value end
  local out = {}
  for _, entry in ipairs(kind) do
    local name = entry[1]
    if value[name] ~= nil then out[name] = known_only(entry[2], value[name]) end
  end
  return out
end

-- Klarna counts list positions from 0, the library from 1.
local function dot_notation(path)
  local text = path:gsub("%[(%d+)%]", function(n)
    return string.format("[%d]", tonumber(n) - 1)
  end)
  return text == "" and "body" or text:sub(1, PARAMETER_MAX)
end

local function field_faults(row, body)
  local ok, faults = S.check(row.body, known_only(row.body, body), true, false)
  if ok then return nil end
  local out = json.list {}
  for i, fault in ipairs(faults) do
    out[i] = { parameter = dot_notation(fault.path), reason = fault.message:sub(1, REASON_MAX) }
  end
  return answers.invalid(out)
end

-- The place in the shape of Klarna's own example: "at 19 [character 20 line 1]".
local function unreadable(text, message)
  local why, at = tostring(message):match("^(.-) at character (%d+)")
  at = tonumber(at) or #text + 1
  local _, breaks = text:sub(1, at - 1):gsub("\n", "")
  return answers.content(string.format(
    "The received input is not valid JSON.\n%s at %d [character %d line %d].\n",
    why or tostring(message), at - 1, at, breaks + 1))
end

local function is_json(content_type)
  return (content_type or ""):lower():match("^%s*([^;%s]*)") == "application/json"
end

-- A form's parts by name.
local function read_form(request)
  local parts, why = multipart.read(request.headers["content-type"] or "", request.body or "")
  if not parts then return nil, answers.content("The form cannot be read: " .. why .. ".") end
  local form = {}
  for _, part in ipairs(parts) do
    if form[part.name] then return nil, answers.field(part.name, "The part may come once.") end
    form[part.name] = part
  end
  return form
end

--- What an idempotency key stands for: method, path, body. Two forms are the same when their parts
-- are: the boundary between them is new for each attempt.
function checks.print(row, request)
  local head = request.method .. " " .. request.path .. "\n"
  local form = row.hook == "multipart" and read_form(request)
  if not form then return head .. (request.body or "") end
  local lines = {}
  for name, part in pairs(form) do
    lines[#lines + 1] = string.format("%q %q %q %s", name, part.filename or "",
      part.content_type or "", sign.hex(sign.sha256(part.data)))
  end
  table.sort(lines)
  return head .. table.concat(lines, "\n")
end

--- The body as a Lua table ({} where the operation takes none), or nil and a refusal.
function checks.body(row, request)
  if row.hook == "multipart" then return read_form(request) end
  local text = request.body or ""
  if not row.body then return {} end
  if not is_json(request.headers["content-type"]) then
    return nil, answers.content("The content type must be application/json.")
  end
  local value, message = json.decode(text)
  if value == nil then return nil, unreadable(text, message) end
  if type(value) ~= "table" or #value > 0 or getmetatable(value) == LIST_MARK then
    return nil, answers.field("body", "The body must be a JSON object.")
  end
  local refusal = field_faults(row, value)
  if refusal then return nil, refusal end
  return value
end

return checks
