-- Promises of what the shopper came back with: the token is found in address, query and table, and
-- nothing that could be two tokens is taken for one.

local token = require("kassa.checkout.returned").token

describe("the token of a returning shopper", function()
  it("is found in an address, in a query and in a table", function()
    for _, given in ipairs {
      "https://shop.example/ok?auth-token=54e3-a", "https://shop.example/ok?a=1&auth-token=54e3-a",
      "https://shop.example/ok?auth-token=54e3-a&b=2#there", "?auth-token=54e3-a",
      "order=1&auth-token=54e3-a", "auth%2Dtoken=54e3%2da", { ["auth-token"] = "54e3-a" },
      { ["auth-token"] = { "54e3-a" } }, { order = "1", ["auth-token"] = "54e3-a" },
    } do
      assert.equal("54e3-a", (token(given)))
    end
  end)

  it("is not there where nobody put one", function()
    for _, given in ipairs { "", "?", "https://shop.example/ok", "auth-token=", "auth-token", {},
        { ["auth-token"] = "" }, "auth_token=1", "xauth-token=1", "a=auth-token",
        "https://shop.example/ok#auth-token=1" } do
      local found, wrong = token(given)
      assert.is_nil(found)
      assert.is_nil(wrong)
    end
    assert.is_nil(token(nil))
  end)

  it("is refused when it came twice, or can be none", function()
    assert.same({ nil, "came more than once" }, { token "auth-token=a&auth-token=b" })
    assert.same({ nil, "came more than once" }, { token { ["auth-token"] = { "a", "b" } } })
    for _, given in ipairs { "auth-token=a%0d%0aX", "auth-token=a+b",
        { ["auth-token"] = true }, { ["auth-token"] = 7 }, { ["auth-token"] = ("a"):rep(1025) } } do
      assert.same({ nil, "is no token" }, { token(given) })
    end
  end)
end)
