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

---@alias kassa.error_code
---| "invalid" # the request breaks a rule of the API and was not sent
---| "illegal_state" # the operation is not legal in the object's state
---| "exceeds_amount" # the amount or the count is more than what is left
---| "intent_mismatch" # the intent is known with a different request
---| "stale_intent" # the intent is older than the provider's memory of its key
---| "journal" # the journal could not be written, so nothing was sent
---| "flow" # the script of a flow is not the one that began it
---| "closed" # the client is closed
---| "unsupported" # the provider has nothing that does this
---| "unauthorized" # the key is missing, wrong or for another environment
---| "forbidden" # the provider does not permit the operation
---| "not_found" # the provider knows no such object
---| "conflict" # the object is changed by another request or in another state
---| "rate_limited" # too many requests, the provider asks to slow down
---| "declined" # the payment was declined
---| "api" # the provider failed or refused without a known reason
---| "timeout" # no answer came in the time allowed for one attempt
---| "deadline" # no answer came before the deadline of the call
---| "connect" # no connection to the provider
---| "tls" # the connection could not be made secure
---| "protocol" # the answer broke off or was not HTTP or JSON as agreed
---| "too_large" # the answer is larger than the limit
---| "canceled" # the call was canceled
---| "signature" # the signature does not fit the bytes and the key
---| "store" # the event could not be stored and must not be acknowledged
---| "handler" # the handler of an event failed; the event is kept

---@alias kassa.klarna.applicable_rate.unit
---| "CAPTURE"
---| string

---@alias kassa.klarna.billing_plan.interval
---| "DAY"
---| "WEEK"
---| "MONTH"
---| "YEAR"
---| string

---@alias kassa.klarna.chargeback_reason
---| "DISPUTE_ARBITRATION_LOST"
---| string

---@alias kassa.klarna.created_by
---| "CUSTOMER"
---| "KLARNA_AGENT"
---| string

---@alias kassa.klarna.error_type
---| "ACCESS_ERROR"
---| "INPUT_ERROR"
---| "RESOURCE_ERROR"
---| "TECHNICAL_ERROR"
---| string

---@alias kassa.klarna.event_type
---| "CONCERT"
---| string

---@alias kassa.klarna.evidence_request.state
---| "EVIDENCE_REQUESTED"
---| "EVIDENCE_RECEIVED"
---| "EVIDENCE_REQUEST_EXPIRED"
---| "EVIDENCE_WAIVED"
---| string

---@alias kassa.klarna.evidence_request_type
---| "RETURN_NOT_REFUNDED"
---| "PRODUCTS_NOT_RECEIVED"
---| "PRODUCTS_FAULTY"
---| "CAPTURE_AMOUNT_INCORRECT"
---| "PURCHASE_CANCELED"
---| "PURCHASE_UNAUTHORIZED"
---| "PURCHASE_HIGH_RISK"
---| string

---@alias kassa.klarna.free_trial
---| "ACTIVE"
---| "INACTIVE"

---@alias kassa.klarna.host_type
---| "RENTAL_AGENCY"
---| "HOTEL"
---| string

---@alias kassa.klarna.insurance_type
---| "CANCELATION"
---| "TRAVEL"
---| "BAGGAGE"
---| "MEDICAL"
---| "BANKRUPTCY"
---| "EMERGENCY"
---| string

---@alias kassa.klarna.lodging_type
---| "ROOM"
---| string

---@alias kassa.klarna.login_method
---| "SMS_BY_OTP"
---| "WEBAUTHN_PASSKEY"
---| string

---@alias kassa.klarna.loyalty_level
---| "LOW"
---| "MEDIUM"
---| "HIGH"
---| string

---@alias kassa.klarna.payment_dispute.state
---| "PRE_ARBITRATION"
---| "ARBITRATION_PENDING"
---| "MERCHANT_EVIDENCE_PENDING"
---| "CLOSED"
---| string

---@alias kassa.klarna.payment_funding.state
---| "PENDING"
---| "FUNDED"
---| "EXPIRED"

---@alias kassa.klarna.payment_funding.type
---| "GUARANTEED"
---| "NON_GUARANTEED"

---@alias kassa.klarna.payment_method
---| "CREDIT_CARD"
---| string

---@alias kassa.klarna.payment_request.state
---| "CREATED"
---| "SUBMITTED"
---| "PREPARED"
---| "IN_PROGRESS"
---| "PENDING_CONFIRMATION"
---| "CONFIRMED"
---| "AUTHORIZED"
---| "CANCELED"
---| "EXPIRED"
---| "DECLINED"

---@alias kassa.klarna.payment_request.state_reason
---| "PAYMENT_REQUEST_SUBMITTED"
---| "PARTNER_CANCELED"
---| "PURCHASE_FLOW_ABORTED"
---| "CONFIRMATION_TOKEN_EXPIRED"
---| "STEP_UP_REQUIRED"
---| "CUSTOMER_ACTION_REQUIRED"
---| "PERMANENT"
---| "TECHNICAL_ERROR"
---| string

---@alias kassa.klarna.payment_transaction.state
---| "AUTHORIZED"
---| "EXPIRED"
---| "COMPLETED"
---| "CLOSED"

---@alias kassa.klarna.payment_transaction.state_reason
---| "AUTHORIZED"
---| "VOIDED"
---| string

---@alias kassa.klarna.product_type
---| "PHYSICAL_ITEM"
---| string

---@alias kassa.klarna.remaining_authorization
---| "KEEP"
---| "RELEASE"

---@alias kassa.klarna.request_customer_profile
---| "profile:name"
---| "profile:email"
---| "profile:phone"
---| "profile:locale"
---| "profile:billing_address"
---| "profile:country"
---| "profile:national_identification"
---| "profile:date_of_birth"

---@alias kassa.klarna.request_customer_token.scopes
---| "payment:customer_present"
---| "payment:customer_not_present"
---| "customer:login"

---@alias kassa.klarna.request_shipping_data
---| "SHIPPING_ADDRESS"
---| "SHIPPING_OPTION"

---@alias kassa.klarna.shipping_type
---| "TO_DOOR"
---| "TO_CURB"
---| "TO_MAILBOX"
---| "PICKUP_BOX"
---| "PICKUP_POINT"
---| "PICKUP_STORE"
---| "PICKUP_WAREHOUSE"
---| "DIGITAL_EMAIL"
---| "DIGITAL_DOWNLOAD"
---| "DIGITAL_OTHER"
---| "PHYSICAL_OTHER"

---@alias kassa.klarna.shipping_type_attribute
---| "SIGNATURE_REQUIRED"
---| "IDENTIFICATION_REQUIRED"
---| "CONTACTLESS_DELIVERY"
---| "LEAVE_AT_DOOR"
---| "LEAVE_AT_CURB"
---| "LEAVE_WITH_NEIGHBOUR"
---| "EXPRESS"
---| "TRACKED"
---| "UNTRACKED"

---@alias kassa.klarna.sort_by
---| "deadline_expires_at"
---| "-deadline_expires_at"
---| "opened_at"
---| "-opened_at"

---@alias kassa.klarna.ticket_class
---| "ECONOMY"
---| "PREMIUM_ECONOMY"
---| "BUSINESS"
---| "FIRST"
---| string

---@alias kassa.klarna.travel_type
---| "AIR"
---| "BUS"
---| "TRAIN"
---| "FERRY"
---| "CAR"
---| string

---@alias kassa.klarna.voucher_type
---| "GIFT_CARD"
---| string

---@alias kassa.klarna.webhook.status
---| "ENABLED"
---| "DISABLED"
---| string

---@class kassa.klarna.address
---@field street_address? string Street and house number; needed in a shipping address.
---@field street_address2? string Second address line.
---@field postal_code? string Postal code.
---@field city? string City.
---@field region? string ISO 3166-2 subdivision, with or without the country; needed for US and AU.
---@field country? string ISO 3166-1 alpha-2 country.

---@class kassa.klarna.applicable_rate
---@field fixed_fee? kassa.klarna.fixed_fee Fee that does not depend on the amount.
---@field variable_fee? kassa.klarna.variable_fee Fee that grows with the amount.
--- What the fee is counted by; the list is incomplete.
---@field unit? kassa.klarna.applicable_rate.unit

---@class kassa.klarna.arrival
---@field arrival_airport? string IATA code of the airport.
---@field arrival_location? string Station or stop, for travel by land.
---@field city? string City.
---@field country? string Country.
---@field address? kassa.klarna.address Full address.

---@class kassa.klarna.attached
---@field payment_dispute_attachment_id string Id of the attachment.
---@field description? string What it shows.

---@class kassa.klarna.billing_plan
---@field billing_amount? integer Amount of one billing.
---@field currency? string Its currency.
---@field from? string Day from which the plan counts.
---@field interval? kassa.klarna.billing_plan.interval Billing interval.
---@field interval_frequency? integer Every how many intervals.

---@class kassa.klarna.capture_request
---@field capture_amount integer How much to take of what is authorised.
---@field payment_capture_reference? string The merchant's reference of this capture.
--- What is captured and how it travels.
---@field supplementary_capture_data? kassa.klarna.supplementary_capture_data
---@field remaining_authorization? kassa.klarna.remaining_authorization RELEASE frees what is left.
---@field supplementary_purchase_data? kassa.klarna.reference_purchase_data A new order number.

---@class kassa.klarna.charge_config
---@field customer_present? boolean Whether the shopper is there; must fit the scope of the token.
--- Where the shopper comes back to. Klarna fills in {klarna.payment_request.id},
--- {klarna.payment_request.state}, {klarna.payment_request.payment_confirmation_token} and
--- {klarna.payment_request.payment_reference}, URL-encoded.
---@field redirect_url? string
--- true captures the whole amount at once; false (the likely default) leaves it authorised.
---@field capture? boolean
--- What Klarna shall ask the shopper; SHIPPING_OPTION only together with SHIPPING_ADDRESS.
---@field request_shipping_data? kassa.klarna.request_shipping_data[]
---@field allowed_shipping_countries? string[] Countries the shopper may choose.
--- Parts of the shopper's Klarna profile to share with the merchant.
---@field request_customer_profile? kassa.klarna.request_customer_profile[]
--- Ask for a token that can be charged later.
---@field request_customer_token? kassa.klarna.request_customer_token
---@field payment_option_id? string Payment option to preselect.

---@class kassa.klarna.collected_shipping
---@field recipient? kassa.klarna.recipient Who receives the goods.
---@field address? kassa.klarna.address Where they go.
---@field shipping_option? kassa.klarna.shipping_option How they go.

---@class kassa.klarna.config
--- Where the shopper comes back to. Klarna fills in {klarna.payment_request.id},
--- {klarna.payment_request.state}, {klarna.payment_request.payment_confirmation_token} and
--- {klarna.payment_request.payment_reference}, URL-encoded.
---@field redirect_url? string
--- What Klarna shall ask the shopper; SHIPPING_OPTION only together with SHIPPING_ADDRESS.
---@field request_shipping_data? kassa.klarna.request_shipping_data[]
---@field allowed_shipping_countries? string[] Countries the shopper may choose.
--- Parts of the shopper's Klarna profile to share with the merchant.
---@field request_customer_profile? kassa.klarna.request_customer_profile[]
--- Ask for a token that can be charged later.
---@field request_customer_token? kassa.klarna.request_customer_token
---@field payment_option_id? string Payment option to preselect.
--- true captures the whole amount at once; false (the likely default) leaves it authorised.
---@field capture? boolean
---@field customer_present? boolean Whether the shopper is there; must fit the scope of the token.

---@class kassa.klarna.confirm_config
--- true captures the whole amount at once; false (the likely default) leaves it authorised.
---@field capture? boolean

---@class kassa.klarna.confirmation_purchase_data
---@field shipping? kassa.klarna.shipping[] Who gets what, where and how.

