-- kassa in this worker of nginx: one client, its journal and the checkout, made when first needed,
-- after nginx has forked. It knows keys and addresses, and nothing of orders.

local kassa = require "kassa"

local payments = {}

local made -- of this worker

local function setting(name)
  return os.getenv(name) or error("the environment has no " .. name .. " (see README.md)", 0)
end

local function make()
  local journal = kassa.assert(kassa.journal { path = setting "SHOP_DB" })
  local klarna = kassa.klarna {
    api_key = setting "KLARNA_API_KEY", account = os.getenv "KLARNA_ACCOUNT",
    base_url = os.getenv "KLARNA_BASE_URL", -- of the sandbox; without one it is Klarna's own
    journal = journal,
  }
  return { journal = journal, klarna = klarna, checkout = kassa.checkout(klarna) }
end

--- -> { journal =, klarna =, checkout = }
function payments.here()
  made = made or make()
  return made
end

--- What a worker that was killed has left open is settled when the next one starts.
function payments.recover()
  local here = payments.here()
  local report, err = here.journal:recover(here.klarna)
  if not report then return ngx.log(ngx.ERR, tostring(err)) end
  for _, left in ipairs(report.left) do
    ngx.log(ngx.WARN, "not settled: ", left.intent.key, ": ", left.why)
  end
end

return payments
