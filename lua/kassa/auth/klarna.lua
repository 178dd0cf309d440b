-- Who is calling: turns a Klarna API key into the Authorization header and refuses a key that
-- belongs to another environment. It keeps keys only as kassa.secret values and never prints one.

local core = require "kassa.core"

local reveal, is_secret, new_secret = core.secret.reveal, core.secret.is, core.secret.new
local base64 = core.sign.base64

local M = {}

--- The environment that a Klarna API key names (klarna_live_api_..., klarna_test_api_...), or nil.
function M.environment_of(key)
  return key:match "^klarna_(live)_" or key:match "^klarna_(test)_"
end

-- What is wrong with a key, in words that do not repeat it.
local function key_fault(key, environment)
  if key == "" then return "is empty" end
  if key:find "^%s" or key:find "%s$" then
    return "begins or ends with white space (was it read from a file?)"
  end
  if key:find "[^\33-\126]" then return "holds a character that no API key has" end
  if key:match "^klarna_%a+_client_" then
    return "is a client id, which is public; the API key reads klarna_" .. environment .. "_api_..."
  end
  local word = M.environment_of(key)
  if word and word ~= environment then
    local words = "is a %s key, but this client talks to the %s environment: set environment = %q"
    return words:format(word, environment, word)
  end
end

--- Check a key given as text or kassa.secret.
-- -> kassa.secret; or nil and what is wrong with `api_key`, in words that do not repeat it
function M.check(key, environment)
  if key == nil then
    return nil, "api_key is missing (a string, a kassa.secret, or a function that returns one)"
  end
  if type(key) ~= "string" and not is_secret(key) then
    return nil, "api_key must be a string, a kassa.secret or a function, got " .. type(key)
  end
  local fault = key_fault(type(key) == "string" and key or reveal(key), environment)
  if fault then return nil, "api_key " .. fault end
  return is_secret(key) and key or new_secret(key)
end

--- The header line for a checked key (klarna.md 1.3): the key as it is; with form = "base64" its
-- base64; with a user name (it may be "") the base64 of "username:key".
function M.header(key, username, form)
  local text = reveal(key)
  if username then
    text = base64(username .. ":" .. text)
  elseif form == "base64" then
    text = base64(text)
  end
  return "Authorization: Basic " .. text
end

return M
