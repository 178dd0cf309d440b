-- What the gate of kassa.pace does, without clients, for specs of its arithmetic: ask for a place,
-- and take in an answer. It judges nothing.

local window = require "kassa.pace.window"

local pacer = {}

--- A player for support.limiter. text: the X-Ratelimit-Limit of every answer; counts: a tally, or
-- what several processes keep.
-- -> { try, answered, window, tally }
function pacer.new(text, counts)
  local known = window.new()
  local self = { window = known, tally = counts }

  function self.try(now)
    if counts.sync then counts:sync(known, now) end
    local pass = counts:take(now)
    local young, count = counts:settle(now, known.longest)
    if known:room(now, young - 1, count, counts) == 0 then
      known:sent(pass)
      return pass
    end
    counts:undo(pass)
  end

  function self.answered(pass, sent, now, allowed, remaining, reset_s)
    known:hear(text, reset_s)
    counts:answer(pass, now, known.policies)
    if allowed then
      known:answer(pass, sent, now, remaining, reset_s, counts)
    else
      known:refused(sent, now, reset_s)
    end
    if counts.tell then counts:tell(known, reset_s, not allowed, now) end
  end

  return self
end

return pacer
