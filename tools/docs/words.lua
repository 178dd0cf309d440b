-- Words for the generated pages: names, types and limits as people read them.
-- It knows no file and no operation, and gives the same words under every Lua version.

local words = {}

--- The keys of a table, sorted: pairs() differs between Lua versions.
function words.sorted(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- The anchor that a Markdown heading gets.
function words.anchor(heading)
  return (heading:lower():gsub("[^%w_%- ]", ""):gsub(" ", "-"))
end

--- A link to a heading of the same page.
function words.link(heading)
  return ("[%s](#%s)"):format(heading, words.anchor(heading))
end

--- Each member between backquotes, separated by commas.
function words.codes(list)
  local quoted = {}
  for position, member in ipairs(list) do quoted[position] = "`" .. tostring(member) .. "`" end
  return table.concat(quoted, ", ")
end

--- A whole number without exponent or fraction, on every Lua.
function words.number(value)
  if value % 1 == 0 then return ("%.0f"):format(value) end
  return ("%.14g"):format(value)
end

local function between(type_, unit)
  local low, high = type_.min and words.number(type_.min), type_.max and words.number(type_.max)
  if low and high then return (", %s to %s%s"):format(low, high, unit) end
  if high then return (", at most %s%s"):format(high, unit) end
  if low then return (", at least %s%s"):format(low, unit) end
  return ""
end

local CHARACTERS = " characters"

local NAMES = {
  text = { "text", CHARACTERS }, token = { "opaque text", CHARACTERS },
  id = { "id", CHARACTERS }, url = { "URL", CHARACTERS }, email = { "e-mail address", "" },
  phone = { "phone number", "" }, locale = { "locale like `en-US`", "" },
  currency = { "currency, three letters", "" }, country = { "country, two letters", "" },
  time = { "time like `2024-01-01T12:00:00Z`", "" }, date = { "date like `2024-01-31`", "" },
  amount = { "amount in minor units", "" }, integer = { "whole number", "" },
  decimal = { "amount: minor units, or decimal text", CHARACTERS },
  number = { "number", "" }, flag = { "`true` or `false`", "" }, any = { "any JSON", "" },
}

--- What a type takes, with its limits; records are linked by name.
function words.type(type_)
  local kind = type_.kind
  if kind == "record" then return words.link(type_.name) end
  if kind == "list" or kind == "map" then
    local item = words.type(type_.item):gsub("^one of ", "")
    return ("%s of %s%s"):format(kind, item, between(type_, " members"))
  end
  if kind == "enum" then
    return "one of " .. words.codes(type_) .. (type_.open and ", or one not listed here" or "")
  end
  local name = NAMES[kind]
  return name[1] .. between(type_, name[2]) .. (type_.multiline and ", line breaks allowed" or "")
    .. (type_.millis and ", sent with milliseconds" or "")
end

--- An example value as Lua writes it, or nil when it is a table.
function words.example(value)
  if type(value) == "string" then return '"' .. value .. '"' end
  if type(value) == "number" then return words.number(value) end
  if type(value) == "boolean" then return tostring(value) end
end

--- "exact (R5)": how sure a fact is, and where it was read.
function words.certainty(fact)
  return ("%s (%s)"):format(fact.sure, fact.source)
end

local HOOKED = { multipart = "upload", download = "target" }

--- What an operation's method takes between ids and options, by name; nil for nothing.
function words.content(row)
  return row.body and "body" or row.query and "query" or HOOKED[row.hook]
end

--- The arguments of an operation's method, in order.
function words.arguments(row)
  local list = {}
  for _, name in ipairs(row.arguments or row.params) do list[#list + 1] = name end
  list[#list + 1] = words.content(row)
  list[#list + 1] = "options"
  return table.concat(list, ", ")
end

--- A Markdown table from a list of headings and a list of rows of strings.
function words.grid(headings, rows)
  local lines = { "| " .. table.concat(headings, " | ") .. " |" }
  lines[2] = "|" .. (" --- |"):rep(#headings)
  for _, row in ipairs(rows) do
    local cells = {}
    for position, cell in ipairs(row) do cells[position] = (cell:gsub("|", "\\|")) end
    lines[#lines + 1] = "| " .. table.concat(cells, " | ") .. " |"
  end
  return table.concat(lines, "\n")
end

--- Call visit(record) for every record below a type, each once, the deeper ones last.
function words.each_record(type_, seen, visit)
  if type_.kind == "list" or type_.kind == "map" then
    return words.each_record(type_.item, seen, visit)
  end
  if type_.kind ~= "record" or seen[type_.name] then return end
  seen[type_.name] = true
  visit(type_)
  for _, entry in ipairs(type_) do words.each_record(entry[2], seen, visit) end
end

--- Every record that the operations, objects and errors of an api use, sorted by name.
function words.records(api)
  local seen, by_name = {}, {}
  local function keep(record) by_name[record.name] = record end
  for _, row in ipairs(api.operations) do
    for _, part in ipairs { "body", "query", "page" } do
      if row[part] then words.each_record(row[part], seen, keep) end
    end
  end
  for _, kind in ipairs(words.sorted(api.objects)) do
    words.each_record(api.objects[kind].schema, seen, keep)
  end
  words.each_record(api.error, seen, keep)
  if api.integration then words.each_record(api.integration, seen, keep) end
  local list = {}
  for position, name in ipairs(words.sorted(by_name)) do list[position] = by_name[name] end
  return list
end

return words
