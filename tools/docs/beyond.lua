-- What a page says about operations that are more than JSON there and back: lists, uploads,
-- downloads, secrets, empty answers. It holds words only; limits are asked of the table.

local words = require "docs.words"

local beyond = {}

local LIST = [[
Returns a page: its `%s` are objects, `page:next()` is the page after it (`nil` at the end,
`nil, err` when it fails, then it may be asked again), `page.cursor` what `starting_after` takes to
go on there another day (`nil` at the end).]]

local EACH = [[
`for found, err in klarna.%s:each(query, options) do` gives all of them, one by one, with at most
two pages in memory. A page that fails gives one last `false, err`, and so does one that comes a
second time. `local pages = klarna.%s:each{}` has `pages.cursor`, from where a later walk leaves
none out. On plain Lua 5.1 a `for` inside a task blocks; `page:next()` suspends.]]

local UPLOAD = [[
`upload` is a table:

%s

What is wrong with a file is told before its first byte leaves, as `invalid` with every fault. The
key is made from the content: the same content for the same dispute is one attachment, however often
it is uploaded, unless the call names an `intent` or an `idempotency_key` of its own. A refusal that
Klarna might give again under the same key gets a new one. On a slow line give it more
`timeout_s`.]]

local DOWNLOAD = [[
Returns `{ bytes, size, content_type, filename }`; with `target = { file = path }` the bytes go into
that file, which is replaced only when all have come, and the result has `file` in place of `bytes`.
`filename` is what Klarna tells, without any folder.]]

local SECRET = [[
`%s` is a `kassa.secret`: it prints as `[secret]`, and `kassa.webhook.verify` takes it as it is.
`kassa.raw` shows the answer with `[secret]` in its place.]]

local BARE = [[
When the answer has no body, an object keeps its fields but those about its state, and a call by id
returns an object that knows its id only; `refresh()` reads it.]]

local function upload_fields(file)
  return words.grid({ "field", "takes" }, {
    { "`file`", "path of the file, or" },
    { "`bytes`", "the content itself" },
    { "`filename`", "its name for Klarna; that of the file if left out, at most "
      .. words.number(file.name_max) .. " characters" },
    { "`on_progress`", "`function(sent, total)`, bytes of the body" },
  })
end

--- The paragraphs that belong to an operation, in order; none for most.
function beyond.of(row)
  local parts = {}
  if row.list then parts[#parts + 1] = LIST:format(row.list) end
  if row.list and row.query then
    parts[#parts + 1] = EACH:format(row.resource, row.resource)
  end
  if row.hook == "multipart" then parts[#parts + 1] = UPLOAD:format(upload_fields(row.file)) end
  if row.hook == "download" then parts[#parts + 1] = DOWNLOAD end
  if row.secret then parts[#parts + 1] = SECRET:format(row.secret) end
  if row.bare then parts[#parts + 1] = BARE end
  return parts
end

return beyond
