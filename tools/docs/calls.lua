-- What a page says about every call alike: how to repeat one, and the options, from kassa.options.
-- It holds words only; ranges and defaults are asked of the code.

local options = require "kassa.options"
local words = require "docs.words"

local calls = {}

calls.REPEATING = [[
A failed call returns `nil, err`; `err.happened` and `err.retry` say what is known and what to do.

- `happened`: `"no"` Klarna did nothing, `"yes"` Klarna acted, `"unknown"` it may have acted.
- `retry = "same_key"`: repeat it with the same `intent` or `idempotency_key`; it happens only once.
- `retry = "new_key"`: change what was wrong first, then call as a new `intent`.
- `retry = "never"`: a repeat cannot help.

`err:resolve()` finds out where `happened` is `"unknown"`: it sends the same bytes again under the
same key, for which Klarna gives the first result, or acts now if the first request never came. It
returns the object; or `false` and why, when it did not happen; or `nil, err` while that is still
unknown, and for good (`stale_intent`) ten minutes before 24 hours are over, when the key may be
forgotten. `err:resolve { deadline_s = 600 }` asks again until then. What it found out stays: a
second call costs no request, and the guard counts it once.]]

local MEANING = {
  account = "Account id: paths of an acquiring partner.",
  api_key = "The key as Klarna shows it: text, `kassa.secret`, or a function that returns it.",
  api_key_form = "How the key stands in the header.",
  base_url = "Another host; `http://` only for loopback.",
  ca_file = "Certificates to trust.",
  client_cert = "The client certificate, with `client_key`.",
  client_key = "The key of `client_cert`.",
  clock = "Tells the milliseconds since 1970 by which deadlines of disputes are judged.",
  connect_timeout_s = "Seconds for a connection.",
  correlation_id = "Comes back in the answer.",
  deadline_s = "Seconds for the whole call, all attempts.",
  environment = "Which Klarna; a live key needs `\"live\"`.",
  expect = "The state the caller knows the object to be in.",
  idempotency_key = "A key of one's own.",
  integration = "Who built what talks to Klarna.",
  intent = "Names what is meant: the same name gives the same idempotency key.",
  journal = "What `kassa.journal` returns: money moves once, whatever happens (docs/journal.md).",
  log = "Takes one entry for each call.",
  max_connections = "Connections at once.",
  pace = "`false` waits for no rate limit; a dictionary lets processes share one "
    .. "([guide](../pacing.md)).",
  paths = "Other paths, by operation.",
  proxy = "URL of a proxy.",
  retries = "Attempts after the first.",
  runtime = "Who waits for answers ([guide](../runtimes.md)).",
  strict = "`false` sends what the rules would refuse.",
  sums = "`false` switches the rules about sums off.",
  timeout_s = "Seconds for one attempt.",
  transport = "What stands in for the network: the sandbox gives one.",
  username = "UUID shown with the key: ordinary Basic authentication.",
}

-- What an option means for one api, where it has others or means something else.
local MEANING_OF = {
  klarna = {},
  cybersource = {
    auth = "How requests are signed.",
    clock = "Tells the milliseconds since 1970.",
    environment = "Which host.",
    idempotency_key = "A transactionId of one's own: names an attempt for 60 days.",
    intent = "Names what is meant: the same name gives the same transactionId.",
    key_id = "The id shown with the shared secret.",
    merchant_id = "Who sells.",
    p12 = "File of a P12 certificate, in place of `key_id` and `secret`.",
    p12_password = "Opens the file.",
    portfolio_id = "Who owns the key, when it signs for several merchants.",
    retries = "Attempts after the first; what moves money and has left is not sent again.",
    secret = "The shared secret in base64: text, `kassa.secret`, or a function that returns it.",
  },
}

local DEFAULT = {
  api_key = "must be given", api_key_form = "`\"raw\"`", clock = "the system's",
  environment = "`\"test\"`", max_connections = "32", pace = "waits its turn", runtime = "as found",
  merchant_id = "must be given", key_id = "must be given, without `p12`",
  secret = "must be given, without `p12`", auth = "`\"jwt\"`",
}

-- What the code stands on when nothing is said.
local function defaults()
  local api = require "kassa.api.klarna.access"
  local read = assert(require "kassa.settings".read(api, { api_key = "klarna_test_api_docs" }))
  local own = {
    timeout_s = words.number(read.timeout_ms / 1000),
    connect_timeout_s = words.number(read.connect_timeout_ms / 1000),
    deadline_s = words.number(read.deadline_ms / 1000), retries = words.number(read.tries - 1),
    strict = "`" .. tostring(read.strict) .. "`", sums = "`" .. tostring(read.sums) .. "`",
  }
  for name, text in pairs(DEFAULT) do own[name] = text end
  return own
end

-- The words of a check about a value that never fits.
local function range(check)
  local wanted = check(setmetatable({}, {}))
  return wanted or check(false) or ""
end

local function table_of(name_of_api, checks, own)
  local rows = {}
  for _, name in ipairs(words.sorted(checks)) do
    local meaning = assert(MEANING_OF[name_of_api][name] or MEANING[name], name)
    rows[#rows + 1] = { "`" .. name .. "`", meaning, own[name] or "", range(checks[name]) }
  end
  return words.grid({ "option", "meaning", "default", "takes" }, rows)
end

--- The section about options of an api ("klarna"), as Markdown.
function calls.options(name_of_api)
  local own, of_call = defaults(), {}
  for name, text in pairs(own) do of_call[name] = text end
  for _, name in ipairs { "timeout_s", "deadline_s", "retries", "strict", "sums" } do
    of_call[name] = "the client's"
  end
  return table.concat({
    ("Of the client, `kassa.%s { ... }`:"):format(name_of_api),
    table_of(name_of_api, options.merged(options.client, options[name_of_api]), own),
    "Of one call, its last argument; an operation may have headers of its own besides:",
    table_of(name_of_api, options.merged(options.call, options.calls[name_of_api]), of_call),
  }, "\n\n")
end

return calls
