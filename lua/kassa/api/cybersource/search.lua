-- Looking for transactions at Cybersource: what a search takes, and what is told of each one found.
-- It describes reports, which lag behind; the status of an object comes from its own check.

local S = require "kassa.schema"

local search = {}

local function seen(name, type_, source, doc)
  return { name, type_, sure = "likely", source = source, doc = doc }
end

search.request = S.record "search_request" {
  { "query", S.text { min = 1, max = 2048 }, required = true, sure = "likely", source = "T",
    doc = "`field:value`, joined by AND and OR; of the merchant's names only "
      .. "`clientReferenceInformation.code` can be asked for.",
    example = "clientReferenceInformation.code:order-1001" },
  { "sort", S.text { min = 1, max = 255 }, required = true, sure = "likely", source = "T",
    doc = "Fields with asc or desc. Filled in.", example = "submitTimeUtc:desc" },
  { "limit", S.integer { min = 1, max = 2000 }, sure = "likely", source = "S",
    doc = "How many at most; 20 if left out." },
  { "offset", S.integer { min = 0 }, sure = "likely", source = "S",
    doc = "How many to leave out before the first." },
  { "timezone", S.text { min = 1, max = 64 }, sure = "likely", source = "S",
    doc = "Of the times in the query; GMT if left out.", example = "Europe/Stockholm" },
  { "save", S.flag {}, sure = "likely", source = "S", doc = "Keep the search under its `name`." },
  { "name", S.text { min = 1, max = 255 }, sure = "likely", source = "S",
    doc = "Name of a search that is kept." },
}

local applications = S.list(S.record "transaction_application" {
  seen("name", S.text {}, "T", "Which service; of Klarna: `ics_ap_auth`, `ics_ap_capture`, ..."),
  seen("status", S.text {}, "S", "What became of it; not described further."),
  seen("reasonCode", S.text {}, "S", "`100` is a success."),
  seen("rCode", S.text {}, "S", "`1` done, `0` declined, `-1` failed."),
  seen("rFlag", S.text {}, "S", "The result in one word."),
  seen("rMessage", S.text { multiline = true }, "S", "For logs."),
  seen("reconciliationId", S.id { max = 60 }, "S", "Names it in reports."),
})

local application_information = S.record "transaction_application_information" {
  seen("applications", applications, "S", "The services that were asked for."),
  seen("reasonCode", S.text {}, "S", "`100` is a success."),
  seen("rCode", S.text {}, "S", "`1` done, `0` declined, `-1` failed."),
  seen("rFlag", S.text {}, "S", "The result in one word."),
}

local reference = S.record "transaction_reference" {
  seen("code", S.text { max = 50 }, "S", "The merchant's reference."),
  seen("applicationName", S.text {}, "S", "Who sent it."),
}

local order = S.record "transaction_order" {
  seen("amountDetails", S.record "transaction_amount" {
    seen("totalAmount", S.text { max = 19 }, "S", "Decimal text."),
    seen("currency", S.currency {}, "S", "Its currency."),
  }, "S", "The amount; may be empty for what was not carried out."),
}

search.transaction = S.record "transaction" {
  seen("id", S.id { max = 26 }, "S", "The id of the step: of an authorization, a capture, ..."),
  seen("rootId", S.id { max = 26 }, "S", "Of a single one: the id of the first step."),
  seen("submitTimeUtc", S.text { max = 32 }, "S", "When, in a list."),
  seen("submitTimeUTC", S.text { max = 32 }, "S", "When, of a single one."),
  seen("reconciliationId", S.id { max = 60 }, "S", "Of a single one: names it in reports."),
  seen("merchantId", S.text {}, "S", "The merchant."),
  seen("applicationInformation", application_information, "S", "What was done."),
  seen("clientReferenceInformation", reference, "S", "The merchant's names."),
  seen("orderInformation", order, "S", "The amount."),
  seen("_links", S.any {}, "S", "Where more is told."),
}

search.found = S.record "transaction_search" {
  seen("searchId", S.id { max = 60 }, "S", "Names the search."),
  seen("query", S.text { max = 2048 }, "S", "As sent."),
  seen("count", S.integer {}, "S", "How many are in this answer."),
  seen("totalCount", S.integer {}, "S", "How many there are."),
  seen("limit", S.integer {}, "S", "As sent."),
  seen("offset", S.integer {}, "S", "As sent."),
  seen("sort", S.text {}, "S", "As sent."),
  seen("timezone", S.text {}, "S", "As sent."),
  seen("submitTimeUtc", S.text { max = 32 }, "S", "When it was asked."),
  seen("_embedded", S.record "transaction_list" {
    seen("transactionSummaries", S.list(search.transaction), "S", "Those found."),
  }, "S", "Left out when nothing is found."),
  seen("_links", S.any {}, "S", "The search itself."),
}

return search
