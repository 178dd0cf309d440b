-- Bodies, answers and queries of disputes: what is disputed, what Klarna asks, what the merchant
-- answers and attaches. It does not say what an answer has to hold: that differs by what is asked.
--
-- Times that the client sends carry milliseconds: newer dispute APIs take no others.

local S = require "kassa.schema"
local common = require "kassa.api.klarna.common"

local dispute = {}

local sent_time = S.time { millis = true }

local reason = S.enum {
  "RETURN_NOT_REFUNDED", "PRODUCTS_NOT_RECEIVED", "PRODUCTS_FAULTY", "CAPTURE_AMOUNT_INCORRECT",
  "PURCHASE_CANCELED", "PURCHASE_UNAUTHORIZED", "PURCHASE_HIGH_RISK", open = true,
}

dispute.states = S.enum {
  "PRE_ARBITRATION", "ARBITRATION_PENDING", "MERCHANT_EVIDENCE_PENDING", "CLOSED", open = true,
}

local evidence_state = S.enum {
  "EVIDENCE_REQUESTED", "EVIDENCE_RECEIVED", "EVIDENCE_REQUEST_EXPIRED", "EVIDENCE_WAIVED",
  open = true,
}

-- Lists: filters, order, pages ----------------------------------------------------------------

local instance_id = { "payment_product_instance_id", S.list(S.id {}, { max = 100 }),
  sure = "likely", source = "R5, D4", doc = "Only of these product instances." }

dispute.list_query = S.record "payment_dispute_query" {
  instance_id,
  { "payment_transaction_id", S.list(S.id {}, { max = 100 }), sure = "likely", source = "R5, D4",
    doc = "Only of these transactions." },
  { "state", S.list(dispute.states, { max = 100 }), sure = "likely", source = "R5, D4",
    doc = "Only in these states.", example = { "MERCHANT_EVIDENCE_PENDING" } },
  { "reason", S.list(reason, { max = 10 }), sure = "likely", source = "R5, D4",
    doc = "Only for these reasons.", example = { "PRODUCTS_NOT_RECEIVED" } },
  { "sort_by", S.list(S.enum { "deadline_expires_at", "-deadline_expires_at", "opened_at",
      "-opened_at" }, { max = 10 }), sure = "likely", source = "R5, D4",
    doc = "The order, `opened_at` if left out; a leading - turns it round.",
    example = { "deadline_expires_at" } },
  { "purchase_references", S.list(common.reference, { max = 10 }), sure = "likely",
    source = "R5, D4", doc = "Only of these orders, by the merchant's references." },
  { "opened_at_start", sent_time, sure = "likely", source = "R5",
    doc = "Opened at this time or later." },
  { "opened_at_end", sent_time, sure = "likely", source = "R5",
    doc = "Opened before this time." },
  { "closed_at_start", sent_time, sure = "likely", source = "R5",
    doc = "Closed at this time or later." },
  { "closed_at_end", sent_time, sure = "likely", source = "R5",
    doc = "Closed before this time." },
  { "size", S.integer { min = 1, max = common.AMOUNT_MAX }, sure = "guess", source = "R5",
    doc = "How many a page holds at most; Klarna's own limits are not printed.", example = 20 },
  { "starting_after", S.id { max = 1024 }, sure = "likely", source = "R5",
    doc = "The page after this cursor: `last_item` of the page before." },
  { "ending_before", S.id { max = 1024 }, sure = "likely", source = "R5",
    doc = "The page before this cursor; not together with starting_after." },
}

local link = S.record "link" {
  { "href", S.text { max = 2048 }, sure = "likely", source = "D4", doc = "Where." },
  { "method", S.text { max = 16 }, sure = "likely", source = "D4", doc = "How." },
  { "rel", S.text { max = 255 }, sure = "likely", source = "D4", doc = "What it is." },
}

dispute.pagination = S.record "pagination" {
  { "count", common.count, required = true, sure = "likely", source = "D4",
    doc = "How many this page holds.", example = 1 },
  { "first_item", S.id { max = 1024 }, sure = "likely", source = "D4",
    doc = "Cursor of the first; for ending_before." },
  { "last_item", S.id { max = 1024 }, sure = "likely", source = "S, D4",
    doc = "Cursor of the last, for starting_after; null or absent on the last page." },
  { "total", common.count, sure = "exact", source = "S", doc = "How many there are in all.",
    example = 10 },
  { "links", S.record "pagination_links" {
      { "next", link, sure = "likely", source = "D4", doc = "The page after." },
      { "prev", link, sure = "likely", source = "D4", doc = "The page before." },
    }, sure = "likely", source = "D4", doc = "The same as addresses." },
}

