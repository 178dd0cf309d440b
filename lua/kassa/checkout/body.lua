-- What the providers' modules share when they write a body: the fields that only one provider gets,
-- and the options that a mere reading takes. It changes nothing that it is given.

local M = {}

local READING = { timeout_s = true, deadline_s = true, retries = true }

-- A copy of `body` with what `more` says in place of it; lists are taken whole.
local function merge(body, more)
  if type(body) ~= "table" or type(more) ~= "table" or more[1] ~= nil then return more end
  local copy = {}
  for name, value in pairs(body) do copy[name] = value end
  for name, value in pairs(more) do copy[name] = merge(copy[name], value) end
  return copy
end

--- A body with the fields that the option of the provider's name adds.
function M.with(body, options, provider)
  return options[provider] and merge(body, options[provider]) or body
end

--- The options of a call, without those that are the checkout's own. more: what stands unless given
function M.options(options, more)
  local own = {}
  for name, value in pairs(more or {}) do own[name] = value end
  for name, value in pairs(options) do
    if name ~= "klarna" and name ~= "cybersource" then own[name] = value end
  end
  return own
end

--- Of these options those that a reading takes.
function M.reading(options)
  local own = {}
  for name, value in pairs(options) do own[name] = READING[name] and value or nil end
  return own
end

return M
