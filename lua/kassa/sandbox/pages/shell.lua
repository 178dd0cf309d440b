--- What every page of the sandbox has around its content: head, style, bar, foot.
-- It loads nothing from anywhere: no script, no font, no picture.

local html = require "kassa.sandbox.pages.html"

local shell = {}

local style = html.template [[
:root {
  --ink: #1b1c1e; --soft: #63666d; --line: #e6e3dd; --paper: #fff; --ground: #f6f4f0;
  --accent: #1d5a4c; --accent-dark: #164a3e; --tint: #eaf2ef;
  --good: #1d5a4c; --good-tint: #e6f1ed; --bad: #9a2f25; --bad-tint: #faeceb;
  --wait: #805410; --wait-tint: #fbf2e0;
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial,
    "Liberation Sans", sans-serif;
  display: flex; flex-direction: column; min-height: 100vh;
}
a { color: var(--accent); text-underline-offset: 3px; }
a:focus-visible, button:focus-visible, input:focus-visible {
  outline: 3px solid #8fb8ab; outline-offset: 2px;
}
.bar {
  display: flex; justify-content: space-between; align-items: center; gap: 16px;
  padding: 14px 24px; background: var(--paper); border-bottom: 1px solid var(--line);
}
.mark { font-weight: 650; letter-spacing: -.01em; color: var(--ink); text-decoration: none; }
.mark span { color: var(--soft); font-weight: 400; }
.badge {
  font-size: 13px; color: var(--wait); background: var(--wait-tint);
  padding: 3px 10px; border-radius: 999px; white-space: nowrap;
}
main { width: 100%; max-width: 1000px; margin: 0 auto; padding: 40px 24px 56px; flex: 1; }
main.wide { max-width: 1200px; }
.foot { padding: 20px 24px 28px; text-align: center; color: var(--soft); font-size: 13px; }
h1 { font-size: 28px; line-height: 1.2; letter-spacing: -.02em; margin: 0 0 4px; font-weight: 650; }
h2 { font-size: 16px; margin: 0 0 12px; font-weight: 650; }
p { margin: 0 0 12px; }
h1, p { overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.small { font-size: 14px; }
.lead { margin-bottom: 28px; }
.card {
  background: var(--paper); border: 1px solid var(--line); border-radius: 14px; padding: 24px;
}
.card + .card { margin-top: 16px; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.state {
  display: inline-block; font-size: 13px; padding: 2px 9px; border-radius: 999px;
  background: var(--ground); color: var(--soft); white-space: nowrap;
}
.state.good { background: var(--good-tint); color: var(--good); }
.state.bad { background: var(--bad-tint); color: var(--bad); }
.state.wait { background: var(--wait-tint); color: var(--wait); }
button {
  font: inherit; cursor: pointer; border-radius: 10px; padding: 12px 18px;
  border: 1px solid var(--line); background: var(--paper); color: var(--ink);
}
button:hover { border-color: #c9c5bc; }
button.primary {
  background: var(--accent); border-color: var(--accent); color: #fff; font-weight: 600;
}
button.primary:hover { background: var(--accent-dark); border-color: var(--accent-dark); }
button.quiet { border-color: transparent; background: none; color: var(--soft); padding: 8px; }
button.quiet:hover { color: var(--ink); text-decoration: underline; text-underline-offset: 3px; }
@media (max-width: 640px) {
  .bar { padding: 12px 16px; }
  main { padding: 24px 16px 40px; }
  h1 { font-size: 24px; }
  .card { padding: 18px 16px; }
  .lead { margin-bottom: 20px; }
}
$style]]

local page = html.template([[
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>$title</title>
<style>
$style
</style>
</head>
<body>
<header class="bar">
<a class="mark" href="/_sandbox/">kassa <span>sandbox</span></a>
<span class="badge">Test page, no money moves</span>
</header>
<main class="$width">
$content
</main>
<footer class="foot">$foot</footer>
</body>
</html>
]])

local HEADERS = {
  ["Content-Type"] = "text/html; charset=utf-8",
  ["Cache-Control"] = "no-store",
  ["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    .. "base-uri 'none'; frame-ancestors 'none'",
  ["Referrer-Policy"] = "no-referrer",
  ["X-Content-Type-Options"] = "nosniff",
}

local FOOT = "A sandbox on this machine plays the payment provider."

--- A response table with a whole page.
-- @param options status (200), title, style (a fragment of further rules), content (fragments),
--   wide (for tables)
function shell.page(options)
  local headers = {}
  for name, value in pairs(HEADERS) do headers[name] = value end
  local body = page {
    title = options.title .. " · kassa sandbox", foot = FOOT, content = options.content,
    width = options.wide and "wide" or "narrow",
    style = style { style = options.style or false },
  }
  return { status = options.status or 200, headers = headers, body = tostring(body) }
end

local TONE = {
  CONFIRMED = "good", COMPLETED = "good", AUTHORIZED = "good", FUNDED = "good",
  DECLINED = "bad", CANCELED = "bad", EXPIRED = "bad",
  SETTLED = "good", REFUNDED = "good", INITIATED = "wait",
  FAILED = "bad", ABANDONED = "bad", CHARGEBACK = "bad",
  EVIDENCE_RECEIVED = "good", EVIDENCE_REQUEST_EXPIRED = "bad", EVIDENCE_REQUESTED = "wait",
  PRE_ARBITRATION = "wait", MERCHANT_EVIDENCE_PENDING = "wait",
  IN_PROGRESS = "wait", PENDING_CONFIRMATION = "wait", PENDING = "wait",
  delivered = "good", dropped = "bad", due = "wait", waiting = "wait",
}

local chip = html.template [[<span class="state $tone">$state</span>]]

--- A state as a small coloured word.
function shell.state(state)
  return chip { state = state, tone = TONE[state] or "plain" }
end

--- A short page that says one thing, for what is not there or cannot be done.
function shell.notice(status, title, text)
  local content = html.template [[<div class="card"><h1>$title</h1><p class="soft">$text</p></div>]]
  return shell.page { status = status, title = title,
    content = content { title = title, text = text } }
end

return shell
