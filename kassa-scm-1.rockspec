-- Printed by tools/rockspec.lua; `make docs` prints it anew. libmicrohttpd's server is a rock of its own.
package = "kassa"
version = "scm-1"
source = { url = "git+https://github.com/kassa/kassa.git" }
description = {
  summary = "Klarna checkout and dispute workflows, scripted from Lua, with the state checked before the wire",
  detailed = "A Lua module with a C core: HTTP over libcurl, idempotency keys, retries within a deadline, errors that "
    .. "say whether the provider acted, and a sandbox that runs a whole checkout offline.",
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
        "csrc/core/buffer.c",
        "csrc/core/headers.c",
        "csrc/core/sign.c",
        "csrc/lua/core.c",
        "csrc/lua/errors.c",
        "csrc/lua/headers.c",
        "csrc/lua/secret.c",
        "csrc/lua/sign.c",
      },
    },
    ["kassa.api.klarna"] = "lua/kassa/api/klarna.lua",
    ["kassa.api.klarna.common"] = "lua/kassa/api/klarna/common.lua",
    ["kassa.api.klarna.machines"] = "lua/kassa/api/klarna/machines.lua",
    ["kassa.api.klarna.payment_request"] = "lua/kassa/api/klarna/payment_request.lua",
    ["kassa.api.klarna.payment_transaction"] = "lua/kassa/api/klarna/payment_transaction.lua",
    ["kassa.api.klarna.purchase"] = "lua/kassa/api/klarna/purchase.lua",
    ["kassa.api.klarna.transport"] = "lua/kassa/api/klarna/transport.lua",
    ["kassa.auth"] = "lua/kassa/auth.lua",
    ["kassa.call"] = "lua/kassa/call.lua",
    ["kassa.client"] = "lua/kassa/client.lua",
    ["kassa.endpoint"] = "lua/kassa/endpoint.lua",
    ["kassa.error"] = "lua/kassa/error.lua",
    ["kassa.guard"] = "lua/kassa/guard.lua",
    ["kassa"] = "lua/kassa/init.lua",
    ["kassa.intent"] = "lua/kassa/intent.lua",
    ["kassa.judge"] = "lua/kassa/judge.lua",
    ["kassa.log"] = "lua/kassa/log.lua",
    ["kassa.methods"] = "lua/kassa/methods.lua",
    ["kassa.money"] = "lua/kassa/money.lua",
    ["kassa.nearest"] = "lua/kassa/nearest.lua",
    ["kassa.object"] = "lua/kassa/object.lua",
    ["kassa.options"] = "lua/kassa/options.lua",
    ["kassa.retry"] = "lua/kassa/retry.lua",
    ["kassa.runtime.driver"] = "lua/kassa/runtime/driver.lua",
    ["kassa.runtime"] = "lua/kassa/runtime/init.lua",
    ["kassa.runtime.plain"] = "lua/kassa/runtime/plain.lua",
    ["kassa.schema"] = "lua/kassa/schema.lua",
    ["kassa.settings"] = "lua/kassa/settings.lua",
  },
}
