-- When to ask again for what takes its time: the pauses of a schedule, and chance on top of each,
-- so that many waiters do not ask in step. It never shortens a pause and never sleeps.
--
-- A schedule is data: { pauses = { seconds, ... }, then_s = seconds, until_s = seconds }; `pauses`
-- come first, then `then_s` again and again, until `until_s` have passed since the first of them
-- began.

local M = {}

--- The largest part of a pause that chance adds to it. Added, since the schedule is the earliest
-- that the provider is asked; half, since that spreads waiters over the time of one pause and a
-- shopper's first check still comes within seconds.
M.SPREAD = 0.5

--- Milliseconds before check `number` (1 is the first). fraction: a number in [0, 1), by chance.
function M.pause_ms(schedule, number, fraction)
  local pause_s = schedule.pauses[number] or schedule.then_s
  return math.ceil(1000 * pause_s * (1 + M.SPREAD * fraction))
end

--- Is it too late to ask? since_ms: how long ago the first pause began.
function M.over(schedule, since_ms)
  return since_ms >= 1000 * schedule.until_s
end

--- The schedule for an object in this state. machine: of its kind, with `ask`; polling: the
-- schedules by name. An unknown state is asked about as the one that is waited in: it is no end.
-- -> schedule, or nil for a state that changes by nothing one could wait for
function M.of_state(machine, polling, state)
  if machine.ask[state] then return polling[machine.ask[state]] end
  local other
  for _, known in ipairs(machine.states) do
    if known == state then return nil end
    other = other or machine.ask[known]
  end
  return polling[other]
end

return M
