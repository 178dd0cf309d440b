-- What busted loads before the suite (--helper), so that it runs in half the time.
require "support.forget"
require "support.names"
