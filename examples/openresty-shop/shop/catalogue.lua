-- What the shop sells: names, prices in cents with tax, words, and a picture each, drawn here as
-- SVG. It counts no stock.

local html = require "shop.html"

local catalogue = {}

-- A picture stands on a table in front of a wall; `art` draws into a square of 400.
local picture = html.template [[
<svg class="picture" viewBox="0 0 400 400" role="img" aria-label="$alt">
<rect width="400" height="400" fill="$wall"/>
<rect y="306" width="400" height="94" fill="#000" opacity=".06"/>
<ellipse cx="200" cy="330" rx="$shadow" ry="13" fill="#000" opacity=".13"/>
$art
</svg>]]

local function draw(source) return html.template(source) {} end

local mug = draw [[
<path d="M262 176h26c30 0 46 20 46 48s-20 52-52 52h-24v-22h20c18 0 32-12 32-29 0-16-9-27-26-27h-22z"
  fill="#4d7a76"/>
<path d="M112 140h158v138c0 32-20 52-52 52h-54c-32 0-52-20-52-52z" fill="#5f908b"/>
<path d="M112 140h158v62c-30 22-54-8-84 8-28 15-50 10-74-4z" fill="#eee6d6"/>
<ellipse cx="191" cy="140" rx="79" ry="17" fill="#f7f1e4"/>
<ellipse cx="191" cy="142" rx="66" ry="12" fill="#6b4a35"/>
<path d="M130 166v112c0 18 6 30 16 38" fill="none" stroke="#fff" stroke-width="7" opacity=".28"
  stroke-linecap="round"/>
<path d="M168 112c-10-12 8-20-2-34M196 108c-10-12 8-20-2-34M222 112c-10-12 8-20-2-34" fill="none"
  stroke="#fff" stroke-width="6" opacity=".6" stroke-linecap="round"/>]]

local teapot = draw [[
<path d="M276 216c26-4 32-26 44-46 6-10 16-14 28-14l4 14c-14 4-18 22-26 42-10 26-26 44-52 50z"
  fill="#a9683f"/>
<path d="M118 206c-40-8-66 14-62 46 4 28 30 44 66 40l-4-20c-24 2-40-8-42-24-2-18 14-26 40-22z"
  fill="#a9683f"/>
<path d="M96 248c0-52 44-92 102-92s104 40 104 92c0 50-40 82-104 82S96 298 96 248z" fill="#c98558"/>
<path d="M99 230c10-44 48-74 99-74s91 30 101 74c-30 22-60-8-98 6-38 13-70 10-102-6z"
  fill="#f1e3cb"/>
<path d="M142 166c12-20 32-30 57-30s45 10 57 30c-34 12-80 12-114 0z" fill="#c98558"/>
<circle cx="199" cy="126" r="14" fill="#a9683f"/>
<path d="M122 250c0 24 10 42 28 54" fill="none" stroke="#fff" stroke-width="7" opacity=".3"
  stroke-linecap="round"/>]]

local bowl = draw [[
<path d="M70 200h260c0 66-42 118-96 126v4h-68v-4c-54-8-96-60-96-126z" fill="#3f4f60"/>
<path d="M70 200h260c-1 20-4 34-10 48-44-26-78 10-124-6-44-14-80 14-116 6-6-14-9-28-10-48z"
  fill="#8fa3b0"/>
<ellipse cx="200" cy="200" rx="130" ry="30" fill="#b9c6cd"/>
<ellipse cx="200" cy="203" rx="112" ry="22" fill="#5b6d7e"/>
<circle cx="170" cy="196" r="17" fill="#d9643f"/><circle cx="206" cy="190" r="20" fill="#e08b3e"/>
<circle cx="240" cy="197" r="16" fill="#c9502f"/>
<path d="M206 171c2-10 10-14 16-14" fill="none" stroke="#5d7a45" stroke-width="5"
  stroke-linecap="round"/>]]

local plate = draw [[
<ellipse cx="200" cy="306" rx="152" ry="26" fill="#c9bfa9"/>
<ellipse cx="200" cy="296" rx="156" ry="34" fill="#efe6d2"/>
<ellipse cx="200" cy="294" rx="112" ry="21" fill="#e2d6bb"/>
<ellipse cx="200" cy="268" rx="132" ry="27" fill="#8a9a74"/>
<ellipse cx="200" cy="258" rx="136" ry="29" fill="#a9b792"/>
<ellipse cx="200" cy="257" rx="98" ry="18" fill="#95a57d"/>
<path d="M150 250c20-36 76-44 104-10-14 26-74 36-104 10z" fill="#6d3f2c"/>
<path d="M158 246c20-22 64-28 88-8" fill="none" stroke="#e9c79b" stroke-width="7"
  stroke-linecap="round"/>
<path d="M150 250c20-36 76-44 104-10" fill="none" stroke="#8a5539" stroke-width="6"/>]]

