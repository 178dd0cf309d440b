-- What busted loads before the suite (--helper): both spare work, and change no result.
require "support.forget"
require "support.names"