---@class kassa.klarna.customer
---@field given_name? string Given name.
---@field family_name? string Family name.
---@field email? string E-mail address.
---@field phone? string Phone number.
---@field address? kassa.klarna.address Billing address.
---@field customer_accounts? kassa.klarna.customer_account[] The shopper's accounts at the shop.
---@field customer_device? kassa.klarna.customer_device The device in the shopper's hand.

---@class kassa.klarna.customer_account
---@field account_identifier? string Id of the shopper's account at the shop.
---@field account_provider_url? string Site that keeps the account.
---@field given_name? string Given name in the account.
---@field family_name? string Family name in the account.
---@field email? string E-mail address of the account.
---@field email_last_verified_at? string When the e-mail address was last verified.
---@field phone? string Phone number of the account.
---@field phone_last_verified_at? string When the phone number was last verified.
---@field loyalty_level? kassa.klarna.loyalty_level Loyalty of the shopper; LOW and HIGH were seen.
---@field created_at? string When the account was made.
---@field updated_at? string When it last changed.
---@field last_login? kassa.klarna.last_login The last login.
--- Earlier purchases, one entry a payment method.
---@field purchase_history? kassa.klarna.purchase_history[]

---@class kassa.klarna.customer_device
---@field app_identifier? string Bundle or package name of the shop's app.
---@field device_identifier? string What tells the device from others.
---@field user_agent? string User agent of the browser.
---@field ip_address? string IP address of the shopper.
---@field geolocation? kassa.klarna.geolocation Where the device is.

---@class kassa.klarna.customer_profile
---@field customer_id? string Klarna's id of the customer.
---@field given_name? string Given name.
---@field family_name? string Family name.
---@field email? string E-mail address.
---@field email_verified? boolean Whether Klarna verified the e-mail address.
---@field phone? string Phone number.
---@field phone_verified? boolean Whether Klarna verified the phone number.
---@field address? kassa.klarna.address Billing address.
---@field country? string Country of the customer.
---@field date_of_birth? string Date of birth.
---@field locale? string Language and region, like en-US.
---@field national_identification? any National identification number; its shape is not documented.

---@class kassa.klarna.customer_token_charge
---@field currency string Currency of the charge.
---@field payment_amount integer Amount of the charge.
---@field payment_request_reference? string The merchant's reference of this request.
--- What is bought, and by whom.
---@field supplementary_purchase_data? kassa.klarna.supplementary_purchase_data
--- Whether the shopper is present; redirect_url for the step-up of a present shopper.
---@field config? kassa.klarna.charge_config
--- What Klarna's browser script handed to the shop.
---@field interoperability? kassa.klarna.interoperability

---@class kassa.klarna.delivery
---@field tracking_number? string Number to follow the parcel with.
---@field tracking_url? string Page to follow the parcel on.
---@field shipping_carrier? string Name of the carrier.
---@field shipping_type? kassa.klarna.shipping_type How it travels.
--- What else the carrier does: one word.
---@field shipping_type_attribute? kassa.klarna.shipping_type_attribute
---@field estimated_delivery_date? string Expected arrival.

---@class kassa.klarna.departure
---@field departure_airport? string IATA code of the airport.
---@field departure_location? string Station or stop, for travel by land.
---@field departs_at? string Departure.
---@field city? string City.
---@field country? string Country.
---@field address? kassa.klarna.address Full address.

---@class kassa.klarna.dispute_config
--- Id of the configuration, in answers.
---@field payment_dispute_payment_dispute_payment_dispute_config_id? string
---@field payment_dispute_payment_dispute_config_id? string Id of the configuration, in events.
---@field total_merchant_evidence_requests? integer How often Klarna asks at most.

---@class kassa.klarna.dispute_details
---@field dispute_amount? integer How much is disputed.
---@field currency? string Its currency.
---@field created_by? kassa.klarna.created_by Who opened it; the list is incomplete.
---@field line_items? kassa.klarna.dispute_line_item[] What it is about.

---@class kassa.klarna.dispute_line_item
---@field name? string What is disputed.
---@field product_type? kassa.klarna.product_type What kind of thing it is; the list is incomplete.
---@field quantity? integer How many.
---@field unit_price? integer Price of one.

---@class kassa.klarna.dispute_state_context
--- What the answer has to be about; the names are those of the reasons.
---@field evidence_request_type? kassa.klarna.evidence_request_type
---@field evidence_response_deadline_at? string Until when it can be answered.

---@class kassa.klarna.error
---@field error_id string Quote it to Klarna's support.
---@field error_type kassa.klarna.error_type Family of the error.
---@field error_code string What happened; decide by this.
---@field error_message string For logs only.
---@field doc_url? string Page about the error.
--- With VALIDATION_ERROR: every fault; a guide calls the list `errors`.
---@field validation_errors? kassa.klarna.validation_error[]

---@class kassa.klarna.evaluation_parameters
---@field price_plan_id? string The price plan.
---@field payment_program_id? string The payment programme.
---@field country? string Country of the purchase.
---@field merchant_category_code? string Merchant category code, as text.
---@field evaluated_at? string When the price was found.

---@class kassa.klarna.event_reservation
---@field event_name? string Name of the event.
---@field event_company_name? string Who organises it.
---@field event_type? kassa.klarna.event_type Kind of event; the list is incomplete.
---@field starts_at? string Begins.
---@field ends_at? string Ends.
---@field venue_name? string Name of the venue.
---@field access_controlled_venue? boolean Whether tickets are checked at the entrance.
---@field address? kassa.klarna.address Where the venue is.
---@field affiliate_name? string Affiliate that sold it.
---@field insurances? kassa.klarna.insurance[] Insurances bought with the ticket.

---@class kassa.klarna.evidence_request
---@field created_at? string When Klarna asked.
---@field state? kassa.klarna.evidence_request.state Whether it is still open.
---@field previous_state? kassa.klarna.evidence_request.state Where it was before.
---@field comment? string What Klarna says about it.

---@class kassa.klarna.evidence_response
---@field created_at? string When the merchant answered.
---@field additional_information? string What else there is to say.
---@field attachments? kassa.klarna.attached[] Uploaded files that belong to the answer.
--- The answers asked for, by name; which ones differs by `evidence_request_type`.
---@field details? table<string, any>

---@class kassa.klarna.fixed_fee
---@field amount? integer The fee.
---@field currency? string Its currency.

---@class kassa.klarna.geolocation
---@field country? string Country of the device.
---@field latitude? number Degrees north.
---@field longitude? number Degrees east.

---@class kassa.klarna.host
---@field host_reference? string Id of the host.
---@field host_type? kassa.klarna.host_type Kind of host; the list is incomplete.
---@field country_of_domicile? string Country of the host.
---@field registered_at? string When the host signed up.
---@field number_of_reservations? integer Reservations the host has had.

---@class kassa.klarna.insurance
--- Kind of insurance; only CANCELATION (with one L) was seen.
---@field insurance_type? kassa.klarna.insurance_type
---@field insurance_company_name? string Who insures.
---@field price? integer Price of the insurance.
---@field currency? string Currency of the price.

---@class kassa.klarna.integration
---@field integrator kassa.klarna.integrator Who made the integration.
---@field originators? kassa.klarna.integrator[] Who stands behind the integrator.

---@class kassa.klarna.integrator
---@field name string Capitals, digits and underscores.
---@field session_reference string Names the session at the integrator.
---@field module_name? string Name of the software.
---@field module_version? string Its version.

---@class kassa.klarna.interoperability
---@field interoperability_token? string Token from Klarna's browser script; forward it untouched.
---@field interoperability_data? string Data from Klarna's browser script; forward it untouched.

---@class kassa.klarna.klarna_customer
--- The parts of the profile that were asked for.
---@field customer_profile? kassa.klarna.customer_profile
---@field customer_token? string The token that was asked for: charge it later.
---@field customer_token_reference? string The merchant's reference of the token.

---@class kassa.klarna.last_login
---@field occurred_at? string When the shopper last logged in.
---@field login_method? kassa.klarna.login_method How; the list is incomplete.

---@class kassa.klarna.line_item
---@field name string What the line is, as the shopper reads it.
---@field quantity integer How many.
--- Total of the line with tax, after discounts; negative for discounts and gift cards.
---@field total_amount integer
---@field total_tax_amount? integer The tax inside total_amount.
---@field unit_price? integer Price of one; unit_price times quantity is total_amount.
---@field product_identifier? string GTIN, UPC or ISBN.
---@field line_item_reference? string The merchant's reference of this line.
--- The shipping_reference of the entry of `shipping` that carries this line.
---@field shipping_reference? string
---@field product_url? string Page of the product.
---@field image_url? string Picture of the product.
---@field subscription_reference? string The subscription this line belongs to.
---@field currency? string Currency of the line.

---@class kassa.klarna.link
---@field href? string Where.
---@field method? string How.
---@field rel? string What it is.

---@class kassa.klarna.lodging_reservation
---@field lodging_name? string Name of the house.
---@field address? kassa.klarna.address Where it is.
---@field starts_at? string Check-in.
---@field ends_at? string Check-out.
---@field number_of_spaces? integer Rooms or places.
---@field price? integer Price of the stay.
---@field currency? string Currency of the price.
---@field lodging_type? kassa.klarna.lodging_type Kind of lodging; the list is incomplete.
---@field guests? kassa.klarna.person[] Who stays.
---@field host? kassa.klarna.host Who lets.
---@field insurances? kassa.klarna.insurance[] Insurances bought with the stay.
---@field affiliate_name? string Affiliate that sold it.

---@class kassa.klarna.merchant_evidence
---@field payment_dispute_merchant_evidence_id string Id of the question and its answer.
---@field request? kassa.klarna.evidence_request What Klarna asked.
---@field response? kassa.klarna.evidence_response What the merchant answered; absent until then.

---@class kassa.klarna.ondemand_profile
---@field reference? string The reference that was used when the token was made.

---@class kassa.klarna.ondemand_service
---@field average_amount? integer Usual amount.
---@field minimum_amount? integer Smallest amount.
---@field maximum_amount? integer Largest amount.
---@field purchase_interval? kassa.klarna.billing_plan.interval Usual time between purchases.
---@field purchase_interval_frequency? integer Every how many intervals.
---@field currency? string Currency of the amounts.

---@class kassa.klarna.pagination
---@field count integer How many this page holds.
---@field first_item? string Cursor of the first; for ending_before.
---@field last_item? string Cursor of the last, for starting_after; null or absent on the last page.
---@field total? integer How many there are in all.
---@field links? kassa.klarna.pagination_links The same as addresses.

---@class kassa.klarna.pagination_links
---@field next? kassa.klarna.link The page after.
---@field prev? kassa.klarna.link The page before.

---@class kassa.klarna.payment_capture: kassa.klarna.payment_capture_object
---@field payment_capture_id string Id of the capture: the transaction's id and `:capture:N`.
---@field payment_capture_reference? string The merchant's reference of this capture.
---@field capture_amount? integer How much was taken.
---@field captured_at? string When.
--- What was captured and how it travels.
---@field supplementary_capture_data? kassa.klarna.supplementary_capture_data

---@class kassa.klarna.payment_chargeback: kassa.klarna.payment_chargeback_object
--- Id of the chargeback: the transaction's id and `:chargeback:N`.
---@field payment_chargeback_id string
---@field payment_dispute_id? string The dispute that was lost.
---@field chargeback_amount? integer How much was taken back.
---@field chargeback_reason? kassa.klarna.chargeback_reason Why; the list is incomplete.
---@field chargeback_at? string When.
---@field line_items? kassa.klarna.line_item[] What it is about.