local vase = draw [[
<path d="M200 160C196 110 214 84 208 40M204 120c-26-8-40-26-44-48M206 92c20-6 34-20 38-38M201 138
  c22-4 42-14 54-32" fill="none" stroke="#66794d" stroke-width="6" stroke-linecap="round"/>
<g fill="#7f9463"><ellipse cx="158" cy="64" rx="11" ry="22" transform="rotate(-28 158 64)"/>
<ellipse cx="248" cy="46" rx="11" ry="22" transform="rotate(34 248 46)"/>
<ellipse cx="262" cy="100" rx="11" ry="22" transform="rotate(52 262 100)"/>
<ellipse cx="207" cy="32" rx="11" ry="22"/>
<ellipse cx="178" cy="104" rx="9" ry="18" transform="rotate(-62 178 104)"/></g>
<path d="M172 150h58c0 30 54 54 54 108 0 44-34 72-83 72s-83-28-83-72c0-54 54-78 54-108z"
  fill="#e9e0cf"/>
<path d="M118 262c24 18 50-10 84 4 32 12 58 8 82-6-1 42-34 70-83 70s-82-26-83-68z" fill="#b4654a"/>
<ellipse cx="201" cy="150" rx="29" ry="8" fill="#8d7f69"/>
<path d="M140 236c-4 10-6 22-4 34" fill="none" stroke="#fff" stroke-width="7" opacity=".6"
  stroke-linecap="round"/>]]

local jug = draw [[
<path d="M262 176c44-16 72 8 66 50-5 36-32 56-68 58v-20c22-2 40-18 43-42 3-26-13-38-41-27z"
  fill="#8e9aa0"/>
<path d="M128 138c-10-14-24-20-38-22l6-12h166c-4 40 12 64 16 108 6 66-22 118-76 118h-22
  c-54 0-80-52-74-112 3-32 22-54 22-80z" fill="#aeb9bd"/>
<path d="M128 138c-10-14-24-20-38-22l6-12h166c-3 30 5 51 11 78-30 22-62-10-94 6-28 13-44 8-62-4
  8-16 11-30 11-46z" fill="#f6f2e9"/>
<ellipse cx="184" cy="106" rx="78" ry="11" fill="#ddd5c6"/>
<path d="M126 226c-4 32 4 62 22 80" fill="none" stroke="#fff" stroke-width="7" opacity=".5"
  stroke-linecap="round"/>]]

catalogue.products = {
  { id = "mug", name = "Harbour mug", price = 2400, art = mug, wall = "#dfe9e6", shadow = 100,
    alt = "A sea green mug with a cream rim, steaming",
    line = "Holds a proper morning.",
    text = "Thrown on the wheel, dipped twice, and just thick enough to keep coffee warm while you "
      .. "look for your keys. The handle takes three fingers.",
    facts = { "350 ml", "Stoneware, glazed inside and out", "Dishwasher and microwave" } },
  { id = "teapot", name = "Amber teapot", price = 6900, art = teapot, wall = "#f3e6d6",
    shadow = 118, alt = "A round amber teapot with a cream shoulder",
    line = "Four cups, and no drip.",
    text = "The spout is cut by hand until it stops dripping; then it is fired. It pours four cups "
      .. "and keeps the fifth warm.",
    facts = { "1.1 litres", "With a strainer in the spout", "Wash by hand" } },
  { id = "bowl", name = "Evening bowl", price = 2900, art = bowl, wall = "#e3e6ea", shadow = 96,
    alt = "A deep blue bowl filled with tomatoes",
    line = "For soup, fruit, or keys.",
    text = "A wide blue bowl on a narrow foot. The glaze breaks lighter at the rim, so no two look "
      .. "the same from above.",
    facts = { "22 cm across", "Stoneware", "Dishwasher and oven, up to 220 °C" } },
  { id = "plate", name = "Two meadow plates", price = 3800, art = plate, wall = "#eae8d9",
    shadow = 158, alt = "A stack of two plates, moss green and sand, with a loaf on it",
    line = "One moss, one sand.",
    text = "A pair that does not match on purpose. Flat enough for bread, with a rim that keeps "
      .. "the sauce in.",
    facts = { "24 cm across", "Set of two", "Dishwasher and microwave" } },
  { id = "vase", name = "Field vase", price = 5400, art = vase, wall = "#f2e4dd", shadow = 92,
    alt = "A cream and terracotta vase with an olive branch",
    line = "Looks good with one branch.",
    text = "A belly of bare terracotta under a chalk white glaze. It needs no bouquet: one branch "
      .. "from the way home will do.",
    facts = { "26 cm tall", "Watertight", "Wipe clean" } },
  { id = "jug", name = "Quiet jug", price = 4600, art = jug, wall = "#e8e9e6", shadow = 88,
    alt = "A grey jug with a white rim",
    line = "Milk, water, tulips.",
    text = "A jug with a calm lip: it pours in a line and stops when you do. Grey below, white "
      .. "where it meets the milk.",
    facts = { "0.9 litres", "Stoneware", "Dishwasher" } },
}

local by_id = {}
for _, product in ipairs(catalogue.products) do
  by_id[product.id], product.picture = product, picture(product)
end

--- The product of this id, or nil.
function catalogue.find(id) return by_id[id] end

return catalogue
