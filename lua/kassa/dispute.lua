-- The dispute kit: what Klarna asks of the merchant, what an answer still lacks, how much time is
-- left, and which disputes are due. It forbids no answer that was not seen before; only what would
-- be lost anyway (late, a second time, unasked) is refused, by kassa.dispute.door.

local api_of = require "kassa.api"
local details_of = require "kassa.dispute.details"
local door = require "kassa.dispute.door"
local duration = require "kassa.duration"
local nearest = require "kassa.nearest"
local request_of = require "kassa.dispute.request"

local M = { object = {}, resource = {} }

local PENDING = "MERCHANT_EVIDENCE_PENDING"
local SIZE = 100 -- disputes a page, while all that wait for evidence are read

local function client_of(dispute)
  return getmetatable(dispute).client
end

local function asks_nothing(dispute)
  if dispute.state == PENDING or type(dispute.state) ~= "string" then return nil end
  return ("Klarna asks for nothing while the dispute is %s"):format(dispute.state)
end

-- Seconds left and the date, or nil and why there are none.
local function deadline_of(client, dispute)
  local reason = asks_nothing(dispute)
  if reason then return nil, reason end
  local request = request_of.of(dispute)
  if not request.deadline then return nil, "the dispute tells no deadline: refresh() it" end
  if not request.deadline_ms then
    return nil, "the deadline cannot be read: " .. request.deadline
  end
  return math.floor((request.deadline_ms - door.now_ms(client)) / 1000), request.deadline
end

--- How long an answer may still take.
-- -> seconds left (negative once it is over) and the date as Klarna sent it | nil and the reason,
-- when nothing is asked or no date is known. Source: klarna.md 3.15, evidence_response_deadline_at
function M.object.deadline(dispute)
  local seconds, date = deadline_of(client_of(dispute), dispute)
  return seconds, date
end

