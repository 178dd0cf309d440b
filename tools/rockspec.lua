-- Prints kassa-scm-1.rockspec: the client's rock holds every Lua module under lua/kassa and the C
-- core. No list in it is kept by hand, since such a list is forgotten; spec/rock_spec.lua compares.

local sources = {}

local function list(command)
  local lines = {}
  local pipe = assert(io.popen(command .. " | LC_ALL=C sort"))
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

local function module_of(path)
  return (path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

for _, path in ipairs(list "ls csrc/core/*.c csrc/lua/*.c") do
  sources[#sources + 1] = ("        %q,"):format(path)
end

local modules = {}
for _, path in ipairs(list "find lua/kassa -name '*.lua'") do
  modules[#modules + 1] = ("    [%q] = %q,"):format(module_of(path), path)
end

io.write(([[
-- Printed by tools/rockspec.lua (`make docs`). It refuses to hold the sandbox's HTTP server, which
-- asks for libmicrohttpd.
package = "kassa"
version = "scm-1"
source = { url = "git+https://github.com/kassa/kassa.git" }
description = {
  summary = "Klarna checkout and dispute workflows from Lua, the state checked before the wire",
  detailed = "A Lua module with a C core: HTTP over libcurl, idempotency keys, retries within a "
    .. "deadline, errors that say whether the provider acted, and a sandbox that runs a whole "
    .. "checkout offline.",
  license = "MIT",
}
dependencies = { "lua >= 5.1, < 5.5", "lua-cjson >= 2.1.0" }
external_dependencies = { CURL = { library = "curl" }, CRYPTO = { library = "crypto" } }
build = {
  type = "builtin",
  modules = {
    ["kassa.core"] = {
      defines = { "_GNU_SOURCE" },
      incdirs = { "csrc", "$(CURL_INCDIR)", "$(CRYPTO_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)", "$(CRYPTO_LIBDIR)" },
      libraries = { "curl", "crypto", "pthread" },
      sources = {
%s
      },
    },
    ["kassa.deepbind"] = {
      defines = { "_GNU_SOURCE" }, incdirs = { "csrc" }, libraries = { "dl" },
      sources = { "csrc/loader/deepbind.c" },
    },
%s
  },
}
]]):format(table.concat(sources, "\n"), table.concat(modules, "\n")))
