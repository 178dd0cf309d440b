-- The part of lua/kassa/types.lua about kassa.checkout, which no table of operations describes. It
-- is text; spec/docs_checkout_spec.lua compares it with the fields and states that are checked.

return [[
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
]]
