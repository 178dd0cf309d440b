-- The rock as a merchant gets it: built by LuaRocks for two Luas, used from another folder. It
-- refuses to find anything in this checkout, and each Lua builds its own, since it is slow.

local function run(command)
  local pipe = io.popen(command .. " 2>&1; echo \"exit $?\"")
  local output = pipe:read "*a"
  pipe:close()
  local status = output:match "exit (%d+)%s*$"
  return tonumber(status), output
end

local function here()
  local _, path = run "pwd"
  return path:match "^[^\n]+"
end

describe("make without a target", function()
  it("builds both modules", function()
    local status, commands = run "make -n BUILD=$(mktemp -u)"
    assert.equal(0, status)
    assert.matches("ld [^\n]*/kassa/core%.so", commands)
    assert.matches("ld [^\n]*/kassa/httpd%.so", commands)
  end)
end)

describe("the rock", function()
  it("lists every module and source of the tree", function()
    local _, printed = run "lua5.4 tools/rockspec.lua"
    local file = assert(io.open "kassa-scm-1.rockspec")
    local committed = file:read "*a"
    file:close()
    assert.equal((printed:gsub("exit %d+%s*$", "")), committed)
  end)

  local abi = _VERSION:match "%d%.%d"
  if abi == "5.3" or rawget(_G, "jit") then
    pending "is installed by LuaRocks: built for 5.4 and 5.1, each under its own Lua"
    return
  end
  local interpreter = "lua" .. abi

  it("is installed for Lua " .. abi .. " and runs an example from another folder", function()
    local root = here()
    local _, made = run "mktemp -d"
    local folder = made:match "^[^\n]+"
    local status, output = run(([[
      set -e; root=%s; folder=%s; abi=%s
      mkdir $folder/copy $folder/home $folder/else
      cp -R $root/csrc $root/lua $root/*.rockspec $folder/copy/
      cp -R $root/examples $folder/else/
      cd $folder/copy
      HOME=$folder/home luarocks --lua-version $abi make --local --deps-mode none \
        CFLAGS="-O0 -fPIC" kassa-scm-1.rockspec
      rocks=$folder/home/.luarocks
      cd $folder/else
      LUA_PATH="$rocks/share/lua/$abi/?.lua;$rocks/share/lua/$abi/?/init.lua;;" \
        LUA_CPATH="$rocks/lib/lua/$abi/?.so;;" %s examples/checkout.lua]]):format(
      root, folder, abi, interpreter))
    run("rm -rf " .. folder)
    assert.equal(0, status, output)
    assert.matches("1 capture, 1 refund: 25.00 EUR of 50.00 EUR given back", output)
  end)
end)
