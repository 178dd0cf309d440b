-- Finds out by looking: a search for transactions by the merchant's code, then the status of the
-- one that fits. It sends nothing that acts, and where two may be meant it takes none.

local api_of = require "kassa.api"
local body_of = require "kassa.body"
local call = require "kassa.call"
local core = require "kassa.core"
local duration = require "kassa.duration"
local endpoint = require "kassa.endpoint"
local made = require "kassa.made"
local money = require "kassa.money"

local value_at = body_of.value_at

local M = {}

local ROWS_MAX = 100

-- the search --------------------------------------------------------------------------------------

-- A code of other characters than these is quoted, since the query has a language of its own.
local function query_of(field, code)
  if code:find "^[%w_.-]+$" then return field .. ":" .. code end
  return ('%s:"%s"'):format(field, (code:gsub('[\\"]', "\\%0")))
end

-- -> list of transactions, newest first, and whether there may be more; or nil and why
local function rows_of(sent)
  local client = sent.client
  local found, err = client.resources.transactions:search {
    query = query_of(client.api.code_at, sent.code), limit = ROWS_MAX,
  }
  if not found then
    return nil, { message = "the search failed: " .. err.message, told_s = err.retry_after_s }
  end
  local embedded = found._embedded
  local rows = type(embedded) == "table" and embedded.transactionSummaries
  if type(rows) ~= "table" then rows = {} end
  local total = tonumber(found.totalCount)
  return rows, not total or total > #rows
end

-- does it fit? ------------------------------------------------------------------------------------

-- The names of the services that the table of operations knows.
local function services_of(api)
  local known = {}
  for _, row in ipairs(api.operations) do known[row.service or false] = true end
  return known
end

-- Does it name the service that was asked for? One that names none may be it; nil for one whose
-- services are all unknown: their names are told by no guide of Klarna's.
local function serves(sent, row)
  local list = value_at(row, "applicationInformation.applications")
  if type(list) ~= "table" or list[1] == nil then return true end
  local known, other = services_of(sent.client.api), false
  for _, application in ipairs(list) do
    local name = type(application) == "table" and application.name
    if name == sent.plan.row.service then return true end
    other = other or known[name] or false
  end
  if other then return false end
end

local function differs(told, own)
  return type(told) == "string" and told:match "^%s*(.-)%s*$":lower() ~= own:lower()
end

-- A search may go by words, and over all merchants of an organization: does it tell another code or
-- another merchant?
local function is_foreign(sent, row)
  local client = sent.client
  return differs(value_at(row, client.api.code_at), sent.code)
    or differs(row.merchantId, client.settings.account)
end

-- Milliseconds since 1970 of both spellings of a time (cybersource.md 5).
local function ms_of(text)
  if type(text) ~= "string" then return nil end
  return core.time.ms((text:gsub("T(%d%d)(%d%d)(%d%d)", "T%1:%2:%3")))
end

-- Was it made while the request was on its way? Clocks may differ.
local function timely(sent, row, skew_ms)
  local at = ms_of(row.submitTimeUtc)
  return not at or at >= sent.sent_ms - skew_ms and at <= sent.ended_ms + skew_ms
end

-- Minor units of an amount in a body or in a row, and the currency; nil for what tells none.
local function amount_of(path, value)
  local amount = path and value_at(value, path)
  local currency = path and value_at(value, (path:gsub("[^.]+$", "currency")))
  if type(currency) ~= "string" or not currency:find "^%a%a%a$" then return nil end
  if type(amount) == "string" then amount = money.minor(amount, currency) end
  if type(amount) == "number" then return amount, currency:upper() end
end

local function same_amount(sent, row)
  local path = sent.plan.amount
  local asked, currency = amount_of(path, sent.body)
  local told, of = amount_of(path, row)
  return not asked or not told or asked == told and currency == of
end

-- Does it bear the name of the attempt? -> true or false; nil where none is told
local function bears_name(sent, row)
  local name = value_at(row, sent.client.api.key_at)
  if type(name) == "string" then return name == sent.key end
  if sent.code == sent.key then return true end
end

-- A code of kassa's own, or a name that is told, is this request's alone. Under a code of the
-- merchant's, which others may share, amount and time have to fit, and it must be nobody else's.
-- -> true or false; nil: it may be what an earlier run of the same intent came to
local function fits(sent, row, skew_ms)
  if not endpoint.segment(row.id) or is_foreign(sent, row) then return false end
  local served = serves(sent, row)
  if served == false then return false end
  local own = bears_name(sent, row)
  if own then return served or not sent.named or nil end
  if own == false or not served then return false end
  if not same_amount(sent, row) or made.is_of_another(sent.client, row.id, sent.key)
    or sent.known and sent.known[row.id] then
    return false
  end
  if sent.named and not timely(sent, row, skew_ms) then return nil end
  return timely(sent, row, skew_ms)
end

local function was_declined(row)
  local code = value_at(row, "applicationInformation.rCode")
  return code == "0" or code == "-1"
end