-- Attachments ---------------------------------------------------------------------------------

-- What may be uploaded, for the hook "multipart": the kinds by the names of kassa.core.media.
dispute.file = {
  part = "file", max = 7 * 1024 * 1024, name_max = 1000,
  kinds = {
    pdf = { type = "application/pdf", extensions = { "pdf" } },
    jpeg = { type = "image/jpeg", extensions = { "jpg", "jpeg" } },
    png = { type = "image/png", extensions = { "png" } },
    docx = {
      type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
      extensions = { "docx" },
    },
  },
}

local attachment_id = { "payment_dispute_attachment_id", S.id { max = 255 }, required = true,
  sure = "exact", source = "S", doc = "Id of the attachment.",
  example = "krn:payment:eu1:dispute:256947:attachment:1" }

dispute.attachment = S.record "payment_dispute_attachment" { attachment_id }

local attached = S.list(S.record "attached" {
  attachment_id,
  { "description", S.text { max = 1000, multiline = true }, sure = "likely", source = "D4",
    doc = "What it shows.", example = "Shipment confirmation" },
}, {})

-- Evidence: what Klarna asks, what the merchant answers ---------------------------------------

local additional_information = { "additional_information",
  S.text { max = 5000, multiline = true }, sure = "likely", source = "S, D4", personal = true,
  doc = "What else there is to say.", example = "Additional free text information" }

local attachments = { "attachments", attached, sure = "exact", source = "S",
  doc = "Uploaded files that belong to the answer." }

local details = { "details", S.map(S.any {}), sure = "exact", source = "S", personal = true,
  doc = "The answers asked for, by name; which ones differs by `evidence_request_type`.",
  example = { did_you_receive_the_return = "YES_WILL_MAKE_CHANGES_TO_PURCHASE" } }

dispute.respond_request = S.record "payment_dispute_respond" {
  additional_information,
  { "created_at", sent_time, sure = "guess", source = "S", doc = "When; probably ignored." },
  attachments,
  details,
}

dispute.response = S.record "payment_dispute_response" {
  { "response_id", S.id { max = 255 }, required = true, sure = "exact", source = "S",
    doc = "Id of the answer.",
    example = "krn:payment:eu1:dispute:266092:request:1:response:1" },
  { "created_at", S.time {}, sure = "exact", source = "S", doc = "When it was given." },
  additional_information,
  attachments,
  details,
}

local evidence_request = S.record "evidence_request" {
  { "created_at", S.time {}, sure = "exact", source = "S", doc = "When Klarna asked." },
  { "state", evidence_state, sure = "likely", source = "S, D4",
    doc = "Whether it is still open.", example = "EVIDENCE_REQUESTED" },
  { "previous_state", evidence_state, sure = "exact", source = "S", doc = "Where it was before." },
  { "comment", S.text { max = 5000, multiline = true }, sure = "likely", source = "S",
    personal = true, doc = "What Klarna says about it.",
    example = "Consumer claimed products were not received" },
}

local evidence_response = S.record "evidence_response" {
  { "created_at", S.time {}, sure = "exact", source = "S", doc = "When the merchant answered." },
  additional_information,
  attachments,
  details,
}

dispute.merchant_evidence = S.record "merchant_evidence" {
  { "payment_dispute_merchant_evidence_id", S.id { max = 255 }, required = true, sure = "exact",
    source = "S", doc = "Id of the question and its answer.",
    example = "krn:payment:eu1:dispute:256947:merchant-evidence:1" },
  { "request", evidence_request, sure = "exact", source = "S", doc = "What Klarna asked." },
  { "response", evidence_response, sure = "exact", source = "S",
    doc = "What the merchant answered; absent until then." },
}

-- Dispute -------------------------------------------------------------------------------------

local line_item = S.record "dispute_line_item" {
  { "name", common.label, sure = "exact", source = "S", doc = "What is disputed.",
    example = "Black fountain pen" },
  { "product_type", S.enum { "PHYSICAL_ITEM", open = true }, sure = "likely", source = "S",
    doc = "What kind of thing it is; the list is incomplete.", example = "PHYSICAL_ITEM" },
  { "quantity", common.count, sure = "exact", source = "S", doc = "How many.", example = 1 },
  { "unit_price", common.signed_amount, sure = "exact", source = "S", doc = "Price of one.",
    example = 39900 },
}