---@class kassa.klarna.payment_dispute: kassa.klarna.payment_dispute_object
---@field payment_dispute_id string Id of the dispute.
---@field dispute_reason? kassa.klarna.evidence_request_type Why it was opened.
---@field state? kassa.klarna.payment_dispute.state Where the dispute is.
---@field previous_state? kassa.klarna.payment_dispute.state Where it was before.
--- What is asked and until when, while evidence is asked for.
---@field state_context? kassa.klarna.dispute_state_context
---@field payment_transaction_id? string The transaction it is about.
---@field payment_transaction_reference? string The merchant's reference of the transaction.
---@field purchase_reference? string The merchant's reference of the order.
---@field payment_capture_reference? string The merchant's reference of the capture.
---@field payment_product_instance_id? string The product instance it belongs to.
---@field dispute_details? kassa.klarna.dispute_details How much, who opened it, what is disputed.
--- What Klarna asked so far, each with its answer.
---@field merchant_evidence? kassa.klarna.merchant_evidence[]
---@field customer_evidence? any[] What the shopper told.
---@field config? kassa.klarna.dispute_config What rules this dispute.
---@field created_at? string When it was opened.
---@field updated_at? string When it last changed.
---@field arbitration_started_at? string When Klarna began to look into it.
---@field closed_at? string When it ended.

---@class kassa.klarna.payment_dispute_attachment: kassa.klarna.payment_dispute_attachment_object
---@field payment_dispute_attachment_id string Id of the attachment.

---@class kassa.klarna.payment_dispute_page
---@field disputes? kassa.klarna.payment_dispute[] The disputes of this page.
---@field pagination? kassa.klarna.pagination Where this page stands among the others.

---@class kassa.klarna.payment_dispute_query
---@field payment_product_instance_id? string[] Only of these product instances.
---@field payment_transaction_id? string[] Only of these transactions.
---@field state? kassa.klarna.payment_dispute.state[] Only in these states.
---@field reason? kassa.klarna.evidence_request_type[] Only for these reasons.
--- The order, `opened_at` if left out; a leading - turns it round.
---@field sort_by? kassa.klarna.sort_by[]
---@field purchase_references? string[] Only of these orders, by the merchant's references.
---@field opened_at_start? string Opened at this time or later.
---@field opened_at_end? string Opened before this time.
---@field closed_at_start? string Closed at this time or later.
---@field closed_at_end? string Closed before this time.
---@field size? integer How many a page holds at most; Klarna's own limits are not printed.
---@field starting_after? string The page after this cursor: `last_item` of the page before.
---@field ending_before? string The page before this cursor; not together with starting_after.

---@class kassa.klarna.payment_dispute_respond
---@field additional_information? string What else there is to say.
---@field created_at? string When; probably ignored.
---@field attachments? kassa.klarna.attached[] Uploaded files that belong to the answer.
--- The answers asked for, by name; which ones differs by `evidence_request_type`.
---@field details? table<string, any>

---@class kassa.klarna.payment_dispute_response: kassa.klarna.payment_dispute_response_object
---@field response_id string Id of the answer.
---@field created_at? string When it was given.
---@field additional_information? string What else there is to say.
---@field attachments? kassa.klarna.attached[] Uploaded files that belong to the answer.
--- The answers asked for, by name; which ones differs by `evidence_request_type`.
---@field details? table<string, any>

---@class kassa.klarna.payment_distribution
---@field url? string Send the shopper here.

---@class kassa.klarna.payment_funding
--- NON_GUARANTEED: the merchant bears the risk, so ship after FUNDED.
---@field type? kassa.klarna.payment_funding.type
---@field state? kassa.klarna.payment_funding.state Whether the money is there.

---@class kassa.klarna.payment_pricing
---@field applicable_rate? kassa.klarna.applicable_rate What Klarna charges.
---@field evaluation_parameters? kassa.klarna.evaluation_parameters Why that rate.

---@class kassa.klarna.payment_refund: kassa.klarna.payment_refund_object
---@field payment_refund_id string Id of the refund: the transaction's id and `:refund:N`.
---@field payment_capture_id? string The capture, when the refund went through one.
---@field payment_refund_reference? string The merchant's reference of this refund.
---@field refund_amount? integer How much was given back.
---@field refunded_at? string When.
---@field supplementary_refund_data? kassa.klarna.supplementary_refund_data What came back.

---@class kassa.klarna.payment_request: kassa.klarna.payment_request_object
---@field payment_request_id string Id of the request.
---@field payment_request_reference? string The merchant's reference of this request.
---@field state kassa.klarna.payment_request.state Where the request is.
---@field previous_state? kassa.klarna.payment_request.state Where it was before.
---@field state_reason? kassa.klarna.payment_request.state_reason Why it is there; not always sent.
---@field state_expires_at? string When the state ends by itself; sent in final states too.
---@field state_context? kassa.klarna.state_context What the state brings; empty in CANCELED.
---@field expires_at? string When the request expires.
---@field created_at? string When it was created.
---@field updated_at? string When it last changed.
---@field currency? string Currency of the amount.
---@field payment_amount? integer The amount asked for.
---@field config? kassa.klarna.config The settings that were sent.
--- What is bought, and by whom.
---@field supplementary_purchase_data? kassa.klarna.supplementary_purchase_data
--- What Klarna's browser script handed to the shop.
---@field interoperability? kassa.klarna.interoperability

---@class kassa.klarna.payment_request_confirm
---@field currency string Must be the currency of the request.
---@field payment_amount integer Must be the amount of the request.
---@field payment_transaction_reference? string The merchant's reference of the transaction.
--- Shipping that Klarna did not collect; Klarna rejects what differs from the request.
---@field supplementary_purchase_data? kassa.klarna.confirmation_purchase_data
---@field config? kassa.klarna.confirm_config Capture now or later.

---@class kassa.klarna.payment_request_create
---@field currency string AUD EUR CAD CZK DKK HUF MXN NZD NOK PLN RON SEK CHF GBP or USD.
--- Total with tax and discounts, without subscriptions: the sum of the line items.
---@field payment_amount integer
---@field payment_request_reference? string The merchant's reference of this request.
--- What is bought, and by whom.
---@field supplementary_purchase_data? kassa.klarna.supplementary_purchase_data
---@field config? kassa.klarna.request_config How the request behaves.
--- What Klarna's browser script handed to the shop.
---@field interoperability? kassa.klarna.interoperability

---@class kassa.klarna.payment_request_update
---@field currency? string New currency.
---@field payment_amount? integer New amount.
---@field payment_request_reference? string The merchant's reference of this request.
--- What is bought, and by whom.
---@field supplementary_purchase_data? kassa.klarna.supplementary_purchase_data
---@field config? kassa.klarna.request_config How the request behaves.
--- What Klarna's browser script handed to the shop.
---@field interoperability? kassa.klarna.interoperability

---@class kassa.klarna.payment_transaction: kassa.klarna.payment_transaction_object
---@field payment_transaction_id string Id of the transaction.
---@field payment_transaction_reference? string The merchant's reference of the transaction.
---@field state? kassa.klarna.payment_transaction.state Where the transaction is.
--- Why it is there; the list is incomplete.
---@field state_reason? kassa.klarna.payment_transaction.state_reason
---@field previous_state? kassa.klarna.payment_transaction.state Where it was before.
---@field currency? string Currency of all amounts.
---@field payment_amount? integer Amount of the purchase.
---@field original_authorization_amount? integer What was authorised; never changes.
---@field remaining_authorization_amount? integer What can still be captured; 0 after a void.
---@field payment_funding? kassa.klarna.payment_funding Whether Klarna guarantees the money.
---@field supplementary_purchase_data? kassa.klarna.supplementary_purchase_data What was bought.
---@field payment_captures? kassa.klarna.payment_capture[] What was taken.
---@field payment_refunds? kassa.klarna.payment_refund[] What was given back.
---@field payment_chargebacks? kassa.klarna.payment_chargeback[] What was taken back.
---@field created_at? string When it was authorised.
---@field updated_at? string When it last changed.
---@field expires_at? string When the authorisation ends; 28 days after created_at in the examples.
---@field customer_profile? kassa.klarna.customer_profile The shopper, as far as it was asked for.
---@field payment_pricing? kassa.klarna.payment_pricing What Klarna charges for it.

---@class kassa.klarna.payment_transaction_short: kassa.klarna.payment_transaction_object
---@field payment_transaction_id string Id of the transaction.
---@field payment_transaction_reference? string The merchant's reference of the transaction.
---@field state? kassa.klarna.payment_transaction.state Where the transaction is.
---@field payment_captures? kassa.klarna.payment_capture[] What was taken.
---@field payment_funding? kassa.klarna.payment_funding Whether Klarna guarantees the money.
---@field payment_pricing? kassa.klarna.payment_pricing What Klarna charges for it.

---@class kassa.klarna.payment_transaction_update
---@field payment_transaction_reference? string The merchant's reference of the transaction.
---@field supplementary_purchase_data? kassa.klarna.reference_purchase_data A new order number.

---@class kassa.klarna.person
---@field given_name? string Given name.
---@field family_name? string Family name.

---@class kassa.klarna.purchase_history
---@field number_of_purchases? integer Purchases made with this payment method.
---@field number_of_paid_purchases? integer Those that were paid.
---@field number_of_disputed_purchases? integer Those that were disputed.
---@field total_amount? integer Their sum.
---@field currency? string Currency of the sum.
---@field payment_method? kassa.klarna.payment_method Payment method; the list is incomplete.
---@field first_purchase_at? string The first purchase.
---@field last_purchase_at? string The last purchase.

---@class kassa.klarna.recipient
---@field given_name string Given name of the person who receives.
---@field family_name string Family name of the person who receives.
---@field email? string E-mail address of the recipient.
---@field phone? string Phone number of the recipient.
---@field attention? string Attention line.

---@class kassa.klarna.reference_purchase_data
--- The order number, shown to the shopper and in settlement reports.
---@field purchase_reference? string

---@class kassa.klarna.refund_request
---@field refund_amount integer How much to give back.
---@field payment_refund_reference? string The merchant's reference of this refund.
--- What comes back; Klarna divides the refund of several captures by it.
---@field supplementary_refund_data? kassa.klarna.supplementary_refund_data

---@class kassa.klarna.request_config
--- Where the shopper comes back to. Klarna fills in {klarna.payment_request.id},
--- {klarna.payment_request.state}, {klarna.payment_request.payment_confirmation_token} and
--- {klarna.payment_request.payment_reference}, URL-encoded.
---@field redirect_url? string
--- What Klarna shall ask the shopper; SHIPPING_OPTION only together with SHIPPING_ADDRESS.
---@field request_shipping_data? kassa.klarna.request_shipping_data[]
---@field allowed_shipping_countries? string[] Countries the shopper may choose.
--- Parts of the shopper's Klarna profile to share with the merchant.
---@field request_customer_profile? kassa.klarna.request_customer_profile[]
--- Ask for a token that can be charged later.
---@field request_customer_token? kassa.klarna.request_customer_token
---@field payment_option_id? string Payment option to preselect.

---@class kassa.klarna.request_customer_token
---@field scopes? kassa.klarna.request_customer_token.scopes[] What the token may be used for.
---@field customer_token_reference? string The merchant's reference of the token.

---@class kassa.klarna.return
---@field tracking_number? string Number to follow the parcel with.
---@field tracking_url? string Page to follow the parcel on.
---@field shipping_carrier? string Name of the carrier.
---@field shipping_type? kassa.klarna.shipping_type How it travels.
--- What else the carrier does: one word.
---@field shipping_type_attribute? kassa.klarna.shipping_type_attribute
---@field estimated_delivery_date? string Expected arrival.

---@class kassa.klarna.shipment
---@field delivery? kassa.klarna.delivery The way to the shopper.
---@field return? kassa.klarna.return The way back.

---@class kassa.klarna.shipping
---@field recipient? kassa.klarna.recipient Who receives the goods.
---@field address? kassa.klarna.address Where they go.
---@field shipping_option? kassa.klarna.shipping_option How they go.
---@field shipping_reference? string The merchant's name of this shipping; line items point to it.

---@class kassa.klarna.shipping_option
---@field shipping_type kassa.klarna.shipping_type How the goods reach the shopper.
--- What else the carrier does.
---@field shipping_type_attributes? kassa.klarna.shipping_type_attribute[]
---@field shipping_carrier? string Name of the carrier.

