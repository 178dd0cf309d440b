-- The one host of this Lua state: the tasks, engines and budget that `require "kassa"` and the
-- parts behind it share. No other module keeps a state of its own.

return require "kassa.runtime".new()
