--- Templates that cannot forget to escape: every text put into one is made harmless on the way.
-- Markup comes only from templates; it makes no decision about what a page says.
--
--   local row = html.template [[<td class="$class">$name</td>]]
--   row { class = "wide", name = "<b>" }   --> <td class="wide">&lt;b&gt;</td>

local html = {}

-- What a template made. Only a fragment passes into another template as it is.
local fragment = {}
fragment.__index = fragment
fragment.__tostring = function(self) return self.text end

local ENTITY = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\""] = "&quot;", ["'"] = "&#39;",
}

--- A text, harmless between tags and inside a quoted attribute.
function html.escape(text)
  return (tostring(text):gsub("[&<>\"']", ENTITY))
end

local function markup(value, name)
  if value == nil then error("the template wants a value for $" .. name, 4) end
  if value == false then return "" end
  if type(value) ~= "table" then return html.escape(value) end
  if getmetatable(value) == fragment then return value.text end
  local parts = {}
  for i, item in ipairs(value) do parts[i] = markup(item, name) end
  return table.concat(parts)
end

--- A template: text with $names, each name filled from a table of values.
-- A value is a text or a number (escaped), a fragment, a list of such, or false for nothing; a
-- missing one raises.
-- @return function(values) -> fragment
function html.template(source)
  return function(values)
    local text = source:gsub("%$([%a_][%w_]*)", function(name)
      return markup(values and values[name], name)
    end)
    return setmetatable({ text = text }, fragment)
  end
end

return html
