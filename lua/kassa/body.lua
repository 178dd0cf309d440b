-- Writes the body of a row that fills fields in, has words of kassa's own, or asks for fields in
-- some cases only. It never changes what the caller gave, and a plain body does not need it.

local api_of = require "kassa.api"
local json = require "kassa.json"
local nearest = require "kassa.nearest"
local schema = require "kassa.schema"

local M = {}

local Writer = {}
Writer.__index = Writer

-- What was given, with what is fixed where nothing was. Lists are taken whole.
local function under(given, fixed)
  if given == nil then return fixed end
  if type(given) ~= "table" or type(fixed) ~= "table" or fixed[1] ~= nil then return given end
  local copy = {}
  for name, value in next, given do copy[name] = value end
  for name, value in next, fixed do copy[name] = under(rawget(given, name), value) end
  return copy
end

local function value_at(body, path)
  for name in path:gmatch "[^.]+" do
    if type(body) ~= "table" then return nil end
    body = rawget(body, name)
  end
  return body
end

-- Tables with the value at the end of a path.
local function nested(path, value)
  local name, rest = path:match "^([^.]+)%.?(.*)$"
  return { [name] = rest == "" and value or nested(rest, value) }
end

--- The value at the end of a path ("a.b.c") in tables, or nil.
M.value_at = value_at

--- A copy of a body with a value at the end of a path; where the path leads through what is no
-- table, the writer will say so.
function M.with(body, path, value)
  local name, rest = path:match "^([^.]+)%.?(.*)$"
  if body == nil or body == json.null then body = {} end
  if type(body) ~= "table" then return body end
  local copy = under(body, {})
  copy[name] = rest == "" and value or M.with(rawget(body, name), rest, value)
  return copy
end

local function word_fault(name, word, value)
  local known = {}
  for choice in pairs(word) do known[choice] = choice ~= "at" or nil end
  local close = nearest(tostring(value), known)
  return { path = name, message = "is none of kassa's words for " .. word.at,
    hint = close and ("did you mean %q?"):format(close) or nil }
end

-- The body without kassa's words, and what they stand for in their places.
local function say_words(words, body, faults)
  for name, word in pairs(words) do
    local value = rawget(body, name)
    local stands_for = type(value) == "string" and value ~= "at" and word[value] or nil
    local own = value_at(body, word.at)
    body[name] = nil
    if value ~= nil and not stands_for then
      faults[#faults + 1] = word_fault(name, word, value)
    elseif stands_for and own ~= nil and own ~= stands_for then
      faults[#faults + 1] = { path = name, message = ("means %s = %q, but that is %q"):format(
        word.at, stands_for, tostring(own)) }
    elseif stands_for then
      body = under(body, nested(word.at, stands_for))
    end
  end
  return body
end

-- The cases that hold for a body, by name.
local function holding(cases, body)
  local found = {}
  for name, case in pairs(cases) do
    local value = value_at(body, case.at)
    value = type(value) == "string" and value:upper()
    local wanted = (case.is or case.isnt):upper()
    if value and (value == wanted) == (case.is ~= nil) then found[name] = case end
  end
  return found
end

local find_needed

local function find_in_list(type_, value, path, cases, faults)
  for position, member in ipairs(value) do
    find_needed(type_.item, member, ("%s[%d]"):format(path, position), cases, faults)
  end
end

-- Faults for every entry below a record that a case needs and that is not there.
function find_needed(type_, value, path, cases, faults)
  if type(value) ~= "table" then return end
  if type_.kind == "list" then return find_in_list(type_, value, path, cases, faults) end
  if type_.kind ~= "record" then return end
  for _, entry in ipairs(type_) do
    local name, member = entry[1], rawget(value, entry[1])
    local at = path == "" and name or path .. "." .. name
    local case = cases[entry.needed]
    if case and (member == nil or member == json.null) then
      faults[#faults + 1] = { path = at, message = "is required " .. case.doc }
    end
    find_needed(entry[2], member, at, cases, faults)
  end
end

-- A field that is refused for a reason is told with it.
local function explain(without, faults)
  local refused = {}
  for _, path in ipairs(without.fields) do refused[path] = true end
  for _, fault in ipairs(faults) do
    if refused[fault.path] then fault.message, fault.hint = without.why, nil end
  end
end

local function hint_at_words(words, faults)
  for _, fault in ipairs(faults) do
    for name, word in pairs(words) do
      if fault.path == word.at and fault.message == "is required" then
        fault.hint = ("%s says it in kassa's words"):format(name)
      end
    end
  end
end

-- What is wrong with a body beyond its schema's own faults, which are added to.
function Writer:judge(body, faults)
  local needed = {}
  find_needed(self.record, body, "", holding(self.cases, body), needed)
  for _, fault in ipairs(needed) do faults[#faults + 1] = fault end
  if self.without then explain(self.without, faults) end
  if self.words then hint_at_words(self.words, faults) end
end

-- Write a body: as the core's writer does, after filling in. how: "write" or "fill".
local function write(self, how, body, strict, sums, spare)
  local inner = self.inner
  if type(body) ~= "table" then return inner[how](inner, body, strict, sums, spare) end
  local faults = {}
  local filled = under(body, {})
  if self.words then filled = say_words(self.words, filled, faults) end
  if self.fixed then filled = under(filled, self.fixed) end
  local text, wrong = inner[how](inner, filled, strict, sums, spare)
  for _, fault in ipairs(wrong or {}) do faults[#faults + 1] = fault end
  if strict ~= false then
    self:judge(filled, faults)
    if #faults == 0 and sums ~= false and self.total then
      faults = require "kassa.total".faults(filled)
    end
  end
  if #faults > 0 then return nil, faults end
  return text
end

--- Write a body. -> text; or nil and the list of all faults
function Writer:write(body, strict, sums, id)
  if self.link and id then body = M.with(body, self.link, id) end
  return write(self, "write", body, strict, sums)
end

--- The same into bytes for the engine, those of an earlier body (spare) where there are any.
function Writer:fill(body, strict, sums, spare)
  return write(self, "fill", body, strict, sums, spare)
end

--- The writer of a row's body. api: the table of operations that has the row.
function M.writer(api, row)
  local record = api_of.find(api, row.body)
  return setmetatable({
    record = record, inner = schema.writer(record), fixed = row.fixed, link = row.link,
    words = api_of.find(api, row.words), without = api_of.find(api, row.without),
    cases = api_of.find(api, api.cases) or {}, total = row.total,
  }, Writer)
end

return M
