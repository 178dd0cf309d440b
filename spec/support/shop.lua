-- A merchant without a client, for specs of the sandbox: raw requests to a world in process, and
-- short ways to an object in a wanted state. It requires no row of the table of operations.

local json = require "kassa.json"
local world = require "kassa.sandbox.world"
local verbs = require "kassa.sandbox.verbs"

local shop = {}
shop.__index = shop

--- A shop with a world of its own; options as world.lua's.
function shop.open(options)
  local made = world.new(options)
  return setmetatable({ world = made, key = 0, family = "direct" }, shop)
end

--- A verb of the sandbox; raises when it is refused.
function shop:verb(name, ...)
  local result, message = verbs.call(self.world, name, { ... })
  if result == nil then error(message, 2) end
  return result
end

function shop:prefix()
  if self.family == "direct" then return "/v2" end
  return "/v2/accounts/" .. self.world.account.account
end

--- A request as bytes. Returns status, decoded body, response.
function shop:send(method, path, body, headers)
  local all = { authorization = "Basic " .. self.world.account.api_key }
  if body then all["content-type"] = "application/json" end
  for name, value in pairs(headers or {}) do all[name] = value or nil end
  local plain, query = path:match("^([^?]*)%??(.*)$")
  local response = self.world:handle {
    method = method, path = self:prefix() .. plain, query = query ~= "" and query or nil,
    headers = all,
    body = type(body) == "table" and assert(json.encode(body)) or body or "",
  }
  return response.status, json.decode(response.body), response
end

--- The same with a new idempotency key.
function shop:post(path, body, headers)
  self.key = self.key + 1
  local all = { ["klarna-idempotency-key"] = "key-" .. self.key }
  for name, value in pairs(headers or {}) do all[name] = value end
  return self:send("POST", path, body or {}, all)
end

local function expect(wanted, status, value, response)
  if status ~= wanted then
    error("expected " .. wanted .. ", got " .. status .. ": " .. tostring(response.body), 3)
  end
  return value
end

function shop:get(path)
  return self:send("GET", path)
end

--- A payment request, SUBMITTED.
function shop:request(body)
  body = body or { currency = "USD", payment_amount = 1000 }
  return expect(201, self:post("/payment/requests", body))
end

--- A payment request and its confirmation token, PENDING_CONFIRMATION.
function shop:pending(body)
  local request = self:verb("approve", self:request(body).payment_request_id)
  return request, request.state_context.payment_confirmation_token
end

function shop:confirm(token, body)
  return self:post("/payment/confirmation-tokens/" .. token .. "/confirm", body)
end

--- An authorised transaction's id, and its payment request.
function shop:authorized(amount, config)
  amount = amount or 1000
  local _, token = self:pending { currency = "USD", payment_amount = amount }
  local request = expect(200, self:confirm(token,
    { currency = "USD", payment_amount = amount, config = config }))
  return request.state_context.payment_transaction.payment_transaction_id, request
end

function shop:transaction(id)
  return expect(200, self:get("/payment/transactions/" .. id))
end

function shop:capture(id, amount, more)
  local body = { capture_amount = amount }
  for name, value in pairs(more or {}) do body[name] = value end
  return self:post("/payment/transactions/" .. id .. "/capture", body)
end

function shop:refund(id, amount)
  return self:post("/payment/transactions/" .. id .. "/refund", { refund_amount = amount })
end

function shop:refund_capture(id, amount)
  return self:post("/payment/captures/" .. id .. "/refund", { refund_amount = amount })
end

function shop:void(id)
  return self:post("/payment/transactions/" .. id .. "/void")
end

--- A captured transaction's id, and a dispute over it with these terms.
function shop:disputed(terms)
  local id = self:authorized(1000)
  expect(201, self:capture(id, 1000))
  return self:verb("dispute", id, terms), id
end

--- A form of { name, data, filename = } as multipart/form-data. Returns body, content type.
function shop.form(parts, boundary)
  boundary = boundary or "a-line-between"
  local out = {}
  for _, part in ipairs(parts) do
    local name = part.filename and '; filename="' .. part.filename .. '"' or ""
    out[#out + 1] = "--" .. boundary .. "\r\nContent-Disposition: form-data; name=\"" .. part[1]
      .. "\"" .. name .. "\r\n\r\n" .. part[2] .. "\r\n"
  end
  return table.concat(out) .. "--" .. boundary .. "--\r\n",
    "multipart/form-data; boundary=" .. boundary
end

--- Upload a file as evidence; key: an idempotency key of one's own.
function shop:upload(dispute_id, parts, key, boundary)
  local body, content_type = shop.form(parts, boundary)
  return self:post("/payment/disputes/" .. dispute_id .. "/attachments", body,
    { ["content-type"] = content_type, ["klarna-idempotency-key"] = key })
end

-- Answer an evidence request.
function shop:respond(dispute_id, body, headers)
  return self:post("/payment/disputes/" .. dispute_id .. "/respond", body, headers)
end

function shop:accept_loss(dispute_id, headers)
  return self:post("/payment/disputes/" .. dispute_id .. "/accept-loss", "", headers)
end

--- Charge a customer's token.
function shop:charge(token, body, headers)
  local all = { ["x-klarna-customer-token"] = token }
  for name, value in pairs(headers or {}) do all[name] = value end
  return self:post("/payment/customer-token/charge",
    body or { currency = "USD", payment_amount = 999 }, all)
end

return shop