-- What may be attached, from the row that uploads it.
local function attachments_of(client, fields)
  local file, asking, kinds = api_of.find(client.api, "dispute.file"), {}, {}
  for _, field in ipairs(fields) do
    if field.kind == "attachments" then asking[#asking + 1] = field.name end
  end
  for kind in pairs(file.kinds) do kinds[#kinds + 1] = kind end
  table.sort(kinds)
  return { fields = asking, kinds = kinds, size_max = file.max }
end

local asked_meta = {}

-- "delivery_method = DIGITAL_DELIVERY and ...", parted by "or" where one of several is enough.
local function condition_text(condition)
  local parts = {}
  for _, one in ipairs(condition.any or {}) do parts[#parts + 1] = condition_text(one) end
  if condition.any then return table.concat(parts, ", or ") end
  for name, values in pairs(condition) do
    parts[#parts + 1] = name .. " = " .. table.concat(values, " | ")
  end
  table.sort(parts)
  return table.concat(parts, " and ")
end

-- "5. tracking_number (text): The carrier's number of the parcel.", and what there is to say of it.
local function add_field(lines, number, field)
  local kind = field.values and "" or " (" .. field.kind .. ")"
  lines[#lines + 1] = ("%3d. %s%s: %s"):format(number, field.name, kind, field.doc)
  if field.when then lines[#lines + 1] = "       if " .. condition_text(field.when) end
  for _, value in ipairs(field.values or {}) do
    lines[#lines + 1] = ("       %s: %s"):format(value.name, value.doc)
  end
end

--- Printed, it is a page for a person.
function asked_meta:__tostring()
  local lines = { ("%s: %s"):format(self.type or "evidence", self.doc) }
  if self.comment then lines[#lines + 1] = "Klarna says: " .. self.comment end
  if self.deadline then
    local left = self.seconds_left >= 0 and "%s left" or "over since %s"
    lines[#lines + 1] = ("until %s (%s)"):format(self.deadline,
      left:format(duration.words(1000 * math.abs(self.seconds_left))))
  end
  for i, field in ipairs(self.fields) do add_field(lines, i, field) end
  return table.concat(lines, "\n")
end

local UNKNOWN = { fields = {},
  doc = "kassa does not know this type of request: read the comment, and say it in "
    .. "additional_information." }

local function type_of(client, request)
  return api_of.find(client.api, "evidence")[request.type] or UNKNOWN
end

--- What Klarna asks for now. It can be printed.
-- -> { type, doc, known (whether kassa knows the type), fields (list, and by name: { name, kind,
-- required, values = { { name, since, doc } }, when, unless, instead, since, sure, source, doc }),
-- attachments = { fields, kinds, size_max (bytes) }, request_id, asked_at, comment, number (of this
-- request), number_max, deadline (text), seconds_left } | nil and the reason, when nothing is
-- asked. Source: klarna.md 3.15; the lists are not complete
function M.object.asked(dispute)
  local client = client_of(dispute)
  local reason = asks_nothing(dispute)
  if reason then return nil, reason end
  local request = request_of.of(dispute)
  local known = type_of(client, request)
  local seconds, date = deadline_of(client, dispute)
  return setmetatable({
    type = request.type, doc = known.doc, known = known ~= UNKNOWN,
    fields = details_of.describe(known.fields), attachments = attachments_of(client, known.fields),
    request_id = request.id, asked_at = request.asked_at, comment = request.comment,
    number = request.number, number_max = request_of.limit(dispute),
    deadline = seconds and date or nil, seconds_left = seconds,
  }, asked_meta)
end

--- What an answer still lacks; to be asked before Klarna asks too, by the reason of the dispute.
-- details: of the answer, as far as it is written; answer: the rest, { attachments =,
-- additional_information = }.
-- -> list of { path, message, hint, values }, empty when nothing is absent; and a list of remarks
-- in the same form on what has not been seen before: unknown fields and values are sent as they are
function M.object.missing(dispute, details, answer)
  local client = client_of(dispute)
  for name, value in pairs { details = details or {}, answer = answer or {} } do
    if type(value) ~= "table" then
      error(("payment_dispute:missing: %s must be a table, got %s"):format(name, type(value)), 3)
    end
  end
  local fields = type_of(client, request_of.of(dispute)).fields
  local missing, notes = details_of.missing(fields, details or {}, answer or {})
  if fields[1] == nil then notes = {} end -- where no field is known, none is unknown
  return missing, notes
end

-- due ---------------------------------------------------------------------------------------------

-- The list's own options are judged by the list.
local function misspelt(query)
  for name in pairs(query) do
    if name ~= "within" and nearest(tostring(name), { within = true }) then
      return ("%s is no option, did you mean within?"):format(tostring(name))
    end
  end
end

local function wrong_query(query)
  if type(query) ~= "table" then return nil, "the query must be a table, got " .. type(query) end
  local close = misspelt(query)
  if close then return nil, close end
  if query.state ~= nil then return nil, "state cannot be set: due asks for " .. PENDING end
  if query.within == nil then return math.huge end
  local ms, message = duration.ms(query.within)
  return ms, message and "within: " .. message
end

local function query_of(given)
  local query = { sort_by = { "deadline_expires_at" }, size = SIZE }
  for name, value in pairs(given) do query[name] = value end
  query.within, query.state = nil, { PENDING }
  return query
end

-- Those without a deadline come last: they may be due at any time.
local function by_deadline(a, b)
  if a.deadline_ms ~= b.deadline_ms then
    return (a.deadline_ms or math.huge) < (b.deadline_ms or math.huge)
  end
  return a.number < b.number
end

local function add_due(list, page, last_ms)
  for _, dispute in ipairs(page.disputes) do
    local deadline_ms = request_of.of(dispute).deadline_ms
    if not deadline_ms or deadline_ms <= last_ms then
      list[#list + 1] = { dispute = dispute, deadline_ms = deadline_ms, number = #list }
    end
  end
end

--- Which disputes wait for evidence, the most urgent first: those whose time ends within the
-- duration (all, without one), those whose time is over, and last those that tell no deadline.
-- query: { within = "7d", ... filters of disputes:list }; options: of every call. Reads every page.
-- -> list of disputes | nil and the error of the page that could not be read
function M.resource.due(disputes, client, query, options)
  local within_ms, wrong = wrong_query(query or {})
  if wrong then error("disputes:due: " .. wrong, 3) end
  local last_ms, list = door.now_ms(client) + within_ms, {}
  local page, err = disputes:list(query_of(query or {}), options)
  while page do
    add_due(list, page, last_ms)
    page, err = page:next()
  end
  if err then return nil, err end
  table.sort(list, by_deadline)
  for i, entry in ipairs(list) do list[i] = entry.dispute end
  return list
end

-- What a call asks of the kit, before it leaves and after it came back.
for _, name in ipairs { "refuse", "key", "settle", "seen" } do M[name] = door[name] end

return M
