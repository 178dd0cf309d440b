-- A merchant on Cybersource without a client, for specs of the sandbox: signed raw requests to a
-- world in process, and short ways to a step in a wanted status. It requires no row of the table.

local auth = require "kassa.auth"
local json = require "kassa.json"
local verbs = require "kassa.sandbox.verbs"
local world = require "kassa.sandbox.world"

local gateway = {}
gateway.__index = gateway

local HOST = "cybersource.sandbox.invalid"
local KLARNA = { paymentType = { name = "INVOICE", method = { name = "KLARNA" } } }

--- A merchant with a world of its own; options as world.lua's.
function gateway.open(options)
  local all = { provider = "cybersource" }
  for name, value in pairs(options or {}) do all[name] = value end
  return setmetatable({ world = world.new(all), count = 0 }, gateway)
end

--- A verb of the sandbox; raises when it is refused.
function gateway:verb(name, ...)
  local result, message = verbs.call(self.world, name, { ... })
  if result == nil then error(message, 2) end
  return result
end

-- The headers of the newer scheme, with a jti of their own.
local function signed(self, method, path, body)
  self.count = self.count + 1
  local account = self.world.account
  return auth.jwt {
    method = method, path = path, host = HOST, merchant_id = account.merchant_id,
    key_id = account.key_id, secret_base64 = account.secret, body = body,
    iat = math.floor(self.world.clock:now() / 1000), jti = "jti-" .. self.count,
  }
end

--- A request as bytes. Returns status, decoded body, response.
function gateway:send(method, path, body, headers)
  local bytes = type(body) == "table" and assert(json.encode(body)) or body
  local all = signed(self, method, path, bytes)
  all.host, all["content-type"] = HOST, bytes and "application/json" or nil
  for name, value in pairs(headers or {}) do all[name] = value or nil end
  local response = self.world:handle { method = method, path = path, headers = all,
    body = bytes or "" }
  return response.status, json.decode(response.body), response
end

-- A body with what every call needs, under what is given.
local function filled(action, body, processing)
  local out = { paymentInformation = KLARNA, processingInformation = { actionList = { action } } }
  for name, value in pairs(body or {}) do out[name] = value end
  for name, value in pairs(processing or {}) do out.processingInformation[name] = value end
  return out
end

local function money(amount, currency)
  return { orderInformation = {
    amountDetails = { currency = currency or "USD", totalAmount = amount } } }
end

--- The body of a session: hosted, in the US, of one line.
function gateway.order(amount)
  return {
    merchantInformation = { successUrl = "https://shop.example/ok",
      cancelUrl = "https://shop.example/cancel", failureUrl = "https://shop.example/failed" },
    orderInformation = {
      amountDetails = { currency = "USD", totalAmount = amount, taxAmount = "0" },
      billTo = { country = "US", postalCode = "43215", administrativeArea = "OH" },
      lineItems = { { productName = "Pen", quantity = 1, unitPrice = amount,
        totalAmount = amount } },
    },
  }
end

function gateway:session(amount, more)
  local body = filled("AP_SESSIONS", self.order(amount or "100.00"),
    { paymentFlowMode = "HOP", sessionType = "N" })
  for name, value in pairs(more or {}) do body[name] = value end
  return self:send("POST", "/pts/v2/payment-references", body)
end

function gateway:update(id, amount)
  return self:send("PATCH", "/pts/v2/payment-references/" .. id, filled("AP_SESSIONS",
    self.order(amount or "100.00"), { paymentFlowMode = "HOP", sessionType = "U" }))
end

--- more: members of clientReferenceInformation; link: the authorization that is followed.
function gateway:authorize(token, amount, more, link)
  local body = filled("AP_AUTH", self.order(amount or "100.00"), { linkId = link })
  body.merchantInformation = nil
  body.processorInformation, body.clientReferenceInformation = { preApprovalToken = token }, more
  return self:send("POST", "/pts/v2/payments", body)
end

function gateway:reverse(id, more)
  local body = filled "AP_AUTH_REVERSAL"
  body.clientReferenceInformation = more
  return self:send("POST", "/pts/v2/payments/" .. id .. "/reversals", body)
end

function gateway:capture(id, amount, more, currency)
  local body = filled("AP_CAPTURE", money(amount, currency))
  body.clientReferenceInformation = more
  return self:send("POST", "/pts/v2/payments/" .. id .. "/captures", body)
end

function gateway:refund(id, amount, more, currency)
  local body = filled("AP_REFUND", money(amount, currency))
  body.clientReferenceInformation = more
  return self:send("POST", "/pts/v2/payments/" .. id .. "/refunds", body)
end

function gateway:check(id, action)
  return self:send("POST", "/pts/v2/refresh-payment-status/" .. id, filled(action or "AP_STATUS"))
end

local function expect(wanted, status, value, response)
  if status ~= wanted then
    error("expected " .. wanted .. ", got " .. status .. ": " .. tostring(response.body), 3)
  end
  return value
end

--- Short ways: a token of a shopper who agreed, an authorization, a capture; each raises when it
-- does not come.
function gateway:token(amount)
  local session = expect(201, self:session(amount))
  return self:verb("approve", session.id).auth_token, session
end

function gateway:authorized(amount)
  local made = expect(201, self:authorize(self:token(amount), amount))
  assert(made.status == "AUTHORIZED", made.status)
  return made
end

function gateway:captured(amount)
  local made = expect(201, self:capture(self:authorized(amount).id, amount or "100.00"))
  return made, made.status
end

return gateway
