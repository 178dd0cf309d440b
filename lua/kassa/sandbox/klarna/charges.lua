--- Customer tokens and what charging them leads to: approved, declined or step-up (reference 2.6).
-- It decides by the token's plan, never by chance.

local answers = require "kassa.sandbox.answers"
local requests = require "kassa.sandbox.klarna.requests"
local shapes = require "kassa.sandbox.klarna.shapes"

local charges = { handlers = {} }

local PREFIX = "krn:partner:eu1:test:identity:customer-token:"
local SCOPES = { "payment:customer_present", "payment:customer_not_present" }

-- Tokens every sandbox knows: PREFIX .. name.
local WELL_KNOWN = {
  ["approved"] = { outcome = "approved" },
  ["declined"] = { outcome = "declined" },
  ["revoked"] = { outcome = "declined", reason = "PERMANENT" },
  ["step-up"] = { outcome = "step_up" },
}

local OUTCOMES = { approved = true, declined = true, step_up = true }
local REASONS = { CUSTOMER_ACTION_REQUIRED = true, PERMANENT = true, TECHNICAL_ERROR = true }

local function step_of(entry)
  if type(entry) == "string" then entry = { outcome = (entry:gsub("-", "_")) } end
  if type(entry) ~= "table" or not OUTCOMES[entry.outcome or ""] then
    return nil, "a charge's outcome is approved, declined or step_up, not "
      .. tostring(type(entry) == "table" and entry.outcome or entry)
  end
  if entry.reason and not REASONS[entry.reason] then
    return nil, "a decline's reason is CUSTOMER_ACTION_REQUIRED, PERMANENT or TECHNICAL_ERROR"
  end
  return { outcome = entry.outcome, reason = entry.reason }
end

local function plan_of(spec)
  local listed = type(spec) == "table" and (spec.plan or (#spec > 0 and spec))
  local plan = {}
  for i, entry in ipairs(listed or { spec }) do
    local step, message = step_of(entry)
    if not step then return nil, message end
    plan[i] = step
  end
  return plan
end

--- Make a customer token. Returns its text, or nil and a sentence.
-- @param spec "approved", "declined", "step_up"; or { outcome =, reason =, scopes = }; or a list of
--   them, one a charge, of which the last repeats
function charges.token(self, spec)
  if spec == nil then spec = "approved" end
  if type(spec) == "table" and not spec.outcome and not spec.plan and #spec == 0 then
    spec = { outcome = "approved", scopes = spec.scopes }
  end
  local plan, message = plan_of(spec)
  if not plan then return nil, message end
  local token = PREFIX .. self.token_random:letters(32)
  local given = type(spec) == "table" and spec or {}
  self.customer_tokens[token] = {
    plan = plan, charged = 0, scopes = given.scopes or SCOPES,
    customer_id = given.customer_id or "krn:kuid:" .. self.token_random:letters(22),
  }
  return token
end

local function known_token(self, text)
  local found = self.customer_tokens[text]
  if found then return found end
  local name = text:match("customer%-token:([^:]+)$")
  local step = WELL_KNOWN[(name or ""):gsub("_", "-")]
  if not step then return nil end
  found = { plan = { step }, charged = 0, scopes = SCOPES, customer_id = "krn:kuid:" .. name }
  self.customer_tokens[text] = found
  return found
end

local function has_scope(token, scope)
  for _, name in ipairs(token.scopes) do
    if name == scope then return true end
  end
  return false
end

local function charge_refusal(token, body)
  local config = body.config or {}
  if config.customer_present == true and not config.redirect_url then
    return answers.field("config.redirect_url",
      "The field is required when the customer is present.")
  end
  if config.customer_present ~= nil then
    local scope = config.customer_present and "payment:customer_present"
      or "payment:customer_not_present"
    if not has_scope(token, scope) then
      return answers.forbidden("The customer token has not the scope " .. scope .. ".")
    end
  end
  return requests.body_refusal(body)
end

local OUTCOME = {}

function OUTCOME.approved(self, request, body)
  requests.approve_into_transaction(self, request, body, requests.enter)
end

function OUTCOME.declined(self, request, _, step)
  requests.enter(self, request, "DECLINED", step.reason or "CUSTOMER_ACTION_REQUIRED")
end

function OUTCOME.step_up(self, request)
  requests.enter(self, request, "SUBMITTED", "STEP_UP_REQUIRED")
end

charges.handlers["customer_token.charge"] = function(self, _, body, headers)
  local text = headers["x-klarna-customer-token"]
  local token = known_token(self, text)
  if not token then return nil, answers.missing("customer token", "given") end
  local refusal = charge_refusal(token, body)
  if refusal then return nil, refusal end
  token.charged = token.charged + 1
  local step = token.plan[math.min(token.charged, #token.plan)]
  local request = requests.new(self, body)
  request.customer_id = token.customer_id
  OUTCOME[step.outcome](self, request, body, step)
  return 201, shapes.request(request)
end

--- The tokens every sandbox knows, by name.
function charges.well_known()
  local out = {}
  for name in pairs(WELL_KNOWN) do out[name] = PREFIX .. name end
  return out
end

return charges
