-- Prints the reference page of an API from its table of operations.
-- It invents nothing: what is in neither the table nor the code is not on the page.

local beyond = require "docs.beyond"
local calls = require "docs.calls"
local diagram = require "docs.diagram"
local words = require "docs.words"

local page = {}

local grid, link, codes, certainty = words.grid, words.link, words.codes, words.certainty

local INTRODUCTION = [[
This page is printed by `make docs` from the table of operations,
[lua/kassa/api/klarna.lua](../../lua/kassa/api/klarna.lua); edit that.

Every fact says how sure it is and where it was read:

| certainty | meaning |
| --- | --- |
| exact | written for this release |
| likely | written for another release or by an SDK, or a general rule of Klarna's |
| guess | best supported, never printed |

| source | what it is |
| --- | --- |
| S | example payloads and texts of v2/r5 |
| R5, R6 | other pages of r5; pages of r6 and later |
| C12 | Klarna's request collection of December 2025 |
| W1, W2 | Klarna's browser SDKs |
| D4 | SDK of the disputes API |
| CAT | a catalogue of Klarna's public pages |
| OLD | older Klarna APIs |
| INF | follows from the others |

A path that is not exact can be replaced: `kassa.klarna { paths = { ["payment_request.update"] =
"PATCH /payment/requests/{payment_request_id}" } }`. `strict = false` on a call sends what the rules
below would refuse. Bodies are closed when written and open when read: answers may hold more than is
listed here.]]

-- What the names in an example stand for, by row.example.given.
local GIVEN = {
  request = "`request` is a payment request in state SUBMITTED.",
  confirmation = "`request` is a payment request in state PENDING_CONFIRMATION and `token` its "
    .. "`state_context.payment_confirmation_token`.",
  customer_token = "`token` is a customer token from a confirmed request that asked for one.",
  transaction = "`transaction` is an authorised payment transaction.",
  capture = "`transaction` is an authorised payment transaction and `capture` a capture of it.",
  refund = "`refund` is a refund.",
  chargeback = "`chargeback_id` came with the event of a lost dispute.",
  dispute = "`dispute` is a dispute in state MERCHANT_EVIDENCE_PENDING.",
  signing_key = "`signing_key` is a signing key.",
  webhook = "`webhook` is a webhook.",
  session = "`session` is a session.",
  token = "`token` is what Klarna sent the shopper back with.",
  authorization = "`authorization` is an authorization in state AUTHORIZED.",
  reversal = "`reversal` is a reversal.",
}

local MONEY = {
  authorize = "authorises an amount", take = "takes money", give_back = "gives money back",
  release = "releases what is left",
}

local function meaning(entry)
  local text = entry.doc
  local example = words.example(entry.example)
  if example then text = text .. " Example: `" .. example .. "`." end
  if entry.since then text = text .. " Printed for " .. entry.since .. " and later only." end
  if entry.secret then text = text .. " *Secret.*" end
  if entry.personal then text = text .. " *Personal.*" end
  return text
end

local function field_row(entry)
  local name = "`" .. entry[1] .. "`"
  if entry.required then name = name .. " **required**" end
  if entry.needed then name = name .. " **required** in case `" .. entry.needed .. "`" end
  return { name, words.type(entry[2]), certainty(entry), meaning(entry) }
end

local function rule_line(rule)
  if rule.sum then return ("- the sum of `%s` equals `%s`"):format(rule.sum, rule.equals) end
  return ("- `%s` times `%s` equals `%s`"):format(rule.product[1], rule.product[2], rule.equals)
end

