-- Every example is a test: it runs to its last line as a process of its own, offline, with the
-- sandbox behind a server and without one. It refuses to let a failing step end well.
local child = require "support.child"
local heavy = require "support.heavy"

-- The last line of each, by its name and arguments; what is not listed here is no example.
local CHECKED_OUT = "1 capture, 1 refund: 25.00 EUR of 50.00 EUR given back"
local LAST_LINE = {
  ["batch 100"] = "batch: 98 refunded, 2 failed, 0 requests over the limit",
  checkout = CHECKED_OUT, ["checkout klarna"] = CHECKED_OUT, ["checkout cybersource"] = CHECKED_OUT,
  cybersource = "cybersource: ok",
  concurrent = "concurrent: ok",
  crash = "crash: 1 capture, 1 refund",
  declined = "declined: ok",
  dispute = "dispute: won",
  subscription = "subscription: ok",
  webhooks = "webhooks: ok",
}

-- Put before an example: no server can be loaded, as without libmicrohttpd.
local NO_SERVER = [[package.preload["kassa.httpd"] = function() error "not installed" end]]

-- Put before an example: the sandbox refuses the first capture.
local REFUSED = [[
  local sandbox = require "kassa.sandbox"
  local start = sandbox.start
  function sandbox.start(options)
    local box = start(options)
    box:fault { operation = "payment_transaction.capture", kind = "status", status = 400 }
    return box
  end]]

-- What needs virtual time and therefore no server.
local IN_SCRIPT = { cybersource = true }

-- Which key of an example's provider is not to be there, or does not fit, and what is said then.
local function key_of(name)
  if name == "checkout" or name == "checkout klarna" then
    return "KLARNA_API_KEY=klarna_live_api_x", "is a live key"
  end
  if name == "checkout cybersource" then return "CYBERSOURCE_SECRET=eA==", "key_id is missing" end
  if name == "cybersource" then return "CYBERSOURCE_SECRET=eA==", "unset CYBERSOURCE_SECRET" end
  return "KLARNA_API_KEY=klarna_live_api_x", "unset KLARNA_API_KEY"
end

-- Run an example, with a key ("NAME=value", or nil), after some Lua text. -> exit status, output
local function run(name, key, before)
  local file, argument = name:match "^(%w+) ?(%w*)$"
  local words = { "env", "KLARNA_API_KEY=", "CYBERSOURCE_SECRET=", "KASSA_PROVIDER=klarna",
    key or "NO_KEY=", child.lua, "-e", before or "", "examples/" .. file .. ".lua" }
  if argument ~= "" then words[#words + 1] = argument end
  return child.finish(words)
end

local function last_line(output)
  return output:match "([^\n]*)\n$"
end

describe("the examples", function()
  it("are all listed here", function()
    local listed = { stage = true }
    for name in pairs(LAST_LINE) do listed[name:match "^%w+"] = true end
    local pipe = assert(io.popen "cd examples && ls *.lua") -- a folder has a spec of its own
    for file in pipe:lines() do
      local name = file:match "^(.*)%.lua$"
      assert.is_truthy(listed[name], file)
    end
    pipe:close()
  end)

  it("run from their own folder too", function()
    local script = ("cd examples && KLARNA_API_KEY= '%s' checkout.lua"):format(child.lua)
    local status, output = child.finish { "sh", "-c", script }
    assert.equal(0, status, output)
  end)
end)

for name, line in pairs(LAST_LINE) do
  describe("the example " .. name, function()
    it("runs to its end with a sandbox behind a server", function()
      local status, output = run(name)
      assert.equal(0, status, output)
      local words = IN_SCRIPT[name] and "playing on a sandbox in this script"
        or "playing on a sandbox at http://127.0.0.1:"
      assert.is_truthy(output:find(words, 1, true), output)
      assert.is_truthy(last_line(output):find(line, 1, true), output)
    end)

    it("runs to its end without a server", function()
      if not heavy.either then return pending(heavy.left_out(name)) end
      local status, output = run(name, nil, NO_SERVER)
      assert.equal(0, status, output)
      assert.is_nil(output:find("playing on a sandbox at http://127.0.0.1:", 1, true))
      assert.is_truthy(last_line(output):find(line, 1, true), output)
    end)

    it("tells, before anything is sent, why a key does not fit", function()
      local key, words = key_of(name)
      local status, output = run(name, key)
      assert.is_true(status ~= 0, output)
      assert.is_truthy(output:find(words, 1, true), output)
    end)
  end)
end

describe("an example whose step fails", function()
  for _, name in ipairs { "checkout", "concurrent", "webhooks" } do
    it("ends " .. name .. ": the error in a line, and a status of failure", function()
      local status, output = run(name, nil, REFUSED)
      assert.is_true(status ~= 0, output)
      assert.matches("payment_transaction%.capture: invalid: .* %(happened: no", output)
      assert.is_nil(output:find(LAST_LINE[name], 1, true))
    end)
  end
end)
