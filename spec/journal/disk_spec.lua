-- Promises of the journal on a disk that is really full or really read-only: a small file system of
-- its own, which only the program on it sees and which ends with it.
local child = require "support.child"
local engines = require "support.engines"
local json = require "kassa.json"
local peers = require "support.peers"

-- The program: what it meets on the disk, as JSON.
local PROGRAM = [[
  local folder, json, kassa = ..., require "kassa.json", require "kassa"
  local engine = { new = function()
    return { options = { path = folder .. "/shop.db" }, remove = function() end }
  end }
  local till = require "support.till".open(engine, { retries = 0 })
  local id, told = till:transaction(1000), json.list {}
  local function capture(name)
    local made, err = till.klarna.payment_transactions:capture(id, { capture_amount = 1 },
      { intent = name })
    if not made then
      told[#told + 1] = { code = err.code, happened = err.happened, message = err.message }
    end
    return made
  end
  local function sent() return till:sent "payment_transaction.capture" end

  assert(capture "before")
  local filler = assert(io.open(folder .. "/filler", "wb"))
  filler:setvbuf "no"
  repeat until not filler:write(("x"):rep(512))
  filler:close()
  local number = 0
  repeat number = number + 1 until not capture("parcel-" .. number) or number == 50
  local count = sent()
  capture()
  capture("parcel-" .. number)
  assert(sent() == count, "it was sent although the disk was full")
  os.remove(folder .. "/filler")
  for i = 1, number do assert(capture("parcel-" .. i)) end
  local ledger, open = till.sandbox:ledger(id), #till.journal:open()
  till.journal:close()

  os.execute("mount -o remount,ro " .. folder .. " 2>/dev/null")
  local journal, err = kassa.journal { path = folder .. "/shop.db" }
  print(json.encode { told = told, number = number, captures = ledger.captures, open = open,
    opened = journal ~= nil, read_only = err and err.message })
]]

-- In a name space of its own, where anybody may mount what nobody else sees.
local UNSHARE = "unshare -rm mount -t tmpfs none /tmp"

describe("a journal on a disk of its own", function()
  if engines[1].missing then return pending(engines[1].missing) end
  if child.finish { "sh", "-c", UNSHARE } ~= 0 then
    return pending "this system lets nobody mount in a name space (unshare -rm of util-linux)"
  end

  it("sends nothing when it is full, says so, works on after, and is not opened read-only",
    function()
      local folder = peers.folder()
      peers.write(folder .. "/program", PROGRAM)
      peers.write(folder .. "/run", ([[
        exec 3<%s/program
        mount -t tmpfs -o size=400k none %s && exec %s - %s <&3]]):format(folder, folder,
        child.lua, folder))
      local status, said = child.finish { "unshare", "-rm", "sh", folder .. "/run" }
      peers.remove(folder)
      assert(status == 0, said)
      local met = assert(json.decode(said), said)
      assert.is_true(met.number < 50)
      assert.equal(3, #met.told)
      for _, told in ipairs(met.told) do
        assert.same({ "journal", "no" }, { told.code, told.happened })
        assert.matches(folder .. "/shop.db: the disk is full", told.message, 1, true)
        assert.matches("free some space", told.message)
      end
      assert.same({ met.number + 1, 0 }, { met.captures, met.open })
      assert.is_false(met.opened)
      assert.matches(folder .. "/shop.db: it cannot be opened", met.read_only, 1, true)
      assert.matches("on a disk that takes writes", met.read_only)
    end)
end)
