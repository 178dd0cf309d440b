-- The in-game store is a test: the game plays by itself in a real LÖVE on a screen in memory, its
-- server sells on a sandbox whose shopper agrees, and a picture of each scene goes to build/shots.

local child = require "support.child"
local heavy = require "support.heavy"
local peers = require "support.peers"

local SHOP = "examples/love-shop"
local LIMIT_MS = 60000

-- Why the game cannot be played here, or nil.
local function missing()
  if not heavy.here then return heavy.left_out "the game, which LÖVE runs by its own LuaJIT" end
  for program, package in pairs { love = "love", ["xvfb-run"] = "xvfb", xauth = "xauth" } do
    if not peers.have(program) then return "the game cannot be played: install " .. package end
  end
  if not pcall(require, "socket") then return "the game has no server: install lua-socket" end
end

describe("the game server", function()
  it("is the only part of the game that can see a key or move money", function()
    local pipe = assert(io.popen("grep -rlE 'kassa[. ]|API_KEY' --include=*.lua " .. SHOP))
    local files = {}
    for path in pipe:lines() do
      if peers.read(path):find "require \"kassa\"" or peers.read(path):find "API_KEY" then
        files[#files + 1] = path:match "[^/]*$"
      end
    end
    pipe:close()
    table.sort(files)
    assert.same({ "server.lua", "till.lua" }, files)
  end)
end)

describe("the shop in the game", function()
  local box, folder, server, clock

  setup(function()
    if missing() then return end
    folder = peers.folder()
    clock = require "kassa.core".engine.new {}
    box = assert(require "kassa.sandbox".start { seed = 7 })
  end)

  teardown(function()
    if not folder then return end
    if server then os.execute("kill " .. server .. " 2>/dev/null") end
    box:stop()
    clock:close()
    peers.remove(folder)
  end)

  -- Look until there is something.
  local function until_said(path, pattern)
    local late = clock:now() + LIMIT_MS
    while true do
      local found = peers.read(path):match(pattern)
      if found then return found end
      assert(clock:now() < late, path .. " never said " .. pattern .. ":\n" .. peers.read(path))
      clock:step(20)
    end
  end

  local function in_home(words)
    local environment = { "env", "HOME=" .. folder, "XDG_DATA_HOME=" .. folder, "XDG_CONFIG_HOME="
      .. folder, "XDG_CACHE_HOME=" .. folder, "KASSA_SHOP_SHOTS=build/shots", "LUA_PATH=",
      "LUA_CPATH=", "LD_PRELOAD=" }
    for _, word in ipairs(words) do environment[#environment + 1] = word end
    return environment
  end

  it("sells an item: the shopper agrees, the receipt is there, the game ends with 0", function()
    local why = missing()
    if why then return pending(why) end
    local options = box:options()
    server = child.start({ "env", "KLARNA_API_KEY=" .. options.api_key,
      "KLARNA_ACCOUNT=" .. options.account, "KLARNA_BASE_URL=" .. options.base_url,
      child.lua, SHOP .. "/server.lua" }, folder .. "/server")
    local address = until_said(folder .. "/server", "listening on ([%d.:]+)\n")
    os.execute "mkdir -p build/shots && rm -f build/shots/love-*.png"
    child.start(in_home { "sh", "-c", 'xvfb-run -a love "$0" "$1"; echo "ended with $?"', SHOP,
      address }, folder .. "/game")
    local request = until_said(folder .. "/server", "of staff: %S+/pay/(krn:%S+)\n")
    until_said("build/shots/love-waiting.png", "^\137PNG")
    assert(box:approve(request))
    assert.equal("0", until_said(folder .. "/game", "ended with (%d+)"),
      peers.read(folder .. "/game"))
    assert.matches("bought staff, order game%-", peers.read(folder .. "/game"))
    assert.matches("of staff: sold\n", peers.read(folder .. "/server"))
    local taken = 0
    for _, asked in ipairs(box:requests()) do
      if asked.operation == "payment_transaction.capture" then taken = taken + 1 end
    end
    assert.equal(1, taken)
    for _, scene in ipairs { "store", "waiting", "receipt", "owned" } do
      assert.matches("^\137PNG", peers.read("build/shots/love-" .. scene .. ".png"))
    end
  end)
end)
