-- What specs of the engine do all the time: submit, step until it is complete, and look. It refuses
-- to hide a failure: what does not come within ten seconds is an error.
local core = require "kassa.core"

local M = {}

local LIMIT_MS = 10000

--- Step until this call or timer is complete. -> its answer; others go into `rest` by id
function M.await(engine, id, rest)
  local late = engine:now() + LIMIT_MS
  while engine:now() < late do
    engine:step(1000)
    for found, answer in function() return engine:take() end do
      if found == id then return answer end
      if rest then rest[found] = answer end
    end
  end
  error("call " .. tostring(id) .. " did not end")
end

--- Take `count` completions. -> answers by id, ids in the order of their coming
function M.collect(engine, count)
  local answers, order, late = {}, {}, engine:now() + LIMIT_MS
  while #order < count and engine:now() < late do
    engine:step(1000)
    for id, answer in function() return engine:take() end do
      answers[id], order[#order + 1] = answer, id
    end
  end
  assert(#order == count, "only " .. #order .. " of " .. count .. " came")
  return answers, order
end

--- The same promises whoever drives the engine: the caller, or a thread of its own.
-- describe: busted's, which only a spec sees. -> function(title, promises), promises(mode)
function M.in_both_modes(describe)
  return function(title, promises)
    for _, mode in ipairs { "inline", "thread" } do
      describe(title .. ", " .. mode, function() promises(mode) end)
    end
  end
end

--- An engine with one channel. -> engine, channel
function M.open(options, engine_options)
  local engine = core.engine.new(engine_options or {})
  return engine, assert(engine:channel(options))
end

--- One call. -> its answer
function M.call(engine, channel, method, target, headers, body, timeout_ms, fresh)
  local id = assert(channel:submit(method, target, headers, body, timeout_ms or 5000, fresh))
  return M.await(engine, id)
end

return M
