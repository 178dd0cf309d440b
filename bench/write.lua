-- What validating and writing the large update request costs, against cjson.encode of the same
-- table: instructions by callgrind, from which the start of the process cancels out. It measures
-- one interpreter, the one that runs it, and refuses to judge by time.
--
--   eval "$(make -s env LUA=lua5.4)" && lua5.4 bench/write.lua
--
-- Prints the ratio; ends with 1 when kassa costs more than cjson (bar 1.00).

local CALLS = 300 -- and twice as many: the difference is that many calls and nothing else
local BAR = 1

local here = arg[0]:match "^(.*)bench/write%.lua$" or "./"
local fixture = here .. "spec/fixtures/klarna/04-payment_request.update.request.json"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function writer_of(name)
  for _, row in ipairs(require("kassa.api").whole(require "kassa.api.klarna").operations) do
    if row.name == name then return require "kassa.schema".writer(row.body) end
  end
end

local workers = {}

function workers.kassa(value, calls)
  local writer = writer_of "payment_request.update"
  for _ = 1, calls do assert(writer:write(value)) end
end

function workers.cjson(value, calls)
  local encode = require "cjson".encode
  for _ = 1, calls do encode(value) end
end

local function work(name, calls)
  workers[name](require "kassa.json".decode(read(fixture)), calls)
end

-- Instructions of one process that makes so many calls, or nil where valgrind does not run.
local function instructions(name, calls)
  local command = "valgrind --tool=callgrind --callgrind-out-file=/dev/null %s %s %s %d 2>&1"
  local pipe = io.popen(command:format(arg[-1] or "lua", arg[0], name, calls))
  local output = pipe:read "*a"
  pipe:close()
  local count = output:match "Collected : (%d+)"
  return tonumber(count), output
end

local function of_one_call(name)
  local once, output = instructions(name, CALLS)
  if not once then return nil, output end
  return (instructions(name, 2 * CALLS) - once) / CALLS
end

local function compare()
  local kassa, output = of_one_call "kassa"
  if not kassa then
    print("write: left out, valgrind is not installed or failed: " .. (output:match "[^\n]+" or ""))
    return true
  end
  local cjson = of_one_call "cjson"
  print(("write: kassa %.0f instructions, cjson.encode %.0f, ratio %.2f (bar %.2f)")
    :format(kassa, cjson, kassa / cjson, BAR))
  return kassa <= BAR * cjson
end

if arg[1] then work(arg[1], tonumber(arg[2])) else os.exit(compare() and 0 or 1) end
