-- Several programs that mean the same captures at the same time, each with tasks of its own. It
-- tells what each of them was answered, and judges nothing.

local fork = require "support.fork"
local json = require "kassa.json"
local kassa = require "kassa"

local rivals = {}

local TASKS = 4      -- of each program
local LIMIT_S = 600  -- that a program may take before it counts as hung

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

-- All intents, by some tasks. -> list of the captures' ids
local function capture_all(klarna, task)
  local ids, next_one = json.list {}, 1
  local function work()
    while next_one <= task.count do
      local i = next_one
      next_one = i + 1
      local transaction = task.transactions[(i - 1) % #task.transactions + 1]
      local capture = kassa.assert(klarna.payment_transactions:capture(transaction,
        { capture_amount = 1 }, { intent = "parcel-" .. i }))
      ids[i] = capture.payment_capture_id
    end
  end
  kassa.run(function()
    for _ = 1, TASKS do kassa.go(work) end
  end)
  return ids
end

local function child(task, path)
  local ok, result = pcall(function()
    local journal = assert(kassa.journal(task.database))
    local klarna = kassa.klarna { base_url = task.base_url, api_key = task.api_key,
      journal = journal }
    return json.encode(capture_all(klarna, task))
  end)
  local file = assert(io.open(path, "w"))
  file:write(ok and result or json.encode(tostring(result)))
  file:close()
  fork.exit(0)
end

--- Run. task: { programs =, count = of intents, transactions = list of ids, database =, base_url =,
-- api_key =, folder = for files }
-- -> list of { answer of each program: ids of captures by number of the intent, or words }
function rivals.run(task)
  local pids, answers = {}, json.list {}
  for i = 1, task.programs do
    pids[i] = assert(fork.fork())
    if pids[i] == 0 then child(task, task.folder .. "/rival" .. i) end
  end
  for i, pid in ipairs(pids) do
    local how = fork.wait(pid, LIMIT_S)
    if how == "running" then fork.kill(pid) end
    answers[i] = how == "exited" and json.decode(read(task.folder .. "/rival" .. i)) or how
  end
  return answers
end

--- Do the task in a file, as a program of its own. -> what rivals.run returns, printed as JSON
function rivals.main(path)
  print(json.encode(rivals.run(assert(json.decode(read(path))))))
end

return rivals
