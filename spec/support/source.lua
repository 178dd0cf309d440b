-- Reads the project's own source for the tidy spec: which files there are, their lines, their
-- functions. It refuses to judge; spec/tidy_spec.lua holds the rules.
local source = {}

local FOLDERS = "lua csrc spec examples bench tools"

-- Written by a program or copied from outside, so nobody can be asked to write it shorter.
local EXEMPT = { "^lua/kassa/types%.lua$", "^spec/fixtures/", "/vectors/" }

local function is_exempt(path)
  for _, pattern in ipairs(EXEMPT) do
    if path:find(pattern) then return true end
  end
  return false
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n?" do lines[#lines + 1] = line end
  lines[#lines] = lines[#lines] == "" and nil or lines[#lines]
  return lines
end

local KINDS = { lua = "lua", c = "c", h = "c", def = "c" }

-- The language of a file: by its name's end, or by its first line for a script without one.
local function kind_of(path, text)
  local ending = path:match "%.(%a+)$"
  if ending then return KINDS[ending] end
  local shebang = text:match "^#!([^\n]*)"
  if shebang then return shebang:find "lua" and "lua" or "shell" end
end

--- Every source file in the order of its path: { path =, kind = "lua" | "c" | "shell", text =,
--- lines = { ... } }.
function source.files()
  local files = {}
  local pipe = assert(io.popen("find " .. FOLDERS .. " -type f 2>/dev/null | LC_ALL=C sort"))
  for path in pipe:lines() do
    local text = not is_exempt(path) and read(path)
    local kind = text and kind_of(path, text)
    if kind then
      files[#files + 1] = { path = path, kind = kind, text = text, lines = lines_of(text) }
    end
  end
  pipe:close()
  return files
end

--- The number of characters in a line of UTF-8.
function source.width(line)
  return #line:gsub("[\128-\191]", "")
end

-- C: from a line that begins a declaration in the first column to the brace that closes it there.
local function c_functions(lines)
  local functions, start = {}, nil
  for number, line in ipairs(lines) do
    if not start and line:find "^[%a_].*%(" then start = number end
    if start and line:find ";%s*$" and not line:find "^%s" then start = nil end
    if line:find "^}" then
      if start then functions[#functions + 1] = { first = start, last = number } end
      start = nil
    end
  end
  return functions
end

-- The first line after this one that begins with `end` and is indented no deeper.
local function closing_line(lines, first)
  local indent, last = #lines[first]:match "^%s*", first + 1
  while last < #lines do
    local blanks = lines[last]:match "^(%s*)end%f[^%w_]"
    if blanks and #blanks <= indent then break end
    last = last + 1
  end
  return last
end

-- Lua: from the line with `function` to its `end`, as indented. A spec's describe is a heading, not
-- a function.
local function lua_functions(lines)
  local functions = {}
  for first, line in ipairs(lines) do
    local opens = line:find "%f[%w_]function%f[^%w_]" and not line:find "%f[%w_]end%f[^%w_]"
    if opens and not line:find "^%s*describe" then
      functions[#functions + 1] = { first = first, last = closing_line(lines, first) }
    end
  end
  return functions
end

-- Blank out what a pattern matches, line ends kept so that lines keep their numbers.
local function blank(text, pattern)
  return (text:gsub(pattern, function(match) return (match:gsub("[^\n]", " ")) end))
end

-- A file without comments and texts.
local function code_of(file)
  local text = file.text
  if file.kind == "c" then
    text = blank(blank(text, '"[^"\n]*"'), "/%*.-%*/")
  elseif file.kind == "lua" then
    text = blank(blank(text, "%-%-[^\n]*"), '"[^"\n]*"')
    text = blank(text, "%[%[.-%]%]")
  end
  return text
end

--- The lines of a file without comments and texts: what is left can be searched for calls.
function source.code_lines(file)
  file.code = file.code or lines_of(code_of(file))
  return file.code
end

--- The functions of a file, as { first =, last = } line numbers.
function source.functions(file)
  if file.kind == "c" then return c_functions(file.lines) end
  if file.kind == "lua" then return lua_functions(source.code_lines(file)) end
  return {}
end

--- The comment with which a file opens, a `#!` line passed over; "" when it opens otherwise.
function source.heading(file)
  local text = file.text:gsub("^#![^\n]*\n", "")
  if file.kind == "c" then return text:match "^/%*(.-)%*/" or "" end
  local mark, heading = file.kind == "lua" and "^%-%-+" or "^#", {}
  for line in text:gmatch "[^\n]*" do
    if line ~= "" then
      if not line:find(mark) then break end
      heading[#heading + 1] = line:gsub(mark, "")
    end
  end
  return table.concat(heading, " ")
end

return source
