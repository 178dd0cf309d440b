-- What is made of answers that are no plain object: a secret that nobody shall see printed, a body
-- that was left out. It invents no field that Klarna did not send but the id that was asked about.

local call = require "kassa.call"
local core = require "kassa.core"
local json = require "kassa.json"
local object = require "kassa.object"
local unescape = require("kassa.endpoint").unescape

local M = {}

--- An object whose field plan.row.secret becomes a kassa.secret. kassa.raw shows the answer written
-- anew with "[secret]" in its place, since the bytes as sent hold it.
function M.secret(client, plan, subject, value, answer)
  local field = plan.row.secret
  local bytes = value[field]
  if type(bytes) == "string" then
    value[field] = "[secret]"
    answer.body = json.encode(value)
    value[field] = core.secret.new(bytes)
  end
  return call.make_object(client, plan, subject, value, answer)
end

-- What an operation changed is not known any more: an object shows no state that may be over.
local UNSURE = { "state", "previous_state", "state_context", "state_reason" }

--- An answer that may have no body. Then the object, if the call was made on one, keeps its fields
-- but those about its state, and a call by id gives an object that knows its id; refresh() reads.
function M.bare(client, plan, subject, value, answer, id)
  if next(value) ~= nil then return call.make_object(client, plan, subject, value, answer) end
  if subject then
    for _, name in ipairs(UNSURE) do rawset(subject, name, nil) end
    client.info[subject].answer = answer
    return subject
  end
  return object.wrap(client, plan.reply, { [plan.id_field] = unescape(id) }, answer)
end

return M
