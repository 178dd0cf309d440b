-- Promises of kassa.settings.cybersource: every wrong option is named at once, and no secret shows.
local access = require "kassa.api.cybersource.access"
local core = require "kassa.core"
local json = require "kassa.json"
local kassa = require "kassa"
local peers = require "support.peers"
local script = require "support.script"
local settings = require "kassa.settings"

local SECRET = "7i9u0DO3gaOXQn+8q2DT0zWBD9BpyH0Zs9BssgO/NYM=" -- of cybersource.md 9

local function with(changes)
  local options = { merchant_id = "shop", key_id = "key-1", secret = SECRET }
  for name, value in pairs(changes or {}) do options[name] = value or nil end
  return options
end

local function faults_of(changes)
  local read, faults = settings.read(access, with(changes))
  assert.is_nil(read)
  return faults
end

describe("kassa.settings.cybersource", function()
  it("stands on the test host and knows the two live ones", function()
    for environment, host in pairs {
      test = "https://apitest.cybersource.com", live = "https://api.cybersource.com",
      live_in = "https://api.in.cybersource.com",
    } do
      local read = assert(settings.read(access, with { environment = environment }))
      assert.equal(host, read.url)
    end
    local read = assert(settings.read(access, with()))
    assert.equal("https://apitest.cybersource.com", read.url)
    assert.equal("", read.prefix)
    assert.equal("shop", read.account)
    assert.same({ "Accept: application/hal+json" }, read.headers)
  end)

  it("names every option that cannot be meant, at once", function()
    assert.same({
      'auth must be "jwt" or "http_signature", got "basic"',
      'environment must be "test" or "live" or "live_in", got "sandbox"',
      "key_id must be the id shown with the key, without a quote, got string",
      "merchant_id must be an id of letters, digits, _, - and dots, got string",
      "portfolio_id must be an id of letters, digits, _, - and dots, got 7",
      "base_url http://10.0.0.1 would send the key in clear text: http is for loopback only",
      "p12_password is for a p12 file, and there is none",
      "secret is no base64: it is the shared secret as shown with the key id",
    }, faults_of { auth = "basic", environment = "sandbox", key_id = 'a"b', merchant_id = "a b",
      portfolio_id = 7, base_url = "http://10.0.0.1", p12_password = "x", secret = "????" })
  end)

  it("says what is missing, with where it comes from", function()
    local faults = faults_of { merchant_id = false, key_id = false, secret = false }
    assert.equal(3, #faults)
    for i, name in ipairs { "merchant_id", "key_id", "secret" } do
      assert.matches("^" .. name .. " is missing %(", faults[i])
    end
  end)

  it("knows no option of Klarna's own API", function()
    for _, name in ipairs { "api_key", "account", "integration", "username" } do
      assert.matches("^" .. name .. " is no option", faults_of { [name] = "x" }[1])
    end
  end)

  it("keeps Cybersource's hosts apart", function()
    for host, environment in pairs {
      ["https://api.cybersource.com"] = "test", ["https://apitest.cybersource.com"] = "live",
      ["https://api.in.cybersource.com"] = "live",
    } do
      assert.matches("Cybersource's .* host, but environment is",
        faults_of { base_url = host, environment = environment }[1])
    end
  end)

  it("takes http on this machine only", function()
    assert(settings.read(access, with { base_url = "http://127.0.0.1:8080" }))
  end)

  it("refuses what is no shared secret, without repeating it", function()
    for _, wrong in ipairs { "", "not base64!", SECRET .. "\n", 7, {}, core.secret.new "?" } do
      local fault = faults_of { secret = wrong }[1]
      assert.matches("^secret ", fault)
      assert.is_nil(fault:find("not base64!", 1, true))
    end
  end)

  it("asks a secret that is a function before every attempt", function()
    local asked, answers = 0, { SECRET, "?", nil }
    local read = assert(settings.read(access, with { secret = function()
      asked = asked + 1
      if asked > 2 then error "the vault is shut" end
      return answers[asked]
    end }))
    assert.equal(0, asked)
    assert.equal("table", type(read.authorize("GET", "/x", nil, 0)))
    local lines, why = read.authorize("GET", "/x", nil, 0)
    assert.is_nil(lines)
    assert.equal("secret is no base64: it is the shared secret as shown with the key id", why)
    lines, why = read.authorize("GET", "/x", nil, 0)
    assert.is_nil(lines)
    assert.equal("the secret function failed", why)
  end)

  it("shows a secret nowhere in the client", function()
    local client = kassa.cybersource(with { transport = script.new {} })
    assert.equal("kassa.cybersource (test, https://apitest.cybersource.com)", tostring(client))
    local seen = {}
    local function search(value)
      if type(value) == "string" then assert.is_nil(value:find(SECRET, 1, true)) end
      if type(value) ~= "table" or seen[value] then return end
      seen[value] = true
      for name, member in pairs(value) do search(name); search(member) end
    end
    search(client)
    search(assert(settings.read(access, with { secret = core.secret.new(SECRET) })))
  end)
end)

describe("a P12 certificate", function()
  local folder

  setup(function()
    folder = peers.folder()
    local make = "cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem"
      .. " -days 30 -subj %s 2>err.txt && openssl pkcs12 -export -inkey key.pem -in cert.pem"
      .. " -out %s -passout pass:open-sesame 2>>err.txt"
    assert(os.execute(make:format(folder, "/CN=shop/serialNumber=5550001112223", "shop.p12")))
    assert(os.execute(make:format(folder, "/CN=shop", "nameless.p12")))
    peers.write(folder .. "/empty.p12", "")
  end)

  teardown(function() peers.remove(folder) end)

  local function p12(changes)
    local options = { merchant_id = "shop", p12 = folder .. "/shop.p12",
      p12_password = "open-sesame" }
    for name, value in pairs(changes or {}) do options[name] = value or nil end
    return settings.read(access, options)
  end

  it("signs with RS256 and is named by its serial number", function()
    local read = assert(p12())
    local line = read.authorize("GET", "/x", nil, 0)[1]
    local header = line:match "^authorization: Bearer ([^.]+)"
    local text = core.sign.unbase64(header .. ("="):rep(-#header % 4))
    assert.same({ typ = "JWT", alg = "RS256", kid = "5550001112223" }, json.decode(text))
  end)

  it("is refused with the reason, which never repeats the password", function()
    for words, changes in pairs {
      ["the password is wrong"] = { p12_password = "open-simsim" },
      ["p12_password is missing"] = { p12_password = false },
      ["p12_password must be a string or a kassa.secret, got number"] = { p12_password = 7 },
      ["No such file"] = { p12 = folder .. "/none.p12" },
      ["p12: Is a directory"] = { p12 = folder },
      ["p12: the file is empty"] = { p12 = folder .. "/empty.p12" },
      ["it is no PKCS #12 file"] = { p12 = folder .. "/cert.pem" },
      ["p12 must be the path of a file"] = { p12 = 7 },
      ["no serialNumber"] = { p12 = folder .. "/nameless.p12" },
      ["secret and p12 exclude each other"] = { secret = SECRET },
      ["key_id and p12 exclude each other"] = { key_id = "k" },
      ['auth "http_signature" takes a secret'] = { auth = "http_signature" },
    } do
      local read, faults = p12(changes)
      assert.is_nil(read, words)
      local text = table.concat(faults, "; ")
      assert.is_truthy(text:find(words, 1, true), text)
      assert.is_nil(text:find "open%-s")
    end
  end)
end)
