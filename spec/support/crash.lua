-- Kills programs until a number of kills is reached, and runs each again until it ends: in a
-- process of its own, whose children share what it has loaded. It judges nothing; it says what it
-- did.

local fork = require "support.fork"
local json = require "kassa.json"
local victim = require "support.victim"

-- Loaded once, so that a child dies at its work and not at loading.
for _, name in ipairs { "kassa.journal", "kassa.flow", "kassa.call", "kassa.plans", "kassa.judge",
  "kassa.api.klarna", "kassa.object", "kassa.guard", "kassa.body", "kassa.retry", "kassa.money" }
do
  require(name)
end

local crash = {}

local RUNS_MAX = 40     -- of one order: it must end
local RUN_S = 60        -- that a run may take before it counts as hung
local KILLS_OF_ORDER = 8

-- Numbers that are the same on every Lua.
local function generator(seed)
  return function(max)
    seed = (seed * 16807) % 2147483647
    return seed % max + 1
  end
end

local function read(path)
  local file = io.open(path)
  local text = file and file:read "*a" or ""
  if file then file:close() end
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

-- In the child: one run, whose end is told through a file.
local function child(plan, path)
  local ok, transaction, points = pcall(victim.run, plan)
  local said = ok and ("%s %d"):format(transaction, points) or tostring(transaction)
  write(path, said)
  fork.exit(ok and 0 or 1)
end

-- One run. us: after how many microseconds it is killed, or nil; span_us follows how long runs take
-- on this machine at this time.
-- -> "killed"; or "ended", transaction, points; or nil and what went wrong
local function run(self, plan, us)
  local began_us = fork.now_us()
  os.remove(self.path)
  local pid = assert(fork.fork())
  if pid == 0 then child(plan, self.path) end
  if us then
    fork.sleep_us(us)
    fork.kill(pid)
  end
  local how, code = fork.wait(pid, RUN_S)
  if how == "running" then fork.kill(pid) return nil, "the run hangs" end
  if how == "killed" and code == 9 then return "killed" end
  if how ~= "exited" or code ~= 0 then
    return nil, ("%s %s: %s"):format(tostring(how), tostring(code), read(self.path))
  end
  local took_us = fork.now_us() - began_us
  self.span_us = math.ceil(0.8 * (self.span_us or took_us) + 0.2 * took_us)
  local transaction, points = read(self.path):match "^(%S+) (%d+)$"
  return "ended", transaction, tonumber(points)
end

-- At how many points a whole run can die.
local function rehearse(self)
  local how, transaction, points = run(self, self:plan())
  assert(how == "ended", transaction)
  self.done[#self.done + 1] = transaction
  self.points = points
end

-- When the next run of an order dies: at a number, after a time, or not at all. Most times are
-- short, since a run that ends before its time is one kill less.
local function death(self, kills)
  if kills == 0 and self.next_point <= self.points then
    self.next_point = self.next_point + self.stride
    return self.next_point - self.stride
  end
  if kills >= KILLS_OF_ORDER or self.random(8) == 1 then return nil end
  return nil, self.random(self.random(3) == 1 and self.span_us or math.ceil(self.span_us / 2))
end

local function order(self)
  local plan, kills = self:plan(), 0
  for _ = 1, RUNS_MAX do
    local us
    plan.point, us = death(self, kills)
    plan.recover = self.random(3) == 1
    local how, result = run(self, plan, us)
    if not how then return nil, plan.order .. ": " .. result end
    if how == "ended" then
      self.done[#self.done + 1] = result
      return true
    end
    kills, self.kills = kills + 1, self.kills + 1
    self.numbered = self.numbered + (plan.point and 1 or 0)
  end
  return nil, plan.order .. " does not end"
end

local Campaign = {}
Campaign.__index = Campaign

function Campaign:plan()
  self.orders = self.orders + 1
  return { database = self.database, base_url = self.base_url, api_key = self.api_key,
    order = ("order-%d-%d"):format(self.seed, self.orders) }
end

--- Kill. task: { kills = how many, database =, base_url =, api_key =, folder = for its file,
-- seed =, first =, stride = the numbers of the points to die at, all of which are }.
-- -> { kills, numbered, points, orders, done = list of transactions, wrong = nil or words }
function crash.run(task)
  local self = setmetatable({ orders = 0, kills = 0, numbered = 0, done = {},
    path = task.folder .. "/run", random = generator(task.seed), next_point = task.first,
  }, Campaign)
  for name, value in pairs(task) do
    if name ~= "kills" then self[name] = value end
  end
  rehearse(self)
  local fine, wrong = true, nil
  while fine and (self.kills < task.kills or self.next_point <= self.points) do
    fine, wrong = order(self)
  end
  return { kills = self.kills, numbered = self.numbered, points = self.points,
    orders = self.orders, done = json.list(self.done), wrong = wrong }
end

--- Do the task in a file, as a program of its own. -> what crash.run returns, printed as JSON
function crash.main(path)
  print(json.encode(crash.run(assert(json.decode(read(path))))))
end

return crash
