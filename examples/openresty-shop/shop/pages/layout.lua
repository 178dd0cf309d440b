-- What every page has around its content: the head with the mark and the basket, or the office's
-- own, and the foot. It loads one style sheet and nothing else.

local html = require "shop.html"

local layout = {}

local page = html [[
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
$refresh
<title>$title</title>
</head>
<body class="$kind">
<a class="skip" href="#main">Skip to the content</a>
$head
<main id="main">
$content
</main>
$foot
</body>
</html>
]]

local refresh = html [[<meta http-equiv="refresh" content="3">]]

local shop_head = html [[
<header class="head"><div class="row">
<a class="mark" href="/">Hollow <i>&amp;</i> Glaze</a>
<nav aria-label="Shop"><a href="/#all">All pieces</a>
<a class="basket" href="/basket">Basket<span class="count">$count</span></a></nav>
</div></header>]]

local shop_foot = html [[
<footer class="foot"><div class="row">
<p><b>Hollow &amp; Glaze</b><br>Stoneware, made slowly in small batches.</p>
<p>Delivery in Germany €4.90, free from €80.<br>
Pay with Klarna, thirty days to send things back.</p>
<p class="soft">A shop of examples: no kiln is lit and no money moves.</p>
</div></footer>]]

local office_head = html [[
<header class="head"><div class="row">
<a class="mark" href="/office">Hollow <i>&amp;</i> Glaze <small>office</small></a>
$nav
</div></header>]]

local office_nav = html [[
<nav aria-label="Office"><a href="/office">Orders</a><a href="/office/disputes">Disputes</a>
<form method="post" action="/office/leave"><input type="hidden" name="token" value="$token">
<button class="link">Leave</button></form></nav>]]

--- A page of the shop. options: title, content, count (pieces in the basket), refresh (reload by
-- itself)
function layout.shop(options)
  return page {
    title = options.title .. " · Hollow & Glaze", content = options.content, kind = "shop",
    refresh = options.refresh and refresh {} or false, foot = shop_foot {},
    head = shop_head { count = options.count or 0 },
  }
end

--- A page of the back office. options: title, content, token (of its forms; nil before the login)
function layout.office(options)
  return page {
    title = options.title .. " · office", content = options.content, kind = "office",
    refresh = false, foot = false,
    head = office_head { nav = options.token and office_nav { token = options.token } or false },
  }
end

local notice = html [[
<section class="notice"><h1>$title</h1><p>$text</p>
<p><a class="button" href="$address">$label</a></p></section>]]

--- Content that says one thing and shows one way on.
function layout.notice(title, text, label, address)
  return notice { title = title, text = text, label = label, address = address }
end

return layout
