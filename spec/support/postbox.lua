-- Programs that receive webhooks into one inbox and handle them, and are killed between storing and
-- handling. They write down what they did; they do not know what they should have done.

local fork = require "support.fork"
local inbox_of = require "kassa.inbox"
local json = require "kassa.json"
local router_of = require "kassa.webhook.router"

local postbox = {}

local LIMIT_S = 600 -- that a program may take before it counts as hung

local function generator(seed)
  return function(max)
    seed = (seed * 16807) % 2147483647
    return seed % max + 1
  end
end

local function lines_of(path)
  local file, count = io.open(path), 0
  if not file then return 0 end
  for _ in file:lines() do count = count + 1 end
  file:close()
  return count
end

local files = {} -- those that this program appends to

-- One line, written at once, after those of all other programs.
local function note(path, text)
  files[path] = files[path] or assert(io.open(path, "a"))
  files[path]:write(text, "\n")
  files[path]:flush()
end

local function must(value, err)
  if value == nil and err then error(tostring(err), 0) end
  return value
end

-- A life of program `number`: acknowledge the deliveries that are its own and were not acknowledged
-- yet, handle what waits, and die one time in `odds` wherever nothing is half done.
local function live(task, number, seed)
  local random = generator(seed)
  local function perhaps_die()
    if random(task.odds) == 1 then fork.kill(0) end
  end
  local options = task.database
  options.tries_max = 1000
  local router = router_of.new { store = assert(inbox_of.new(options)) }
  router:default(function(event)
    perhaps_die()
    note(task.folder .. "/effects", "begin " .. event.payload.object .. " " .. event.id)
    note(task.folder .. "/effects", "end " .. event.payload.object .. " " .. event.id)
    return true
  end)
  local acknowledged = task.folder .. "/acknowledged" .. number
  local own = task.deliveries[number]
  for i = lines_of(acknowledged) + 1, #own do
    local object, id = own[i]:match "^(%S+) (%S+)$"
    must(router:accept { id = id, type = "payment.transaction.updated", occurred_ms = i,
      payload = { payment_transaction_id = object, object = object } })
    perhaps_die()
    note(acknowledged, id)
    perhaps_die()
    must(router:handle_next())
    perhaps_die()
  end
  local _, _, err = router:work()
  must(nil, err)
end

local AGAIN = 75 -- a busy machine keeps a database locked, which says: do the same again

local function begin(task, number, seed)
  local pid = assert(fork.fork())
  if pid ~= 0 then return pid end
  local ok, why = pcall(live, task, number, seed)
  if not ok and tostring(why):find("has it locked", 1, true) then fork.exit(AGAIN) end
  if not ok then note(task.folder .. "/wrong", tostring(why)) end
  fork.exit(ok and 0 or 1)
end

-- The programs, each begun again when it is killed, until all have ended.
-- -> how many were killed
local function keep_alive(task)
  local kills, lives, running = 0, 0, {}
  local function start(number)
    lives = lives + 1
    running[number] = begin(task, number, task.seed + 7919 * lives)
  end
  for number = 1, #task.deliveries do start(number) end
  while next(running) do
    for number, pid in pairs(running) do
      local how, code = fork.wait(pid, LIMIT_S)
      running[number] = nil
      if how == "killed" or code == AGAIN then
        kills = kills + (how == "killed" and 1 or 0)
        start(number)
        break
      end
      assert(how == "exited" and code == 0, how)
    end
  end
  return kills
end

--- Run. task: { deliveries = a list for each program of "object id", odds, seed, database =,
-- folder = for files }
-- -> { kills = how many }; the files `effects` and `wrong` say the rest
function postbox.run(task)
  local kills = keep_alive(task)
  task.odds = 2147483647
  task.deliveries = { {} } -- one more looks for what is left
  keep_alive(task)
  return { kills = kills }
end

--- Do the task in a file, as a program of its own. -> what postbox.run returns, printed as JSON
function postbox.main(path)
  local file = assert(io.open(path))
  local task = assert(json.decode(file:read "*a"))
  file:close()
  print(json.encode(postbox.run(task)))
end

return postbox
