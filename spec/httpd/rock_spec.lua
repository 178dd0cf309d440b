-- The server's rock: what LuaRocks builds of it starts and stops, and it brings no Lua module.

local function run(command)
  local pipe = io.popen(command .. " 2>&1; echo \"exit $?\"")
  local output = pipe:read "*a"
  pipe:close()
  return tonumber(output:match "exit (%d+)%s*$"), output
end

describe("the server's rock", function()
  local abi = _VERSION:match "%d%.%d"
  if abi == "5.3" or rawget(_G, "jit") then
    pending "is installed by LuaRocks: built for 5.4 and 5.1, each under its own Lua"
    return
  end
  local interpreter = "lua" .. abi

  it("is installed for Lua " .. abi .. " alone, without the client, and serves", function()
    local _, made = run "mktemp -d"
    local folder = made:match "^[^\n]+"
    local status, output = run(([[
      set -e; folder=%s; abi=%s
      mkdir $folder/copy $folder/home
      cp -R csrc lua kassa-httpd-scm-1.rockspec $folder/copy/
      mkdir $folder/copy/tools; cp tools/httpd.mk $folder/copy/tools/
      cd $folder/copy
      HOME=$folder/home luarocks --lua-version $abi make --local --deps-mode none \
        CFLAGS="-O0 -fPIC" kassa-httpd-scm-1.rockspec
      test ! -e $folder/home/.luarocks/share/lua/$abi/kassa
      cd $folder/home
      echo 'return { boot = function() return function() return {} end end }' > app.lua
      LUA_PATH="./?.lua" LUA_CPATH="$folder/home/.luarocks/lib/lua/$abi/?.so" %s -e '
        local server = assert(require "kassa.httpd".start { module = "app" })
        assert(server:port() > 0)
        server:stop()']]):format(folder, abi, interpreter))
    run("rm -rf " .. folder)
    assert.equal(0, status, output)
  end)
end)
