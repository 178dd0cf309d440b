-- Prints the reference page of Klarna through Cybersource from its table of operations. It invents
-- nothing, and shares its parts with the page of Klarna's own API.

local calls = require "docs.calls"
local page = require "docs.page"
local words = require "docs.words"

local gateway = {}

local INTRODUCTION = [[
This page is printed by `make docs` from the table of operations,
[lua/kassa/api/cybersource.lua](../../lua/kassa/api/cybersource.lua); edit that.

Amounts are given in whole minor units of the order's currency or as decimal text; decimal text is
sent. Floats are refused, and so are more decimals than the currency has. `strict = false` on a call
sends what the rules below would refuse. A status that is not listed means: keep asking, it is no
success.

| certainty | meaning |
| --- | --- |
| exact | in the guide for Klarna |
| likely | in the SDK, an older guide, or the older file with limits |
| guess | not documented |

| source | what it is |
| --- | --- |
| G, O | the guide for Klarna; older revisions of it |
| A | the guide for getting started with REST |
| T | the guide for searching transactions |
| S, S20 | the SDK; its file of 2020, the last with limits |
| X | secondary sources |
| GUESS | a choice of kassa's |]]

local REPEATING = [[
A failed call returns `nil, err`; `err.happened` and `err.retry` say what is known and what to do.

- `happened`: `"no"` nothing was done, `"yes"` it was done, `"unknown"` it may have been done.
- `retry = "same_key"`: it may be repeated as it is.
- `retry = "new_key"`: change what was wrong first, then call as a new `intent`.
- `retry = "never"`: a repeat cannot help, or might do it twice.

There is no idempotency header here. Every call that moves money is named by its
`clientReferenceInformation.transactionId`: of a named `intent` one for ever, else a fresh one;
`err.idempotency_key` and `kassa.raw(object).idempotency_key` tell it. Once such a call has left,
kassa never sends it again: after a timeout or a 502 `happened` is `"unknown"`. Checks and reads are
repeated freely. A repeat under the same name is refused by Cybersource, for 60 days; kassa reads
that as `happened = "yes"`: the first one got through.

A 201 may bring a refusal. A call that acts and is answered FAILED or DECLINED returns `nil, err`
with the code `declined`: nothing moved, and a new attempt is a new request. `err.object` is the
refused step, which may still be asked about. `err.provider` has
`error_id` (of the failed step), `error_type` (its status), `error_code`, `error_message`,
`validation_errors`, `response_code` and `response_class`. A status that is asked for is no error,
FAILED or not.]]

local RESOLVING = [[
`err:resolve()` finds out where `happened` is `"unknown"`, and sends nothing that acts: it searches
for transactions by the code and checks the status of the one that fits. It returns

- the object, which may still be PENDING; `err.happened` is then `"yes"`
- `false` and why, when it was refused, or when nothing is found 25 minutes after it was sent
  (`search_s`, a guess: until then a search may lag behind)
- `nil, err` while it is still unknown; `err.retry_after_s` says when it can be said for sure

`err:resolve { deadline_s = 1800 }` asks again until then. What it found out stays: a second call
costs no request, and the books count it once.

A search knows `clientReferenceInformation.code` only. Where the caller gives none, the attempt's
`transactionId` is sent as the code too, and what is found is certain. Under a code that several
requests share, the service, the amount and the time have to fit, what this client made by other
calls is left out, and where two may be meant `resolve` takes neither.]]

local BOOKS = [[
Objects here do not tell what became of their money. So kassa counts what was done through the
objects of this client, in whole minor units of their currency, and refuses before the wire:

- captures of more than what was authorized, or in another currency; refunds of more than what was
  captured
- a reversal or a follow-on once something is captured (guess), anything after a reversal, and
  captures or reversals of an authorization that another has followed
- an authorization from a session that failed or was abandoned, where the call is
  `session:authorize(body)` or is told `session = session`

PENDING counts as done; what a later `refresh()` finds FAILED counts no more.]]

local TOTAL = [[
Checked in whole minor units, and told with its equation; switched off by `sums = false`.

- in the US: unit prices times quantities, plus the order's `taxAmount`, minus coupons, minus
  `discountAmount`; a line's total is without tax
- elsewhere: unit prices times quantities, plus each line's `taxAmount`, minus coupons, minus
  `discountAmount`; a line's total is with its tax

A coupon is a line whose `productCode` is `coupon`.]]

local WAITING = [[
`object:wait(options)` of every kind below asks by these schedules and returns the object, in its
new state, or `nil, err` with the last one in `err.object`. In a task only the task waits. Chance
makes each pause up to half as long again, never shorter; network trouble, 5xx and a status that is
not listed are waited out; an object that needs no waiting returns at once.

| option | meaning |
| --- | --- |
| `deadline_s` | seconds after which to give up: `err.code` is `deadline` |
| `until_state` | a state, or a list of states, to wait for in place of any settled one |
| `on_check` | `function(object)`, called after each answer |
| `cancel` | `function(object)`, asked before each check whether to stop |
| `timeout_s` | seconds for one check |

`object:stop_waiting()` ends every wait for the object at once, `client:close()` all of the
client's.]]

local function cases(api)
  local rows = {}
  for _, name in ipairs(words.sorted(api.cases)) do
    local case = api.cases[name]
    rows[#rows + 1] = { "`" .. name .. "`", case.doc, ("`%s` is %s`%s`"):format(case.at,
      case.is and "" or "not ", case.is or case.isnt) }
  end
  return words.grid({ "case", "holds", "when" }, rows)
end

local function schedules(api)
  local rows = {}
  for _, name in ipairs(words.sorted(api.polling)) do
    local plan, pauses = api.polling[name], {}
    for i, seconds in ipairs(plan.pauses) do pauses[i] = words.number(seconds) end
    rows[#rows + 1] = { "`" .. name .. "`", table.concat(pauses, ", "), words.number(plan.then_s),
      words.number(plan.until_s), words.certainty(plan), plan.doc }
  end
  return words.grid({ "schedule", "seconds between checks", "then every", "until", "certainty",
    "meaning" }, rows)
end

local function responses(api)
  local rows = {}
  for _, code in ipairs(words.sorted(api.responses)) do
    local response = api.responses[code]
    rows[#rows + 1] = { "`" .. code .. "`", response.class, words.certainty(response),
      response.doc }
  end
  return words.grid({ "responseCode", "class", "certainty", "meaning" }, rows)
end

local function hosts(api)
  local rows = {}
  for _, name in ipairs(words.sorted(api.hosts)) do
    rows[#rows + 1] = { "`" .. name .. "`", "`" .. api.hosts[name] .. "`" }
  end
  return words.grid({ "environment", "host" }, rows)
end

--- The reference page, as Markdown.
function gateway.render(api)
  local parts = { "# Klarna through Cybersource", INTRODUCTION,
    "## What happened and retry mean", REPEATING, RESOLVING,
    "## Options", calls.options "cybersource", "## Operations", page.contents(api) }
  for _, row in ipairs(api.operations) do parts[#parts + 1] = page.operation(row, api) end
  parts[#parts + 1] = "## States"
  for _, kind in ipairs { "session", "authorization", "reversal", "capture", "refund" } do
    parts[#parts + 1] = page.machine(api, kind)
  end
  for _, section in ipairs { { "Books", BOOKS }, { "Errors", page.errors(api) },
      { "Response codes", responses(api) }, { "Cases", cases(api) }, { "Grand total", TOTAL },
      { "Asking for a status", WAITING .. "\n\n" .. schedules(api) },
      { "Records", page.records(api) },
      { "Hosts", hosts(api) }, { "Limits", page.limits(api) } } do
    parts[#parts + 1] = "## " .. section[1]
    parts[#parts + 1] = section[2]
  end
  return table.concat(parts, "\n\n") .. "\n"
end

return gateway