local dispute_details = S.record "dispute_details" {
  { "dispute_amount", common.price, sure = "exact", source = "S", doc = "How much is disputed.",
    example = 39900 },
  { "currency", S.currency {}, sure = "exact", source = "S", doc = "Its currency.",
    example = "EUR" },
  { "created_by", S.enum { "CUSTOMER", "KLARNA_AGENT", open = true }, sure = "likely",
    source = "S, D4", doc = "Who opened it; the list is incomplete.", example = "CUSTOMER" },
  { "line_items", S.list(line_item, {}), sure = "exact", source = "S", doc = "What it is about." },
}

local state_context = S.record "dispute_state_context" {
  { "evidence_request_type", reason, sure = "exact", source = "S",
    doc = "What the answer has to be about; the names are those of the reasons.",
    example = "PRODUCTS_NOT_RECEIVED" },
  { "evidence_response_deadline_at", S.time {}, sure = "exact", source = "S",
    doc = "Until when it can be answered." },
}

-- The id has one name in bodies and another in events; both are Klarna's.
local config = S.record "dispute_config" {
  { "payment_dispute_payment_dispute_payment_dispute_config_id", S.id { max = 255 },
    sure = "exact", source = "S", doc = "Id of the configuration, in answers." },
  { "payment_dispute_payment_dispute_config_id", S.id { max = 255 }, sure = "exact", source = "S",
    doc = "Id of the configuration, in events." },
  { "total_merchant_evidence_requests", common.count, sure = "exact", source = "S",
    doc = "How often Klarna asks at most.", example = 5 },
}

dispute.reply = S.record "payment_dispute" {
  { "payment_dispute_id", S.id { max = 255 }, required = true, sure = "exact", source = "S",
    doc = "Id of the dispute.",
    example = "krn:payment:eu1:dispute:products-not-received:256947" },
  { "dispute_reason", reason, sure = "exact", source = "S", doc = "Why it was opened.",
    example = "PRODUCTS_NOT_RECEIVED" },
  { "state", dispute.states, sure = "exact", source = "S, C12", doc = "Where the dispute is.",
    example = "MERCHANT_EVIDENCE_PENDING" },
  { "previous_state", dispute.states, sure = "exact", source = "S", doc = "Where it was before." },
  { "state_context", state_context, sure = "exact", source = "S",
    doc = "What is asked and until when, while evidence is asked for." },
  { "payment_transaction_id", S.id { max = 255 }, sure = "exact", source = "S",
    doc = "The transaction it is about." },
  { "payment_transaction_reference", common.reference, sure = "exact", source = "S",
    doc = "The merchant's reference of the transaction." },
  { "purchase_reference", common.reference, sure = "exact", source = "S",
    doc = "The merchant's reference of the order.", example = "order-1001" },
  { "payment_capture_reference", common.reference, sure = "exact", source = "S",
    doc = "The merchant's reference of the capture." },
  { "payment_product_instance_id", S.id { max = 255 }, sure = "exact", source = "S",
    doc = "The product instance it belongs to." },
  { "dispute_details", dispute_details, sure = "exact", source = "S",
    doc = "How much, who opened it, what is disputed." },
  { "merchant_evidence", S.list(dispute.merchant_evidence, {}), sure = "exact", source = "S",
    doc = "What Klarna asked so far, each with its answer." },
  { "customer_evidence", S.list(S.any {}, {}), sure = "guess", source = "C12", since = "r6",
    personal = true, doc = "What the shopper told." },
  { "config", config, sure = "exact", source = "S", doc = "What rules this dispute." },
  { "created_at", S.time {}, sure = "exact", source = "S", doc = "When it was opened." },
  { "updated_at", S.time {}, sure = "exact", source = "S", doc = "When it last changed." },
  { "arbitration_started_at", S.time {}, sure = "exact", source = "S",
    doc = "When Klarna began to look into it." },
  { "closed_at", S.time {}, sure = "guess", source = "INF", doc = "When it ended." },
}

dispute.page = S.record "payment_dispute_page" {
  { "disputes", S.list(dispute.reply, {}), sure = "exact", source = "S",
    doc = "The disputes of this page." },
  { "pagination", dispute.pagination, sure = "exact", source = "S",
    doc = "Where this page stands among the others." },
}

return dispute
