-- What the processor's response codes mean, by code: words for an error and for a log. They explain
-- a status and never decide anything; a code that is not listed has no words.

local responses = {}

local function add(codes, class, doc, source)
  for code in codes:gmatch "%d+" do
    responses[code] = { class = class, doc = doc, sure = "likely", source = source }
  end
end

-- With a status of the guide for Klarna.
add("00000", "completed", "The shopper finished.", "G")
add("00001", "pending", "Klarna reviews.", "O")
add("00002", "abandoned", "The shopper left.", "G")
add("00003", "authorized", "Funds are reserved.", "G")
add("00004", "settled", "Captured.", "G")
add("00006", "refunded", "Given back.", "G")
add("00007", "reversed", "Released; so in the guide's sample.", "G")
add("00008", "reversed", "Released; so in the guide's table.", "G")
add("00011", "charged back", "The shopper won a dispute.", "G")

-- Of other products that share the table.
add("00009", "canceled", "Canceled.", "O")
add("00010", "accepted", "Accepted.", "O")
add("00012 00013", "settling", "Being settled.", "O")
add("00014", "refunding", "Being given back.", "O")
add("00015", "active", "Active.", "O")
add("00016", "revoked", "Revoked.", "O")
add("00017", "expired", "Too late.", "O")
add("00020", "refund rejected", "The refund was refused.", "O")

-- With FAILED.
add("10000", "invalid data", "The data was refused (102).", "G, O")
add("20000 20001 20002 30000 30100", "system or signature problem",
  "Something failed on the way (150).", "G, O")
add("30200 30400 30500", "declined, risk or funding", "Klarna declined (203).", "G, O")
add("30350", "insufficient funds", "Too little money (204).", "G, O")
add("30600 30700", "tax or compliance", "Refused for tax or compliance (233).", "G, O")

return responses