---@class kassa.klarna.signing_key: kassa.klarna.signing_key_object
---@field signing_key_id string Id of the key; each delivery names the one that signed it.
---@field signing_key? kassa.secret The key itself: shown once, when it is made.
---@field created_at? string When it was made.

---@class kassa.klarna.signing_key_page
--- The keys of the account, without the keys themselves.
---@field signing_keys? kassa.klarna.signing_key[]

---@class kassa.klarna.state_context
--- In SUBMITTED: how the shopper gets to Klarna.
---@field payment_distribution? kassa.klarna.payment_distribution
--- In PENDING_CONFIRMATION: confirm with it within 60 minutes.
---@field payment_confirmation_token? string
--- In PENDING_CONFIRMATION: shipping that Klarna collected.
---@field shipping? kassa.klarna.collected_shipping
---@field klarna_customer? kassa.klarna.klarna_customer The shopper, as far as it was asked for.
--- In CONFIRMED: the transaction that was made.
---@field payment_transaction? kassa.klarna.payment_transaction_short

---@class kassa.klarna.subscription
---@field subscription_reference? string The merchant's reference of the subscription.
---@field name? string Name of the subscription.
---@field subscription_plan? kassa.klarna.subscription_plan What is billed when.
---@field line_items? kassa.klarna.line_item[] What the subscription is made of.
---@field free_trial? kassa.klarna.free_trial Whether a free trial runs.
--- Takes the place of subscription_plan in later releases.
---@field billing_plans? kassa.klarna.billing_plan[]

---@class kassa.klarna.subscription_plan
---@field billing_amount? integer Amount of one billing.
---@field interval? kassa.klarna.billing_plan.interval Billing interval; MONTH and YEAR were seen.
---@field interval_frequency? integer Every how many intervals.
---@field next_billing_date? string Day of the next billing.
---@field next_billing_amount? integer Amount of the next billing.

---@class kassa.klarna.supplementary_capture_data
---@field line_items? kassa.klarna.line_item[] What is captured.
---@field shipments? kassa.klarna.shipment[] Parcels on their way.

---@class kassa.klarna.supplementary_purchase_data
--- The order number, shown to the shopper and in settlement reports.
---@field purchase_reference? string
--- The shopper as the merchant knows them: for sign-up and fraud checks.
---@field customer? kassa.klarna.customer
---@field shipping? kassa.klarna.shipping[] Who gets what, where and how.
---@field line_items? kassa.klarna.line_item[] What is bought; the totals add up to payment_amount.
---@field travel_reservations? kassa.klarna.travel_reservation[] Journeys in the order.
---@field lodging_reservations? kassa.klarna.lodging_reservation[] Stays in the order.
---@field insurances? kassa.klarna.insurance[] Insurances in the order.
---@field vouchers? kassa.klarna.voucher[] Vouchers in the order.
---@field event_reservations? kassa.klarna.event_reservation[] Tickets in the order.
--- Subscriptions the order starts or pays; their amounts are not in payment_amount.
---@field subscriptions? kassa.klarna.subscription[]
---@field ondemand_service? kassa.klarna.ondemand_service A service that will be charged on demand.
---@field additional_data? string A string that holds JSON: {"content_type": ..., "content": {...}}.
---@field marketplace_sellers? any[] Sellers of a marketplace; the shape is unknown.
--- Names the on-demand service of a token charge; its place in the body is a guess.
---@field ondemand_profile? kassa.klarna.ondemand_profile

---@class kassa.klarna.supplementary_refund_data
---@field line_items? kassa.klarna.line_item[] What comes back.

---@class kassa.klarna.travel_reservation
---@field travel_type? kassa.klarna.travel_type Means of travel; AIR, BUS and TRAIN were seen.
---@field reservation_reference? string Booking reference.
---@field departure? kassa.klarna.departure Where the travel starts.
---@field arrival? kassa.klarna.arrival Where it ends.
---@field carrier_name? string Who carries.
---@field price? integer Price of the travel.
---@field currency? string Currency of the price.
---@field ticket_class? kassa.klarna.ticket_class Class; only ECONOMY was seen.
---@field passengers? kassa.klarna.person[] Who travels.
---@field insurances? kassa.klarna.insurance[] Insurances bought with the travel.
---@field affiliate_name? string Affiliate that sold it.

---@class kassa.klarna.validation_error
---@field parameter? string Path of the field, lists counted from 0.
---@field reason? string What is wrong.
---@field error_message? string What is wrong, in the guide's spelling.
---@field doc_url? string Page about it.

---@class kassa.klarna.variable_fee
---@field percentage? integer Hundredths of a percent: 120 is 1.20 %.

---@class kassa.klarna.voucher
---@field voucher_name? string Name of the voucher.
---@field voucher_type? kassa.klarna.voucher_type Kind of voucher; the list is incomplete.
---@field voucher_company? string Who issues it.
---@field starts_at? string Valid from.
---@field ends_at? string Valid until.
---@field affiliate_name? string Affiliate that sold it.

---@class kassa.klarna.webhook: kassa.klarna.webhook_object
---@field webhook_id string Id of the webhook.
---@field url? string Where events go: https on port 443 or 8443.
---@field event_types? string[] Which events, by name or pattern.
---@field event_version? string Version of the events.
---@field signing_key_id? string The key that signs the deliveries.
---@field status? kassa.klarna.webhook.status Whether events are delivered; only ENABLED was seen.
---@field created_at? string When it was made.
---@field updated_at? string When it last changed.

---@class kassa.klarna.webhook_create
---@field url string Where events go: https on port 443 or 8443.
---@field event_types string[] Which events, by name or pattern.
---@field event_version? string Version of the events.
---@field signing_key_id? string The key that signs the deliveries.
---@field status? kassa.klarna.webhook.status Whether events are delivered; only ENABLED was seen.

---@class kassa.klarna.webhook_page
---@field webhooks? kassa.klarna.webhook[] The webhooks of the account.

---@class kassa.klarna.webhook_simulate
---@field event_type string The event to make.
---@field event_version? string Version of the events.

---@class kassa.klarna.webhook_update
---@field url? string Where events go: https on port 443 or 8443.
---@field event_types? string[] Which events, by name or pattern.
---@field event_version? string Version of the events.
---@field signing_key_id? string The key that signs the deliveries.
---@field status? kassa.klarna.webhook.status Whether events are delivered; only ENABLED was seen.

---@class kassa.klarna.payment_capture_object
---@field can fun(self: kassa.klarna.payment_capture_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.klarna.payment_capture_object): kassa.klarna.payment_capture?, kassa.error?
--- See a capture.
---@field read fun(self: kassa.klarna.payment_capture_object, options?: kassa.klarna.call_options): kassa.klarna.payment_capture?, kassa.error?
--- Give back some or all of one capture.
---@field refund fun(self: kassa.klarna.payment_capture_object, body: kassa.klarna.refund_request, options?: kassa.klarna.call_options): kassa.klarna.payment_refund?, kassa.error?

---@class kassa.klarna.payment_chargeback_object
---@field can fun(self: kassa.klarna.payment_chargeback_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.klarna.payment_chargeback_object): kassa.klarna.payment_chargeback?, kassa.error?
--- See a chargeback and the dispute behind it.
---@field read fun(self: kassa.klarna.payment_chargeback_object, options?: kassa.klarna.call_options): kassa.klarna.payment_chargeback?, kassa.error?

---@class kassa.klarna.payment_dispute_object: kassa.dispute_object
---@field can fun(self: kassa.klarna.payment_dispute_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.klarna.payment_dispute_object): kassa.klarna.payment_dispute?, kassa.error?
--- See where a dispute is, what is asked, and what was answered.
---@field read fun(self: kassa.klarna.payment_dispute_object, options?: kassa.klarna.call_options): kassa.klarna.payment_dispute?, kassa.error?
--- Give in: the shopper keeps the money. What comes back may hold no more than the id.
---@field accept_loss fun(self: kassa.klarna.payment_dispute_object, options?: kassa.klarna.call_options): kassa.klarna.payment_dispute?, kassa.error?
--- Send a PDF, JPEG, PNG or DOCX of at most 7 MB; the answer then names it by its id.
---@field upload_attachment fun(self: kassa.klarna.payment_dispute_object, upload: kassa.upload, options?: kassa.klarna.call_options): kassa.klarna.payment_dispute_attachment?, kassa.error?
--- Answer what is asked, once, before the deadline.
---@field respond fun(self: kassa.klarna.payment_dispute_object, body: kassa.klarna.payment_dispute_respond, options?: kassa.klarna.call_options): kassa.klarna.payment_dispute_response?, kassa.error?
--- Fetch an attachment, into a string or into a file.
---@field download_attachment fun(self: kassa.klarna.payment_dispute_object, payment_dispute_attachment_id: string, target?: kassa.download_target, options?: kassa.klarna.call_options): kassa.download?, kassa.error?

---@class kassa.klarna.payment_dispute_attachment_object
---@field can fun(self: kassa.klarna.payment_dispute_attachment_object, verb: string, body?: table): boolean, string?

---@class kassa.klarna.payment_dispute_response_object
---@field can fun(self: kassa.klarna.payment_dispute_response_object, verb: string, body?: table): boolean, string?

---@class kassa.klarna.payment_refund_object
---@field can fun(self: kassa.klarna.payment_refund_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.klarna.payment_refund_object): kassa.klarna.payment_refund?, kassa.error?
--- See a refund.
---@field read fun(self: kassa.klarna.payment_refund_object, options?: kassa.klarna.call_options): kassa.klarna.payment_refund?, kassa.error?

---@class kassa.klarna.payment_request_object
---@field can fun(self: kassa.klarna.payment_request_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.klarna.payment_request_object): kassa.klarna.payment_request?, kassa.error?
--- See where the request is. PENDING_CONFIRMATION brings the confirmation token.
---@field read fun(self: kassa.klarna.payment_request_object, options?: kassa.klarna.call_options): kassa.klarna.payment_request?, kassa.error?
--- Change the request while the shopper has not started.
---@field update fun(self: kassa.klarna.payment_request_object, body: kassa.klarna.payment_request_update, options?: kassa.klarna.call_options): kassa.klarna.payment_request?, kassa.error?
--- Give the request up.
---@field cancel fun(self: kassa.klarna.payment_request_object, options?: kassa.klarna.call_options): kassa.klarna.payment_request?, kassa.error?
--- Make the transaction the shopper agreed to. The same token gives the same answer.
---@field confirm (fun(self: kassa.klarna.payment_request_object, body: kassa.klarna.payment_request_confirm, options?: kassa.klarna.call_options): kassa.klarna.payment_request?, kassa.error?)|(fun(self: kassa.klarna.payment_request_object, payment_confirmation_token: string, body: kassa.klarna.payment_request_confirm, options?: kassa.klarna.call_options): kassa.klarna.payment_request?, kassa.error?)

---@class kassa.klarna.payment_transaction_object
---@field can fun(self: kassa.klarna.payment_transaction_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.klarna.payment_transaction_object): kassa.klarna.payment_transaction?, kassa.error?
--- See what is authorised, captured, refunded and charged back.
---@field read fun(self: kassa.klarna.payment_transaction_object, options?: kassa.klarna.call_options): kassa.klarna.payment_transaction?, kassa.error?
--- Change the merchant's references.
---@field update fun(self: kassa.klarna.payment_transaction_object, body: kassa.klarna.payment_transaction_update, options?: kassa.klarna.call_options): kassa.klarna.payment_transaction?, kassa.error?
--- Take some or all of the authorised amount, when the goods ship.
---@field capture fun(self: kassa.klarna.payment_transaction_object, body: kassa.klarna.capture_request, options?: kassa.klarna.call_options): kassa.klarna.payment_capture?, kassa.error?
--- Give back some or all of what was captured.
---@field refund fun(self: kassa.klarna.payment_transaction_object, body: kassa.klarna.refund_request, options?: kassa.klarna.call_options): kassa.klarna.payment_refund?, kassa.error?
--- Release what is not captured; nothing can be captured after it.
---@field void fun(self: kassa.klarna.payment_transaction_object, options?: kassa.klarna.call_options): kassa.klarna.payment_transaction?, kassa.error?

