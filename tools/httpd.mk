# Builds and installs kassa.httpd for its rock: LuaRocks' builtin build copies any folder called lua,
# and so a second copy of the client. LuaRocks says where everything is.

OBJECT  = build/rock/httpd.so
SOURCES = $(sort $(wildcard csrc/httpd/*.c)) csrc/core/buffer.c
FLAGS   = -std=c11 -fPIC -fvisibility=hidden -D_GNU_SOURCE -Icsrc -I$(LUA_INCDIR) \
          -I$(MICROHTTPD_INCDIR) -I$(CRYPTO_INCDIR)
LIBS    = -L$(MICROHTTPD_LIBDIR) -L$(CRYPTO_LIBDIR) -lmicrohttpd -lcrypto -lpthread

# Built anew each time: what lies there may be for another Lua.
.PHONY: all install
all:
	mkdir -p $(dir $(OBJECT))
	$(CC) $(CFLAGS) $(FLAGS) $(LIBFLAG) -o $(OBJECT) $(SOURCES) $(LIBS)

install:
	mkdir -p $(INST_LIBDIR)/kassa
	cp $(OBJECT) $(INST_LIBDIR)/kassa/httpd.so
