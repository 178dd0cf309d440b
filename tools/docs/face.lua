-- The part of lua/kassa/types.lua that no table describes: options, errors, tasks, the module.
-- It is text and refuses to be clever; spec/docs_spec.lua checks it against what the client knows.

local face = {}

face.HEAD = [[
---@meta kassa
-- What kassa looks like to an editor (LuaLS). Printed by `make docs`; it holds no code that runs,
-- and nothing requires it.
-- luacheck: no unused

---@class kassa.integrator
---@field name string Capitals, digits and underscores.
---@field session_reference string Names the session at the integrator.
---@field module_name? string
---@field module_version? string

---@class kassa.integration
---@field integrator kassa.integrator
---@field originators? kassa.integrator[]

---@class kassa.client_options
---@field base_url? string Another host; http:// only for loopback.
---@field paths? table<string, string> Other paths, by operation.
---@field client_cert? string File of the client certificate.
---@field client_key? string File of its key.
---@field ca_file? string File of the certificates to trust.
---@field proxy? string
---@field timeout_s? number Seconds for one attempt.
---@field connect_timeout_s? number Seconds for a connection.
---@field deadline_s? number Seconds for the whole call, all attempts.
---@field retries? integer Attempts after the first.
---@field max_connections? integer
---@field strict? boolean false sends what the rules would refuse.
---@field sums? boolean false switches the rules about sums off.
---@field journal? kassa.journal What kassa.journal returns.
---@field log? fun(entry: table)|{ write: fun(entry: table), level?: "info"|"debug" }
---@field runtime? "plain"|"cqueues"|"luv"|"copas"|"frame"|"nginx"|"strict"|table How calls
--- wait: by the loop that is found where each is made, if left out; docs/runtimes.md.
---@field transport? table What stands in for the network: the sandbox gives one.
---@field clock? fun(): number Milliseconds since 1970, for the deadlines of disputes.

---@class kassa.klarna_options: kassa.client_options
---@field api_key string|kassa.secret|fun(): string The key, as Klarna shows it.
---@field api_key_form? "raw"|"base64" How the key stands in the header; "raw" if left out.
---@field username? string UUID shown with the key: ordinary Basic authentication.
---@field environment? "test"|"live" "test" if left out.
---@field account? string Account id: paths of an acquiring partner.
---@field integration? kassa.integration Who built what talks to Klarna.
---@field pace? false|{ dict: string|table } Who shares the rate limits; docs/pacing.md.

---@class kassa.cybersource_options: kassa.client_options
---@field merchant_id string Who sells.
---@field key_id? string The id shown with the shared secret.
---@field secret? string|kassa.secret|fun(): string The shared secret, in base64.
---@field p12? string File of a P12 certificate, in place of key_id and secret.
---@field p12_password? string|kassa.secret
---@field auth? "jwt"|"http_signature" "jwt" if left out.
---@field portfolio_id? string Who owns the key, when it signs for several merchants.
---@field environment? "test"|"live"|"live_in" "test" if left out.

---@class kassa.call_options
---@field intent? string Names what is meant: the same name gives the same idempotency key.
---@field idempotency_key? string A key of one's own; at Cybersource the transactionId.
---@field timeout_s? number Seconds for one attempt.
---@field deadline_s? number Seconds for the whole call, all attempts.
---@field retries? integer Attempts after the first.
---@field strict? boolean false sends what the rules would refuse.
---@field sums? boolean false switches the rules about sums off.
---@field expect? string The state the caller knows the object to be in.

---@class kassa.fault
---@field path string Where, lists counted from 1.
---@field message string
---@field hint? string
---@field advisory? boolean A rule about sums.

---@class kassa.resolve_options
---@field deadline_s? number Seconds for which to ask again.

---@class kassa.error
---@field code kassa.error_code
---@field happened "no"|"yes"|"unknown" Did the provider act?
---@field retry "same_key"|"new_key"|"never"
---@field message string
---@field operation? string
---@field method? string
---@field route? string
---@field status? integer
---@field attempts integer
---@field faults? kassa.fault[]
---@field provider? table error_id, error_type, error_code, error_message, validation_errors; from
--- Cybersource also response_code and response_class.
---@field correlation_id? string
---@field idempotency_key? string
---@field retry_after_s? number Seconds that the provider asked to wait.
---@field object? table What was refused or waited for; no field, so that no log shows it.
---@field resolve fun(self: kassa.error, options?: kassa.resolve_options): any, any Finds out what
--- happened: the object; false and why; nil and an error.
---@field reason? string Of a signature: no_signature, unknown_key, bad_format, mismatch, not_json,
--- missing_field.

---@class kassa.secret

---@class kassa.upload
---@field file? string Path of the file to send.
---@field bytes? string The file's content, in its place.
---@field filename? string Its name for Klarna; that of the file if left out.
---@field on_progress? fun(sent: integer, total: integer) Bytes of the body.

---@class kassa.download_target
---@field file? string Where to write the file; a string comes back if left out.

---@class kassa.download
---@field bytes? string The content, unless it went into a file.
---@field file? string
---@field size integer
---@field content_type? string
---@field filename? string The name that Klarna gave it.

---@class kassa.pages
---@field cursor? string Where a later run goes on: `starting_after`.
---@operator call: table?, kassa.error?

---@class kassa.evidence_value
---@field name string
---@field since "r5"|"later"|"old" Where it was seen.
---@field doc string

---@class kassa.evidence_field
---@field name string Of the member of `details`.
---@field kind string choice, text, date, clock, email, url, any, record, records, attachments.
---@field required boolean
---@field values? kassa.evidence_value[] Of a choice, those seen so far.
---@field fields? kassa.evidence_field[] Of a record, by number and by name.
---@field when? table Asked only if.
---@field unless? table Not required if.
---@field instead? string Another field that says the same.
---@field since string
---@field sure string
---@field source string
---@field doc string

---@class kassa.evidence_asked
---@field type? string
---@field known boolean Whether kassa knows the type.
---@field doc string
---@field fields kassa.evidence_field[] By number and by name.
---@field attachments { fields: string[], kinds: string[], size_max: integer }
---@field request_id? string
---@field asked_at? string
---@field comment? string What Klarna says.
---@field number integer Of this request.
---@field number_max? integer
---@field deadline? string
---@field seconds_left? integer Negative once it is over.

---@class kassa.evidence_gap
---@field path string
---@field message string
---@field hint? string
---@field values? string[] Those seen so far.

---@class kassa.wait_options
---@field deadline_s? number Seconds after which to give up.
---@field until_state? string|string[] What to wait for, in place of any settled state.
---@field on_check? fun(object: table) Called after each answer.
---@field cancel? fun(object: table): boolean? Asked before each check whether to stop.
---@field timeout_s? number Seconds for one check.

---@class kassa.wait_object
--- Ask by the schedule of its state until nothing more is expected: the object; nil and an error.
---@field wait fun(self: table, options?: kassa.wait_options): table?, kassa.error?
--- End every wait for the object now.
---@field stop_waiting fun(self: table)

---@class kassa.dispute_object
--- What Klarna asks for now: fields with their values, attachments, deadline. It can be printed.
---@field asked fun(self: table): kassa.evidence_asked?, string?
--- What an answer still lacks, and remarks on what has not been seen before.
---@field missing fun(self: table, details?: table, answer?: table): kassa.evidence_gap[], table[]
--- Seconds left to answer (negative once it is over) and the date; nil and why there are none.
---@field deadline fun(self: table): integer?, string

---@class kassa.due_query: kassa.klarna.payment_dispute_query
---@field within? string|number "7d", "36h", or seconds.

---@class kassa.dispute_resource
--- Those that wait for evidence, the most urgent first; `within` is a duration like "7d".
---@field due fun(self: table, query?: kassa.due_query, options?: table): table[]?, kassa.error?

---@class kassa.task
---@field join fun(self: kassa.task): ...

---@class kassa.webhook_keys
---@field add fun(self: table, id: string, key: string|kassa.secret): kassa.webhook_keys
---@field remove fun(self: kassa.webhook_keys, id: string): boolean

---@class kassa.verify_options
---@field body string The bytes as received.
---@field headers table<string, string|string[]>|fun(name: string): string|string[]|nil
---@field keys table<string, string|kassa.secret>|kassa.webhook_keys Signing keys by their id.
---@field provider? "klarna"|"cybersource"
---@field now_ms? number Epoch; the event then has age_ms.
---@field tolerance_s? number Cybersource: seconds from now that it may be signed, either way; 3600.
---@field raw? boolean Check the signature only.

---@class kassa.sign_options
---@field body string
---@field key string|kassa.secret
---@field key_id string
---@field provider? "klarna"|"cybersource"
---@field now_ms? number Cybersource: when it is signed; now.

---@class kassa.event
---@field type string
---@field id string The same when the event is delivered again.
---@field version? string
---@field occurred_at? string
---@field occurred_ms? integer
---@field age_ms? number
---@field signed_ms? integer Cybersource: when it was signed.
---@field live? boolean
---@field metadata table
---@field payload table
---@field body string The bytes as received.
---@field key_id string Which key had signed it.
---@field object? table In a handler, with a client: what the event is about, with its operations.
---@field state? string In a handler: the newest state known of that object.
---@field stale? boolean In a handler: something newer was known.

---@alias kassa.handler fun(event: kassa.event): any?, any?

---@class kassa.router_options
---@field client? table Events then carry its objects.
---@field store? table What webhook.memory makes, or one with the same methods.
---@field on_error? fun(err: kassa.error, event: kassa.event) Once for each failure.
---@field now? fun(): number Milliseconds since 1970.
---@field provider? "klarna"|"cybersource" Whose events; of a client it is known.

---@class kassa.router
local router = {}

--- Handle events of a type, of all types that begin alike ("payment.*"), or all ("*").
---@param pattern string
---@param handler kassa.handler
---@param flags? { unlisted?: boolean } For a type that looks like a slip and is none.
---@return kassa.router
function router:on(pattern, handler, flags) end

--- Handle every event that no other handler is for.
---@param handler kassa.handler
---@return kassa.router
function router:default(handler) end

--- Store an event and handle it: "handled", "unhandled", "duplicate" or "queued".
---@param event kassa.event
---@return true?, string|kassa.error
function router:handle(event) end

--- Store an event, without handling it: "new", "duplicate" or "failed".
---@param event kassa.event
---@return string?, kassa.error?
function router:accept(event) end

--- Handle the next stored event; nil when there is none, false and the error when it failed.
---@return string|false|nil, kassa.error?
function router:handle_next() end

--- Handle what is stored.
---@return integer handled, integer failed
function router:work() end

--- Handle again what has failed, or the event with this id.
---@param id? string
---@return integer handled, integer failed
function router:retry(id) end

---@return integer open, integer failed
function router:pending() end

---@return { event: kassa.event, why: string }[]
function router:failures() end

---@class kassa.receiver
---@field port integer
---@field url string
---@field stop fun()

---@class kassa.serve_options
---@field router kassa.router
---@field keys table<string, string|kassa.secret>|kassa.webhook_keys Signing keys by their id.
---@field provider? "klarna"|"cybersource" The router's.
---@field tolerance_s? number Cybersource: seconds from now that it may be signed, either way; 3600.
---@field port? integer 0, or nothing: a free one.
---@field address? string "127.0.0.1"; numeric.
---@field path? string "/"
---@field health? string|false "/health"
---@field tls? { cert: string|kassa.secret, key: string|kassa.secret } PEM text, or paths of files.
---@field body_max? integer Bytes; 64 KiB.
---@field receive_s? integer Seconds that a sender may take for a request; 10.
---@field at_once? integer Events that are handled at the same time; 16.
---@field log? fun(entry: table)|table As a client's.
---@field on_ready? fun(receiver: kassa.receiver) In a task of its own.

---@class kassa.openresty_options
---@field router kassa.router
---@field keys table<string, string|kassa.secret>|kassa.webhook_keys Signing keys by their id.
---@field provider? "klarna"|"cybersource" The router's.
---@field tolerance_s? number Cybersource: seconds from now that it may be signed, either way; 3600.
---@field body_max? integer Bytes; 64 KiB. nginx's client_max_body_size counts too.
---@field at_once? integer Events that a worker handles at the same time; 16.
---@field log? fun(entry: table)|table As a client's.

---@class kassa.openresty Inside nginx with its Lua module.
local openresty = {}

--- A content handler that receives webhooks; make it once a worker.
---@param options kassa.openresty_options
---@return fun() handler For content_by_lua.
function openresty.webhook(options) end

--- The dictionary that nginx.conf declares by `lua_shared_dict NAME SIZE;`.
---@param name string
---@return table
function openresty.dict(name) end

---@class kassa.intent What the journal knows of something that is not settled.
---@field name? string
---@field key string
---@field operation string
---@field object string
---@field amount? integer
---@field currency? string
---@field reference? string
---@field state "open"|"unknown"
---@field generation integer
---@field tries integer
---@field created_ms integer
---@field last_ms integer
---@field error? string

---@class kassa.journal
local journal = {}

--- What is not settled, oldest first.
---@return kassa.intent[]?, kassa.error?
function journal:open() end

--- Settle what can be settled, and say what is left.
---@param client table
---@return { settled: integer, left: { intent: kassa.intent, why: string }[] }?, kassa.error?
function journal:recover(client) end

--- The money moved, one row for each step that ended well.
---@param options? { from?: integer|string, to?: integer|string, currency?: string }
---@return table? statement, kassa.error? err
function journal:statement(options) end

--- Write down outcomes that the database did not take.
---@return true?, kassa.error?
function journal:flush() end

function journal:close() end

---@class kassa.flow
local flow = {}

--- Do a step, or have what it did before.
---@param name string One of its own in this flow.
---@param fn fun(intent: string): any?, any?
---@return any?, any?
function flow:step(name, fn) end

---@class kassa.webhook
local webhook = {}

--- From events to the functions that handle them, once each.
---@param options? kassa.router_options
---@return kassa.router
function webhook.router(options) end

--- What a router keeps events in: memory, with these limits.
---@param options? { ids_max?: integer, states_max?: integer, open_max?: integer, now?: function }
---@return table store
function webhook.memory(options) end

--- Receive webhooks over HTTP until the receiver is stopped.
---@param options kassa.serve_options
---@return true?, string?
function webhook.serve(options) end

--- Check a delivery's signature and read its event.
---@param options kassa.verify_options
---@return kassa.event?, kassa.error?
function webhook.verify(options) end

--- A prepared set of signing keys, which hashes faster.
---@param keys table<string, string|kassa.secret>
---@param provider? "klarna"|"cybersource"
---@return kassa.webhook_keys
function webhook.keys(keys, provider) end

--- Sign a body as the provider does, for tests.
---@param options kassa.sign_options
---@return table<string, string> headers
function webhook.sign(options) end
]]