local function fields(record)
  local rows = {}
  for _, entry in ipairs(record) do rows[#rows + 1] = field_row(entry) end
  local text = grid({ "field", "takes", "certainty", "meaning" }, rows)
  if not record.rules then return text end
  local lines = { text, "", "Rules (switched off by `sums = false`):", "" }
  for _, rule in ipairs(record.rules) do lines[#lines + 1] = rule_line(rule) end
  return table.concat(lines, "\n")
end

local function legal_states(row)
  if row.from then
    local kind = next(row.from)
    return ("%s of the %s, where it is told one: option `%s`"):format(codes(row.from[kind]),
      link(kind), kind)
  end
  if not row.needs then
    return (row.on or row.list or row.asks) and "any" or "makes its own object"
  end
  local parts = {}
  for _, kind in ipairs(words.sorted(row.needs)) do
    parts[#parts + 1] = ("%s of the %s"):format(codes(row.needs[kind]), link(kind))
  end
  return table.concat(parts, "; ")
end

local function header_names(row)
  local names = {}
  for _, header in ipairs(row.headers or {}) do
    names[#names + 1] = ("`%s` from `%s`%s, %s: %s"):format(header.name, header.option,
      header.required and " (required)" or "", certainty(header), header.doc)
  end
  return names
end

local function statuses(list)
  local text = {}
  for position, status in ipairs(list) do text[position] = words.number(status) end
  return table.concat(text, ", ")
end

local function answer_of(row)
  if row.list then return ("pages (%s) of %s"):format(link(row.page.name), link(row.reply)) end
  if row.hook == "download" then return "the bytes of a file" end
  return row.reply and link(row.reply) or "nothing"
end

-- What may be uploaded: kinds, endings, size.
local function file_fact(file)
  local kinds = {}
  for _, kind in ipairs(words.sorted(file.kinds)) do
    kinds[#kinds + 1] = table.concat(file.kinds[kind].extensions, " or ")
  end
  return ("%s; at most %s bytes; a name of at most %s characters"):format(
    table.concat(kinds, ", "), words.number(file.max), words.number(file.name_max))
end

-- What kassa does to a body on its way, where a row says so.
local function own_facts(row, rows)
  if row.fixed and row.fixed.processingInformation then
    rows[#rows + 1] = { "filled in", "`" .. row.fixed.processingInformation.actionList[1]
      .. "`, and Klarna as the payment type" }
  elseif row.fixed and row.fixed.sort then
    rows[#rows + 1] = { "filled in", "`sort = \"" .. row.fixed.sort .. "\"`" }
  end
  if row.service then rows[#rows + 1] = { "found as", "`" .. row.service .. "`" } end
  if row.link then rows[#rows + 1] = { "the id", "goes into `" .. row.link .. "`" } end
  if row.advertised then
    rows[#rows + 1] = { "also", ("`%s`, when the object's `%s` says so"):format(
      row.advertised.path, row.advertised.at) }
  end
  if row.asks then rows[#rows + 1] = { "repeated", "freely: it only asks" } end
  if row.total then rows[#rows + 1] = { "adds up", "see " .. link "Grand total" } end
  if row.without then
    rows[#rows + 1] = { "refuses", codes(row.without.fields) .. ": " .. row.without.why }
  end
end

local function facts(row, api)
  local rows = {
    { "call", "`" .. row.http .. "`" },
    { "certainty", certainty(row) },
    { "legal states", legal_states(row) },
    { "answers with", answer_of(row) },
    { "success", statuses(row.success) },
    { "errors", statuses(row.errors) .. (api.errors and ", see " .. link "Errors" or "") },
    { "idempotency key", row.keyed and "sent, kept over all attempts"
      or row.money and api.key_at and "none; `" .. api.key_at .. "` names the attempt" or "none" },
  }
  if row.bucket then
    table.insert(rows, #rows, { "rate category", "`" .. row.bucket .. "` (guess)" })
  end
  if row.money then
    local amount = row.amount and (", `%s` says how much"):format(row.amount) or ""
    table.insert(rows, 4, { "money", MONEY[row.money] .. amount })
  end
  own_facts(row, rows)
  if row.file then table.insert(rows, 4, { "file", file_fact(row.file) }) end
  for _, header in ipairs(header_names(row)) do rows[#rows + 1] = { "header", header } end
  return grid({ "", "" }, rows)
end

local function example(row)
  local lines = { "```lua", row.example.code, "```" }
  if row.example.given then table.insert(lines, 1, GIVEN[row.example.given] .. "\n") end
  return table.concat(lines, "\n")
end

local function on_object(row, api)
  if row.from then
    return ("\n`%s:%s(body, options)` on an object"):format(next(row.from), row.money)
  end
  if not row.on then return "" end
  if row.asks then return ("\n`%s:refresh()` on an object"):format(row.on) end
  local own = row.params[1] == api.objects[row.on].id
  local list = { row.params[own and 2 or 1] }
  list[#list + 1] = words.content(row)
  list[#list + 1] = "options"
  return ("\n`%s:%s(%s)` on an object"):format(row.on, row.verb, table.concat(list, ", "))
end

-- The fields that a method takes, of the body or of the query.
local function fields_of(parts, record, what)
  if not record then return end
  parts[#parts + 1] = ("%s (`%s`):"):format(what, record.name)
  parts[#parts + 1] = fields(record)
end

local function operation(row, api)
  local parts = {
    "### " .. row.name,
    ("`%s.%s:%s(%s)`"):format(api.name, row.resource, row.verb, words.arguments(row))
      .. on_object(row, api),
    row.doc,
    facts(row, api),
  }
  for _, text in ipairs(beyond.of(row)) do parts[#parts + 1] = text end
  fields_of(parts, row.body, "Body")
  fields_of(parts, row.query, "Query")
  parts[#parts + 1] = example(row)
  return table.concat(parts, "\n\n")
end

local function contents(api)
  local rows = {}
  for _, row in ipairs(api.operations) do
    rows[#rows + 1] = { link(row.name), "`" .. row.http .. "`", certainty(row), row.doc }
  end
  return grid({ "operation", "call", "certainty", "what for" }, rows)
end

local function event_of(machine, from, to)
  return machine.events[from .. ">" .. to] or ""
end

local function ways(machine)
  local rows = {}
  for _, to in ipairs(machine.initial) do
    rows[#rows + 1] = { "", event_of(machine, "", to), "`" .. to .. "`" }
  end
  for _, from in ipairs(machine.states) do
    for _, to in ipairs(machine.edges[from] or {}) do
      rows[#rows + 1] = { "`" .. from .. "`", event_of(machine, from, to), "`" .. to .. "`" }
    end
  end
  return grid({ "from", "event", "to" }, rows)
end

local function legal_grid(api, kind)
  local states, headings, rows = api.machines[kind].states, { "operation" }, {}
  for _, state in ipairs(states) do headings[#headings + 1] = state end
  for _, row in ipairs(api.operations) do
    local needs = row.needs and row.needs[kind]
    if needs then
      local cells, legal = { link(row.name) }, {}
      for _, state in ipairs(needs) do legal[state] = true end
      for _, state in ipairs(states) do cells[#cells + 1] = legal[state] and "yes" or "" end
      rows[#rows + 1] = cells
    end
  end
  if #rows == 0 then return nil end
  return grid(headings, rows)
end

local function reasons(machine)
  local rows = {}
  for _, reason in ipairs(machine.reasons) do
    rows[#rows + 1] = { "`" .. reason.name .. "`", reason.doc, reason.charge_again or "" }
  end
  if #rows == 0 then return nil end
  return grid({ "state_reason", "meaning", "charge the token again" }, rows)
end

local function machine_section(api, kind)
  local machine = api.machines[kind]
  local parts = {
    "### " .. kind .. " states", machine.doc .. " Certainty: " .. certainty(machine) .. ".",
    ("![states of %s](%s.svg)"):format(kind, diagram.file(api, kind)), ways(machine),
  }
  parts[#parts + 1] = legal_grid(api, kind)
  parts[#parts + 1] = reasons(machine)
  for _, alias in ipairs(words.sorted(machine.aliases or {})) do
    parts[#parts + 1] = ("`%s` is an older name of `%s`."):format(alias, machine.aliases[alias])
  end
  parts[#parts + 1] = "Final: " .. codes(machine.final) .. "."
  return table.concat(parts, "\n\n")
end

local function headers(list)
  local rows = {}
  for _, header in ipairs(list) do
    rows[#rows + 1] = {
      "`" .. header.name .. "`", header.option and "`" .. header.option .. "`" or "",
      header.on, words.type(header.type), certainty(header), header.doc,
    }
  end
  return grid({ "header", "option", "on", "takes", "certainty", "meaning" }, rows)
end

local function answers(list)
  local rows = {}
  for _, header in ipairs(list) do
    rows[#rows + 1] = { "`" .. header.name .. "`", certainty(header), header.doc }
  end
  return grid({ "header", "certainty", "meaning" }, rows)
end

local function limits(api)
  local rows = {}
  for _, name in ipairs(words.sorted(api.limits)) do
    local limit = api.limits[name]
    rows[#rows + 1] = { "`" .. name .. "`", words.number(limit.value), certainty(limit), limit.doc }
  end
  return grid({ "limit", "value", "certainty", "meaning" }, rows)
end

local function rate(side, who)
  return side and words.number(side[who]) or ""
end

local function rates(api)
  local rows = {}
  for _, row in ipairs(api.rates) do
    rows[#rows + 1] = {
      "`" .. row.name .. "`", rate(row.live, "partner"), rate(row.live, "acquirer"),
      rate(row.test, "partner"), rate(row.test, "acquirer"), certainty(row), row.doc,
    }
  end
  return grid({ "category", "live partner", "live acquirer", "test partner", "test acquirer",
    "certainty", "counts" }, rows)
end

local function errors(api)
  local rows = {}
  for _, row in ipairs(api.errors) do
    local error_code = row.error_code and "`" .. row.error_code .. "`"
    rows[#rows + 1] = {
      words.number(row.status), error_code or (row.empty and "no body" or "any other"),
      "`" .. row.code .. "`", row.happened, row.retry, row.automatic and "yes" or "no",
      certainty(row), row.doc,
    }
  end
  return grid({ "status", "error_code", "code", "happened", "retry", "repeated by kassa",
    "certainty", "meaning" }, rows)
end

local function hosts(api)
  return grid({ "use", "value" }, {
    { "live host", "`" .. api.hosts.live .. "`" },
    { "test host", "`" .. api.hosts.test .. "`" },
    { "paths with `account`", "`" .. api.prefix.account .. "`" },
    { "paths without", "`" .. api.prefix.direct .. "`" },
    { "currencies", codes(api.currencies) },
  })
end

-- Bodies stand with their operations; the rest stands here.
local function records(api)
  local parts, bodies = {}, {}
  for _, row in ipairs(api.operations) do bodies[row.body or row.query or false] = true end
  for _, record in ipairs(words.records(api)) do
    if not bodies[record] then
      parts[#parts + 1] = "### " .. record.name
      parts[#parts + 1] = fields(record)
    end
  end
  return table.concat(parts, "\n\n")
end

--- The reference page of an api, as Markdown.
function page.render(api)
  local parts = { ("# Klarna payment API %s"):format(api.version), INTRODUCTION,
    "## What happened and retry mean", calls.REPEATING, "## Options", calls.options "klarna",
    "## Operations", contents(api) }
  for _, row in ipairs(api.operations) do parts[#parts + 1] = operation(row, api) end
  parts[#parts + 1] = "## States"
  for _, kind in ipairs { "payment_request", "payment_transaction", "payment_funding",
      "payment_dispute", "merchant_evidence" } do
    parts[#parts + 1] = machine_section(api, kind)
  end
  local sections = {
    { "Records", records(api) }, { "Hosts and paths", hosts(api) },
    { "Request headers", headers(api.headers.request) },
    { "Response headers", answers(api.headers.response) }, { "Errors", errors(api) },
    { "Limits", limits(api) },
    { "Rate categories", "Requests per second. Klarna says: follow the headers rather than these "
      .. "numbers.\n\n" .. rates(api) },
  }
  for _, section in ipairs(sections) do
    parts[#parts + 1] = "## " .. section[1]
    parts[#parts + 1] = section[2]
  end
  return table.concat(parts, "\n\n") .. "\n"
end

-- For pages of other apis, which are made of the same parts.
page.operation, page.contents, page.records = operation, contents, records
page.machine, page.limits, page.errors = machine_section, limits, errors

return page
