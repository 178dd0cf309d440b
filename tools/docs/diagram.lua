-- The state machines of an API as DOT, and the DOT inside the SVG that Graphviz draws of it.
-- The SVG holds its source, so that a test compares without drawing; it refuses versions and dates.

local words = require "docs.words"

local diagram = {}

-- The operations that are legal in a state, as the second line of its box.
local function verbs_in(api, kind, state)
  local verbs = {}
  for _, row in ipairs(api.operations) do
    if row.on == kind and row.needs and row.needs[kind] then
      for _, legal in ipairs(row.needs[kind]) do
        if legal == state then verbs[#verbs + 1] = row.verb end
      end
    end
  end
  return table.concat(verbs, ", ")
end

local function node(api, kind, state, final)
  local verbs = verbs_in(api, kind, state)
  local label = verbs == "" and state or state .. "\\n" .. verbs
  return ('  %s [label="%s"%s];'):format(state, label, final and ", peripheries=2" or "")
end

local function arrow(machine, from, to)
  local event = machine.events[from .. ">" .. to]
  local label = event and (' [label="%s"]'):format(event) or ""
  return ("  %s -> %s%s;"):format(from == "" and "start" or from, to, label)
end

--- The DOT source of one state machine.
function diagram.dot(api, kind)
  local machine, final = api.machines[kind], {}
  for _, state in ipairs(machine.final) do final[state] = true end
  local lines = {
    ("digraph %s {"):format(kind),
    '  graph [rankdir=TB, fontname="Helvetica", bgcolor="white", pad=0.2];',
    '  node [shape=box, style="rounded,filled", fillcolor="#f4f4f4", fontname="Helvetica",'
      .. " fontsize=11];",
    '  edge [fontname="Helvetica", fontsize=10, color="#555555"];',
    "  start [shape=point, width=0.12];",
  }
  for _, state in ipairs(machine.states) do
    lines[#lines + 1] = node(api, kind, state, final[state])
  end
  for _, to in ipairs(machine.initial) do lines[#lines + 1] = arrow(machine, "", to) end
  for _, from in ipairs(machine.states) do
    for _, to in ipairs(machine.edges[from] or {}) do
      lines[#lines + 1] = arrow(machine, from, to)
    end
  end
  lines[#lines + 1] = "}\n"
  return table.concat(lines, "\n")
end

--- Put the DOT source into Graphviz's SVG, in place of its own comments.
function diagram.embed(svg, dot)
  assert(not dot:find("--", 1, true), "a comment of XML may not hold two hyphens")
  svg = svg:gsub("<!%-%-.-%-%->\n?", "")
  local head, rest = svg:match("^(<%?xml.-%?>\n)(.*)$")
  return head .. "<!-- drawn by make docs from:\n" .. dot .. "-->\n" .. rest
end

--- The DOT source inside an SVG that embed() made, or nil.
function diagram.source(svg)
  return svg:match("<!%-%- drawn by make docs from:\n(.-)%-%->")
end

--- The name of a diagram's file, without its ending: Klarna's are called as what they show.
function diagram.file(api, kind)
  return api.name == "klarna" and kind or api.name .. "_" .. kind
end

--- The machines of an api, by name.
function diagram.kinds(api)
  return words.sorted(api.machines)
end

return diagram