---@class kassa.klarna.signing_key_object
---@field can fun(self: kassa.klarna.signing_key_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.klarna.signing_key_object): kassa.klarna.signing_key?, kassa.error?
--- See one key; the key itself is not shown.
---@field read fun(self: kassa.klarna.signing_key_object, options?: kassa.klarna.call_options): kassa.klarna.signing_key?, kassa.error?
--- Take a key out of use: nothing is signed with it any more.
---@field delete fun(self: kassa.klarna.signing_key_object, options?: kassa.klarna.call_options): table?, kassa.error?

---@class kassa.klarna.webhook_object
---@field can fun(self: kassa.klarna.webhook_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.klarna.webhook_object): kassa.klarna.webhook?, kassa.error?
--- See one webhook.
---@field read fun(self: kassa.klarna.webhook_object, options?: kassa.klarna.call_options): kassa.klarna.webhook?, kassa.error?
--- Change the address, the events, the key, or switch it off.
---@field update fun(self: kassa.klarna.webhook_object, body: kassa.klarna.webhook_update, options?: kassa.klarna.call_options): kassa.klarna.webhook?, kassa.error?
--- Have no more events sent there.
---@field delete fun(self: kassa.klarna.webhook_object, options?: kassa.klarna.call_options): table?, kassa.error?
--- Have an invented event sent, to see whether it arrives.
---@field simulate fun(self: kassa.klarna.webhook_object, body: kassa.klarna.webhook_simulate, options?: kassa.klarna.call_options): table?, kassa.error?

---@class kassa.klarna.call_options: kassa.call_options
---@field correlation_id? string Letters and digits; comes back in the answer.
---@field client_id? string Ties the request to a configured client.
---@field customer_token? string The token to charge.

---@class kassa.klarna.payment_dispute_page_list: kassa.klarna.payment_dispute_page
---@field cursor? string For starting_after; nil at the end.
--- The page after; nil at the end.
---@field next fun(self: kassa.klarna.payment_dispute_page_list): kassa.klarna.payment_dispute_page_list?, kassa.error?

---@class kassa.klarna.signing_key_page_list: kassa.klarna.signing_key_page
---@field cursor? string For starting_after; nil at the end.
--- The page after; nil at the end.
---@field next fun(self: kassa.klarna.signing_key_page_list): kassa.klarna.signing_key_page_list?, kassa.error?

---@class kassa.klarna.webhook_page_list: kassa.klarna.webhook_page
---@field cursor? string For starting_after; nil at the end.
--- The page after; nil at the end.
---@field next fun(self: kassa.klarna.webhook_page_list): kassa.klarna.webhook_page_list?, kassa.error?

---@class kassa.klarna.customer_tokens
--- Charge a token. CONFIRMED: paid; DECLINED: see state_reason; SUBMITTED: step-up, send the
--- shopper to Klarna.
---@field charge fun(self: kassa.klarna.customer_tokens, customer_token: string, body: kassa.klarna.customer_token_charge, options?: kassa.klarna.call_options): kassa.klarna.payment_request?, kassa.error?

---@class kassa.klarna.disputes: kassa.dispute_resource
--- See disputes, page by page, by state, reason, time or order.
---@field list fun(self: kassa.klarna.disputes, query?: kassa.klarna.payment_dispute_query, options?: kassa.klarna.call_options): kassa.klarna.payment_dispute_page_list?, kassa.error?
--- All of them, page by page: `for found, err in ...:each{} do`.
---@field each fun(self: kassa.klarna.disputes, query?: kassa.klarna.payment_dispute_query, options?: kassa.klarna.call_options): kassa.pages
--- See where a dispute is, what is asked, and what was answered.
---@field read fun(self: kassa.klarna.disputes, payment_dispute_id: string, options?: kassa.klarna.call_options): kassa.klarna.payment_dispute?, kassa.error?
--- Give in: the shopper keeps the money. What comes back may hold no more than the id.
---@field accept_loss fun(self: kassa.klarna.disputes, payment_dispute_id: string, options?: kassa.klarna.call_options): kassa.klarna.payment_dispute?, kassa.error?
--- Send a PDF, JPEG, PNG or DOCX of at most 7 MB; the answer then names it by its id.
---@field upload_attachment fun(self: kassa.klarna.disputes, payment_dispute_id: string, upload: kassa.upload, options?: kassa.klarna.call_options): kassa.klarna.payment_dispute_attachment?, kassa.error?
--- Answer what is asked, once, before the deadline.
---@field respond fun(self: kassa.klarna.disputes, payment_dispute_id: string, body: kassa.klarna.payment_dispute_respond, options?: kassa.klarna.call_options): kassa.klarna.payment_dispute_response?, kassa.error?
--- Fetch an attachment, into a string or into a file.
---@field download_attachment fun(self: kassa.klarna.disputes, payment_dispute_id: string, payment_dispute_attachment_id: string, target?: kassa.download_target, options?: kassa.klarna.call_options): kassa.download?, kassa.error?

---@class kassa.klarna.payment_captures
--- See a capture.
---@field read fun(self: kassa.klarna.payment_captures, payment_capture_id: string, options?: kassa.klarna.call_options): kassa.klarna.payment_capture?, kassa.error?
--- Give back some or all of one capture.
---@field refund fun(self: kassa.klarna.payment_captures, payment_capture_id: string, body: kassa.klarna.refund_request, options?: kassa.klarna.call_options): kassa.klarna.payment_refund?, kassa.error?

---@class kassa.klarna.payment_chargebacks
--- See a chargeback and the dispute behind it.
---@field read fun(self: kassa.klarna.payment_chargebacks, payment_chargeback_id: string, options?: kassa.klarna.call_options): kassa.klarna.payment_chargeback?, kassa.error?

---@class kassa.klarna.payment_refunds
--- See a refund.
---@field read fun(self: kassa.klarna.payment_refunds, payment_refund_id: string, options?: kassa.klarna.call_options): kassa.klarna.payment_refund?, kassa.error?

---@class kassa.klarna.payment_requests
--- Ask for a payment. Send the shopper to state_context.payment_distribution.url.
---@field create fun(self: kassa.klarna.payment_requests, body: kassa.klarna.payment_request_create, options?: kassa.klarna.call_options): kassa.klarna.payment_request?, kassa.error?
--- See where the request is. PENDING_CONFIRMATION brings the confirmation token.
---@field read fun(self: kassa.klarna.payment_requests, payment_request_id: string, options?: kassa.klarna.call_options): kassa.klarna.payment_request?, kassa.error?
--- Change the request while the shopper has not started.
---@field update fun(self: kassa.klarna.payment_requests, payment_request_id: string, body: kassa.klarna.payment_request_update, options?: kassa.klarna.call_options): kassa.klarna.payment_request?, kassa.error?
--- Give the request up.
---@field cancel fun(self: kassa.klarna.payment_requests, payment_request_id: string, options?: kassa.klarna.call_options): kassa.klarna.payment_request?, kassa.error?
--- Make the transaction the shopper agreed to. The same token gives the same answer.
---@field confirm fun(self: kassa.klarna.payment_requests, payment_confirmation_token: string, body: kassa.klarna.payment_request_confirm, options?: kassa.klarna.call_options): kassa.klarna.payment_request?, kassa.error?

---@class kassa.klarna.payment_transactions
--- See what is authorised, captured, refunded and charged back.
---@field read fun(self: kassa.klarna.payment_transactions, payment_transaction_id: string, options?: kassa.klarna.call_options): kassa.klarna.payment_transaction?, kassa.error?
--- Change the merchant's references.
---@field update fun(self: kassa.klarna.payment_transactions, payment_transaction_id: string, body: kassa.klarna.payment_transaction_update, options?: kassa.klarna.call_options): kassa.klarna.payment_transaction?, kassa.error?
--- Take some or all of the authorised amount, when the goods ship.
---@field capture fun(self: kassa.klarna.payment_transactions, payment_transaction_id: string, body: kassa.klarna.capture_request, options?: kassa.klarna.call_options): kassa.klarna.payment_capture?, kassa.error?
--- Give back some or all of what was captured.
---@field refund fun(self: kassa.klarna.payment_transactions, payment_transaction_id: string, body: kassa.klarna.refund_request, options?: kassa.klarna.call_options): kassa.klarna.payment_refund?, kassa.error?
--- Release what is not captured; nothing can be captured after it.
---@field void fun(self: kassa.klarna.payment_transactions, payment_transaction_id: string, options?: kassa.klarna.call_options): kassa.klarna.payment_transaction?, kassa.error?

---@class kassa.klarna.signing_keys
--- Make a key. It is shown once, as a kassa.secret; at most 50 exist at a time.
---@field create fun(self: kassa.klarna.signing_keys, options?: kassa.klarna.call_options): kassa.klarna.signing_key?, kassa.error?
--- See which keys there are; the keys themselves are not shown.
---@field list fun(self: kassa.klarna.signing_keys, options?: kassa.klarna.call_options): kassa.klarna.signing_key_page_list?, kassa.error?
--- See one key; the key itself is not shown.
---@field read fun(self: kassa.klarna.signing_keys, signing_key_id: string, options?: kassa.klarna.call_options): kassa.klarna.signing_key?, kassa.error?
--- Take a key out of use: nothing is signed with it any more.
---@field delete fun(self: kassa.klarna.signing_keys, signing_key_id: string, options?: kassa.klarna.call_options): table?, kassa.error?

---@class kassa.klarna.webhooks
--- Have events sent to an address, signed with a key.
---@field create fun(self: kassa.klarna.webhooks, body: kassa.klarna.webhook_create, options?: kassa.klarna.call_options): kassa.klarna.webhook?, kassa.error?
--- See which webhooks there are.
---@field list fun(self: kassa.klarna.webhooks, options?: kassa.klarna.call_options): kassa.klarna.webhook_page_list?, kassa.error?
--- See one webhook.
---@field read fun(self: kassa.klarna.webhooks, webhook_id: string, options?: kassa.klarna.call_options): kassa.klarna.webhook?, kassa.error?
--- Change the address, the events, the key, or switch it off.
---@field update fun(self: kassa.klarna.webhooks, webhook_id: string, body: kassa.klarna.webhook_update, options?: kassa.klarna.call_options): kassa.klarna.webhook?, kassa.error?
--- Have no more events sent there.
---@field delete fun(self: kassa.klarna.webhooks, webhook_id: string, options?: kassa.klarna.call_options): table?, kassa.error?
--- Have an invented event sent, to see whether it arrives.
---@field simulate fun(self: kassa.klarna.webhooks, webhook_id: string, body: kassa.klarna.webhook_simulate, options?: kassa.klarna.call_options): table?, kassa.error?

---@class kassa.klarna.client
---@field customer_tokens kassa.klarna.customer_tokens
---@field disputes kassa.klarna.disputes
---@field payment_captures kassa.klarna.payment_captures
---@field payment_chargebacks kassa.klarna.payment_chargebacks
---@field payment_refunds kassa.klarna.payment_refunds
---@field payment_requests kassa.klarna.payment_requests
---@field payment_transactions kassa.klarna.payment_transactions
---@field signing_keys kassa.klarna.signing_keys
---@field webhooks kassa.klarna.webhooks
---@field close fun() Ends the client; calls in flight are canceled.

---@alias kassa.cybersource.authorize_processing.actionList
---| "AP_AUTH"

---@alias kassa.cybersource.capture_processing.actionList
---| "AP_CAPTURE"

---@alias kassa.cybersource.follow_on_processing.actionList
---| "AP_AUTH"

---@alias kassa.cybersource.payment_information_method.name
---| "KLARNA"

---@alias kassa.cybersource.payment_information_type.name
---| "INVOICE"

---@alias kassa.cybersource.refund_processing.actionList
---| "AP_REFUND"

---@alias kassa.cybersource.reverse_processing.actionList
---| "AP_AUTH_REVERSAL"

---@alias kassa.cybersource.session_create.flow
---| "hosted"
---| "widget"

