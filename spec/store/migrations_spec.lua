-- Promises of the schema: numbered, made once by whoever comes first, the same on both engines, and
-- never made by halves.
local child = require "support.child"
local engines = require "support.engines"
local migrations = require "kassa.store.migrations"
local peers = require "support.peers"
local store = require "kassa.store"

local TABLES = { "kassa_attempts", "kassa_events", "kassa_flows", "kassa_intents",
  "kassa_objects", "kassa_steps" }

for _, engine in ipairs(engines) do
  describe("the schema on " .. engine.name, function()
    if engine.missing then return pending(engine.missing) end

    local database

    before_each(function() database = engine.new() end)

    after_each(function() database.remove() end)

    it("has every table, and the number of the last step", function()
      local db = assert(store.open(database.options))
      for _, name in ipairs(TABLES) do assert.same({}, db:all("SELECT * FROM " .. name)) end
      assert.same({ { version = #migrations.steps } }, db:all "SELECT version FROM kassa_schema")
      db:close()
    end)

    it("is made once when several processes open an empty database together", function()
      local folder = peers.folder()
      local script = ([[
        local db, err = require "kassa.store".open { path = %s, postgres = %s }
        print(db and "opened" or err)
      ]]):format(database.options.path and ("%q"):format(database.options.path) or "nil",
        database.options.postgres and ("%q"):format(database.options.postgres) or "nil")
      for i = 1, 4 do child.start({ child.lua, "-e", script }, folder .. "/" .. i) end
      for i = 1, 4 do
        local said = ""
        for _ = 1, 3000 do
          said = peers.read(folder .. "/" .. i)
          if said:find "\n" then break end
          os.execute "sleep 0.01"
        end
        assert.equal("opened\n", said)
      end
      peers.remove(folder)
      local db = assert(store.open(database.options))
      assert.same({ { version = #migrations.steps } }, db:all "SELECT version FROM kassa_schema")
      db:close()
    end)

    it("is left as it was when a step fails", function()
      local steps = migrations.steps
      local db = assert(store.open(database.options))
      local number = #steps + 1
      steps[number] = { "CREATE TABLE kassa_more (k TEXT)", "CREATE TABLE kassa_more (k TEXT)" }
      local done, err = migrations.run(db)
      steps[number] = nil
      assert.is_nil(done)
      assert.equal("journal", err.code)
      assert.is_nil((db:all "SELECT k FROM kassa_more"))
      assert.same({ { version = #steps } }, db:all "SELECT version FROM kassa_schema")
      db:close()
    end)
  end)
end
