-- Promises of core.jws: the example of RFC 7515, keys from PEM and PKCS #12 made by openssl, and no
-- algorithm that does not fit its key. It refuses to trust a signature that openssl did not check.
local core = require "kassa.core"
local peers = require "support.peers"

local jws = core.jws

local function run(command) return os.execute(command .. " >/dev/null 2>&1") end

local function unbase64url(text)
  text = text:gsub("-", "+"):gsub("_", "/")
  return core.sign.unbase64(text .. ("="):rep(-#text % 4))
end

describe("core.jws with a shared secret", function()
  -- RFC 7515, appendix A.1
  local SECRET = unbase64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75"
    .. "aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
  local TEXT = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkz"
    .. "ODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

  it("signs the example of RFC 7515", function()
    assert.equal("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
      core.sign.base64url(jws.secret(SECRET):sign("HS256", TEXT)))
  end)

  it("signs and verifies", function()
    local key = assert(jws.secret "k")
    for alg, size in pairs { HS256 = 32, HS384 = 48, HS512 = 64 } do
      local signature = key:sign(alg, TEXT)
      assert.equal(size, #signature)
      assert.is_true(key:verify(alg, TEXT, signature))
      assert.is_false(key:verify(alg, TEXT .. " ", signature))
      assert.is_false(key:verify(alg, TEXT, signature:sub(1, -2)))
      assert.is_false(jws.secret "l":verify(alg, TEXT, signature))
    end
  end)

  it("has no algorithm none, and none of RSA's", function()
    local key = jws.secret "k"
    for _, alg in ipairs { "none", "", "RS256", "PS256", "HS255", "hs256", "XS256", "HS2560" } do
      assert.is_nil(key:sign(alg, "x"))
      assert.is_false(key:verify(alg, "x", ""))
    end
  end)

  it("refuses an empty secret, and shows nothing of any", function()
    assert.is_nil((jws.secret ""))
    assert.equal("[key]", tostring(jws.secret "k"))
    assert.is_true(jws.is(jws.secret "k"))
    assert.is_false(jws.is(io.stdout))
    assert.is_nil(jws.secret "k":serial())
  end)
end)

describe("core.jws with RSA", function()
  local folder

  setup(function()
    folder = peers.folder()
    run(("cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem"
      .. " -days 30 -subj /CN=kassa/serialNumber=5550001112223"):format(folder))
    local export = "cd %s && openssl pkcs12 -export %s -inkey key.pem -in cert.pem -out %s"
      .. " -passout pass:open-sesame"
    run(export:format(folder, "", "new.p12"))
    run(export:format(folder, "-legacy", "old.p12"))
    run(("cd %s && openssl genrsa -out small.pem 1024"):format(folder))
    run(("cd %s && openssl rsa -in key.pem -aes128 -passout pass:x -out locked.pem"):format(folder))
    run(("cd %s && openssl ecparam -genkey -name prime256v1 -out ec.pem"):format(folder))
  end)

  teardown(function() peers.remove(folder) end)

  local function file(name) return peers.read(folder .. "/" .. name) end

  it("signs what openssl verifies, with both paddings and three digests", function()
    local private, public = assert(jws.private(file "key.pem")), assert(jws.public(file "cert.pem"))
    peers.write(folder .. "/text", "some text")
    run(("cd %s && openssl x509 -in cert.pem -pubkey -noout -out public.pem"):format(folder))
    for _, alg in ipairs { "RS256", "RS384", "RS512", "PS256", "PS384", "PS512" } do
      local signature = private:sign(alg, "some text")
      local out = assert(io.open(folder .. "/signature", "wb"))
      out:write(signature)
      out:close()
      local pss = alg:find "^P" and "-sigopt rsa_padding_mode:pss" or ""
      local checked = run(("cd %s && openssl dgst -sha%s -verify public.pem %s -signature signature"
        .. " text"):format(folder, alg:sub(3), pss))
      assert.is_true(checked == true or checked == 0)
      assert.is_true(public:verify(alg, "some text", signature))
      assert.is_false(public:verify(alg, "some texu", signature))
    end
    assert.is_nil(private:sign("HS256", "x"))
    assert.is_true(jws.public(file "public.pem"):verify("RS256", "t", private:sign("RS256", "t")))
  end)

  it("opens a PKCS #12 file, of today's ciphers and of yesterday's, with its serial", function()
    for _, name in ipairs { "new.p12", "old.p12" } do
      local key = assert(jws.p12(file(name), core.secret.new "open-sesame"))
      assert.equal("5550001112223", key:serial())
      assert.equal(jws.private(file "key.pem"):sign("RS256", "t"), key:sign("RS256", "t"))
    end
  end)

  it("says in words why there is no key, and never a byte of it", function()
    local function refused(pattern, key, why)
      assert.is_nil(key)
      assert.matches(pattern, why)
      assert.is_nil(why:find "sesame")
    end
    refused("password", jws.p12(file "new.p12", "wrong"))
    refused("password", jws.p12(file "new.p12", "open-sesame\0"))
    refused("PKCS #12", jws.p12("nonsense", "open-sesame"))
    refused("2048", jws.private(file "small.pem"))
    refused("private RSA key", jws.private(file "ec.pem"))
    refused("with a password", jws.private(file "locked.pem"))
    refused("private RSA key", jws.private "nonsense")
    refused("certificate", jws.public(file "key.pem"))
  end)
end)
