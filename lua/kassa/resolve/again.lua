-- Finds out by the same key: the provider answers a key that it knows with what it did, and does
-- it now if the first request never came. Only the very bytes that were sent go out again, and only
-- while the provider remembers the key.

local api_of = require "kassa.api"
local call = require "kassa.call"
local duration = require "kassa.duration"

local M = {}

-- Before the provider forgets a key: time for the attempts, and for clocks that differ.
local MARGIN_MS = 600000

-- A refusal under the same key is the first one's, or that of a request that never came before: it
-- was not done. What may be refused for another reason (a key that was changed or is another
-- account's, a token that has expired since, a flood, a conflict) says nothing about the first.
local function refused(failed)
  local provider = failed.provider
  return failed.status == 400 and provider and provider.error_code ~= nil or false
end

local function stale(age_ms, limit_ms)
  local words = "it was sent %s ago, and a key is remembered for %s: read the object"
  return { code = "stale_intent", retry = "never", ends = true,
    message = words:format(duration.words(age_ms), duration.words(limit_ms)) }
end

-- Whoever adds methods to this kind of object (kassa.kit) remembers what became of it.
local function tell_kit(sent, made)
  local plan, client = sent.plan, sent.client
  local kit = plan.kit and require(plan.kit)
  if not kit or not kit.settle then return end
  local info = sent.subject and client.info[sent.subject]
  kit.settle(plan, sent.subject, info, sent.body, client, sent.id, made)
end

--- Find out about a request. sent: what kassa.call kept of it.
-- -> object; or false and why; or nil and { message =, code =, retry =, ends =, told_s = }
function M.find(sent)
  local client = sent.client
  local limits = api_of.find(client.api, client.api.limits)
  local limit_ms = 1000 * limits.idempotency_s.value
  local age_ms = math.max(0, client.now() - sent.sent_ms)
  if age_ms >= limit_ms - MARGIN_MS then return nil, stale(age_ms, limit_ms) end
  local made, failed = call.again(sent)
  if made then
    tell_kit(sent, made)
    return made
  end
  if refused(failed) then return false, failed.message end
  return nil, { code = failed.code, message = failed.message, told_s = failed.told_s }
end

return M
