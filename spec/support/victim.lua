-- The program that is killed: a flow of authorize, two captures and a refund with a journal, which
-- can be run again until it ends. It refuses to know why it was started once more.

local core = require "kassa.core"
local dbi = require "DBI"
local fork = require "support.fork"
local json = require "kassa.json"
local kassa = require "kassa"

local victim = {}

-- Numbered points: before each statement of the database, before each request, and when an answer
-- is there and nothing has been done with it. Between two of them no trace is left anywhere.

local passed, deadly = 0, nil

local function point()
  passed = passed + 1
  if passed == deadly then fork.kill(0) end
end

-- A thing of the given one's methods, some of them replaced.
local function wrapped(inner, own)
  return setmetatable(own, { __index = function(_, name)
    return function(_, ...) return inner[name](inner, ...) end
  end })
end

local function watched_statement(statement)
  return wrapped(statement, { execute = function(_, ...)
    point()
    return statement:execute(...)
  end })
end

local connect = dbi.Connect
dbi.Connect = function(...)
  local connection, why = connect(...)
  if not connection then return nil, why end
  return wrapped(connection, { prepare = function(_, sql)
    local statement, problem = connection:prepare(sql)
    return statement and watched_statement(statement), problem
  end })
end

local function watch_wire(client)
  local inside = require("kassa.client").of(client)
  local channel, driver = inside.channel, inside.driver
  inside.channel = wrapped(channel, { submit = function(_, ...)
    point()
    return channel:submit(...)
  end })
  inside.driver = wrapped(driver, { await = function(_, ...)
    local answer = driver:await(...)
    point()
    return answer
  end })
end

-- The shopper, who is no part of the program that may die: once he has agreed he does not again.
local function approve(base_url, id)
  local engine = core.engine.new { max_connections = 1 }
  local channel = assert(engine:channel { base_url = base_url, http = "1.1" })
  channel:submit("POST", "/_sandbox/approve", { "Content-Type: application/json" },
    json.encode { args = { id } }, 30000)
  local done, answer
  repeat
    engine:step(1000)
    done, answer = engine:take()
  until done
  assert(answer.status == 200, answer.message)
  local value = json.decode(answer.body)
  assert(value.ok or value.message:find "PENDING_CONFIRMATION", value.message)
end

-- What moves, in the order in which it does.
local function script(klarna, base_url, order)
  local check = kassa.assert
  return function(flow)
    local request = check(flow:step("request", function(intent)
      return klarna.payment_requests:create({ currency = "EUR", payment_amount = 1000,
        payment_request_reference = order }, { intent = intent })
    end))
    local id = request.payment_request_id
    check(flow:step("shopper", function()
      approve(base_url, id)
      return true
    end))
    local token = check(flow:step("token", function()
      return check(klarna.payment_requests:read(id)).state_context.payment_confirmation_token
    end))
    request = check(flow:step("authorize", function(intent)
      return klarna.payment_requests:confirm(token, { currency = "EUR", payment_amount = 1000 },
        { intent = intent })
    end))
    local transaction = request.state_context.payment_transaction.payment_transaction_id
    for number, amount in ipairs { 400, 600 } do
      check(flow:step("capture-" .. number, function(intent)
        return klarna.payment_transactions:capture(transaction, { capture_amount = amount },
          { intent = intent })
      end))
    end
    check(flow:step("refund", function(intent)
      return klarna.payment_transactions:refund(transaction, { refund_amount = 250 },
        { intent = intent })
    end))
    return transaction
  end
end

--- Run an order to its end, or until it is killed. plan: { database = options of kassa.journal,
-- base_url =, api_key =, order = its name, point = the number of the one to die at, or nil, recover
-- = true to settle first what is open }. Raises what goes wrong.
-- -> the transaction's id, how many points were passed
function victim.run(plan)
  passed, deadly = 0, plan.point
  local journal = assert(kassa.journal(plan.database))
  local klarna = kassa.klarna { base_url = plan.base_url, api_key = plan.api_key,
    journal = journal }
  watch_wire(klarna)
  if plan.recover then kassa.assert(journal:recover(klarna)) end
  local transaction = kassa.assert(kassa.flow(journal, plan.order,
    script(klarna, plan.base_url, plan.order)))
  journal:close()
  return transaction, passed
end

return victim
