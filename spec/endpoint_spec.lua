-- Promises of kassa.endpoint: no secret goes over clear text to another machine.
local endpoint = require "kassa.endpoint"

describe("kassa.endpoint", function()
  it("has nothing to say against Klarna's own hosts, which a client takes unchecked", function()
    for environment, host in pairs(require "kassa.api.klarna.access".hosts) do
      assert.equal(host, endpoint.check(host, environment))
    end
  end)

  it("takes https anywhere and http on this machine only", function()
    assert.equal("https://api.shop.example", endpoint.check("https://api.shop.example/", "test"))
    local gateway = "https://gw.example:8443/klarna"
    assert.equal(gateway, endpoint.check(gateway .. "/", "live"))
    for _, host in ipairs { "127.0.0.1:8080", "localhost", "[::1]:99", "127.8.9.10" } do
      assert.equal("http://" .. host, endpoint.check("http://" .. host, "test"))
    end
  end)

  it("refuses clear text to another host, however it is dressed", function()
    for _, url in ipairs {
      "http://api-global.klarna.com", "HTTP://EVIL.example", "http://10.0.0.1",
      "http://127.0.0.999", "http://127.1", "http://[::2]", "http://127.0.0.1@evil.example",
      "http://127.0.0.1.evil.example", "http://localhost.evil.example",
    } do
      local ok, why = endpoint.check(url, "test")
      assert.is_nil(ok, url)
      assert.matches("^base_url", why)
    end
  end)

  it("refuses what is no base URL", function()
    for _, url in ipairs {
      "", "api.klarna.com", "ftp://a.example", "file:///etc/passwd", "https://",
      "https://a.example:", "https://a b.example", "https://a.example?x=1",
      "https://a.example/#x", "https://user:pw@a.example",
    } do
      assert.is_nil(endpoint.check(url, "test"), url)
    end
  end)

  it("keeps Klarna's hosts apart", function()
    assert.is_nil(endpoint.check("https://api-global.klarna.com", "test"))
    assert.is_nil(endpoint.check("https://api-global.test.klarna.com", "live"))
    assert.is_truthy(endpoint.check("https://api-global.klarna.com", "live"))
  end)

  it("escapes an id as one path segment and leaves a KRN as it is", function()
    local krn = "krn:payment:eu1:transaction:4b8b6350-6b72-42c5-b946-f088adcdc216:capture:1"
    assert.equal(krn, endpoint.segment(krn))
    assert.equal("a%2Fb%3Fc%23d%25e%20f", endpoint.segment("a/b?c#d%e f"))
    assert.equal("%C3%BC%00%0D%0A", endpoint.segment("\195\188\0\r\n"))
  end)

  it("reads back what it escaped", function()
    for _, id in ipairs { "krn:a:1", "a/b?c#d%e f", "\195\188\0\r\n" } do
      assert.equal(id, endpoint.unescape(endpoint.segment(id)))
    end
  end)

  it("refuses ids that are none", function()
    for _, id in ipairs { "", ".", "..", ("x"):rep(2000), 7, true, {} } do
      local segment, why = endpoint.segment(id)
      assert.is_nil(segment)
      assert.is_string(why)
    end
    assert.is_nil(endpoint.segment(nil))
  end)
end)
