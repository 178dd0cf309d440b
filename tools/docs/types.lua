-- Prints lua/kassa/types.lua: what an editor needs to know about kassa (LuaLS annotations).
-- Records, objects and methods come from the table of operations; the rest is in docs/face.lua.

local checkout_types = require "docs.checkout_types"
local words = require "docs.words"
local face = require "docs.face"

local types = {}

local LUA_TYPE = {
  text = "string", token = "string", id = "string", url = "string", email = "string",
  phone = "string", locale = "string", currency = "string", country = "string", time = "string",
  date = "string", amount = "integer", integer = "integer", number = "number", flag = "boolean",
  any = "any", decimal = "integer|string",
}

local WIDTH = 100

-- The generator's state: the api, its record classes by type, its enum aliases by type.
local function new_book(api)
  local book = { api = api, prefix = "kassa." .. api.name .. ".", aliases = {}, names = {} }
  book.records = words.records(api)
  return book
end

-- Call visit(record, field, enum) for every enum that a field holds, itself or in a list.
local function each_enum(book, visit)
  for _, record in ipairs(book.records) do
    for _, entry in ipairs(record) do
      local type_ = entry[2]
      while type_.kind == "list" or type_.kind == "map" do type_ = type_.item end
      if type_.kind == "enum" then visit(record, entry[1], type_) end
    end
  end
end

-- An enum is named after the first field that holds it; when that says little (`state`), or another
-- enum stands in a field of that name, the record's name comes before.
local function name_enums(book)
  local holds, shared = {}, {}
  each_enum(book, function(_, field, enum)
    shared[field] = shared[field] or (holds[field] ~= nil and holds[field] ~= enum)
    holds[field] = enum
  end)
  each_enum(book, function(record, field, enum)
    if book.aliases[enum] then return end
    local alone = field:find("_", 1, true) and not shared[field]
    local name = book.prefix .. (alone and field or record.name .. "." .. field)
    book.aliases[enum], book.names[name] = name, enum
  end)
end

local function type_text(book, type_)
  local kind = type_.kind
  if kind == "record" then return book.prefix .. type_.name end
  if kind == "list" then return type_text(book, type_.item) .. "[]" end
  if kind == "map" then return "table<string, " .. type_text(book, type_.item) .. ">" end
  if kind == "enum" then return book.aliases[type_] end
  return LUA_TYPE[kind]
end

