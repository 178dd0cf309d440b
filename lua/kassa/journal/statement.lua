-- What a journal knows of the money that moved: one row for each step that ended well, sums by
-- currency, and the same as CSV. It never adds up two currencies, nor test and live, and shows no
-- token.

local core = require "kassa.core"
local error_value = require "kassa.error"
local money = require "kassa.money"
local options_of = require "kassa.options"
local store_of = require "kassa.store"

local unpack = store_of.unpack

local M = {}

local Statement = {}
Statement.__index = Statement

local EVER_MS = 2 ^ 52
local SUM_MAX = 2 ^ 53 -- up to there every Lua counts by ones

local SETTLED = [[SELECT CAST(settled_ms AS TEXT) AS settled_ms, provider, account, operation,
    object, name, CAST(amount AS TEXT) AS amount, currency, reference, provider_id, correlation_id,
    key, takes
  FROM kassa_intents WHERE state = 'ok' AND settled_ms >= ? AND settled_ms < ?
  ORDER BY settled_ms, key]]

local UNSETTLED = [[SELECT operation, currency FROM kassa_intents
  WHERE state IN ('open', 'unknown') AND created_ms < ?]]

-- Options -----------------------------------------------------------------------------------------

-- Milliseconds since 1970 of a time as a merchant writes it; nil for what is none.
local function ms_of(value)
  if type(value) == "number" then
    return value % 1 == 0 and value >= 0 and value <= EVER_MS and value or nil
  end
  if type(value) ~= "string" then return nil end
  if value:find "^%d%d%d%d%-%d%d%-%d%d$" then value = value .. "T00:00:00Z" end
  return core.time.ms(value)
end

local function time(value)
  if ms_of(value) then return nil end
  return 'a time: milliseconds since 1970, "2026-01-31" or "2026-01-31T12:00:00Z"'
end

local function currency(value)
  local fits = type(value) == "string" and value:find "^%u%u%u$"
  return not fits and 'three letters such as "EUR"' or nil
end

local CHECKS = { from = time, to = time, currency = currency }

--- What is wrong with the options of a statement; nil when nothing is.
function M.fault(options)
  if type(options) ~= "table" then return "options must be a table, got " .. type(options) end
  local faults = options_of.faults(options, CHECKS)
  return faults[1] and table.concat(faults, "; ")
end

-- Rows --------------------------------------------------------------------------------------------

local moves -- operation -> { money =, shown = may its object be shown }, of both providers

-- A token in the path opens a shopper's purse; an id opens nothing.
local function operations()
  if moves then return moves end
  moves = {}
  for _, api in ipairs { "kassa.api.klarna", "kassa.api.cybersource" } do
    for _, row in ipairs(require(api).operations) do
      local shown = row.params[1] ~= nil and row.params[1]:find "id$" ~= nil
      if row.money then moves[row.name] = { money = row.money, shown = shown } end
    end
  end
  return moves
end

local function row_of(read, move)
  return {
    settled_ms = read.settled_ms, settled_at = core.time.text(read.settled_ms),
    money = move.money, operation = read.operation, step = unpack(read.name),
    amount = read.amount, currency = read.currency, reference = unpack(read.reference),
    provider = read.provider, account = unpack(read.account),
    object_id = move.shown and unpack(read.object) or nil,
    provider_id = unpack(read.provider_id), correlation_id = unpack(read.correlation_id),
    key = read.key,
  }
end

-- What an authorization took at once is a row of its own, as it would be after a capture.
local function taken_at_once(row, read)
  if row.money ~= "authorize" or read.takes ~= 1 then return nil end
  local take = {}
  for name, value in pairs(row) do take[name] = value end
  take.money, take.object_id, take.provider_id = "take", row.provider_id, nil
  return take
end