-- Options of a call that one api has besides those of every call.
face.CALL_OPTIONS = {
  klarna = "---@field correlation_id? string Letters and digits; comes back in the answer.",
}

face.MODULE = [[
---@class kassa
---@field VERSION string
---@field null any JSON null.
---@field money table Minor units and decimal strings.
---@field error table
---@field webhook kassa.webhook
---@field openresty kassa.openresty
local kassa = {}

---@param options kassa.klarna_options
---@return kassa.klarna.client
function kassa.klarna(options) end

--- Open a journal: an SQLite file on this machine, or PostgreSQL for many.
---@param options { path?: string, postgres?: string } One of them.
---@return kassa.journal?, kassa.error?
function kassa.journal(options) end

--- Run a script in steps, of which each is done once, however often it is run.
---@param journal kassa.journal
---@param name string
---@param fn fun(flow: kassa.flow): any?, any?
---@param options? { version?: string|number, wait_s?: number }
---@return any?, any?
function kassa.flow(journal, name, fn, options) end

--- Klarna through Cybersource.
---@param options kassa.cybersource_options
---@return kassa.cybersource.client
function kassa.cybersource(options) end

--- One checkout over the client of either provider.
---@param client kassa.klarna.client|kassa.cybersource.client
---@return kassa.checkout
function kassa.checkout(client) end

---@param text string
---@return kassa.secret
function kassa.secret(text) end

--- The text of a secret, to put it where secrets are kept.
---@param secret kassa.secret
---@return string
function kassa.reveal(secret) end

--- What lies behind an object: status, headers, body, request id, timings, rate limit.
---@param object table
---@return table
function kassa.raw(object) end

--- Mark a table as a list, so that an empty one is written as [].
---@generic T: table
---@param list? T
---@return T
function kassa.list(list) end

--- Run a function as a task: calls inside suspend only their own task.
---@param fn fun(...): ...
---@return any ...
function kassa.run(fn, ...) end

--- Start a task inside kassa.run.
---@param fn fun(...): ...
---@return kassa.task
function kassa.go(fn, ...) end

--- Run several functions at once; values and errors in their order.
---@param list (fun(): ...)[]
---@return any[] values, any[] errors
function kassa.all(list) end

---@param seconds number
function kassa.sleep(seconds) end

--- One frame, for clients with runtime = "frame": resumes the coroutines whose calls are complete.
function kassa.update() end

--- assert() whose message is readable on every Lua.
---@generic T
---@param value? T
---@param err any
---@return T
function kassa.assert(value, err, ...) end

return kassa
]]

return face