-- A line with its text at the end, or the text on a line before when that is too wide.
local function annotated(lines, code, text)
  if #code + 1 + #text <= WIDTH then
    lines[#lines + 1] = code .. " " .. text
    return
  end
  while #text > WIDTH - 4 do
    local cut = text:sub(1, WIDTH - 4):match("^.*() ") or #text
    lines[#lines + 1] = "--- " .. text:sub(1, cut - 1)
    text = text:sub(cut + 1)
  end
  lines[#lines + 1] = "--- " .. text
  lines[#lines + 1] = code
end

local function enum_lines(book, lines)
  for _, name in ipairs(words.sorted(book.names)) do
    local enum = book.names[name]
    lines[#lines + 1] = "---@alias " .. name
    for _, value in ipairs(enum) do lines[#lines + 1] = ('---| "%s"'):format(value) end
    if enum.open then lines[#lines + 1] = "---| string" end
    lines[#lines + 1] = ""
  end
end

-- Which records get an object's methods: its own schema, and the schemas nested in others.
local function kinds_of_records(api)
  local kinds = {}
  for _, kind in ipairs(words.sorted(api.objects)) do kinds[api.objects[kind].schema] = kind end
  for _, kind in ipairs(words.sorted(api.objects)) do
    for _, nested in ipairs(api.objects[kind].nested) do
      local here = api.objects[kind].schema
      for _, step in ipairs(nested.path) do
        for _, entry in ipairs(here) do
          if entry[1] == step then here = entry[2] break end
        end
      end
      if nested.list then here = here.item end
      kinds[here] = kinds[here] or nested.kind
    end
  end
  return kinds
end

-- Fields that an operation brings as a secret, by record.
local function secret_fields(api)
  local secrets = {}
  for _, row in ipairs(api.operations) do
    if row.secret then secrets[api.objects[row.reply].schema] = row.secret end
  end
  return secrets
end

-- What kassa fills in need not be given.
local function must_be_given(entry)
  return entry.required and not entry.doc:find "^Filled in"
end

local function record_lines(book, lines)
  local kinds, secrets = kinds_of_records(book.api), secret_fields(book.api)
  for _, record in ipairs(book.records) do
    local kind = kinds[record]
    lines[#lines + 1] = "---@class " .. book.prefix .. record.name
      .. (kind and ": " .. book.prefix .. kind .. "_object" or "")
    for _, entry in ipairs(record) do
      annotated(lines, ("---@field %s%s %s"):format(entry[1], must_be_given(entry) and "" or "?",
        secrets[record] == entry[1] and "kassa.secret" or type_text(book, entry[2])), entry.doc)
    end
    lines[#lines + 1] = ""
  end
end

local CONTENT = { multipart = "upload: kassa.upload", download = "target?: kassa.download_target" }

local function content(book, row)
  local bare = row.fixed and not row.amount and not row.total -- all of it is filled in
  if row.body then return (bare and "body?: " or "body: ") .. book.prefix .. row.body.name end
  if row.query then return "query?: " .. book.prefix .. row.query.name end
  return CONTENT[row.hook]
end

-- What a method returns besides an error.
local function result(book, row)
  if row.list then return book.prefix .. row.page.name .. "_list" end
  if row.hook == "download" then return "kassa.download" end
  return row.reply and book.prefix .. row.reply or "table"
end

local function parameters(book, row, owner, named)
  local list = { "self: " .. owner }
  if named then
    for _, name in ipairs(row.arguments or row.params) do list[#list + 1] = name .. ": string" end
  elseif row.params[2] then
    list[#list + 1] = row.params[2] .. ": string"
  end
  list[#list + 1] = content(book, row)
  list[#list + 1] = "options?: " .. book.prefix .. "call_options"
  return list
end

local function signature(book, row, owner, named)
  return ("fun(%s): %s?, kassa.error?"):format(
    table.concat(parameters(book, row, owner, named), ", "), result(book, row))
end

local function method_line(book, lines, row, owner)
  annotated(lines, "---@field " .. row.verb .. " " .. signature(book, row, owner, true), row.doc)
end

-- On an object the id is known; what else stands in the path may be given, or is in the object.
-- What asks for its state is refresh().
local function object_method_line(book, lines, row, owner, id)
  if row.asks then return end
  local text = signature(book, row, owner, false)
  if row.params[1] ~= id and not row.link then -- a token, which the object may hold
    text = ("(%s)|(%s)"):format(text, signature(book, row, owner, true))
  end
  annotated(lines, "---@field " .. row.verb .. " " .. text, row.doc)
end

-- Can an object of this kind be read again?
local function reads(api, kind)
  for _, row in ipairs(api.operations) do
    if row.on == kind and (row.verb == "read" or row.asks) then return true end
  end
end

-- ": kassa.dispute_object", the class in docs/face.lua of what the kit kassa.dispute adds.
local function kit_class(kit, of)
  return kit and require(kit)[of] and ": " .. kit .. "_" .. of or ""
end

local function object_lines(book, lines)
  for _, kind in ipairs(words.sorted(book.api.objects)) do
    local object = book.api.objects[kind]
    local owner = book.prefix .. kind .. "_object"
    lines[#lines + 1] = "---@class " .. owner .. kit_class(object.kit, "object")
    lines[#lines + 1] = "---@field can fun(self: " .. owner
      .. ", verb: string, body?: table): boolean, string?"
    if reads(book.api, kind) then
      lines[#lines + 1] = "---@field refresh fun(self: " .. owner .. "): "
        .. book.prefix .. kind .. "?, kassa.error?"
    end
    for _, row in ipairs(book.api.operations) do
      if row.on == kind then object_method_line(book, lines, row, owner, object.id) end
      if row.from and row.from[kind] then
        annotated(lines, ("---@field %s %s"):format(row.money, signature(book, row, owner, false)),
          row.doc)
      end
    end
    lines[#lines + 1] = ""
  end
end

-- What a list returns: a page with its way to the next one.
local function page_lines(book, lines)
  for _, row in ipairs(book.api.operations) do
    if row.list then
      local own = book.prefix .. row.page.name .. "_list"
      lines[#lines + 1] = ("---@class %s: %s%s"):format(own, book.prefix, row.page.name)
      annotated(lines, "---@field cursor? string", "For starting_after; nil at the end.")
      annotated(lines, ("---@field next fun(self: %s): %s?, kassa.error?"):format(own, own),
        "The page after; nil at the end.")
      lines[#lines + 1] = ""
    end
  end
end

-- The iterator that comes with a list of many pages.
local function each_line(book, lines, row, owner)
  if not (row.list and row.query) then return end
  annotated(lines, ("---@field each %s"):format(
    signature(book, row, owner, true):gsub(": [^:]*$", ": kassa.pages")),
    "All of them, page by page: `for found, err in ...:each{} do`.")
end

local function resource_lines(book, lines)
  local resources, kits = {}, {}
  for _, row in ipairs(book.api.operations) do resources[row.resource] = true end
  for _, object in pairs(book.api.objects) do
    kits[object.resource] = kits[object.resource] or object.kit
  end
  for _, resource in ipairs(words.sorted(resources)) do
    local owner = book.prefix .. resource
    lines[#lines + 1] = "---@class " .. owner .. kit_class(kits[resource], "resource")
    for _, row in ipairs(book.api.operations) do
      if row.resource == resource then
        method_line(book, lines, row, owner)
        each_line(book, lines, row, owner)
      end
    end
    lines[#lines + 1] = ""
  end
  lines[#lines + 1] = "---@class " .. book.prefix .. "client"
  for _, resource in ipairs(words.sorted(resources)) do
    lines[#lines + 1] = ("---@field %s %s"):format(resource, book.prefix .. resource)
  end
  lines[#lines + 1] = "---@field close fun() Ends the client; calls in flight are canceled."
  lines[#lines + 1] = ""
end

-- Options of a call: those of every call, and those that fill a header of one operation.
local function option_lines(book, lines)
  local headers, sources = {}, {}
  for _, row in ipairs(book.api.operations) do
    for _, header in ipairs(row.headers or {}) do headers[header.option] = header end
    for kind in pairs(row.from or {}) do sources[kind] = "What is authorized: its state counts." end
  end
  lines[#lines + 1] = "---@class " .. book.prefix .. "call_options: kassa.call_options"
  lines[#lines + 1] = face.CALL_OPTIONS[book.api.name]
  for _, kind in ipairs(words.sorted(sources)) do
    annotated(lines, ("---@field %s? %s%s"):format(kind, book.prefix, kind), sources[kind])
  end
  for _, option in ipairs(words.sorted(headers)) do
    annotated(lines, "---@field " .. option .. "? string", headers[option].doc)
  end
  lines[#lines + 1] = ""
end

local function error_code_lines(codes, lines)
  lines[#lines + 1] = "---@alias kassa.error_code"
  for _, row in ipairs(codes) do
    lines[#lines + 1] = ('---| "%s" # %s'):format(row.code, row.text)
  end
  lines[#lines + 1] = ""
end

local function api_lines(api, lines)
  local book = new_book(api)
  name_enums(book)
  enum_lines(book, lines)
  record_lines(book, lines)
  object_lines(book, lines)
  option_lines(book, lines)
  page_lines(book, lines)
  resource_lines(book, lines)
end

--- The annotations of a list of apis. codes: the closed list of errors (kassa.core.errors).
function types.render(apis, codes)
  local lines = { face.HEAD }
  error_code_lines(codes, lines)
  for _, api in ipairs(apis) do api_lines(api, lines) end
  lines[#lines + 1] = checkout_types
  lines[#lines + 1] = face.MODULE
  return table.concat(lines, "\n")
end

return types
