-- UTF-8 by the table of the Unicode standard (3-7), written by hand for the specs.
-- It shares no code with what it checks, and refuses whatever the table does not list.

local utf8_text = {}

local function is_tail(byte) return byte and byte >= 0x80 and byte <= 0xBF end

-- The length of the UTF-8 character at a place, by the table of the Unicode standard (3-7); nil
-- when there is none.
function utf8_text.character_length(s, at)
  local a, b, c, d = s:byte(at, at + 3)
  if a <= 0x7F then return 1 end
  if a >= 0xC2 and a <= 0xDF then return is_tail(b) and 2 or nil end
  if not (is_tail(b) and is_tail(c)) then return nil end
  if a == 0xE0 then return b >= 0xA0 and 3 or nil end
  if a == 0xED then return b <= 0x9F and 3 or nil end
  if a >= 0xE1 and a <= 0xEF then return 3 end
  if not is_tail(d) then return nil end
  if a == 0xF0 then return b >= 0x90 and 4 or nil end
  if a == 0xF4 then return b <= 0x8F and 4 or nil end
  return a >= 0xF1 and a <= 0xF3 and 4 or nil
end

--- Is the whole text UTF-8?
function utf8_text.is_valid(s)
  local at = 1
  while at <= #s do
    local length = utf8_text.character_length(s, at)
    if not length then return false end
    at = at + length
  end
  return true
end

return utf8_text