---@alias kassa.cybersource.session_create_processing.actionList
---| "AP_SESSIONS"

---@alias kassa.cybersource.session_create_processing.paymentFlowMode
---| "HOP"
---| "inline"

---@alias kassa.cybersource.session_create_processing.sessionType
---| "N"

---@alias kassa.cybersource.session_payment_information_method.name
---| "KLARNA"

---@alias kassa.cybersource.session_payment_information_method.type
---| "pay_later"
---| "pay_now"
---| "pay_over_time"

---@alias kassa.cybersource.session_payment_information_type.name
---| "INVOICE"

---@alias kassa.cybersource.session_update_processing.actionList
---| "AP_SESSIONS"

---@alias kassa.cybersource.session_update_processing.sessionType
---| "U"

---@alias kassa.cybersource.status_processing.actionList
---| "AP_STATUS"
---| "AP_SESSION_STATUS"
---| "AP_AUTH_STATUS"
---| "AP_CAPTURE_STATUS"
---| "AP_REFUND_STATUS"
---| "AP_ORDER_STATUS"
---| "AP_INITIATE_STATUS"

---@class kassa.cybersource.answered_amount
---@field totalAmount? string Decimal text.
---@field currency? string Its currency.

---@class kassa.cybersource.answered_invoice
---@field productId? string Klarna's product, such as `paylaterbycard`.

---@class kassa.cybersource.answered_order
---@field amountDetails? kassa.cybersource.answered_amount The amount.
---@field invoiceDetails? kassa.cybersource.answered_invoice How the shopper pays.

---@class kassa.cybersource.answered_processor
---@field token? string Of a session: what the widget is started with.
---@field paymentUrl? string Of a hosted session: send the shopper there.
---@field transactionId? string Klarna's order.
---@field responseCode? string Explains the status; never decide by it.
---@field responseDetails? string The same.

---@class kassa.cybersource.answered_reference
---@field code? string As sent, or filled in.
---@field returnReconciliationId? string Of a refund.

---@class kassa.cybersource.authorization: kassa.cybersource.authorization_object
---@field id string Names this step; check its status by it.
---@field status string Where it is; one that is not listed means: keep asking.
--- When; `2024-10-23T20:58:47Z`, for sessions also `2024-10-23T203147Z`.
---@field submitTimeUtc? string
---@field reconciliationId? string Names it in reports and notifications.
---@field clientReferenceInformation? kassa.cybersource.answered_reference The merchant's names.
---@field processorInformation? kassa.cybersource.answered_processor What Klarna says.
---@field orderInformation? kassa.cybersource.answered_order The amount.
---@field errorInformation? kassa.cybersource.error_information Why it was refused.
---@field _links? any What may come next.

---@class kassa.cybersource.authorize_processing
---@field actionList kassa.cybersource.authorize_processing.actionList[] What is done. Filled in.

---@class kassa.cybersource.authorize_request
---@field clientReferenceInformation? kassa.cybersource.payment_reference The merchant's names.
---@field orderInformation kassa.cybersource.payment_order What is bought.
---@field paymentInformation? kassa.cybersource.payment_information Filled in: Klarna.
---@field processorInformation kassa.cybersource.processor_information Klarna's token.
--- The merchant's own fields; personal data in them gets an account suspended.
---@field merchantDefinedInformation? kassa.cybersource.merchant_defined[]
---@field processingInformation? kassa.cybersource.authorize_processing Filled in.

---@class kassa.cybersource.buyer_information
---@field language? string Language of the page; English if left out.

---@class kassa.cybersource.capture: kassa.cybersource.capture_object
---@field id string Names this step; check its status by it.
---@field status string Where it is; one that is not listed means: keep asking.
--- When; `2024-10-23T20:58:47Z`, for sessions also `2024-10-23T203147Z`.
---@field submitTimeUtc? string
---@field reconciliationId? string Names it in reports and notifications.
---@field clientReferenceInformation? kassa.cybersource.answered_reference The merchant's names.
---@field processorInformation? kassa.cybersource.answered_processor What Klarna says.
---@field orderInformation? kassa.cybersource.answered_order The amount.
---@field errorInformation? kassa.cybersource.error_information Why it was refused.
---@field _links? any What may come next.

---@class kassa.cybersource.capture_amount
---@field currency string Currency of every amount.
---@field totalAmount integer|string The grand total.

---@class kassa.cybersource.capture_line
---@field productName? string What the line is, as the shopper reads it.
---@field unitPrice? integer|string Price of one, without tax.
---@field totalAmount? integer|string unitPrice times quantity; outside the US with the line's tax.
---@field quantity? integer How many; one if left out.
---@field productCode? string `coupon` makes the line one that is taken off.
---@field productSku? string The merchant's number of the product.

---@class kassa.cybersource.capture_order
---@field amountDetails kassa.cybersource.capture_amount Amounts and their currency.
---@field lineItems? kassa.cybersource.capture_line[] What is bought.

---@class kassa.cybersource.capture_processing
---@field actionList kassa.cybersource.capture_processing.actionList[] What is done. Filled in.

---@class kassa.cybersource.capture_request
---@field clientReferenceInformation? kassa.cybersource.payment_reference The merchant's names.
---@field paymentInformation? kassa.cybersource.payment_information Filled in: Klarna.
---@field processingInformation? kassa.cybersource.capture_processing Filled in.
---@field orderInformation kassa.cybersource.capture_order What is bought.

---@class kassa.cybersource.error
---@field id? string Of what was refused.
---@field submitTimeUtc? string When.
---@field status? string INVALID_REQUEST or SERVER_ERROR.
---@field reason? string Why, in one word.
---@field message? string For logs.
---@field details? kassa.cybersource.error_detail[] Field by field.

---@class kassa.cybersource.error_detail
---@field field? string Path of the field.
---@field reason? string MISSING_FIELD or INVALID_DATA.

---@class kassa.cybersource.error_information
---@field reason? string Why, in one word.
---@field message? string For logs.
---@field details? kassa.cybersource.error_detail[] Field by field.

---@class kassa.cybersource.follow_on_processing
---@field actionList kassa.cybersource.follow_on_processing.actionList[] What is done. Filled in.
---@field linkId string The authorization that this one follows.

---@class kassa.cybersource.follow_on_request
---@field clientReferenceInformation? kassa.cybersource.payment_reference The merchant's names.
---@field orderInformation kassa.cybersource.payment_order What is bought.
---@field paymentInformation? kassa.cybersource.payment_information Filled in: Klarna.
---@field processorInformation kassa.cybersource.processor_information Klarna's token.
--- The merchant's own fields; personal data in them gets an account suspended.
---@field merchantDefinedInformation? kassa.cybersource.merchant_defined[]
---@field processingInformation? kassa.cybersource.follow_on_processing Filled in.

---@class kassa.cybersource.merchant_defined
---@field key? string Name of the field.
---@field value? string Its value; nothing personal.

---@class kassa.cybersource.merchant_information
--- Where a shopper who agreed is sent; Klarna's token is added as `auth-token`.
---@field successUrl string
---@field cancelUrl string Where a shopper who gave up is sent.
---@field failureUrl string Where a shopper who was refused is sent.

---@class kassa.cybersource.payment_address
---@field country string Country.
---@field postalCode string Postal code.
---@field administrativeArea string State or province.
---@field firstName? string Given name.
---@field lastName? string Family name.
---@field address1? string Street and house number.
---@field address2? string Second address line.
---@field locality? string Town.
---@field district? string District.
---@field email? string E-mail address.

---@class kassa.cybersource.payment_address_shipping
---@field country? string Country.
---@field postalCode? string Postal code.
---@field administrativeArea? string State or province.
---@field firstName? string Given name.
---@field lastName? string Family name.
---@field address1? string Street and house number.
---@field address2? string Second address line.
---@field locality? string Town.
---@field district? string District.
---@field email? string E-mail address.

---@class kassa.cybersource.payment_amount
---@field currency string Currency of every amount.
---@field totalAmount integer|string The grand total.
---@field taxAmount? integer|string Tax of the order; in the US.
---@field discountAmount? integer|string Taken off the order.

---@class kassa.cybersource.payment_information
---@field paymentType? kassa.cybersource.payment_information_type Filled in.

---@class kassa.cybersource.payment_information_method
---@field name? kassa.cybersource.payment_information_method.name Filled in.

---@class kassa.cybersource.payment_information_type
---@field name? kassa.cybersource.payment_information_type.name Filled in.
---@field method? kassa.cybersource.payment_information_method Filled in.

---@class kassa.cybersource.payment_line
---@field productName? string What the line is, as the shopper reads it.
---@field unitPrice? integer|string Price of one, without tax.
---@field totalAmount? integer|string unitPrice times quantity; outside the US with the line's tax.
---@field quantity? integer How many; one if left out.
---@field taxAmount? integer|string Tax of the line; outside the US.
---@field productCode? string `coupon` makes the line one that is taken off.
---@field productSku? string The merchant's number of the product.
---@field productDescription? string More about the product.

---@class kassa.cybersource.payment_order
---@field amountDetails kassa.cybersource.payment_amount Amounts and their currency.
---@field billTo kassa.cybersource.payment_address Where the bill goes.
---@field shipTo? kassa.cybersource.payment_address_shipping Where the goods go.
---@field lineItems? kassa.cybersource.payment_line[] What is bought.

---@class kassa.cybersource.payment_reference
---@field code? string The merchant's reference of the order.
--- Names one attempt at moving money; a repeat within 60 days is refused.
---@field transactionId? string

---@class kassa.cybersource.processor_information
--- Klarna's token: `auth-token` of the page, `authorization_token` of the widget.
---@field preApprovalToken string

---@class kassa.cybersource.refund: kassa.cybersource.refund_object
---@field id string Names this step; check its status by it.
---@field status string Where it is; one that is not listed means: keep asking.
--- When; `2024-10-23T20:58:47Z`, for sessions also `2024-10-23T203147Z`.
---@field submitTimeUtc? string
---@field reconciliationId? string Names it in reports and notifications.
---@field clientReferenceInformation? kassa.cybersource.answered_reference The merchant's names.
---@field processorInformation? kassa.cybersource.answered_processor What Klarna says.
---@field orderInformation? kassa.cybersource.answered_order The amount.
---@field errorInformation? kassa.cybersource.error_information Why it was refused.
---@field _links? any What may come next.
---@field refundAmountDetails? kassa.cybersource.refund_amount What was given back.

---@class kassa.cybersource.refund_address
---@field country? string Country.
---@field postalCode? string Postal code.
---@field administrativeArea? string State or province.
---@field firstName? string Given name.
---@field lastName? string Family name.
---@field address1? string Street and house number.
---@field address2? string Second address line.
---@field locality? string Town.
---@field district? string District.
---@field email? string E-mail address.

---@class kassa.cybersource.refund_address_shipping
---@field country? string Country.
---@field postalCode? string Postal code.
---@field administrativeArea? string State or province.
---@field firstName? string Given name.
---@field lastName? string Family name.
---@field address1? string Street and house number.
---@field address2? string Second address line.
---@field locality? string Town.
---@field district? string District.
---@field email? string E-mail address.

---@class kassa.cybersource.refund_amount
---@field currency string Currency of every amount.
---@field totalAmount integer|string The grand total.

---@class kassa.cybersource.refund_line
---@field productName? string What the line is, as the shopper reads it.
---@field unitPrice? integer|string Price of one, without tax.
---@field totalAmount? integer|string unitPrice times quantity; outside the US with the line's tax.
---@field quantity? integer How many; one if left out.
---@field productCode? string `coupon` makes the line one that is taken off.
---@field productSku? string The merchant's number of the product.
---@field productDescription? string More about the product.

---@class kassa.cybersource.refund_order
---@field amountDetails kassa.cybersource.refund_amount Amounts and their currency.
---@field billTo? kassa.cybersource.refund_address Where the bill goes.
---@field shipTo? kassa.cybersource.refund_address_shipping Where the goods go.
---@field lineItems? kassa.cybersource.refund_line[] What is bought.

