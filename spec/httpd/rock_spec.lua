-- The server's rock: it names every source, and what LuaRocks builds of it starts and stops.

local function run(command)
  local pipe = io.popen(command .. " 2>&1; echo \"exit $?\"")
  local output = pipe:read "*a"
  pipe:close()
  return tonumber(output:match "exit (%d+)%s*$"), output
end

describe("the server's rock", function()
  it("lists every source of the server", function()
    local file = assert(io.open "kassa-httpd-scm-1.rockspec")
    local text = file:read "*a"
    file:close()
    local listed = {}
    for path in text:gmatch "\"(csrc/httpd/[%w_]+%.c)\"" do listed[#listed + 1] = path end
    local _, found = run "ls csrc/httpd/*.c | LC_ALL=C sort"
    assert.equal((found:gsub("exit %d+%s*$", "")), table.concat(listed, "\n") .. "\n")
  end)

  if _VERSION ~= "Lua 5.4" then
    pending "is installed by LuaRocks: built once for 5.4 and 5.1, under lua5.4"
    return
  end

  for abi, interpreter in pairs { ["5.4"] = "lua5.4", ["5.1"] = "lua5.1" } do
    it("is installed for Lua " .. abi .. " and serves from another folder", function()
      local _, made = run "mktemp -d"
      local folder = made:match "^[^\n]+"
      local status, output = run(([[
        set -e; folder=%s; abi=%s
        mkdir $folder/copy $folder/home
        cp -R csrc kassa-httpd-scm-1.rockspec $folder/copy/
        cd $folder/copy
        HOME=$folder/home luarocks --lua-version $abi make --local --deps-mode none \
          kassa-httpd-scm-1.rockspec
        cd $folder/home
        echo 'return { boot = function() return function() return {} end end }' > app.lua
        LUA_PATH="./?.lua" LUA_CPATH="$folder/home/.luarocks/lib/lua/$abi/?.so" %s -e '
          local server = assert(require "kassa.httpd".start { module = "app" })
          assert(server:port() > 0)
          server:stop()']]):format(folder, abi, interpreter))
      run("rm -rf " .. folder)
      assert.equal(0, status, output)
    end)
  end
end)
