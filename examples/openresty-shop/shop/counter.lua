-- The back office's side of the counter: orders are shipped, refunded, canceled, and disputes are
-- answered. Whoever has no cookie sees the way in, and a button without its token does nothing.

local disputes_pages = require "shop.pages.disputes"
local evidence = require "shop.evidence"
local http = require "shop.http"
local kassa = require "kassa"
local layout = require "shop.pages.layout"
local office = require "shop.office"
local orders = require "shop.orders"
local pages = require "shop.pages.office"
local payments = require "shop.payments"
local words = require "shop.words"

local function show(title, content, status)
  http.page(layout.office { title = title, content = content, token = office.token() }, status)
end

local function notice(title, text, status)
  show(title, layout.notice(title, text, "All orders", "/office"), status)
end

local function way_in(problem, status)
  http.page(layout.office { title = "Enter", content = pages.login(problem) }, status)
end

-- A page for whoever is in.
local function inside(page)
  return function(found)
    if not office.is_in() then return way_in(nil, 401) end
    return page(found)
  end
end

-- A button for whoever is in, pressed on a page of theirs. page: function(found, form)
local function pressed(page)
  return inside(function(found)
    local form = http.form()
    if not office.is_own(form) then
      return notice("Not from there", "This form has no valid token. Open the page again.", 403)
    end
    return page(found, form)
  end)
end

-- The way in and out ------------------------------------------------------------------------------

local function login()
  if not office.is_password(http.text(http.form(), "password")) then
    return way_in("That is not the password.", 401)
  end
  office.enter()
  http.go "/office"
end

local leave = pressed(function()
  office.leave()
  http.go "/office"
end)

-- Orders ------------------------------------------------------------------------------------------

local overview = inside(function() show("Orders", pages.orders(orders.all())) end)

local function order_page(order, text, tone, status)
  show("Order " .. order.number, pages.order(order, orders.payment(order),
    pages.alert(text, tone), office.token(), orders.next_refund(order)), status)
end

local SAID = { ship = "Shipped and captured.", refund = "The money is on its way back.",
  cancel = "Canceled.", refresh = "Klarna was asked." }

local one_order = inside(function(number)
  local order = orders.by_number(tonumber(number))
  if not order then return notice("No such order", "There is no order " .. number .. ".", 404) end
  order_page(order, SAID[ngx.var.arg_done], "good")
end)

-- What went wrong, in a sentence for the office; the log has all of it.
local function why(err)
  ngx.log(ngx.WARN, tostring(err))
  if type(err) ~= "table" then return tostring(err) end
  if err.happened == "unknown" then
    return "Nobody answered, so nobody knows yet. Press the same button again: it acts once."
  end
  if err.code == "intent_mismatch" then
    return "This form was used before, with another amount. Look at the list and begin again."
  end
  return "Not done: " .. tostring(err.message)
end

-- A button of an order. act: function(order, form) -> what was done, or nil and why not
local function on_order(verb, act)
  return pressed(function(number, form)
    local order = orders.by_number(tonumber(number))
    if not order then return notice("No such order", "There is no order " .. number .. ".", 404) end
    local done, err = act(order, form)
    if done then return http.go("/office/orders/" .. number .. "?done=" .. verb) end
    order_page(orders.by_number(order.number), why(err), "bad", 409)
  end)
end

local function refund(order, form)
  local cents, wrong = kassa.money.minor(http.text(form, "amount"):gsub(",", "."), orders.CURRENCY)
  if not cents then return nil, wrong end
  if cents <= 0 then return nil, "nothing to give back" end
  return orders.refund(order, http.text(form, "name"), cents)
end

-- Disputes ----------------------------------------------------------------------------------------

local function tell(title, text, status)
  show(title, layout.notice(title, text, "All disputes", "/office/disputes"), status)
end

local function refused(err) tell("That did not work", why(err), 502) end

local dispute_list = inside(function()
  local due, err = payments.here().klarna.disputes:due()
  if not due then return refused(err) end
  show("Disputes", disputes_pages.list(due))
end)

-- The dispute with what Klarna asks. -> dispute, asked; or nil, after a page that says why not
local function ask(id)
  local dispute, err = payments.here().klarna.disputes:read(id)
  if not dispute then return refused(err) end
  local asked, reason = dispute:asked()
  if asked then return dispute, asked end
  tell(words.plain(dispute.dispute_reason), "There is nothing to answer: " .. reason .. ".")
end

local function form_page(dispute, asked, state, status)
  state.token = office.token()
  state.known = evidence.known(orders.by_reference(dispute.purchase_reference))
  show("Dispute", disputes_pages.form(dispute, asked, state), status)
end

local one_dispute = inside(function(id)
  local dispute, asked = ask(id)
  if not dispute then return end
  form_page(dispute, asked, { missing = {}, alert = false, values = {} })
end)

-- A file that was chosen is uploaded at once, and the form remembers it. -> true; or nil, err
local function attach(dispute, form, values)
  local file = form.file
  if type(file) ~= "table" then return true end
  local attachment, err = dispute:upload_attachment { bytes = file.bytes, filename = file.filename }
  if not attachment then return nil, err end
  values.attachment_id = attachment.payment_dispute_attachment_id
  values.attachment_name = file.filename
  return true
end

local function answer(dispute, asked, form)
  local values = evidence.values(form)
  local attached, err = attach(dispute, form, values)
  local given = evidence.answer(asked, values)
  local missing = dispute:missing(given.details, given)
  local response
  if attached and not missing[1] then response, err = dispute:respond(given) end
  if response then return tell("Answered", "Klarna has your answer, and decides.") end
  local words_for_it = err and why(err) or "Klarna asks for more: please look below."
  form_page(dispute, asked, { values = values, missing = missing,
    alert = pages.alert(words_for_it, "bad") }, 422)
end

local act_on_dispute = pressed(function(id, form)
  local dispute, asked = ask(id)
  if not dispute then return end
  if form.verb ~= "lose" then return answer(dispute, asked, form) end
  local done, err = dispute:accept_loss()
  if not done then return refused(err) end
  tell("Accepted", "The customer keeps the money of this dispute.")
end)

return {
  { "GET", "^/office/?$", overview },
  { "POST", "^/office/login$", login },
  { "POST", "^/office/leave$", leave },
  { "GET", "^/office/orders/(%d+)$", one_order },
  { "POST", "^/office/orders/(%d+)/ship$", on_order("ship", orders.ship) },
  { "POST", "^/office/orders/(%d+)/refund$", on_order("refund", refund) },
  { "POST", "^/office/orders/(%d+)/cancel$", on_order("cancel", orders.cancel) },
  { "POST", "^/office/orders/(%d+)/refresh$", on_order("refresh", orders.refresh) },
  { "GET", "^/office/disputes$", dispute_list },
  { "GET", "^/office/disputes/(.+)$", one_dispute },
  { "POST", "^/office/disputes/(.+)$", act_on_dispute },
}
