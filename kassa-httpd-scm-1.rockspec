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
-- Not "builtin", which would copy the folder lua, the client, into this rock.
build = {
  type = "make",
  makefile = "tools/httpd.mk",
  build_variables = {
    CC = "$(CC)", CFLAGS = "$(CFLAGS)",
    LIBFLAG = "$(LIBFLAG)", LUA_INCDIR = "$(LUA_INCDIR)",
    MICROHTTPD_INCDIR = "$(MICROHTTPD_INCDIR)", MICROHTTPD_LIBDIR = "$(MICROHTTPD_LIBDIR)",
    CRYPTO_INCDIR = "$(CRYPTO_INCDIR)", CRYPTO_LIBDIR = "$(CRYPTO_LIBDIR)",
  },
  install_variables = { INST_LIBDIR = "$(LIBDIR)" },
}
