-- Who may enter the back office: one password, a cookie that nobody can forge, and a token in every
-- form, so that no other site can press a button here. It keeps no session: what is signed counts.

local http = require "shop.http"

local office = {}

local COOKIE = "office"
local HOURS = 8

local function sign(text)
  local digest = ngx.hmac_sha1(os.getenv "SHOP_SECRET", text)
  return (digest:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

-- Two digests are compared, so that the time it takes tells nothing about the texts.
local function same(a, b)
  return sign("compare " .. a) == sign("compare " .. b)
end

--- -> is this the password?
function office.is_password(text)
  return same(text, os.getenv "SHOP_PASSWORD")
end

--- The browser that asks may enter from now on, for some hours.
function office.enter()
  local until_s = tostring(math.floor(ngx.now() + HOURS * 3600))
  http.set_cookie(COOKIE, until_s .. "." .. sign("office " .. until_s), "/office")
end

function office.leave() http.set_cookie(COOKIE, "", "/office") end

--- -> may the browser that asks be here?
function office.is_in()
  local until_s, digest = (ngx.var["cookie_" .. COOKIE] or ""):match "^(%d+)%.(%x+)$"
  if not until_s or not same(digest, sign("office " .. until_s)) then return false end
  return tonumber(until_s) > ngx.now()
end

--- The token of this browser's forms.
function office.token()
  return sign("form " .. (ngx.var["cookie_" .. COOKIE] or ""))
end

--- -> is this form one of this browser's own?
function office.is_own(form)
  return same(http.text(form, "token"), office.token())
end

return office
