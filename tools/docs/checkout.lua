-- Prints the tables of docs/checkout.md from the data that kassa.checkout works by, between marks
-- that stand in the page. It leaves every other line of the page as it is.

local fields = require "kassa.checkout.fields"
local states = require "kassa.checkout.states"
local words = require "docs.words"

local checkout = {}

local PROVIDERS = { (require "kassa.checkout.klarna"), (require "kassa.checkout.cybersource") }

local function code(text) return "`" .. text .. "`" end

-- "SUBMITTED, IN_PROGRESS" of every kind that stands for this state.
local function told_by(provider, name)
  local parts = {}
  for _, kind in ipairs(words.sorted(provider.states)) do
    local found = {}
    for _, told in ipairs(words.sorted(provider.states[kind])) do
      if provider.states[kind][told] == name then found[#found + 1] = code(told) end
    end
    if found[1] then
      parts[#parts + 1] = kind:gsub("_", " ") .. " " .. table.concat(found, ", ")
    end
  end
  return table.concat(parts, "; ")
end

local print_of = {}

function print_of.states()
  local rows = {}
  for position, state in ipairs(states.list) do
    rows[position] = { code(state.name), state.doc }
    for _, provider in ipairs(PROVIDERS) do
      table.insert(rows[position], told_by(provider, state.name))
    end
  end
  return words.grid({ "state", "what to do", "Klarna", "Cybersource" }, rows)
end

function print_of.lacks()
  local rows = {}
  for _, provider in ipairs(PROVIDERS) do
    for _, lack in ipairs(provider.lacks) do
      rows[#rows + 1] = { provider.title, lack.what, lack.why .. "." }
    end
  end
  return words.grid({ "who", "lacks", "instead" }, rows)
end

local TITLE = { klarna = "Klarna", cybersource = "Cybersource" }

local function needed(entry)
  local rule = fields.rules[entry[1]] or {}
  if entry.required then return "yes" end
  if rule.needs then return "by " .. TITLE[rule.needs] end
  if rule.only then return TITLE[rule.only] .. " only" end
  if rule.left_out then return "not told to " .. TITLE[rule.left_out] end
  return ""
end

local PLAIN = { list = "list", record = "object" }

-- The fields of one record.
local function grid_of(record, with_rules)
  local rows = {}
  for position, entry in ipairs(record) do
    local type_ = PLAIN[entry[2].kind] or words.type(entry[2])
    local rule = with_rules and needed(entry) or entry.required and "yes" or ""
    rows[position] = { code(entry[1]), type_, rule, entry.doc }
  end
  return words.grid({ "field", "type", "required", "meaning" }, rows)
end

function print_of.order() return grid_of(fields.order, true) end
function print_of.line() return grid_of(fields.line) end
function print_of.capture() return grid_of(fields.capture) end
function print_of.refund() return grid_of(fields.refund) end
function print_of.payment() return grid_of(fields.payment) end

checkout.names = words.sorted(print_of)

--- The page with its tables printed anew. text: the page as it is
function checkout.render(text)
  local block = "(<!%-%- printed: (%a+) %-%->\n).-(\n<!%-%- end %-%->)"
  return (text:gsub(block, function(head, name, tail)
    local print_it = assert(print_of[name], name)
    return head .. "\n" .. print_it() .. "\n" .. tail
  end))
end

return checkout
