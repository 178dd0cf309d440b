-- What a merchant may say when making a client or a call: every option with its type and limits,
-- checked all at once and before anything is done. It holds no defaults: kassa.settings does.

local core = require "kassa.core"

local valid_value = core.headers.valid_value

local M = {}

-- A check is a function(value) -> nil when it fits, or the words that follow "must be".

local function kinds(...)
  local allowed = { ... }
  return function(value)
    for _, kind in ipairs(allowed) do
      if type(value) == kind then return nil end
    end
    return "a " .. table.concat(allowed, " or a ")
  end
end

local function number(low, high, unit)
  return function(value)
    if type(value) == "number" and value >= low and value <= high then return nil end
    return ("a number of %s from %s to %s"):format(unit, low, high)
  end
end

local function whole(low, high)
  return function(value)
    local fits = type(value) == "number" and value == math.floor(value)
      and value >= low and value <= high
    return not fits and ("a whole number from %d to %d"):format(low, high) or nil
  end
end

local function one_of(...)
  local words = { ... }
  return function(value)
    for _, word in ipairs(words) do
      if value == word then return nil end
    end
    return '"' .. table.concat(words, '" or "') .. '"'
  end
end

-- Text that goes into a header: nothing that could end the line.
local function line(max, pattern, words)
  return function(value)
    if type(value) == "string" and #value >= 1 and #value <= max and valid_value(value)
      and (not pattern or value:find(pattern)) then
      return nil
    end
    return words or ("a string of 1 to %d printable characters"):format(max)
  end
end

local function file(value)
  if type(value) == "string" and value ~= "" and not value:find "%z" then return nil end
  return "the path of a file"
end

local runtime_names = one_of("plain", "cqueues", "luv", "copas", "frame", "nginx", "strict")

local function runtime(value)
  if type(value) == "table" and type(value.wait) == "function" then return nil end
  local wanted = runtime_names(value)
  return wanted and wanted .. ", or a table with a function wait(driver, id)"
end

local function journal(value)
  if type(value) == "table" and type(value.executor) == "function" then return nil end
  return "what kassa.journal returns"
end

local DICT_METHODS = { "get", "set", "incr" }

-- A lua_shared_dict by its name, or a table or userdata with its methods.
local function wrong_dict(dict)
  if type(dict) == "string" then
    if require("kassa.pace.shared").named(dict) then return nil end
    return ("false or { dict = ... }, and there is no dictionary %q here: say lua_shared_dict %s"
      .. " 1m; in nginx.conf"):format(dict, dict)
  end
  for _, name in ipairs(DICT_METHODS) do
    local fits, method = pcall(function() return dict[name] end)
    if not fits or type(method) ~= "function" then
      return "false or { dict = the name of a lua_shared_dict, or what has its methods }"
    end
  end
end

local function pace(value)
  if type(value) == "boolean" then return nil end
  if type(value) ~= "table" or value.dict == nil or next(value, next(value)) ~= nil then
    return "false, or { dict = the name of a lua_shared_dict }"
  end
  return wrong_dict(value.dict)
end

local function any() return nil end

local seconds = number(0.001, 86400, "seconds")
local flag = kinds "boolean"

--- Options of every client.
M.client = {
  base_url = kinds "string",
  paths = kinds "table",
  client_cert = file, client_key = file, ca_file = file,
  proxy = line(1024),
  timeout_s = seconds, connect_timeout_s = seconds, deadline_s = seconds,
  retries = whole(0, 10),
  max_connections = whole(1, 1024),
  strict = flag, sums = flag,
  runtime = runtime,
  log = kinds("function", "table"),
  transport = kinds "table",
  clock = kinds "function",
  journal = journal,
}

