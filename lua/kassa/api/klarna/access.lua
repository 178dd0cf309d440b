-- Where Klarna is and what opens its door: all of the API that making a client asks for. It knows
-- no operation; those stand in the table, which the first call reads.

return {
  name = "klarna",
  hosts = {
    live = "https://api-global.klarna.com",
    test = "https://api-global.test.klarna.com",
  },

  -- `account` when the client acts for an account (acquiring partners), `direct` when its key is
  -- its own.
  prefix = { account = "/v2/accounts/{account}", direct = "/v2" },

  -- A key names its world: klarna_<live|test>_api_<random>.
  key_prefix = { live = "klarna_live_api_", test = "klarna_test_api_" },

  integration = "transport.integration",
}
