-- The HTTP server for the sandbox and for webhooks in plain Lua, a rock of its own: the client's
-- rock holds none, so that a shop needs no libmicrohttpd.
package = "kassa-httpd"
version = "scm-1"
source = { url = "git+https://github.com/kassa/kassa.git" }
description = {
  summary = "An HTTP server for Lua on libmicrohttpd, in the foreground or in a thread",
  detailed = "Serves kassa's sandbox and webhooks without a web server: a handler takes a request "
    .. "table and returns a response table, which may ask for delays and for real faults on the "
    .. "wire.",
  license = "MIT",
}
dependencies = { "lua >= 5.1, < 5.5" }
external_dependencies = {
  MICROHTTPD = { library = "microhttpd" }, CRYPTO = { library = "crypto" },
}
build = {
  type = "builtin",
  modules = {
    ["kassa.httpd"] = {
      defines = { "_GNU_SOURCE" },
      incdirs = { "csrc", "$(MICROHTTPD_INCDIR)", "$(CRYPTO_INCDIR)" },
      libdirs = { "$(MICROHTTPD_LIBDIR)", "$(CRYPTO_LIBDIR)" },
      libraries = { "microhttpd", "crypto", "pthread" },
      sources = {
        "csrc/core/buffer.c",
        "csrc/httpd/call.c",
        "csrc/httpd/connection.c",
        "csrc/httpd/handler.c",
        "csrc/httpd/httpd.c",
        "csrc/httpd/server.c",
        "csrc/httpd/thread.c",
        "csrc/httpd/timers.c",
      },
    },
  },
}