-- -> rows of money, of this currency or (nil) of all
local function chosen(rows, wanted)
  local list, known = {}, operations()
  for _, read in ipairs(rows) do
    local move = known[read.operation]
    if move and (not wanted or read.currency == nil or read.currency == wanted) then
      local row = row_of(read, move)
      list[#list + 1] = row
      list[#list + 1] = taken_at_once(row, read)
    end
  end
  return list
end

local function count_of(rows, wanted)
  return #chosen(rows, wanted)
end

--- The money moved, by a store's intents; an authorization that takes its amount at once gives two
-- rows of one key. options, all of which may be left out: from (of that time
-- on), to (before that time): milliseconds since 1970, or a date (its first moment in UTC) or a
-- time of ISO 8601; currency = three letters: of this one, and of what the journal knows none of.
-- -> statement: a list of { settled_ms, settled_at, money = "authorize", "take", "give_back" or
-- "release", operation, step (the intent's name, or nil), amount (minor units), currency,
-- reference, provider ("klarna/test"), account, object_id (of what it was done to), provider_id (of
-- what was made), correlation_id, key }, by time, with the field `unsettled`: how many steps of
-- money were begun before `to` and are not settled yet; or nil and an error of code "journal"
function M.read(store, options)
  local from, to = ms_of(options.from or 0), ms_of(options.to or EVER_MS)
  local rows, err = store:all(SETTLED, from, to)
  local open
  if rows then open, err = store:all(UNSETTLED, to) end
  if not open then return nil, err end
  for _, read in ipairs(open) do read.settled_ms = 0 end
  local statement = chosen(rows, options.currency)
  statement.unsettled = count_of(open, options.currency)
  return setmetatable(statement, Statement)
end

-- Sums --------------------------------------------------------------------------------------------

local GROUPED = { "provider", "account", "currency", "money" }

local function group_of(row)
  local words = {}
  for i, name in ipairs(GROUPED) do words[i] = tostring(row[name] or "") end
  return table.concat(words, "\0")
end

local function by_name(a, b) return group_of(a) < group_of(b) end

--- Sums, one for each provider, account, currency and kind of move, and never over two of them.
-- -> list of { provider, account, currency (nil where it is not known), money, count, amount },
-- sorted by these; amounts in minor units
function Statement:totals()
  local list, places = {}, {}
  for _, row in ipairs(self) do
    local group = group_of(row)
    local sum = places[group]
    if not sum then
      sum = { provider = row.provider, account = row.account, currency = row.currency,
        money = row.money, count = 0, amount = 0 }
      places[group], list[#list + 1] = sum, sum
    end
    local amount = row.amount or 0
    if sum.amount > SUM_MAX - amount then
      return nil, error_value.new("too_large", { happened = "no", message = "a sum of "
        .. tostring(row.currency) .. " is too large to be exact: ask for a shorter time" })
    end
    sum.count, sum.amount = sum.count + 1, sum.amount + amount
  end
  table.sort(list, by_name)
  return list
end

-- CSV ---------------------------------------------------------------------------------------------

local COLUMNS = { "settled_at", "money", "step", "amount", "currency", "amount_minor", "reference",
  "operation", "provider", "account", "object_id", "provider_id", "correlation_id", "key" }

-- A text in quotes. A spreadsheet takes one that begins like a formula for a formula, and a comma
-- or a tab in another country's settings for the end of a cell: an apostrophe and the quotes stop
-- both. (RFC 4180; OWASP, CSV Injection)
local function quoted(text)
  if text:find "^%s*[=+@%-\t\r]" then text = "'" .. text end
  return '"' .. text:gsub('"', '""') .. '"'
end

local function decimal(row)
  if not row.amount or not row.currency then return "" end
  return money.format(row.amount, row.currency) or ""
end

local function cell(row, column)
  if column == "amount" then return decimal(row) end
  if column == "amount_minor" then return row.amount and ("%d"):format(row.amount) or "" end
  return row[column] == nil and "" or quoted(row[column])
end

--- The rows as CSV (RFC 4180), UTF-8, the names of the columns first. Amounts are given as decimals
-- and in minor units; texts are in quotes, and one that a spreadsheet would calculate has an
-- apostrophe before it. -> text
function Statement:csv()
  local lines = { table.concat(COLUMNS, ",") }
  for _, row in ipairs(self) do
    local cells = {}
    for i, column in ipairs(COLUMNS) do cells[i] = cell(row, column) end
    lines[#lines + 1] = table.concat(cells, ",")
  end
  return table.concat(lines, "\r\n") .. "\r\n"
end

return M
