--- Reads multipart/form-data as a server does (RFC 7578, RFC 2046): bytes in, parts out.
-- It guesses nothing: what is not well formed is refused as a whole, with the reason.

local multipart = {}

local BOUNDARY_MAX = 70   -- characters, by RFC 2046
local HEADERS_MAX = 8192  -- bytes of one part's header lines
local PARTS_MAX = 100

local TOKEN = "[%w!#$%%&'*+.^_`|~-]+"
local BOUNDARY_TEXT = "^[%w'()+_,./:=? -]*[%w'()+_,./:=?-]$"

-- Header parameters ------------------------------------------------------------------------------

-- The text in quotes from `at` (behind the opening one): its value and where it ends. A backslash
-- takes the next character as it is.
local function quoted(text, at)
  local out = {}
  while true do
    local plain, stop, last = text:match("^([^\"\\]*)([\"\\])()", at)
    if not plain then return nil end
    out[#out + 1] = plain
    if stop == "\"" then return table.concat(out), last end
    if last > #text then return nil end
    out[#out + 1] = text:sub(last, last)
    at = last + 1
  end
end

-- `; name=value; name="value"` from `at` on, names in lower case; nil when it is not that.
local function parameters(text, at)
  local out = {}
  while not text:find("^%s*$", at) do
    local name, from = text:match("^%s*;%s*(" .. TOKEN .. ")=()", at)
    if not name then return nil end
    name = name:lower()
    if out[name] then return nil end
    local value
    if text:sub(from, from) == "\"" then
      value, at = quoted(text, from + 1)
    else
      value, at = text:match("^(" .. TOKEN .. ")()", from)
    end
    if not value then return nil end
    out[name] = value
  end
  return out
end

--- The boundary of a Content-Type, or nil and why there is none.
function multipart.boundary(content_type)
  local at = content_type:match("^%s*[%a]+/[%w-]+()")
  if not content_type:lower():find("^%s*multipart/form%-data%f[%s;%z]") then
    return nil, "the content type is not multipart/form-data"
  end
  local given = parameters(content_type, at)
  local boundary = given and given.boundary
  if not boundary then return nil, "the content type names no boundary" end
  if #boundary > BOUNDARY_MAX or not boundary:find(BOUNDARY_TEXT) then
    return nil, "the boundary is not 1 to " .. BOUNDARY_MAX .. " characters of RFC 2046"
  end
  return boundary
end

-- Parts ------------------------------------------------------------------------------------------

-- The next delimiter: CRLF, two hyphens and the boundary, with nothing but blanks behind it until
-- the line ends. A longer boundary that begins like this one is content.
-- Returns where it begins, where the next part begins (nil after the last one); or nil.
local function delimiter(body, mark, at)
  while true do
    local from, to = body:find(mark, at, true)
    if not from then return nil end
    local _, ends = body:find("^[ \t]*\r\n", to + 1)
    if ends then return from, ends + 1 end
    if body:find("^%-%-[ \t]*\r\n", to + 1) or body:find("^%-%-[ \t]*$", to + 1) then
      return from, nil
    end
    at = to + 1
  end
end

-- The first delimiter may be the very first bytes; what stands before it is no part.
local function first_part(body, mark)
  if body:sub(1, #mark - 2) ~= mark:sub(3) then return delimiter(body, mark, 1) end
  local _, ends = body:find("^[ \t]*\r\n", #mark - 1)
  if ends then return 1, ends + 1 end
  if body:find("^%-%-[ \t]*\r\n", #mark - 1) or body:find("^%-%-[ \t]*$", #mark - 1) then
    return 1, nil
  end
  return delimiter(body, mark, 1)
end

local function header_lines(text, mark)
  local out = {}
  for line in (text .. "\r\n"):gmatch "(.-)\r\n" do
    local name, from = line:match("^(" .. TOKEN .. "):[ \t]*()")
    if not name or out[name:lower()] or line:find "[%z\r\n]" or line:find(mark, 1, true) == 1 then
      return nil
    end
    out[name:lower()] = line:match("^(.*[^ \t])", from) or ""
  end
  return out
end

-- Browsers and curl write a quote, CR and LF in a name as these three, and nothing else.
local ESCAPED = { ["%22"] = "\"", ["%0D"] = "\r", ["%0A"] = "\n" }

local function unescaped(text)
  return text and (text:gsub("%%%x%x", function(found) return ESCAPED[found:upper()] end))
end

local function part_of(headers, data)
  local disposition = headers["content-disposition"] or ""
  local at = disposition:match "^[Ff][Oo][Rr][Mm]%-[Dd][Aa][Tt][Aa]()"
  local given = at and parameters(disposition, at)
  if not given or not given.name then return nil end
  return {
    name = unescaped(given.name), filename = unescaped(given.filename),
    content_type = headers["content-type"], headers = headers, data = data,
  }
end

-- The part that begins at `at`: part, where the next one begins (nil: none); or nil and why not.
local function read_part(body, mark, at)
  local blank = body:find("\r\n\r\n", at - 2, true)
  if not blank then return nil, "a part has no end of its headers" end
  if blank - at > HEADERS_MAX then
    return nil, "a part's headers are over " .. HEADERS_MAX .. " bytes"
  end
  local headers = header_lines(body:sub(at, blank - 1), mark:sub(3))
  if not headers then return nil, "a part's headers are not readable" end
  local from, after = delimiter(body, mark, blank + 2)
  if not from then return nil, "the last part has no end" end
  local part = part_of(headers, body:sub(blank + 4, from - 1))
  if not part then return nil, "a part has no Content-Disposition with a name" end
  return part, after
end

--- Read a body.
-- @param content_type the request's Content-Type
-- @param body its bytes
-- @return a list of { name =, filename = or nil, content_type = or nil, headers = (names in lower
--   case), data = } | nil, a sentence
function multipart.read(content_type, body)
  local boundary, message = multipart.boundary(content_type)
  if not boundary then return nil, message end
  local mark = "\r\n--" .. boundary
  local parts = {}
  local found, at = first_part(body, mark)
  if not found then return nil, "the boundary is not in the body" end
  while at do
    if #parts >= PARTS_MAX then return nil, "there are over " .. PARTS_MAX .. " parts" end
    local part, after = read_part(body, mark, at)
    if not part then return nil, after end
    parts[#parts + 1] = part
    at = after
  end
  return parts
end

return multipart
