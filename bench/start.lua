-- What bench/start.c is for libcurl, for kassa: a client is made, and nothing is sent. It refuses
-- to be more than a merchant's first lines, since reading a longer script costs a start as well.
local kassa = require "kassa"
kassa.klarna { api_key = "klarna_test_api_a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5" }
