-- Starts examples/openresty-shop as a person would, and shops in it without a browser. It asks the
-- sandbox behind the shop, never the shop itself, what has become of the money.
local child = require "support.child"
local http = require "socket.http"
local json = require "kassa.json"
local ltn12 = require "ltn12"
local socket = require "socket"

local M = {}

local Shop, Visitor = {}, {}
Shop.__index, Visitor.__index = Shop, Visitor

local WAIT_S = 20

local function succeeds(command)
  local ok = os.execute(command .. " >/dev/null 2>&1")
  return ok == true or ok == 0
end

-- What is needed: a command that succeeds when it is there, and what to install.
local NEEDS = {
  { "command -v nginx", "nginx-light" },
  { "test -f \"$(nginx -V 2>&1 | sed -n 's/.*--modules-path=\\([^ ]*\\).*/\\1/p')"
    .. "/ngx_http_lua_module.so\"", "libnginx-mod-http-lua" },
  { "lua5.1 -e 'require \"cjson\"'", "lua-cjson" },
  { "lua5.1 -e 'require \"dbd.sqlite3\"'", "lua-dbi-sqlite3" },
  { "test -f build/5.1/kassa/core.so", "liblua5.1-0-dev (then make)" },
}

--- The first package that is missing here, or nil.
function M.missing()
  for _, need in ipairs(NEEDS) do
    if not succeeds(need[1]) then return need[2] end
  end
end

--- Look again until it is so; raises when it does not become so.
function M.eventually(what, look)
  local deadline = socket.gettime() + WAIT_S
  repeat
    local found = look()
    if found then return found end
    socket.sleep(0.02)
  until socket.gettime() > deadline
  error("not within " .. WAIT_S .. " seconds: " .. what, 2)
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a"
  if file then file:close() end
  return text
end

--- Start a shop with a sandbox of its own. -> shop: url, office_password, sandbox (its address),
-- folder
function M.start()
  local path = os.tmpname()
  local pid = child.start({ "env", "-u", "LD_PRELOAD", "BUILD=build", "LUA=lua5.4", "ABI=5.4",
    "examples/openresty-shop/run" }, path)
  local told = M.eventually("the shop starts", function()
    local text = read(path)
    if text:find("shop: ", 1, true) then error(text) end
    return text:find("Ctrl-C ends it", 1, true) and text
  end)
  os.remove(path)
  return setmetatable({ pid = pid, url = told:match "shop +(%S+)/\n",
    password = told:match "password (%S+)", sandbox = told:match "sandbox +(%S+)/_sandbox/",
    folder = told:match "log +(%S+)/error.log", told = told }, Shop)
end

-- One that has ended counts as such, also where nobody asks how.
local function is_running(pid)
  local status = read("/proc/" .. pid .. "/status")
  return status and not status:find "State:%s*Z"
end

