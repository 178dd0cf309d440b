-- Prints what is generated from the table of operations: reference page, diagrams, editor types.
-- It writes only the files named below, and leaves the diagrams alone without Graphviz.
--
--   lua tools/docs.lua [folder]    (the current one when none is given; `make docs` calls it)

local own = arg[0]:match("^(.*)docs%.lua$")
package.path = own .. "?.lua;" .. package.path

local api = require("kassa.api").whole(require "kassa.api.klarna")
local cybersource = require("kassa.api").whole(require "kassa.api.cybersource")
local core = require "kassa.core"
local page = require "docs.page"
local checkout = require "docs.checkout"
local diagram = require "docs.diagram"
local gateway = require "docs.gateway"
local triggers = require "docs.triggers"
local types = require "docs.types"

local root = (arg[1] or ".") .. "/"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(root .. path, "wb"))
  assert(file:write(text))
  assert(file:close())
  print(path)
end

local function succeeded(first) return first == true or first == 0 end

local function draw(dot)
  local source, drawn = os.tmpname(), os.tmpname()
  local file = assert(io.open(source, "wb"))
  file:write(dot)
  file:close()
  local ok = succeeded(os.execute(("dot -Tsvg -o %s %s"):format(drawn, source)))
  local svg = ok and read(drawn) or nil
  os.remove(source)
  os.remove(drawn)
  return svg
end

write("docs/reference/klarna.md", page.render(api))
write("docs/reference/cybersource.md", gateway.render(cybersource))
write("docs/sandbox.md", triggers.put(read "docs/sandbox.md",
  triggers.render(require("kassa.sandbox.cybersource.triggers").list)))
write("lua/kassa/types.lua", types.render({ api, cybersource }, core.errors))

write("docs/checkout.md", checkout.render(read(own .. "../docs/checkout.md")))

if not succeeded(os.execute("command -v dot >/dev/null 2>&1")) then
  print "docs/reference/*.svg: left as they are, Graphviz (dot) is not installed"
  os.exit(0)
end
for _, drawn in ipairs { api, cybersource } do
  for _, kind in ipairs(diagram.kinds(drawn)) do
    local dot = diagram.dot(drawn, kind)
    local svg = assert(draw(dot), "dot failed on " .. kind)
    write("docs/reference/" .. diagram.file(drawn, kind) .. ".svg", diagram.embed(svg, dot))
  end
end