---@class kassa.cybersource.refund_processing
---@field actionList kassa.cybersource.refund_processing.actionList[] What is done. Filled in.

---@class kassa.cybersource.refund_request
---@field clientReferenceInformation? kassa.cybersource.payment_reference The merchant's names.
---@field paymentInformation? kassa.cybersource.payment_information Filled in: Klarna.
--- The merchant's own fields; personal data in them gets an account suspended.
---@field merchantDefinedInformation? kassa.cybersource.merchant_defined[]
---@field processingInformation? kassa.cybersource.refund_processing Filled in.
---@field orderInformation kassa.cybersource.refund_order What is bought.

---@class kassa.cybersource.reversal: kassa.cybersource.reversal_object
---@field id string Names this step; check its status by it.
---@field status string Where it is; one that is not listed means: keep asking.
--- When; `2024-10-23T20:58:47Z`, for sessions also `2024-10-23T203147Z`.
---@field submitTimeUtc? string
---@field reconciliationId? string Names it in reports and notifications.
---@field clientReferenceInformation? kassa.cybersource.answered_reference The merchant's names.
---@field processorInformation? kassa.cybersource.answered_processor What Klarna says.
---@field orderInformation? kassa.cybersource.answered_order The amount.
---@field errorInformation? kassa.cybersource.error_information Why it was refused.
---@field _links? any What may come next.
---@field reversalAmountDetails? kassa.cybersource.reversal_amount What was released; samples say 0.

---@class kassa.cybersource.reversal_amount
---@field reversedAmount? string Decimal text.

---@class kassa.cybersource.reverse_processing
---@field actionList kassa.cybersource.reverse_processing.actionList[] What is done. Filled in.

---@class kassa.cybersource.reverse_reference
---@field code? string The merchant's reference of the order.
--- Names one attempt at moving money; a repeat within 60 days is refused.
---@field transactionId? string

---@class kassa.cybersource.reverse_request
---@field clientReferenceInformation? kassa.cybersource.reverse_reference The merchant's names.
---@field paymentInformation? kassa.cybersource.payment_information Filled in: Klarna.
---@field processingInformation? kassa.cybersource.reverse_processing Filled in.

---@class kassa.cybersource.search_request
--- `field:value`, joined by AND and OR; of the merchant's names only
--- `clientReferenceInformation.code` can be asked for.
---@field query string
---@field sort string Fields with asc or desc. Filled in.
---@field limit? integer How many at most; 20 if left out.
---@field offset? integer How many to leave out before the first.
---@field timezone? string Of the times in the query; GMT if left out.
---@field save? boolean Keep the search under its `name`.
---@field name? string Name of a search that is kept.

---@class kassa.cybersource.session: kassa.cybersource.session_object
---@field id string Names this step; check its status by it.
---@field status string Where it is; one that is not listed means: keep asking.
--- When; `2024-10-23T20:58:47Z`, for sessions also `2024-10-23T203147Z`.
---@field submitTimeUtc? string
---@field reconciliationId? string Names it in reports and notifications.
---@field clientReferenceInformation? kassa.cybersource.answered_reference The merchant's names.
---@field processorInformation? kassa.cybersource.answered_processor What Klarna says.
---@field orderInformation? kassa.cybersource.answered_order The amount.
---@field errorInformation? kassa.cybersource.error_information Why it was refused.
---@field _links? any What may come next.

---@class kassa.cybersource.session_create
--- kassa's word for processingInformation.paymentFlowMode; it is not sent itself.
---@field flow? kassa.cybersource.session_create.flow
--- The merchant's names.
---@field clientReferenceInformation? kassa.cybersource.session_create_reference
---@field merchantInformation kassa.cybersource.merchant_information Where the shopper is sent.
---@field buyerInformation? kassa.cybersource.buyer_information The shopper.
---@field orderInformation kassa.cybersource.session_create_order What is bought.
---@field paymentInformation? kassa.cybersource.session_payment_information Filled in: Klarna.
---@field processingInformation? kassa.cybersource.session_create_processing Filled in.

---@class kassa.cybersource.session_create_address
---@field country string Country.
---@field postalCode? string Postal code.
---@field administrativeArea? string State or province.

---@class kassa.cybersource.session_create_amount
---@field currency string Currency of every amount.
---@field totalAmount? integer|string The grand total.
---@field taxAmount? integer|string Tax of the order; in the US.
---@field discountAmount? integer|string Taken off the order.

---@class kassa.cybersource.session_create_line
---@field productName string What the line is, as the shopper reads it.
---@field unitPrice integer|string Price of one, without tax.
---@field totalAmount integer|string unitPrice times quantity; outside the US with the line's tax.
---@field quantity? integer How many; one if left out.
---@field taxAmount? integer|string Tax of the line; outside the US.
---@field productCode? string `coupon` makes the line one that is taken off.
---@field productSku? string The merchant's number of the product.
---@field productDescription? string More about the product.

---@class kassa.cybersource.session_create_order
---@field amountDetails kassa.cybersource.session_create_amount Amounts and their currency.
---@field billTo kassa.cybersource.session_create_address Where the bill goes.
---@field lineItems kassa.cybersource.session_create_line[] What is bought.

---@class kassa.cybersource.session_create_processing
--- What is done. Filled in.
---@field actionList kassa.cybersource.session_create_processing.actionList[]
--- HOP sends the shopper to a page, inline opens a widget.
---@field paymentFlowMode kassa.cybersource.session_create_processing.paymentFlowMode
--- New or updated. Filled in.
---@field sessionType kassa.cybersource.session_create_processing.sessionType

---@class kassa.cybersource.session_create_reference
---@field code? string The merchant's reference of the order.

---@class kassa.cybersource.session_payment_information
---@field paymentType? kassa.cybersource.session_payment_information_type Filled in.

---@class kassa.cybersource.session_payment_information_method
---@field name? kassa.cybersource.session_payment_information_method.name Filled in.
--- The kind of payment to begin with.
---@field type? kassa.cybersource.session_payment_information_method.type

---@class kassa.cybersource.session_payment_information_type
---@field name? kassa.cybersource.session_payment_information_type.name Filled in.
---@field method? kassa.cybersource.session_payment_information_method Filled in.

---@class kassa.cybersource.session_update
--- kassa's word for processingInformation.paymentFlowMode; it is not sent itself.
---@field flow? kassa.cybersource.session_create.flow
--- The merchant's names.
---@field clientReferenceInformation? kassa.cybersource.session_update_reference
---@field merchantInformation kassa.cybersource.merchant_information Where the shopper is sent.
---@field buyerInformation? kassa.cybersource.buyer_information The shopper.
---@field orderInformation kassa.cybersource.session_update_order What is bought.
---@field paymentInformation? kassa.cybersource.session_payment_information Filled in: Klarna.
---@field processingInformation? kassa.cybersource.session_update_processing Filled in.

---@class kassa.cybersource.session_update_address
---@field country string Country.
---@field postalCode string Postal code.
---@field administrativeArea? string State or province.
---@field firstName? string Given name.
---@field lastName? string Family name.
---@field address1? string Street and house number.
---@field address2? string Second address line.
---@field locality? string Town.
---@field district? string District.
---@field email? string E-mail address.

---@class kassa.cybersource.session_update_address_shipping
---@field country? string Country.
---@field postalCode? string Postal code.
---@field administrativeArea? string State or province.
---@field firstName? string Given name.
---@field lastName? string Family name.
---@field address1? string Street and house number.
---@field address2? string Second address line.
---@field locality? string Town.
---@field district? string District.
---@field email? string E-mail address.

---@class kassa.cybersource.session_update_amount
---@field currency string Currency of every amount.
---@field totalAmount? integer|string The grand total.
---@field taxAmount? integer|string Tax of the order; in the US.
---@field discountAmount? integer|string Taken off the order.

---@class kassa.cybersource.session_update_line
---@field productName string What the line is, as the shopper reads it.
---@field unitPrice integer|string Price of one, without tax.
---@field totalAmount integer|string unitPrice times quantity; outside the US with the line's tax.
---@field quantity? integer How many; one if left out.
---@field taxAmount? integer|string Tax of the line; outside the US.
---@field productCode? string `coupon` makes the line one that is taken off.
---@field productSku? string The merchant's number of the product.
---@field productDescription? string More about the product.

---@class kassa.cybersource.session_update_order
---@field amountDetails kassa.cybersource.session_update_amount Amounts and their currency.
---@field billTo kassa.cybersource.session_update_address Where the bill goes.
---@field shipTo? kassa.cybersource.session_update_address_shipping Where the goods go.
---@field lineItems kassa.cybersource.session_update_line[] What is bought.

---@class kassa.cybersource.session_update_processing
--- What is done. Filled in.
---@field actionList kassa.cybersource.session_update_processing.actionList[]
--- HOP sends the shopper to a page, inline opens a widget.
---@field paymentFlowMode kassa.cybersource.session_create_processing.paymentFlowMode
--- New or updated. Filled in.
---@field sessionType kassa.cybersource.session_update_processing.sessionType

---@class kassa.cybersource.session_update_reference
---@field code? string The merchant's reference of the order.

---@class kassa.cybersource.status_processing
---@field actionList kassa.cybersource.status_processing.actionList[] What is done. Filled in.

---@class kassa.cybersource.status_reference
---@field code? string The merchant's reference of the order.

---@class kassa.cybersource.status_request
---@field clientReferenceInformation? kassa.cybersource.status_reference The merchant's names.
---@field paymentInformation? kassa.cybersource.payment_information Filled in: Klarna.
---@field processingInformation? kassa.cybersource.status_processing Filled in.

---@class kassa.cybersource.transaction: kassa.cybersource.transaction_object
---@field id? string The id of the step: of an authorization, a capture, ...
---@field rootId? string Of a single one: the id of the first step.
---@field submitTimeUtc? string When, in a list.
---@field submitTimeUTC? string When, of a single one.
---@field reconciliationId? string Of a single one: names it in reports.
---@field merchantId? string The merchant.
--- What was done.
---@field applicationInformation? kassa.cybersource.transaction_application_information
---@field clientReferenceInformation? kassa.cybersource.transaction_reference The merchant's names.
---@field orderInformation? kassa.cybersource.transaction_order The amount.
---@field _links? any Where more is told.

---@class kassa.cybersource.transaction_amount
---@field totalAmount? string Decimal text.
---@field currency? string Its currency.

---@class kassa.cybersource.transaction_application
---@field name? string Which service; of Klarna: `ics_ap_auth`, `ics_ap_capture`, ...
---@field status? string What became of it; not described further.
---@field reasonCode? string `100` is a success.
---@field rCode? string `1` done, `0` declined, `-1` failed.
---@field rFlag? string The result in one word.
---@field rMessage? string For logs.
---@field reconciliationId? string Names it in reports.

---@class kassa.cybersource.transaction_application_information
--- The services that were asked for.
---@field applications? kassa.cybersource.transaction_application[]
---@field reasonCode? string `100` is a success.
---@field rCode? string `1` done, `0` declined, `-1` failed.
---@field rFlag? string The result in one word.

---@class kassa.cybersource.transaction_list
---@field transactionSummaries? kassa.cybersource.transaction[] Those found.

---@class kassa.cybersource.transaction_order
--- The amount; may be empty for what was not carried out.
---@field amountDetails? kassa.cybersource.transaction_amount

---@class kassa.cybersource.transaction_reference
---@field code? string The merchant's reference.
---@field applicationName? string Who sent it.

---@class kassa.cybersource.transaction_search: kassa.cybersource.transaction_search_object
---@field searchId? string Names the search.
---@field query? string As sent.
---@field count? integer How many are in this answer.
---@field totalCount? integer How many there are.
---@field limit? integer As sent.
---@field offset? integer As sent.
---@field sort? string As sent.
---@field timezone? string As sent.
---@field submitTimeUtc? string When it was asked.
---@field _embedded? kassa.cybersource.transaction_list Left out when nothing is found.
---@field _links? any The search itself.

