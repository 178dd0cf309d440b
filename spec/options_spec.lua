-- Promises of kassa.options: every fault at once, and nothing that could end a header line.
local options = require "kassa.options"

local klarna_call = options.merged(options.call, options.calls.klarna)

describe("kassa.options", function()
  it("finds every fault at once, in a fixed order", function()
    local given = {
      timeout_s = "5", tiemout_s = 5, retries = 11, environment = "prod", ca_file = {},
    }
    assert.same({
      "ca_file must be the path of a file, got table",
      "environment must be \"test\" or \"live\", got \"prod\"",
      "retries must be a whole number from 0 to 10, got 11",
      "tiemout_s is no option, did you mean timeout_s?",
      "timeout_s must be a number of seconds from 0.001 to 86400, got \"5\"",
    }, options.faults(given, options.merged(options.client, options.klarna)))
  end)

  it("takes what fits", function()
    local of_client = { timeout_s = 0.5, retries = 0, strict = false, log = print }
    assert.same({}, options.faults(of_client, options.client))
    local of_call = { intent = "order-1/parcel-2", expect = "AUTHORIZED" }
    assert.same({}, options.faults(of_call, options.call))
  end)

  it("lets nothing into a header that could end the line", function()
    for _, value in ipairs { "a\r\nX: y", "a\nb", "a\0b", "", ("x"):rep(256) } do
      assert.equal(1, #options.faults({ idempotency_key = value }, klarna_call))
      assert.equal(1, #options.faults({ correlation_id = value }, klarna_call))
    end
    assert.equal(1, #options.faults({ correlation_id = "has-hyphen" }, klarna_call))
  end)

  it("repeats a wrong value, but none that could be a secret", function()
    local all = options.merged(options.client, options.klarna)
    local word = "s3cret:" .. "!"
    for _, name in ipairs { "username", "proxy", "account", "base_url", "client_key" } do
      for _, fault in ipairs(options.faults({ [name] = word }, all)) do
        assert.is_nil(fault:find(word, 1, true), fault)
      end
    end
    for _, value in ipairs { "klarna_test_api_x", ("x"):rep(25), "a\nb" } do
      local fault = options.faults({ environment = value }, all)[1]
      assert.matches("got string$", fault)
    end
  end)

  it("survives names that are no strings", function()
    assert.equal(2, #options.faults({ [1] = 1, [true] = 2 }, options.call))
  end)
end)
