--- Percent-encoding (RFC 3986), as the sandbox reads and writes it in paths, queries and headers.
-- It mends nothing: a percent sign that escapes nothing makes the whole text unreadable.

local percent = {}

local function escape_byte(byte)
  return string.format("%%%02X", byte:byte())
end

--- Escape a text; unreserved characters stay as they are.
-- @param kept more characters that stay (":"), none by default
function percent.escape(text, kept)
  return (text:gsub("[^%w%-._~" .. (kept or "") .. "]", escape_byte))
end

--- The text behind an escaped one; nil where a percent sign is not followed by two hex digits.
function percent.unescape(text)
  local bad = false
  local plain = text:gsub("%%(.?.?)", function(hex)
    if not hex:match "^%x%x$" then
      bad = true
      return ""
    end
    return string.char(tonumber(hex, 16))
  end)
  return not bad and plain or nil
end

return percent