---@class kassa.cybersource.authorization_object: kassa.wait_object
---@field can fun(self: kassa.cybersource.authorization_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.cybersource.authorization_object): kassa.cybersource.authorization?, kassa.error?
--- Authorize a changed order: a new authorization, before any capture or reversal.
---@field follow_on fun(self: kassa.cybersource.authorization_object, body: kassa.cybersource.follow_on_request, options?: kassa.cybersource.call_options): kassa.cybersource.authorization?, kassa.error?
--- Release the whole authorization, before any capture.
---@field reverse fun(self: kassa.cybersource.authorization_object, body?: kassa.cybersource.reverse_request, options?: kassa.cybersource.call_options): kassa.cybersource.reversal?, kassa.error?
--- Take some or all of the authorized amount, when the goods ship.
---@field capture fun(self: kassa.cybersource.authorization_object, body: kassa.cybersource.capture_request, options?: kassa.cybersource.call_options): kassa.cybersource.capture?, kassa.error?

---@class kassa.cybersource.capture_object: kassa.wait_object
---@field can fun(self: kassa.cybersource.capture_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.cybersource.capture_object): kassa.cybersource.capture?, kassa.error?
--- Give back some or all of a capture.
---@field refund fun(self: kassa.cybersource.capture_object, body: kassa.cybersource.refund_request, options?: kassa.cybersource.call_options): kassa.cybersource.refund?, kassa.error?

---@class kassa.cybersource.refund_object: kassa.wait_object
---@field can fun(self: kassa.cybersource.refund_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.cybersource.refund_object): kassa.cybersource.refund?, kassa.error?

---@class kassa.cybersource.reversal_object: kassa.wait_object
---@field can fun(self: kassa.cybersource.reversal_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.cybersource.reversal_object): kassa.cybersource.reversal?, kassa.error?

---@class kassa.cybersource.session_object: kassa.wait_object
---@field can fun(self: kassa.cybersource.session_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.cybersource.session_object): kassa.cybersource.session?, kassa.error?
--- Change the order, add addresses; for 48 hours.
---@field update fun(self: kassa.cybersource.session_object, body: kassa.cybersource.session_update, options?: kassa.cybersource.call_options): kassa.cybersource.session?, kassa.error?
--- Reserve what the shopper agreed to, with Klarna's token.
---@field authorize fun(self: kassa.cybersource.session_object, body: kassa.cybersource.authorize_request, options?: kassa.cybersource.call_options): kassa.cybersource.authorization?, kassa.error?

---@class kassa.cybersource.transaction_object
---@field can fun(self: kassa.cybersource.transaction_object, verb: string, body?: table): boolean, string?
---@field refresh fun(self: kassa.cybersource.transaction_object): kassa.cybersource.transaction?, kassa.error?
--- Everything about one. A report, which may be minutes late and slow: for a 404 the guide asks
--- for up to five more tries, five minutes apart.
---@field read fun(self: kassa.cybersource.transaction_object, options?: kassa.cybersource.call_options): kassa.cybersource.transaction?, kassa.error?

---@class kassa.cybersource.transaction_search_object
---@field can fun(self: kassa.cybersource.transaction_search_object, verb: string, body?: table): boolean, string?

---@class kassa.cybersource.call_options: kassa.call_options
---@field session? kassa.cybersource.session What is authorized: its state counts.

---@class kassa.cybersource.authorizations
--- Reserve what the shopper agreed to, with Klarna's token.
---@field create fun(self: kassa.cybersource.authorizations, body: kassa.cybersource.authorize_request, options?: kassa.cybersource.call_options): kassa.cybersource.authorization?, kassa.error?
--- Authorize a changed order: a new authorization, before any capture or reversal.
---@field follow_on fun(self: kassa.cybersource.authorizations, id: string, body: kassa.cybersource.follow_on_request, options?: kassa.cybersource.call_options): kassa.cybersource.authorization?, kassa.error?
--- Release the whole authorization, before any capture.
---@field reverse fun(self: kassa.cybersource.authorizations, id: string, body?: kassa.cybersource.reverse_request, options?: kassa.cybersource.call_options): kassa.cybersource.reversal?, kassa.error?
--- Take some or all of the authorized amount, when the goods ship.
---@field capture fun(self: kassa.cybersource.authorizations, id: string, body: kassa.cybersource.capture_request, options?: kassa.cybersource.call_options): kassa.cybersource.capture?, kassa.error?
--- See where the authorization is.
---@field status fun(self: kassa.cybersource.authorizations, id: string, body?: kassa.cybersource.status_request, options?: kassa.cybersource.call_options): kassa.cybersource.authorization?, kassa.error?

---@class kassa.cybersource.captures
--- Give back some or all of a capture.
---@field refund fun(self: kassa.cybersource.captures, id: string, body: kassa.cybersource.refund_request, options?: kassa.cybersource.call_options): kassa.cybersource.refund?, kassa.error?
--- See where the capture is.
---@field status fun(self: kassa.cybersource.captures, id: string, body?: kassa.cybersource.status_request, options?: kassa.cybersource.call_options): kassa.cybersource.capture?, kassa.error?

---@class kassa.cybersource.refunds
--- See where the refund is.
---@field status fun(self: kassa.cybersource.refunds, id: string, body?: kassa.cybersource.status_request, options?: kassa.cybersource.call_options): kassa.cybersource.refund?, kassa.error?

---@class kassa.cybersource.reversals
--- See where the reversal is.
---@field status fun(self: kassa.cybersource.reversals, id: string, body?: kassa.cybersource.status_request, options?: kassa.cybersource.call_options): kassa.cybersource.reversal?, kassa.error?

---@class kassa.cybersource.sessions
--- Begin a checkout. Send the shopper to processorInformation.paymentUrl, or start the widget with
--- processorInformation.token.
---@field create fun(self: kassa.cybersource.sessions, body: kassa.cybersource.session_create, options?: kassa.cybersource.call_options): kassa.cybersource.session?, kassa.error?
--- Change the order, add addresses; for 48 hours.
---@field update fun(self: kassa.cybersource.sessions, id: string, body: kassa.cybersource.session_update, options?: kassa.cybersource.call_options): kassa.cybersource.session?, kassa.error?
--- See where the session is.
---@field status fun(self: kassa.cybersource.sessions, id: string, body?: kassa.cybersource.status_request, options?: kassa.cybersource.call_options): kassa.cybersource.session?, kassa.error?

---@class kassa.cybersource.transactions
--- Find transactions by the merchant's code, newest first. What has just been done may not be
--- found yet.
---@field search fun(self: kassa.cybersource.transactions, body?: kassa.cybersource.search_request, options?: kassa.cybersource.call_options): kassa.cybersource.transaction_search?, kassa.error?
--- Everything about one. A report, which may be minutes late and slow: for a 404 the guide asks
--- for up to five more tries, five minutes apart.
---@field read fun(self: kassa.cybersource.transactions, id: string, options?: kassa.cybersource.call_options): kassa.cybersource.transaction?, kassa.error?

---@class kassa.cybersource.client
---@field authorizations kassa.cybersource.authorizations
---@field captures kassa.cybersource.captures
---@field refunds kassa.cybersource.refunds
---@field reversals kassa.cybersource.reversals
---@field sessions kassa.cybersource.sessions
---@field transactions kassa.cybersource.transactions
---@field close fun() Ends the client; calls in flight are canceled.

---@class kassa.checkout_line
---@field name string As the shopper reads it.
---@field unit_price integer Minor units without tax; below zero for a voucher.
---@field quantity? integer 1 if left out.
---@field tax? integer Of the whole line, on top; outside the US.
---@field reference? string

---@class kassa.checkout_order
---@field amount integer Minor units: the total to pay.
---@field currency string
---@field return_url string Where the shopper comes back to.
---@field cancel_url? string Cybersource only.
---@field failure_url? string Cybersource only.
---@field reference? string
---@field country? string
---@field postal_code? string
---@field region? string
---@field locale? string
---@field lines? kassa.checkout_line[]
---@field tax? integer Of the whole order, on top; in the US.
---@field discount? integer

---@class kassa.checkout_capture
---@field amount integer
---@field reference? string
---@field lines? kassa.checkout_line[]

---@class kassa.checkout_refund
---@field amount integer
---@field capture? kassa.checkout_part|string Of which capture.
---@field reference? string
---@field lines? kassa.checkout_line[]

---@class kassa.checkout_options: kassa.call_options
---@field klarna? table Fields of the body that only Klarna gets.
---@field cybersource? table Fields of the body that only Cybersource gets.

---@alias kassa.checkout_state
---| "waiting"
---| "approved"
---| "pending"
---| "authorized"
---| "captured"
---| "refunded"
---| "charged_back"
---| "canceled"
---| "abandoned"
---| "expired"
---| "failed"
---| "unknown"

---@class kassa.checkout_part
---@field id string
---@field state kassa.checkout_state
---@field provider_state? string
---@field amount? integer
---@field reference? string
---@field capture_id? string Of a refund.

---@class kassa.checkout_payment
---@field version integer
---@field provider "klarna"|"cybersource"
---@field id string
---@field authorization_id? string
---@field state kassa.checkout_state
---@field provider_state? string
---@field reason? string
---@field url? string Where to send the shopper.
---@field reference? string
---@field amount integer
---@field currency string
---@field country? string
---@field postal_code? string
---@field region? string
---@field tax? integer
---@field left_out? string[] What was given and the provider has no place for.
---@field authorized integer
---@field captured integer
---@field refunded integer
---@field charged_back integer
---@field remaining integer
---@field captures kassa.checkout_part[]
---@field refunds kassa.checkout_part[]
---@field release? kassa.checkout_part
local payment = {}

--- Ask the provider where it is.
---@param options? kassa.checkout_options
---@return kassa.checkout_payment?, kassa.error?
function payment:status(options) end

--- Reserve what the shopper agreed to. returned: the address, query or table they came back with.
---@param returned? string|table
---@param options? kassa.checkout_options
---@return kassa.checkout_payment?, kassa.error?
function payment:authorize(returned, options) end

---@param what kassa.checkout_capture
---@param options? kassa.checkout_options
---@return kassa.checkout_part?, kassa.error?
function payment:capture(what, options) end

---@param what kassa.checkout_refund
---@param options? kassa.checkout_options
---@return kassa.checkout_part?, kassa.error?
function payment:refund(what, options) end

--- Give it up, or release what is not captured.
---@param options? kassa.checkout_options
---@return kassa.checkout_payment?, kassa.error?
function payment:cancel(options) end

--- One line of JSON, for checkout:load.
---@return string
function payment:save() end

--- The provider's own object that is the newest.
---@return table
function payment:native() end

---@class kassa.checkout
local checkout = {}

---@param order kassa.checkout_order
---@param options? kassa.checkout_options
---@return kassa.checkout_payment?, kassa.error?
function checkout:begin(order, options) end

---@param text string What payment:save() gave.
---@return kassa.checkout_payment?, kassa.error?
function checkout:load(text) end

---@param payment kassa.checkout_payment
---@param options? kassa.checkout_options
---@return kassa.checkout_payment?, kassa.error?
function checkout:status(payment, options) end

---@param payment kassa.checkout_payment
---@param returned? string|table
---@param options? kassa.checkout_options
---@return kassa.checkout_payment?, kassa.error?
function checkout:authorize(payment, returned, options) end

---@param payment kassa.checkout_payment
---@param what kassa.checkout_capture
---@param options? kassa.checkout_options
---@return kassa.checkout_part?, kassa.error?
function checkout:capture(payment, what, options) end

---@param payment kassa.checkout_payment
---@param what kassa.checkout_refund
---@param options? kassa.checkout_options
---@return kassa.checkout_part?, kassa.error?
function checkout:refund(payment, what, options) end

---@param payment kassa.checkout_payment
---@param options? kassa.checkout_options
---@return kassa.checkout_payment?, kassa.error?
function checkout:cancel(payment, options) end

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
