-- Promises of core.engine about bodies that it reads while it sends them: files, and forms of
-- several parts. What arrives is compared byte for byte, and what goes wrong under way must end.
local core = require "kassa.core"
local driver = require "kassa.runtime.driver"
local httpd = require "kassa.httpd"
local peers = require "support.peers"
local plain = require "kassa.runtime.plain"
local run = require "support.engine"
local wire_count = require "support.wire".count

local SIZE = 7 * 1024 * 1024
local ONE_MIB = 1024 -- KiB

local call = run.call
local describe_in_both_modes = run.in_both_modes(describe)

-- Bytes in which every place differs from its neighbours, CR, LF and NUL among them.
local function noise(size)
  local block = {}
  for i = 0, 250 do block[i + 1] = string.char(i) end
  block = table.concat(block)
  local whole = block:rep(math.ceil(size / #block)):sub(1, size - 8)
  return whole .. ("%08d"):format(size)
end

-- A form as a server reads it, written from RFC 7578. -> list of { head =, bytes = }
local function parse(boundary, body)
  local parts, mark = {}, "--" .. boundary
  assert(body:sub(1, #mark + 2) == mark .. "\r\n", "no boundary at the start")
  local at = #mark + 3
  while at do
    local stop = assert(body:find("\r\n" .. mark, at, true), "no boundary after a part")
    local head_end = assert(body:find("\r\n\r\n", at, true))
    parts[#parts + 1] = {
      head = body:sub(at, head_end + 1), bytes = body:sub(head_end + 4, stop - 1),
    }
    local after = stop + 2 + #mark
    if body:sub(after, after + 3) == "--\r\n" then
      assert.equal(#body, after + 3)
      return parts
    end
    assert.equal("\r\n", body:sub(after, after + 1))
    at = after + 2
  end
end

-- What the peer got: the request's head, and its form.
local function received(echo)
  local head, body = echo:match "^(.-\r\n)\r\n(.*)$"
  local boundary = head:match "\r\nContent%-Type: multipart/form%-data; boundary=([^\r]+)\r\n"
  assert(boundary, head)
  assert.equal(#body, tonumber(head:match "\r\nContent%-Length: (%d+)\r\n"))
  return head, parse(boundary, body)
end

-- Long strings are compared without printing them.
local function same_bytes(expected, got)
  assert(expected == got, ("%d bytes expected, %d came"):format(#expected, #got))
end

describe_in_both_modes("an upload", function(mode)
  local folder, file, bytes, wire, engine, channel

  setup(function()
    folder, wire, bytes = peers.folder(), peers.wire(), noise(SIZE)
    file = folder .. "/proof.pdf"
    peers.write(file, bytes)
  end)
  teardown(function()
    wire:stop()
    peers.remove(folder)
  end)
  before_each(function()
    engine, channel = run.open({ base_url = wire.url, response_max = 9 * 1024 * 1024,
      headers = { "X-First: 1", "Content-Type: application/json", "X-Last: 2" } }, { mode = mode })
  end)
  after_each(function() engine:close() end)

  local function form()
    return { parts = {
      { name = "note", data = "two\r\nlines" },
      { name = "file", file = file, type = "application/pdf" },
    } }
  end

  local function check_form(parts)
    assert.equal(2, #parts)
    assert.equal('Content-Disposition: form-data; name="note"\r\n', parts[1].head)
    assert.equal("two\r\nlines", parts[1].bytes)
    assert.equal('Content-Disposition: form-data; name="file"; filename="proof.pdf"\r\n'
      .. "Content-Type: application/pdf\r\n", parts[2].head)
    same_bytes(bytes, parts[2].bytes)
  end

  it("of 7 MiB arrives byte for byte, as a form or alone", function()
    local answer = call(engine, channel, "POST", "/echo", nil, form())
    local _, parts = received(answer.body)
    check_form(parts)
    answer = call(engine, channel, "PUT", "/echo", nil, { file = file })
    assert.equal("PUT", answer.body:match "^%u+")
    same_bytes(bytes, answer.body:match "\r\n\r\n(.*)$")
  end)

  it("arrives at kassa's own server", function()
    local server = assert(httpd.start { module = "support.httpd_app", body_max = SIZE + 1000 })
    local one = engine:channel { base_url = "http://127.0.0.1:" .. server:port(),
      response_max = 9 * 1024 * 1024 }
    local answer = call(engine, one, "POST", "/echo", nil, form())
    check_form(parse(answer.body:match "^%-%-([^\r]+)", answer.body))
    server:stop()
  end)

  it("names its type itself, once, whatever the headers say", function()
    local lines = { "content-type: text/plain", "X-Own: 3" }
    local head = received(call(engine, channel, "POST", "/echo", lines, form()).body)
    assert.equal(1, select(2, head:lower():gsub("\r\ncontent%-type:", "")))
    for _, line in ipairs { "X-First: 1", "X-Last: 2", "X-Own: 3" } do
      assert(head:find("\r\n" .. line .. "\r\n", 1, true), line)
    end
    assert.is_nil(received(call(engine, channel, "POST", "/echo", nil, {
      parts = { { name = "small", data = "x" } } }).body):find "Expect")
  end)

  it("leaves nothing behind in a handle that is used again", function()
    for _ = 1, 2 do
      local _, parts = received(call(engine, channel, "POST", "/echo", nil, form()).body)
      check_form(parts)
      local answer = call(engine, channel, "POST", "/echo", nil, "{}")
      assert.matches("\r\nContent%-Type: application/json\r\n.*\r\n\r\n{}$", answer.body)
      answer = call(engine, channel, "GET", "/echo")
      assert.matches("^GET .*\r\n\r\n$", answer.body)
      assert.is_nil(answer.body:find "Content%-Length")
      answer = call(engine, channel, "PUT", "/echo", nil, { file = folder .. "/../" ..
        folder:match "[^/]+$" .. "/proof.pdf" })
      same_bytes(bytes, answer.body:match "\r\n\r\n(.*)$")
    end
  end)

  it("may have empty parts, names of any letters, and no name of a file", function()
    peers.write(folder .. "/empty", "")
    local _, parts = received(call(engine, channel, "POST", "/echo", nil, { parts = {
      { name = "nothing", data = "" }, { name = "f", file = folder .. "/empty" },
      { name = 'n"', data = "x", filename = "übersicht \"1\".png", type = "image/png" },
    } }).body)
    assert.equal("", parts[1].bytes)
    assert.is_nil(parts[1].head:find "filename")
    assert.matches('filename="empty"\r\n', parts[2].head)
    assert.equal("", parts[2].bytes)
    assert.equal('Content-Disposition: form-data; name="n%22"; filename="übersicht %221%22.png"\r\n'
      .. "Content-Type: image/png\r\n", parts[3].head)
  end)

  it("keeps strings alive that nobody else holds, although the script changes its table", function()
    local body = { parts = { { name = "a", data = ("y"):rep(3000000) } } }
    local id = channel:submit("POST", "/echo", nil, body, 5000)
    body.parts[1].data, body.parts[1] = "gone", nil
    for _ = 1, 5 do collectgarbage() end
    local _, parts = received(run.await(engine, id).body)
    same_bytes(("y"):rep(3000000), parts[1].bytes)
  end)

  it("tells its progress up to the end, and nothing of what it does not know", function()
    local id = channel:submit("POST", "/sip-3", nil, form(), 9000)
    local sent, total = engine:progress(id)
    assert(sent >= 0 and sent < SIZE and total >= SIZE)
    local seen, last = 0, 0
    while engine:step(20) == 0 do
      sent, total = engine:progress(id)
      assert(sent >= last and sent <= total)
      seen, last = seen + (sent > last and sent < total and 1 or 0), sent
    end
    assert(seen > 2, seen)
    sent, total = engine:progress(id)
    assert.equal(total, sent)
    assert(total > SIZE and total < SIZE + 1000)
    assert.equal(200, run.await(engine, id).status)
    assert.is_nil(engine:progress(id))
    assert.is_nil(engine:progress(-1))
    assert.is_nil(engine:progress(engine:timer(0)))
    assert.error_matches(function() engine:progress "one" end, "id")
    assert.equal(0, (engine:progress(channel:submit("GET", "/silence", nil, nil, 5000))))
  end)

  it("tells whoever awaits it, at most ten times a second and at the end", function()
    local reports, d = {}, driver.new(engine)
    local id = channel:submit("POST", "/sip-5", nil, form(), 9000)
    local start = engine:now()
    local answer = d:await(id, nil, function(sent, total)
      reports[#reports + 1] = { sent = sent, total = total }
      error "dropped"
    end)
    assert.equal(200, answer.status)
    local last = reports[#reports]
    assert.equal(last.total, last.sent)
    for i = 2, #reports do assert(reports[i].sent > reports[i - 1].sent) end
    assert(#reports >= 2 and #reports <= (engine:now() - start) / 100 + 1, #reports)
  end)

  it("tells it to a task that is suspended, while others run", function()
    local d, reports, beats = driver.new(engine), {}, 0
    local tasks = plain.new(function() return d end)
    local runtime = plain.runtime(tasks)
    tasks:run(function()
      local done = false
      tasks:go(function()
        local id = channel:submit("POST", "/sip-3", nil, form(), 9000)
        d:await(id, runtime, function(sent) reports[#reports + 1] = sent end)
        done = true
      end)
      while not done do
        tasks:sleep(0.01)
        beats = beats + 1
      end
    end)
    assert(#reports >= 2 and beats > 5)
    assert(reports[#reports] > SIZE)
    assert.is_nil(d.watched)
  end)

  it("holds no more than 1 MiB of 7", function()
    local script = [[
      local engine = require "kassa.core".engine.new { mode = %q }
      local channel = assert(engine:channel { base_url = %q })
      local function upload(file)
        local parts = { { name = "file", file = file } }
        local id = assert(channel:submit("POST", "/sip-1", nil, { parts = parts }, 20000))
        while engine:step(1000) == 0 do end
        assert(select(2, engine:take()).status == 200)
      end
      local function status(field)
        local file = assert(io.open "/proc/self/status")
        local text = file:read "*a"
        file:close()
        return tonumber(text:match(field .. ":%%s*(%%d+)"))
      end
      upload %q
      local before = status "VmHWM"
      upload %q
      print(status "VmHWM" - before)
    ]]
    peers.write(folder .. "/small.pdf", "%PDF-")
    peers.write(folder .. "/grow.lua", script:format(mode, wire.url, folder .. "/small.pdf", file))
    local lua = assert(arg[-1])
    local pipe = io.popen(lua .. " " .. folder .. "/grow.lua 2>&1")
    local text = pipe:read "*a"
    pipe:close()
    assert(assert(tonumber(text:match "^%d+"), text) < ONE_MIB, text)
  end)

  it("is sent again from its beginning when a kept connection was dead", function()
    for _, body in ipairs { form(), { file = file } } do
      assert.equal(200, call(engine, channel, "GET", "/again").status)
      local answer = call(engine, channel, "POST", "/again", nil, body)
      assert.equal(200, answer.status, answer.message)
      if body.parts then
        local _, parts = received(answer.body)
        check_form(parts)
      else
        same_bytes(bytes, answer.body:match "\r\n\r\n(.*)$")
      end
    end
    assert.equal(200, call(engine, channel, "GET", "/again").status)
    local answer = call(engine, channel, "POST", "/again", nil, form(), 5000, true)
    assert.equal(200, answer.status) -- fresh, so not on the connection that is about to die
  end)

  it("reports an answer that comes before its end as that answer", function()
    for _, status in ipairs { 401, 413, 429, 500 } do
      for _ = 1, 25 do
        local answer = call(engine, channel, "POST", "/early-" .. status, nil, form())
        assert.equal(status, answer.status, answer.message)
        assert.equal("early", answer.body)
      end
    end
  end)

  it("ends at its deadline, or canceled, while the peer takes nothing more", function()
    local before = wire_count "fd"
    local id = channel:submit("POST", "/choke", nil, form(), 400)
    local answer = run.await(engine, id)
    assert.same({ "timeout", "sent" }, { answer.code, answer.wire })
    assert.is_nil(answer.status) -- that it might go on was no answer
    id = channel:submit("POST", "/choke", nil, form(), 9000)
    local late = engine:now() + 5000
    while engine:progress(id) == 0 and engine:now() < late do engine:step(20) end
    assert(engine:progress(id) > 0)
    assert.is_true(engine:cancel(id))
    answer = run.await(engine, id)
    assert.same({ "canceled", "sent" }, { answer.code, answer.wire })
    channel:submit("POST", "/choke", nil, form(), 9000)
    engine:step(20)
    channel:close()
    engine:step(5000)
    assert.equal("canceled", select(2, engine:take()).code)
    engine:close()
    assert(wire_count "fd" <= before + 1)
    engine = core.engine.new { mode = mode }
  end)

  it("that breaks off under way is protocol, sent", function()
    local answer = call(engine, channel, "POST", "/drop", nil, form())
    assert.same({ "protocol", "sent" }, { answer.code, answer.wire })
  end)

  it("ends when its file becomes shorter, and goes on when it becomes longer or goes", function()
    local path = folder .. "/changing"
    local function submit(body)
      peers.write(path, bytes)
      local id = assert(channel:submit("POST", "/sip-3", nil, body, 9000))
      engine:step(20)
      assert(engine:progress(id) < SIZE)
      return id
    end
    for _, body in ipairs { { file = path }, { parts = { { name = "f", file = path } } } } do
      local id = submit(body)
      os.execute("truncate -s 1000 " .. path)
      local answer = run.await(engine, id)
      assert.same({ "canceled", "sent" }, { answer.code, answer.wire })
      assert.equal("the file became shorter while it was being sent", answer.message)
      id = submit(body)
      os.execute("echo more >> " .. path)
      assert.equal(200, run.await(engine, id).status)
      id = submit(body)
      os.remove(path)
      assert.equal(200, run.await(engine, id).status)
    end
  end)

  it("does not begin when a file cannot be read, and says which", function()
    local before = tonumber(call(engine, channel, "GET", "/count").body)
    os.execute("mkfifo " .. folder .. "/pipe")
    local wrong = { missing = "No such file", [""] = "Is a directory", pipe = "Invalid argument" }
    for name, words in pairs(wrong) do
      local path = folder .. "/" .. name
      for _, body in ipairs { { file = path }, { parts = {
        { name = "a", file = file }, { name = "b", data = "" }, { name = "c", file = path } } } } do
        local id, why = channel:submit("POST", "/echo", nil, body, 1000)
        assert.is_nil(id)
        assert.equal(1, (why:find(path .. ": " .. words, 1, true)))
      end
    end
    assert.equal(0, engine:pending())
    assert.equal(before + 1, tonumber(call(engine, channel, "GET", "/count").body))
  end)

  it("refuses a form that is none, naming what is wrong", function()
    local many = {}
    for i = 1, 17 do many[i] = { name = "a", data = "" } end
    local wrong = {
      [{}] = "list of 1 to 16", ["text"] = "list of 1 to 16", [many] = "list of 1 to 16",
      [{ "text" }] = "tables expected", [{ {} }] = "name: string expected, got nil",
      [{ { name = 7, data = "" } }] = "name: string expected, got number",
      [{ { name = "a\n", data = "" } }] = "name: a control character",
      [{ { name = "a", data = "", filename = "b\0" } }] = "filename: a control character",
      [{ { name = "a", data = "", type = "b\r\nX: y" } }] = "type: a control character",
      [{ { name = "a", file = "b\0" } }] = "file: a NUL",
      [{ { name = "a" } }] = "either file or data",
      [{ { name = "a", data = "", file = file } }] = "either file or data",
    }
    for parts, words in pairs(wrong) do
      assert.error_matches(function()
        channel:submit("POST", "/", nil, { parts = parts }, 1000)
      end, words, 1, true)
    end
    assert.equal(0, engine:pending())
  end)

  it("leaves no descriptor open", function()
    local before = wire_count "fd"
    for _ = 1, 3 do
      local other, one = run.open({ base_url = wire.url }, { mode = mode })
      for _, path in ipairs { "/", "/early-413", "/drop", "/reset", "/choke" } do
        one:submit("POST", path, nil, form(), 100)
      end
      run.collect(other, 5)
      one:submit("POST", "/choke", nil, form(), 1000)
      other:step(5)
      other:close()
    end
    assert.equal(before, wire_count "fd")
  end)
end)
