-- Drives headless Chromium through chromedriver's HTTP interface (W3C WebDriver). It refuses to
-- wait silently: whatever the driver answers with an error raises here.
local child = require "support.child"
local core = require "kassa.core"
local http = require "socket.http"
local json = require "kassa.json"
local ltn12 = require "ltn12"
local socket = require "socket"

local browser = {}
browser.__index = browser

local FLAGS = {
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--hide-scrollbars", "--force-color-profile=srgb",
}
local ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

local function ask(self, method, path, body)
  local text, parts = body and assert(json.encode(body)), {}
  local ok, status = http.request {
    method = method, url = "http://127.0.0.1:" .. self.port .. path, sink = ltn12.sink.table(parts),
    source = text and ltn12.source.string(text),
    headers = text and { ["content-length"] = #text, ["content-type"] = "application/json" },
  }
  if not ok then return nil, status end
  local answer = json.decode(table.concat(parts))
  local value = answer and answer.value
  if status ~= 200 then return nil, value and value.message or "status " .. status end
  return value, nil
end

local function must(self, method, path, body)
  local value, problem = ask(self, method, "/session/" .. self.session .. path, body)
  if problem then error("chromedriver: " .. problem, 3) end
  return value
end

local function free_port()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  listener:close()
  return tonumber(port)
end

local function wait_ready(self)
  local deadline = socket.gettime() + 20
  while socket.gettime() < deadline do
    local status = ask(self, "GET", "/status")
    if status and status.ready then return end
    socket.sleep(0.05)
  end
  error "chromedriver did not start"
end

--- A running browser with one empty page.
-- @param log path of a file for chromedriver's output
-- @param profile path of an empty folder
function browser.start(log, profile)
  local self = setmetatable({ port = free_port() }, browser)
  self.pid = child.start({ "chromedriver", "--port=" .. self.port }, log)
  wait_ready(self)
  local args = json.list {}
  for i, flag in ipairs(FLAGS) do args[i] = flag end
  args[#args + 1] = "--user-data-dir=" .. profile
  local made, problem = ask(self, "POST", "/session", { capabilities = { alwaysMatch = {
    browserName = "chrome", ["goog:chromeOptions"] = { args = args },
    ["goog:loggingPrefs"] = { browser = "ALL" },
  } } })
  if not made then self:stop() error("chromedriver: " .. problem) end
  self.session = made.sessionId
  return self
end

--- Close the browser and its driver.
function browser:stop()
  if self.session then ask(self, "DELETE", "/session/" .. self.session) end
  ask(self, "GET", "/shutdown")
  os.execute("kill " .. self.pid .. " 2>/dev/null")
end

--- Set the size of the page in CSS pixels, whatever a window may be.
function browser:size(width, height)
  must(self, "POST", "/goog/cdp/execute", { cmd = "Emulation.setDeviceMetricsOverride", params = {
    width = width, height = height, deviceScaleFactor = 1, mobile = width < 600,
  } })
end

function browser:open(url) must(self, "POST", "/url", { url = url }) end
function browser:url() return must(self, "GET", "/url") end

--- Run JavaScript in the page as the body of a function; returns what it returns.
function browser:run(script)
  return must(self, "POST", "/execute/sync", { script = script, args = json.list {} })
end

local function find(self, selector)
  return must(self, "POST", "/element", { using = "css selector", value = selector })[ELEMENT]
end

--- The visible text of the first element that fits.
function browser:text(selector)
  return must(self, "GET", "/element/" .. find(self, selector) .. "/text")
end

--- Forget every cookie of the site that is open.
function browser:forget() must(self, "DELETE", "/cookie") end

--- Let pages run scripts, or not.
function browser:scripts(allowed)
  must(self, "POST", "/goog/cdp/execute", { cmd = "Emulation.setScriptExecutionDisabled",
    params = { value = not allowed } })
end

--- Look again until something is as expected: the driver does not always wait for the page that a
-- click or a key leads to, and between two pages may find no element at all.
function browser.eventually(expected, look_again)
  local deadline = socket.gettime() + 10
  local ok, found
  repeat
    ok, found = pcall(look_again)
    if ok and found == expected then return end
    socket.sleep(0.02)
  until socket.gettime() > deadline
  error(("%s expected, got %s"):format(tostring(expected), tostring(found)), 2)
end

--- Wait until the browser is at this address and has all of it.
function browser:expect_url(expected)
  browser.eventually(expected, function() return self:url() end)
  browser.eventually("complete", function() return self:run "return document.readyState" end)
end

--- Nothing may stick out sideways: raises and names what does.
function browser:expect_fits()
  local wide = self:run [[
    const page = document.documentElement
    if (page.scrollWidth > window.innerWidth) return `${page.scrollWidth} > ${window.innerWidth}`
    const out = [...document.querySelectorAll("main *")].filter(e => {
      const box = e.getBoundingClientRect()
      return box.width > 1 && (box.right > window.innerWidth + 1 || box.left < -1)
    })
    return out.length ? out[0].outerHTML.slice(0, 200) : ""]]
  if wide ~= "" then error("it does not fit: " .. wide, 2) end
end


function browser:click(selector)
  must(self, "POST", "/element/" .. find(self, selector) .. "/click", {})
end

--- Type keys into an element; "\238\128\135" is Enter.
function browser:type(selector, keys)
  must(self, "POST", "/element/" .. find(self, selector) .. "/value", { text = keys })
end

--- What the console was told since the last time: scripts that failed, rules that were broken.
function browser:complaints()
  return must(self, "POST", "/se/log", { type = "browser" })
end

--- Write a PNG of the whole page.
function browser:shot(path)
  local size = self:run "return [document.documentElement.scrollHeight, window.innerWidth]"
  self:size(size[2], size[1])
  local file = assert(io.open(path, "wb"))
  file:write(core.sign.unbase64(must(self, "GET", "/screenshot")))
  file:close()
end

return browser