-- Those that fit, the declined ones only where there is no other; and one that may be it.
local function candidates(sent, rows)
  local limits = api_of.find(sent.client.api, sent.client.api.limits)
  local skew_ms, done, declined, doubtful = 1000 * limits.skew_s.value, {}, {}, nil
  for _, row in ipairs(rows) do
    local fit = type(row) == "table" and fits(sent, row, skew_ms)
    local list = fit and (was_declined(row) and declined or done) or nil
    if list then list[#list + 1] = row end
    if fit == nil then doubtful = row end
  end
  if done[1] then return done end
  return { declined[1] }, doubtful
end

-- what it came to ---------------------------------------------------------------------------------

local function knows(list, word)
  for _, known in ipairs(list) do
    if known == word then return true end
  end
  return false
end

-- A check tells less than the search does: the amount is taken from there.
local function complete(object, row)
  for _, name in ipairs { "orderInformation", "submitTimeUtc" } do
    if rawget(object, name) == nil then rawset(object, name, row[name]) end
  end
  return object
end

local function status_of(sent, row)
  local client = sent.client
  local plan = client.classes[sent.plan.reply].meta.plans.read
  local object, err = call.execute(client, plan, nil, endpoint.segment(row.id))
  if not object then
    return nil, ("transaction %s was found, but not its status: %s"):format(row.id, err.message)
  end
  return complete(object, row), object[plan.state_field]
end

local function enter(sent, object)
  local plan = sent.plan
  made.remember(sent.client, object.id, sent.key)
  if plan.books then
    plan.books.enter(sent.client, plan, sent.subject, plan.books.asked(plan, sent.body), object)
  end
  return object
end

-- How long ago it was sent, and for how long a search may still not find it, in milliseconds.
local function lag_of(sent)
  local api = sent.client.api
  local lag_ms = 1000 * api_of.find(api, api.limits).search_s.value
  local age_ms = math.max(0, sent.client.now() - sent.ended_ms)
  return age_ms, math.max(0, lag_ms - age_ms)
end

-- A refused one may be another's, or of an earlier run of the intent, while the one that was done
-- cannot be found yet. Only a name that was used once, or was refused to be used twice, is proof.
local function refused(sent, row, state)
  local words = ("transaction %s was refused: it is %s"):format(row.id, state)
  local _, left_ms = lag_of(sent)
  local alone = bears_name(sent, row) and (not sent.named or sent.happened == "yes")
  if alone or left_ms == 0 then
    made.remember(sent.client, row.id, sent.key)
    return false, words, "new_key"
  end
  return nil, { again_s = math.ceil(left_ms / 1000), message = ("%s, but it may be another's; a "
    .. "search may lag behind, for sure it can be said in %s"):format(words,
    duration.words(left_ms)) }
end

-- The status decides; one that nobody has heard of decides nothing.
local function judged(sent, row)
  local object, state = status_of(sent, row)
  if not object then return nil, { message = state } end
  local api = sent.client.api
  if knows(api_of.find(api, api.refused), state) then return refused(sent, row, state) end
  local machine = api_of.find(api, api.machines)[sent.plan.reply]
  if knows(machine.states, state) then return enter(sent, object) end
  return nil, { message = ("transaction %s was found, but %s is no status that kassa knows"):
    format(row.id, tostring(state)) }
end

local function ambiguous(list)
  local ids = {}
  for i, row in ipairs(list) do ids[i] = row.id end
  return { message = "more than one transaction may be it: " .. table.concat(ids, ", ") }
end

-- Another attempt of this client is open, and the one found may be what that one came to.
local function is_contested(sent, row)
  if bears_name(sent, row) then return false end
  return made.is_contested(sent.client, sent.key, { code = sent.code,
    service = sent.plan.row.service, amount = amount_of(sent.plan.amount, sent.body),
    sent_ms = sent.sent_ms })
end

local function contested(row)
  local words = "transaction %s may be what another open attempt of this client came to"
  return { message = words:format(row.id) }
end

local function of_earlier(sent, row)
  local words = "transaction %s of %s may be what an earlier run of this intent came to: others "
    .. "may share the code %s"
  if not serves(sent, row) then words = "transaction %s of %s names no service that kassa knows, "
    .. "and may be what was done under the code %s" end
  return { message = words:format(row.id, tostring(row.submitTimeUtc), sent.code) }
end

-- Nothing was found: reports may lag behind, and after that it did not happen.
local function absent(sent, more)
  local age_ms, left_ms = lag_of(sent)
  local words = ("no %s with the code %s that could be it was found %s after it was sent"):format(
    sent.plan.reply, sent.code, duration.words(age_ms))
  if more then
    return nil, { message = ("%s, among the newest %d; there may be more"):format(words, ROWS_MAX) }
  end
  local done = sent.happened == "yes" -- a refusal has proven it
  if left_ms == 0 and not done then return false, words, "same_key" end
  return nil, { again_s = math.ceil(left_ms / 1000),
    message = ("%s; a search may lag behind, for sure it can be said in %s"):format(words,
      duration.words(left_ms)) }
end

local function find(sent)
  local rows, more = rows_of(sent)
  if not rows then return nil, more end
  local list, doubtful = candidates(sent, rows)
  if #list == 0 and doubtful then return nil, of_earlier(sent, doubtful) end
  if #list == 0 then return absent(sent, more) end
  if #list > 1 then return nil, ambiguous(list) end
  if is_contested(sent, list[1]) then return nil, contested(list[1]) end
  return judged(sent, list[1])
end

--- Find out about a request that moves money. sent: what kassa.call kept of it; or of one that left
-- in an earlier run, { client =, plan =, body = as it was sent, sent_ms =, ended_ms = milliseconds
-- since 1970, known = { [id] = true } of what other requests made }.
-- -> object; or false, why and how to repeat; or nil and { message =, again_s = }
function M.find(sent)
  local api = sent.client.api
  sent.key = sent.key or value_at(sent.body, api.key_at)
  sent.code = sent.code or value_at(sent.body, api.code_at) or sent.key
  local found, why, retry_how = find(sent)
  if found ~= nil then made.close(sent.client, sent.key) end
  return found, why, retry_how
end

return M