--- What stands in nginx's log at this level or worse.
function Shop:complaints()
  local worse = {}
  for line in (read(self.folder .. "/error.log") or ""):gmatch "[^\n]+" do
    if line:find "%[error%]" or line:find "%[crit%]" or line:find "%[alert%]" then
      worse[#worse + 1] = line
    end
  end
  return worse
end

--- End it as Ctrl-C does. -> is nothing left?
function Shop:stop()
  os.execute("kill -TERM " .. self.pid)
  M.eventually("the shop ends", function() return not is_running(self.pid) end)
  return not succeeds("test -e " .. self.folder)
end

-- One request. -> { status =, headers =, body = }
local function ask(method, url, body, headers)
  local parts = {}
  headers["content-length"] = body and #body or nil
  local ok, status, answered = http.request {
    method = method, url = url, headers = headers, redirect = false,
    source = body and ltn12.source.string(body), sink = ltn12.sink.table(parts),
  }
  assert(ok, status)
  return { status = status, headers = answered, body = table.concat(parts) }
end

--- A verb of the sandbox (docs/sandbox.md). -> result
function Shop:verb(name, ...)
  local answer = ask("POST", self.sandbox .. "/_sandbox/" .. name,
    assert(json.encode { args = json.list { ... } }), { ["content-type"] = "application/json" })
  local value = json.decode(answer.body)
  assert(value.ok, value.message)
  return value.result
end

--- Somebody with cookies of their own.
function Shop:visitor() return setmetatable({ shop = self, cookies = {} }, Visitor) end

local function cookie_line(cookies)
  local list = {}
  for name, value in pairs(cookies) do list[#list + 1] = name .. "=" .. value end
  return table.concat(list, "; ")
end

local function escape(text)
  return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function form_of(fields)
  local list = {}
  for name, value in pairs(fields) do list[#list + 1] = name .. "=" .. escape(tostring(value)) end
  return table.concat(list, "&")
end

local function send(self, method, path, body, headers)
  headers.cookie = cookie_line(self.cookies)
  local url = path:find "^http" and path or self.shop.url .. path
  local answer = ask(method, url, body, headers)
  local name, value = (answer.headers["set-cookie"] or ""):match "^([^=]+)=([^;]*)"
  if name then self.cookies[name] = value end
  return answer
end

function Visitor:get(path) return send(self, "GET", path, nil, {}) end

--- Post a form. headers: more of them, or nil
function Visitor:post(path, fields, headers)
  headers = headers or {}
  headers["content-type"] = "application/x-www-form-urlencoded"
  return send(self, "POST", path, form_of(fields), headers)
end

--- Post a form with a file in it. file: { name of the input, filename, bytes }
function Visitor:upload(path, fields, file)
  local parts, mark = {}, "--a-boundary-of-the-spec"
  for name, value in pairs(fields) do
    parts[#parts + 1] = ('%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'):format(
      mark, name, value)
  end
  parts[#parts + 1] = ('%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n')
    :format(mark, file[1], file[2]) .. file[3] .. "\r\n"
  local body = table.concat(parts) .. mark .. "--\r\n"
  return send(self, "POST", path, body, {
    ["content-type"] = "multipart/form-data; boundary=" .. mark:sub(3) })
end

--- The bytes of a form's request on a connection that is left open, for clicks at the same moment.
-- -> socket, from which the first line of the answer can be read
function Visitor:click(path, fields)
  local body = form_of(fields)
  local connection = assert(socket.connect("127.0.0.1", self.shop.url:match ":(%d+)$"))
  connection:settimeout(WAIT_S)
  assert(connection:send(("POST %s HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nCookie: %s\r\n"
    .. "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s"):format(
    path, cookie_line(self.cookies), #body, body)))
  return connection
end

--- The value of a hidden input on a page.
function M.hidden(page, name)
  return page.body:match('name="' .. name .. '" value="([^"]*)"')
end

M.ADDRESS = { given_name = "Jane", family_name = "Doe", email = "jane@mail.example",
  street_address = "Köpenicker Straße 70", postal_code = "10179", city = "Berlin" }

--- Choose a mug and a bowl and fill in the checkout. changes: fields that differ
-- -> the form's fields, ready to be posted to /checkout
function Visitor:checkout(changes)
  self:post("/basket/add", { product = "mug", quantity = 2 })
  self:post("/basket/add", { product = "bowl", quantity = 1 })
  local fields = { key = M.hidden(self:get "/checkout", "key") }
  for name, value in pairs(M.ADDRESS) do fields[name] = value end
  for name, value in pairs(changes or {}) do fields[name] = value end
  return fields
end

--- Order a mug and a bowl. -> { key =, request_id =, page = of Klarna }
function Visitor:order(changes)
  local fields = self:checkout(changes)
  local answer = self:post("/checkout", fields)
  assert(answer.status == 303, answer.body)
  local page = answer.headers.location
  return { key = fields.key, page = page, request_id = page:match "/pay/(.+)$" }
end

--- Enter the back office.
function Visitor:enter()
  return self:post("/office/login", { password = self.shop.password })
end

--- What the sandbox's ledger holds of a payment, by its request's id.
function Shop:ledger(request_id)
  local context = self:verb("view", request_id).state_context
  return self:verb("ledger", context.payment_transaction.payment_transaction_id)
end

function Shop:transaction(request_id)
  return self:verb("view", request_id).state_context.payment_transaction.payment_transaction_id
end

return M
