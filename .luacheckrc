-- What luacheck is to know of kassa: the Luas it runs on, and the words that busted adds to specs.
-- It refuses to count columns, which the tidy spec does for every language alike.
std = "max"
max_line_length = false
exclude_files = { "lua/kassa/types.lua" }
files["spec"] = { std = "+busted", ignore = { "212/self" } }
files["examples/openresty-shop"] = { std = "+ngx_lua" }
files["*.rockspec"] = { std = "+rockspec" }
files["examples/love-shop"] = { std = "+love" }
files["bench/love"] = { std = "+love" }
