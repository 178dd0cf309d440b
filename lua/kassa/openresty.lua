-- What a shop inside nginx needs beside a client: a content handler that receives webhooks, and the
-- dictionaries that workers share. It opens no port and adds no directive; a client needs nothing
-- from here (kassa.runtime.nginx).

local receiver = require "kassa.webhook.receiver"

local M = {}

local AT_ONCE = 16 -- events that one worker of nginx handles at the same time

local function here(name)
  local ngx = package.loaded.ngx
  if ngx and ngx.get_phase then return ngx end
  error(("kassa.openresty.%s: only inside nginx with its Lua module"):format(name), 3)
end

-- One request -------------------------------------------------------------------------------------

-- A large body lies in a file; no more of it is read than may be there.
local function read_file(path, limit)
  local file = path and io.open(path, "rb")
  if not file then return nil end
  local bytes = file:read(limit + 1)
  file:close()
  return bytes
end

local NO_LENGTH = "the body's length must be told\n" -- HTTP/2, by an older module

-- -> the body; or nil and the answer to a request whose body cannot be had
local function body_of(ngx, limit)
  local too_large = receiver.answer(413, "body too large\n")
  if (tonumber(ngx.var.http_content_length) or 0) > limit then return nil, too_large end
  if not pcall(ngx.req.read_body) then return nil, receiver.answer(411, NO_LENGTH) end
  local body = ngx.req.get_body_data() or read_file(ngx.req.get_body_file(), limit) or ""
  if #body > limit then return nil, too_large end
  return body
end

local function answer_to(self, ngx)
  if ngx.req.get_method() ~= "POST" then return receiver.wrong_method "POST" end
  local body, refusal = body_of(ngx, self.body_max)
  if not body then return refusal end
  return self:respond(self.deliver, {
    method = "POST", body = body, headers = ngx.req.get_headers(), remote = ngx.var.remote_addr,
  })
end

local function send(ngx, answer)
  ngx.status = answer.status
  for name, value in pairs(answer.headers or {}) do ngx.header[name] = value end
  if answer.body then
    ngx.header["Content-Length"] = #answer.body
    ngx.print(answer.body)
  end
  ngx.eof()
end

-- Handling afterwards -----------------------------------------------------------------------------

-- As many timers as there are new events, within the limit. While nginx shuts down it takes no
-- timer any more: then the request, which is answered already, handles what waits.
local function start_workers(self, ngx)
  local count = math.min(self.fresh, self.at_once - self.workers)
  self.fresh = 0
  for _ = 1, count do
    self.workers = self.workers + 1
    if not ngx.timer.at(0, function() self:work() end) then self:work() end
  end
end

local function new(ngx, options)
  local self
  self = receiver.new(options, {
    time = function() return ngx.now() * 1000 end,
    pause = function(ms)
      self.ended = ngx.worker.exiting()
      ngx.sleep(ms / 1000)
    end,
    complain = function(words) ngx.log(ngx.ERR, "kassa.webhook: ", words) end,
  })
  self.at_once = options.at_once or AT_ONCE
  self.body_max = options.body_max or receiver.BODY_MAX
  return self
end

--- A content handler that receives webhooks: it verifies a delivery, has it stored, answers, and
-- has it handled afterwards, in a timer. Make it once a worker, in init_by_lua or in a module:
--
--   location = /webhooks { content_by_lua_block { require "shop".receive() } }
--
-- @param options { router = of kassa.webhook.router and keys = { [id] = signing key } or a set of
--   kassa.webhook.keys (both required); body_max = bytes (64 KiB; client_max_body_size counts too),
--   at_once = events that a worker handles at the same time (16), log = as a client's, provider and
--   tolerance_s = as kassa.webhook.serve's }
-- -> function() for content_by_lua. Raises for options that cannot be meant, and outside nginx.
function M.webhook(options)
  local ngx = here "webhook"
  local fault = receiver.fault(options, {}, M)
  if fault then error("kassa.openresty.webhook: " .. fault, 2) end
  local self = new(ngx, options)
  local phase = ngx.get_phase()
  if phase ~= "init" then start_workers(self, ngx) end
  return function()
    send(ngx, answer_to(self, ngx))
    start_workers(self, ngx)
  end
end

--- The dictionary that nginx.conf declares by `lua_shared_dict NAME SIZE;` and all workers share.
-- -> ngx.shared[name]; raises, naming the missing line
function M.dict(name)
  here "dict"
  local found = type(name) == "string" and require("kassa.pace.shared").named(name)
  if found then return found end
  local words = "kassa.openresty.dict: nginx.conf declares no such dictionary: add"
    .. " `lua_shared_dict %s 1m;` to its http block"
  error(words:format(tostring(name)), 2)
end

return M
