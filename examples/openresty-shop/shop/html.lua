-- Pages are Lua strings with $names in them, and whatever is put in for a name is escaped on its
-- way. Markup comes from templates only, so no order, name or address can write any.
--
--   local row = html [[<td class="wide">$name</td>]]
--   row { name = "<b>" }                   --> <td class="wide">&lt;b&gt;</td>

local html = {}

local made = {} -- the metatable of what a template returns
made.__tostring = function(self) return self.text end

local SAFE = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

-- A text is escaped, what a template made stays, a list is put together, false is nothing.
local function put(value, name)
  if value == false then return "" end
  if value == nil then error("the template misses a value for $" .. name, 3) end
  if getmetatable(value) == made then return value.text end
  if type(value) ~= "table" then return (tostring(value):gsub("[&<>\"']", SAFE)) end
  local texts = {}
  for i, each in ipairs(value) do texts[i] = put(each, name) end
  return table.concat(texts)
end

--- A template. source: markup with $names. -> function(values) -> markup
function html.template(source)
  return function(values)
    local text = source:gsub("%$([%a_]+)", function(name) return put(values[name], name) end)
    return setmetatable({ text = text }, made)
  end
end

--- Each of a list through a function. -> list of markup
function html.each(list, draw)
  local drawn = {}
  for i, value in ipairs(list) do drawn[i] = draw(value, i) end
  return drawn
end

local option = html.template [[<option value="$value"$selected>$label</option>]]
local selected = html.template [[ selected]] {}

--- The options of a select. list: { { value, label }, ... }; chosen: the value that stands there
function html.options(list, chosen)
  return html.each(list, function(each)
    local is_chosen = tostring(each[1]) == tostring(chosen or "")
    return option { value = each[1], label = each[2], selected = is_chosen and selected }
  end)
end

return setmetatable(html, { __call = function(_, source) return html.template(source) end })
