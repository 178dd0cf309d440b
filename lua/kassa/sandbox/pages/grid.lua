--- Tables as the sandbox's pages have them: a card, its columns, the newest rows first; on a phone
-- each row is a small block of its own. It does not know what the rows are about.

local html = require "kassa.sandbox.pages.html"
local words = require "kassa.sandbox.pages.words"

local grid = {}

--- So many rows a table shows.
grid.rows_max = 50

grid.style = html.template [[
.scroll { overflow-x: auto; margin: 0 -24px; padding: 0 24px; }
.grid { width: 100%; border-collapse: collapse; font-size: 14px; }
.grid th { text-align: left; font-weight: 500; color: var(--soft); padding: 0 20px 8px 0;
  white-space: nowrap; border-bottom: 1px solid var(--line); }
.grid td { padding: 9px 20px 9px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
.grid tr:last-child td { border-bottom: 0; padding-bottom: 0; }
.grid .right { text-align: right; }
.grid th:last-child, .grid td:last-child { padding-right: 0; }
.grid td.long { white-space: normal; overflow-wrap: anywhere; min-width: 220px; }
.none { color: var(--soft); margin: 0; }
@media (max-width: 640px) {
  .scroll { margin: 0; padding: 0; }
  .grid, .grid tbody { display: block; }
  .grid tr { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 14px;
    padding: 10px 0; border-bottom: 1px solid var(--line); }
  .grid th, .grid td:empty { display: none; }
  .grid tr:first-child { display: none; }
  .grid tr:last-child { border-bottom: 0; padding-bottom: 0; }
  .grid td, .grid td.long { display: block; padding: 0; border: 0; min-width: 0; }
}
]] {}

local card = html.template [[<section class="card"><h2>$title</h2>$body</section>]]
local sheet = html.template [[
<div class="scroll"><table class="grid"><tr>$heads</tr>$rows</table></div>]]
local head = html.template [[<th class="$class">$text</th>]]
local row = html.template [[<tr>$cells</tr>
]]
local cell = html.template [[<td class="$class">$text</td>]]
local nothing = html.template [[<p class="none">$text</p>]]

--- A card with a table.
-- @param columns list of { title, class }
-- @param rows lists of texts or fragments, one for each column
-- @param empty what to say when there is no row
function grid.card(title, columns, rows, empty)
  if #rows == 0 then return card { title = title, body = nothing { text = empty } } end
  local heads, lines = {}, {}
  for i, column in ipairs(columns) do
    heads[i] = head { text = column[1], class = column[2] or "plain" }
  end
  for i, texts in ipairs(rows) do
    local cells = {}
    for j, text in ipairs(texts) do
      cells[j] = cell { text = text, class = columns[j][2] or "plain" }
    end
    lines[i] = row { cells = cells }
  end
  return card { title = title, body = sheet { heads = heads, rows = lines } }
end

--- The newest entries of a list (at most 50), newest first, each made a row.
function grid.newest(list, make)
  local rows = {}
  for i = #list, math.max(1, #list - grid.rows_max + 1), -1 do rows[#rows + 1] = make(list[i]) end
  return rows
end

--- A link: { url =, text = }.
grid.link = html.template [[<a href="$url">$text</a>]]
local code = html.template [[<span class="number" title="$id">$text</span>]]

--- An id, short; the whole of it under the pointer.
function grid.id(id)
  return code { id = id, text = words.short(id) }
end

return grid
