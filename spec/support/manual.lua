-- The pages of docs/ as specs run them: a page's text, and its Lua blocks as one script.
local manual = {}

--- The text of docs/NAME.md.
function manual.text(name)
  local file = assert(io.open("docs/" .. name .. ".md"))
  local text = file:read "*a"
  file:close()
  return text
end

--- The blocks of Lua in a page, in order, as the script that its reader would type.
function manual.script(text)
  local list = {}
  for code in text:gmatch "```lua\n(.-)```" do list[#list + 1] = code end
  return table.concat(list, "\n")
end

return manual
