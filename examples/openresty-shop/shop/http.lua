-- What every page of the shop does with nginx: read a form, answer, send on, set a cookie. It keeps
-- nothing, and answers nothing that a browser may keep or run.

local multipart = require "kassa.sandbox.multipart" -- OpenResty's bundle has resty.upload for it

local http = {}

local FIELDS_MAX = 100

-- No script at all, nothing from elsewhere, no frame around the shop.
local HEADERS = {
  ["Content-Type"] = "text/html; charset=utf-8",
  ["Cache-Control"] = "no-store",
  ["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    .. "base-uri 'none'; frame-ancestors 'none'",
  ["Referrer-Policy"] = "same-origin",
  ["X-Content-Type-Options"] = "nosniff",
}

--- Answer with a page. page: markup of html.lua
function http.page(page, status)
  for name, value in pairs(HEADERS) do ngx.header[name] = value end
  ngx.status = status or 200
  ngx.print(tostring(page))
end

--- Send the browser on, with GET.
function http.go(address)
  ngx.header["Cache-Control"] = "no-store"
  ngx.header["Location"] = address
  ngx.status = 303
  ngx.print ""
end

-- The body is in memory, or, when it is large, in a file of nginx's.
local function body()
  ngx.req.read_body()
  local path = ngx.req.get_body_file()
  if not path then return ngx.req.get_body_data() or "" end
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

-- One value for each name; a second one of the same name is nobody's.
local function plain_form()
  ngx.req.read_body()
  local values = {}
  for name, value in pairs(ngx.req.get_post_args(FIELDS_MAX) or {}) do
    if type(value) == "table" then value = value[1] end
    values[name] = value == true and "" or value
  end
  return values
end

--- A posted form. -> { name = text }; a file that was chosen is { filename =, bytes = }. Of a form
-- that cannot be read nothing is believed: it is empty.
function http.form()
  local content_type = ngx.var.http_content_type or ""
  if not content_type:find "^multipart/" then return plain_form() end
  local values = {}
  for _, part in ipairs(multipart.read(content_type, body()) or {}) do
    if part.filename == nil then
      values[part.name] = part.data
    elseif part.filename ~= "" then
      values[part.name] = { filename = part.filename, bytes = part.data }
    end
  end
  return values
end

--- A text of a form without blanks around it; "" when it is not there, or is no text.
function http.text(form, name)
  local value = form[name]
  return type(value) == "string" and value:match "^%s*(.-)%s*$" or ""
end

--- A cookie that no script reads and no other site sends. value: "" ends it
function http.set_cookie(name, value, path)
  local secure = ngx.var.scheme == "https" and "; Secure" or ""
  local ends = value == "" and "; Max-Age=0" or ""
  ngx.header["Set-Cookie"] = ("%s=%s; Path=%s; HttpOnly; SameSite=Lax%s%s"):format(
    name, value, path, ends, secure)
end

--- Did this form come from a page of the shop? A browser that tells where it came from is believed.
function http.from_here()
  local site = ngx.var.http_sec_fetch_site
  return site == nil or site == "same-origin" or site == "none"
end

return http
