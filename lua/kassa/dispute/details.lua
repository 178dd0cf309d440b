-- Reads the `details` of an answer against what an evidence request asks for, and tells what is
-- absent. It forbids nothing: Klarna's lists are not complete, so what is unknown is told as a
-- remark and sent as it is.

local json = require "kassa.json"
local nearest = require "kassa.nearest"

local null = json.null

local M = {}

local DEPTH_MAX = 4

local function is_absent(value)
  return value == nil or value == null or value == ""
    or type(value) == "table" and next(value) == nil
end

local function has(list, value)
  for i = 1, #list do
    if list[i] == value then return true end
  end
  return false
end

-- Does each of these fields have one of these values?
local function fits(condition, details)
  if condition.any then
    for _, one in ipairs(condition.any) do
      if fits(one, details) then return true end
    end
    return false
  end
  for name, values in pairs(condition) do
    if not has(values, details[name]) then return false end
  end
  return true
end

-- Does one of these fields have one of these values?
local function fits_one(condition, details)
  for name, values in pairs(condition) do
    if has(values, details[name]) then return true end
  end
  return false
end

local function is_required(field, details)
  return field.required and (not field.when or fits(field.when, details))
    and not (field.unless and fits_one(field.unless, details))
    and not (field.instead and not is_absent(details[field.instead]))
end

local function names_of(values)
  local names = {}
  for i, value in ipairs(values or {}) do names[i] = value[1] end
  return names
end

-- Calls visit(value) for each value of `chooser` on which a field depends.
local function each_condition(when, chooser, visit)
  if not when then return end
  if when.any then
    for _, one in ipairs(when.any) do each_condition(one, chooser, visit) end
  end
  for _, value in ipairs(when[chooser] or {}) do visit(value) end
end

-- "RETURN_REJECTED_NO_REFUND also asks for return_rejected_reason", or nil: what a choice brings.
local function consequences(field, fields)
  local told = {}
  for _, value in ipairs(field.values or {}) do
    local more = {}
    for _, other in ipairs(fields) do
      each_condition(other.required and other.when, field.name, function(wanted)
        if wanted == value[1] and not has(more, other.name) then more[#more + 1] = other.name end
      end)
    end
    if more[1] then
      told[#told + 1] = ("%s also asks for %s"):format(value[1], table.concat(more, ", "))
    end
  end
  return told[1] and table.concat(told, "; ") or nil
end

local FORMS = {
  date = { "^%d%d%d%d%-%d%d%-%d%d$", "a date such as 2024-01-31" },
  clock = { "^%d%d:%d%d:%d%d$", "a time of day such as 18:30:00" },
  email = { "^[^@%s]+@[^@%s]+$", "an e-mail address" },
  url = { "^https?://%S+$", "a web address" },
  text = { "", "text" }, choice = { "", "text" },
}

local walk

local function tell(list, path, message, hint, values)
  list[#list + 1] = { path = path, message = message, hint = hint, values = values }
end

local function check_choice(walked, field, value, path)
  for _, known in ipairs(field.values) do
    if known[1] == value then
      if known.comment and is_absent(walked.answer.additional_information) then
        tell(walked.missing, "additional_information", "is absent. " .. value
          .. " asks for words of your own.")
      end
      return
    end
  end
  local names, as_keys = names_of(field.values), {}
  for _, name in ipairs(names) do as_keys[name] = true end
  local close = nearest(value, as_keys)
  tell(walked.notes, path, ("%s is none of the values seen so far"):format(value),
    close and "did you mean " .. close .. "?" or nil, names)
end

local function check_attachments(walked, _, value, path)
  for i = 1, #value do
    local id = type(value[i]) == "table" and value[i].payment_dispute_attachment_id
    if is_absent(id) or not id then
      tell(walked.missing, ("%s[%d].payment_dispute_attachment_id"):format(path, i), "is absent.",
        "upload_attachment returns it")
    end
  end
end

local function check_records(walked, field, value, path, depth)
  for i = 1, #value do
    if type(value[i]) == "table" then
      walk(walked, field.fields, value[i], ("%s[%d]."):format(path, i), depth)
    end
  end
end

local LISTS = { attachments = true, records = true }

local CHECKS = {
  choice = check_choice, attachments = check_attachments, records = check_records,
  record = function(walked, field, value, path, depth)
    walk(walked, field.fields, value, path .. ".", depth)
  end,
}

-- What is there: has it the form that was seen?
local function check(walked, field, value, path, depth)
  local form, kind = FORMS[field.kind], type(value)
  if form then
    local fits_form = kind == "string" and value:find(form[1]) and #value >= (field.min or 0)
    if not fits_form then
      tell(walked.notes, path, "is not what was seen so far: " .. form[2])
      if kind ~= "string" then return end
    end
  elseif field.kind ~= "any" and kind ~= "table" then
    return tell(walked.notes, path, "is not what was seen so far: a table")
  elseif LISTS[field.kind] and value[1] == nil then
    return tell(walked.notes, path, "is not what was seen so far: a list")
  end
  local checked = CHECKS[field.kind]
  if checked then checked(walked, field, value, path, depth) end
end

-- Files of the answer as a whole are proof too.
local function is_attached(walked, field, path)
  if field.kind ~= "attachments" or is_absent(walked.answer.attachments) then return false end
  tell(walked.notes, path, "is absent, but the answer has attachments.",
    "name here those that are meant as a proof")
  return true
end

local function unknown_keys(walked, fields, details, path)
  local known = {}
  for _, field in ipairs(fields) do known[field.name] = true end
  local keys = {}
  for key in pairs(details) do
    if not known[key] then keys[#keys + 1] = tostring(key) end
  end
  table.sort(keys)
  for _, key in ipairs(keys) do
    local close = nearest(key, known)
    tell(walked.notes, path .. key, "has not been asked for so far",
      close and "did you mean " .. close .. "?" or nil)
  end
end

function walk(walked, fields, details, path, depth)
  if depth > DEPTH_MAX then return end
  for _, field in ipairs(fields) do
    local value, at = details[field.name], path .. field.name
    if not is_absent(value) then
      check(walked, field, value, at, depth + 1)
    elseif is_required(field, details) and not is_attached(walked, field, at) then
      tell(walked.missing, at, "is absent. " .. field.doc, consequences(field, fields),
        field.values and names_of(field.values))
    end
  end
  unknown_keys(walked, fields, details, path)
end

--- What an answer lacks. fields: of a type in api/klarna/evidence.lua; details: of the answer;
-- answer: the rest of it (attachments, additional_information).
-- -> list of { path, message, hint, values }, empty when nothing is absent; and a list of remarks
-- of the same form, on what has not been seen so far
function M.missing(fields, details, answer)
  local walked = { missing = {}, notes = {}, answer = answer }
  walk(walked, fields, details, "", 1)
  return walked.missing, walked.notes
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local copied = {}
  for key, inner in pairs(value) do copied[key] = copy(inner) end
  return copied
end

local described

local function describe(field)
  local one = copy(field)
  one.required = field.required or false
  one.values = field.values and {} or nil
  for i, value in ipairs(field.values or {}) do
    one.values[i] = { name = value[1], since = value.since, doc = value.doc }
  end
  one.fields = field.fields and described(field.fields) or nil
  return one
end

--- A copy of fields for the caller to keep: a list, whose members can be found by name too.
function described(fields)
  local list, by_name = {}, {}
  for i, field in ipairs(fields) do
    list[i] = describe(field)
    by_name[field.name] = list[i]
  end
  return setmetatable(list, { __index = by_name })
end

M.describe = described

return M
