-- What both of Cybersource's schemes are made from: the request, the merchant, the key. Checks the
-- fields of an input by name, and never repeats a secret in what it says.

local core = require "kassa.core"
local json = require "kassa.json"

local is_secret, reveal = core.secret.is, core.secret.reveal

local M = {}

-- What is wrong with a text that becomes part of a header, or nil.
local function line_fault(input, name)
  local value = input[name]
  if type(value) ~= "string" or value == "" then
    return ("%s must be a text, got %s"):format(name, type(value))
  end
  if not core.headers.valid_value(value) then
    return name .. " holds a character that no header may have"
  end
end

--- What is wrong with the fields that both schemes have, in words that begin with the field's name,
-- or nil.
function M.fault(input)
  if type(input) ~= "table" then return "a table expected, got " .. type(input) end
  for _, name in ipairs { "method", "path", "host", "merchant_id", "portfolio_id" } do
    local fault = (name ~= "portfolio_id" or input[name] ~= nil) and line_fault(input, name)
    if fault then return fault end
  end
  if input.path:sub(1, 1) ~= "/" then return "path must begin with /" end
  local body = input.body
  if body == nil or body == json.null or type(body) == "string" then return nil end
  return "body must be a string, or nil for none, got " .. type(body)
end

--- The body, or nil for none; a null read from JSON is none.
function M.body(input)
  if input.body == json.null then return nil end
  return input.body
end

--- The bytes of a shared secret given as base64 in a string or kassa.secret; nil when it is none.
function M.secret(value)
  local text = is_secret(value) and reveal(value) or value
  return type(text) == "string" and text ~= "" and core.sign.unbase64(text) or nil
end

--- The base64 of a body's SHA-256, which both schemes sign in the body's place.
function M.digest(body)
  return core.sign.base64(core.sign.sha256(body))
end

return M