--- Options that only kassa.klarna has. (kassa.auth.klarna checks api_key, which no message shows.)
M.klarna = {
  environment = one_of("test", "live"),
  account = line(255, "^[%w%-._~:]+$", "an account id such as krn:partner:global:account:test:..."),
  integration = kinds "table",
  pace = pace,
  api_key = any,
  api_key_form = one_of("raw", "base64"),
  username = function(value)
    if type(value) == "string" and not value:find "[%c:]" then return nil end
    return "a string without a colon (the UUID shown with the key, or \"\")"
  end,
}

-- Who a merchant is at Cybersource: part of what is signed.
local organization = line(255, "^[%w._%-]+$", "an id of letters, digits, _, - and dots")

--- Options that only kassa.cybersource has. (kassa.settings.cybersource checks the secrets, which
-- no message shows.)
M.cybersource = {
  environment = one_of("test", "live", "live_in"),
  merchant_id = organization, portfolio_id = organization,
  auth = one_of("jwt", "http_signature"),
  key_id = line(255, '^[^"]+$', "the id shown with the key, without a quote"),
  secret = any, p12_password = any,
  p12 = file,
}

--- Options of every call.
M.call = {
  intent = function(value)
    if type(value) == "string" and value ~= "" and #value <= 1024 then return nil end
    return "a name of 1 to 1024 bytes, such as \"order-1001/parcel-2\""
  end,
  timeout_s = seconds, deadline_s = seconds,
  retries = whole(0, 10),
  strict = flag, sums = flag,
  expect = line(64, "^[%u_]+$", "a state such as \"AUTHORIZED\""),
}

--- Options of every call to one API, by its name.
M.calls = {
  klarna = {
    idempotency_key = line(255, "^[\33-\126]+$", "a string of 1 to 255 visible ASCII characters"),
    correlation_id = line(255, "^%w+$",
      "a string of 1 to 255 letters and digits (Klarna takes no hyphens)"),
  },
  cybersource = { -- it is sent as the transactionId
    idempotency_key = line(30, "^[%w._%-]+$", "a string of 1 to 30 letters, digits, dots, _ and -"),
  },
}

-- Names sorted, so that a message does not change from run to run.
local function sorted(names)
  local list = {}
  for name in pairs(names) do list[#list + 1] = tostring(name) end
  table.sort(list)
  return list
end

local function merged(a, b)
  local all = {}
  for name, check in pairs(a) do all[name] = check end
  for name, check in pairs(b) do all[name] = check end
  return all
end

M.merged = merged

-- Options whose wrong value a message repeats; in any other a secret could stand.
local SHOWN = {
  environment = true, api_key_form = true, auth = true, runtime = true, expect = true,
  retries = true,
  timeout_s = true, connect_timeout_s = true, deadline_s = true, max_connections = true,
  strict = true, sums = true,
}
local SHOWN_MAX = 24

local function got(name, value)
  if type(value) == "number" then return tostring(value) end
  local short = type(value) == "string" and #value <= SHOWN_MAX and not value:find "[^\32-\126]"
  if short and SHOWN[name] and not value:find "^klarna_" then return '"' .. value .. '"' end
  return type(value)
end

local function fault_of(name, value, checks)
  local check = checks[name]
  if check then
    local wanted = check(value)
    return wanted and ("%s must be %s, got %s"):format(name, wanted, got(name, value))
  end
  local close = require "kassa.nearest"(tostring(name), checks)
  local hint = close and ", did you mean " .. close .. "?" or ""
  return ("%s is no option%s"):format(tostring(name), hint)
end

--- Every fault of `options` against `checks` (name -> check).
-- -> list of sentences, empty when all fit
function M.faults(options, checks)
  local faults, by_text = {}, {}
  for name, value in pairs(options) do by_text[tostring(name)] = { name, value } end
  for _, text in ipairs(sorted(by_text)) do
    local name, value = by_text[text][1], by_text[text][2]
    local fault = fault_of(name, value, checks)
    if fault then faults[#faults + 1] = fault end
  end
  return faults
end

return M
