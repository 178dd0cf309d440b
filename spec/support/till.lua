-- A merchant with a journal at a sandbox in this process, for specs of what survives a crash. Its
-- crashes are raised where a test says, and what comes after them starts from the database alone.

local kassa = require "kassa"
local sandbox = require "kassa.sandbox"

local till = {}
till.__index = till

--- A till on an empty database (support.engines). options: of the client, beside the sandbox's.
function till.open(engine, options)
  local self = setmetatable({ database = engine.new(), options = options or {} }, till)
  self.sandbox = sandbox.world { seed = 11 }
  self:start()
  return self
end

--- Begin as a new program: a journal and a client of its own.
function till:start()
  self.journal = assert(kassa.journal(self.database.options))
  self.klarna = self:client(self.journal)
end

--- A client of the same account. journal: nil for none.
function till:client(journal)
  local options = self.sandbox:options()
  for name, value in pairs(self.options) do options[name] = value end
  options.journal = journal
  return kassa.klarna(options)
end

--- End as a killed program does: nothing is written down, the locks are let go of. Then start anew.
function till:restart()
  self.journal.late = {}
  self.journal.store:close()
  self:start()
end

function till:close()
  self.journal.store:close()
  self.sandbox:stop()
  self.database.remove()
end

--- An authorised transaction's id, made without the journal.
function till:transaction(amount)
  local klarna = self:client()
  local request = assert(klarna.payment_requests:create {
    currency = "USD", payment_amount = amount })
  self.sandbox:approve(request.payment_request_id)
  request = assert(request:refresh())
  request = assert(request:confirm { currency = "USD", payment_amount = amount })
  return request.state_context.payment_transaction.payment_transaction_id
end

--- How many requests the sandbox has had of an operation.
function till:sent(operation)
  local count = 0
  for _, request in ipairs(self.sandbox:requests()) do
    if request.operation == operation then count = count + 1 end
  end
  return count
end

--- Raise "crash" in place of a function, at its first call or after it. -> function that mends it
function till.crash(module, name, after)
  local whole = module[name]
  module[name] = function(...)
    module[name] = whole
    if after then whole(...) end
    error("crash", 0)
  end
  return function() module[name] = whole end
end

return till
