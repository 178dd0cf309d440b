-- Promises about how the source reads, so that a style guide cannot fade: sizes, headings, banned
-- calls, and who may touch memory, time, chance and disk. It refuses to have an opinion on taste.
local heavy = require "support.heavy"
local source = require "support.source"

if not heavy.here then pending(heavy.left_out "the source is tidy") return end

local LINES_MAX, COLUMNS_MAX, FUNCTION_LINES_MAX = 600, 100, 70

local files = source.files()

-- The files of a kind whose path begins with one of the prefixes (all when none is given).
local function each(kind, ...)
  local prefixes, chosen = { ... }, {}
  for _, file in ipairs(files) do
    local fits = #prefixes == 0
    for _, prefix in ipairs(prefixes) do
      fits = fits or file.path:sub(1, #prefix) == prefix
    end
    if fits and (kind == nil or file.kind == kind) then chosen[#chosen + 1] = file end
  end
  return ipairs(chosen)
end

local function expect_none(faults)
  assert(#faults == 0, "\n" .. table.concat(faults, "\n"))
end

local function add(faults, file, line, what)
  faults[#faults + 1] = ("%s:%d: %s"):format(file.path, line, what)
end

local function set(names)
  local members = {}
  for name in names:gmatch "%S+" do members[name] = true end
  return members
end

-- Faults for every call of a name (dots in it are plain) outside the files that own it.
local function calls(faults, file, names, owners)
  if owners and owners[file.path] then return end
  for name in pairs(names) do
    local pattern = "%f[%w_.]" .. name:gsub("%.", "%%.") .. "%s*%("
    for number, line in ipairs(file.text:find(name, 1, true) and source.code_lines(file) or {}) do
      if (" " .. line):find(pattern) then add(faults, file, number, name .. " is not for here") end
    end
  end
end

describe("the source", function()
  it("is found at all", function()
    assert(#files > 20)
  end)

  it("has files of at most 600 lines", function()
    local faults = {}
    for _, file in each() do
      if #file.lines > LINES_MAX then add(faults, file, #file.lines, "the file is too long") end
    end
    expect_none(faults)
  end)

  it("has lines of at most 100 columns, without tabs or blanks at their ends", function()
    local faults = {}
    for _, file in each() do
      for number, line in ipairs(file.lines) do
        local width = source.width(line)
        if width > COLUMNS_MAX then add(faults, file, number, width .. " columns") end
        if line:find "\t" then add(faults, file, number, "a tab") end
        if line:find "%s$" then add(faults, file, number, "blanks at the end") end
      end
    end
    expect_none(faults)
  end)

  it("has functions of at most 70 lines", function()
    local faults = {}
    for _, file in each() do
      for _, f in ipairs(source.functions(file)) do
        local lines = f.last - f.first + 1
        if lines > FUNCTION_LINES_MAX then
          add(faults, file, f.first, "a function of " .. lines .. " lines")
        end
      end
    end
    expect_none(faults)
  end)

  it("opens each file by saying what it is for and what it refuses", function()
    local faults = {}
    for _, file in each() do
      local _, sentences = (source.heading(file) .. " "):gsub("[.?!)]%s", "")
      local least = file.path:find "^spec/" and 1 or 2 -- a spec's name says the rest
      if sentences < least then add(faults, file, 1, least .. " sentences expected at the top") end
    end
    expect_none(faults)
  end)

  it("names no folder of one machine and no package registry", function()
    local start = "[%s\"'=(:]" -- what a path begins after, when it is not inside a longer one
    local places = { "registry%.npmjs", "pypi%.org", "files%.pythonhosted", "crates%.io",
      "proxy%.golang%.org", "deb%.debian%.org", "luarocks%.org" }
    for _, root in ipairs { "home", "root", "work", "Users" } do
      places[#places + 1] = start .. "/" .. root .. "/"
    end
    local faults = {}
    for _, file in each() do
      for number, line in ipairs(file.lines) do
        for _, place in ipairs(places) do
          if (" " .. line):find(place) then add(faults, file, number, place) end
        end
      end
    end
    expect_none(faults)
  end)
end)

describe("the C source", function()
  local BANNED = set "strcpy strcat sprintf vsprintf gets atoi atol strtok rand system alloca"
  local MEMORY = set "malloc calloc realloc free strdup strndup"

  -- Whoever is named here frees what it takes.
  local OWNS_MEMORY = set [[
    csrc/core/buffer.c csrc/core/engine.c csrc/core/engine_channel.c csrc/core/engine_heap.c
    csrc/core/engine_loop.c csrc/core/engine_queue.c csrc/core/engine_transfer.c
    csrc/core/engine_thread.c csrc/core/engine_upload.c csrc/core/engine_bridge.c csrc/core/jws.c
    csrc/httpd/call.c csrc/httpd/connection.c csrc/httpd/timers.c
  ]]

  it("calls nothing that is banned", function()
    local faults = {}
    for _, file in each "c" do calls(faults, file, BANNED) end
    expect_none(faults)
  end)

  it("takes and frees memory in the files that own some, nowhere else", function()
    local faults = {}
    for _, file in each("c", "csrc/") do calls(faults, file, MEMORY, OWNS_MEMORY) end
    expect_none(faults)
  end)

  it("keeps Lua out of the core and libcurl inside the engine", function()
    local faults = {}
    for _, file in each("c", "csrc/") do
      for number, line in ipairs(file.lines) do
        local core = file.path:find "^csrc/core/" ~= nil
        local engine = file.path:find "^csrc/core/engine[%w_]*%." ~= nil
        if core and line:find "#%s*include%s*[<\"]l[ua][ua]" then
          add(faults, file, number, "a Lua header in the core")
        end
        if not engine and line:find "#%s*include%s*<curl/" then
          add(faults, file, number, "libcurl outside the engine")
        end
      end
    end
    expect_none(faults)
  end)

  -- The comment that ends right above a line; "" when there is none.
  local function comment_above(lines, number)
    local first = number - 1
    if not (lines[first] or ""):find "%*/%s*$" then return "" end
    while first > 1 and not lines[first]:find "^/%*" do first = first - 1 end
    return table.concat(lines, "\n", first, number - 1)
  end

  it("states the stack effect of every function that Lua calls", function()
    local faults = {}
    for _, file in each("c", "csrc/lua/", "csrc/httpd/") do
      for number, line in ipairs(file.lines) do
        if line:find "^static int l_[%w_]* %(lua_State %*L%)" then
          if not comment_above(file.lines, number):find "%[%-[^%]]*%+[^%]]*%]" then
            add(faults, file, number, "no stack effect above it")
          end
        end
      end
    end
    expect_none(faults)
  end)
end)

describe("the Lua source", function()
  -- What comes from outside has one door each; everything else takes it as an argument.
  local DOORS = {
    ["os.time"] = set "lua/kassa/sandbox/clock.lua",
    ["os.clock"] = {}, ["os.date"] = {}, ["os.execute"] = {}, ["os.tmpname"] = {},
    ["os.remove"] = set "lua/kassa/download.lua", ["os.rename"] = set "lua/kassa/download.lua",
    ["io.open"] = set [[
      lua/kassa/download.lua lua/kassa/sandbox/form.lua lua/kassa/webhook/serve.lua
      lua/kassa/settings/cybersource.lua lua/kassa/openresty.lua
    ]],
    ["io.popen"] = {},
    ["io.lines"] = {}, ["math.random"] = {}, ["math.randomseed"] = {},
    ["loadstring"] = {}, ["setfenv"] = {}, ["module"] = {},
  }

  it("asks for time, chance and disk at their doors only", function()
    local faults = {}
    for name, owners in pairs(DOORS) do
      for _, file in each("lua", "lua/") do calls(faults, file, { [name] = true }, owners) end
    end
    expect_none(faults)
  end)

  it("sets no global and reads only Lua's own", function()
    local known = set [[
      _G _VERSION assert collectgarbage coroutine debug dofile error getmetatable io ipairs load
      loadfile loadstring math next os package pairs pcall print rawequal rawget rawlen rawset
      require select setmetatable string table tonumber tostring type unpack utf8 xpcall jit ngx
    ]]
    local faults, paths = {}, {}
    for _, file in each("lua", "lua/") do paths[#paths + 1] = "'" .. file.path .. "'" end
    local pipe = assert(io.popen("luac5.1 -l -p " .. table.concat(paths, " ") .. " 2>&1"))
    local listed = 0
    for line in pipe:lines() do
      local action, name = line:match "%f[%u](%u)ETGLOBAL%s.*;%s*(%S+)$"
      listed = listed + (action and 1 or 0)
      if action == "S" or (action and not known[name]) then faults[#faults + 1] = line end
    end
    pipe:close()
    if listed == 0 then return pending "luac5.1 is not installed" end
    expect_none(faults)
  end)
end)

describe("each module", function()
  -- Where a folder is one concept, one spec keeps the promises of all its files.
  local SHARED = {
    ["^csrc/core/engine_"] = "spec/core/engine_spec.lua",
    ["^csrc/httpd/"] = "spec/httpd/httpd_spec.lua",
    ["^lua/kassa/api/klarna/"] = "spec/api/klarna_spec.lua",
    ["^lua/kassa/api/cybersource/"] = "spec/api/cybersource_spec.lua",
    ["^lua/kassa/checkout/"] = "spec/checkout_spec.lua",
    ["^lua/kassa/sandbox/klarna/"] = "spec/sandbox/klarna_spec.lua",
    ["^lua/kassa/sandbox/cybersource/"] = "spec/sandbox/cybersource_spec.lua",
  }

  -- csrc/core/x.c and csrc/lua/x.c are one concept, as are init.lua and its folder.
  local RULES = {
    { "^csrc/core/(.*)%.c$", "spec/core/%s_spec.lua" },
    { "^csrc/lua/(.*)%.c$", "spec/core/%s_spec.lua" },
    { "^csrc/httpd/(.*)%.c$", "spec/httpd/%s_spec.lua" },
    { "^lua/(kassa)/init%.lua$", "spec/%s_spec.lua" },
    { "^lua/kassa/(.*)/init%.lua$", "spec/%s_spec.lua" },
    { "^lua/kassa/(.*)%.lua$", "spec/%s_spec.lua" },
  }

  -- The specs of which one must be there; none for a file that no rule names.
  local function specs_of(path)
    local specs = {}
    for pattern, spec in pairs(SHARED) do
      if path:find(pattern) then specs[1] = spec end
    end
    for _, rule in ipairs(RULES) do
      local name = path:match(rule[1])
      if name then specs[#specs + 1] = rule[2]:format(name) end
    end
    return specs
  end

  it("has a spec of the same name", function()
    local there, faults = {}, {}
    for _, file in each() do there[file.path] = true end
    for _, file in each(nil, "lua/", "csrc/") do
      local specs, found = specs_of(file.path), false
      for _, spec in ipairs(specs) do found = found or there[spec] end
      if #specs > 0 and not found then add(faults, file, 1, specs[1] .. " is missing") end
    end
    expect_none(faults)
  end)
end)
