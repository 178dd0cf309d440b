-- Lists: one page at a time, with its way to the next, or all of them one by one. It keeps no page
-- that it has left, and refuses to go round in circles: a page that comes again is an error.

local call = require "kassa.call"
local json = require "kassa.json"
local object = require "kassa.object"
local write_query = require("kassa.query").write

local PAGES_MAX = 100000 -- of one walk; longer ones go on from their cursor

local M = {}

-- What asks for the page after this one; nil at the end.
local function cursor_of(page)
  local pagination = rawget(page, "pagination")
  local last = type(pagination) == "table" and pagination.last_item
  return type(last) == "string" and last ~= "" and last or nil
end

-- A copy of a query, so that what the caller does to his own changes no later page.
local function copy_of(query, cursor)
  local copy = {}
  for name, value in pairs(query or {}) do copy[name] = value end
  if cursor then copy.starting_after, copy.ending_before = cursor, nil end
  return copy
end

local function both_ways(query)
  if not query or query.starting_after == nil or query.ending_before == nil then return nil end
  return { { path = "ending_before", message = "goes not together with starting_after" } }
end

-- One page by itself. record: of the query; nil when the list takes none.
local function fetch(client, plan, query, options)
  local strict = call.strict(client, options)
  local text, faults = "", strict and both_ways(query) or nil
  if plan.query and not faults then text, faults = write_query(plan.query(), query, strict) end
  if faults then return call.refuse(plan, { code = "invalid", faults = faults }) end
  return call.execute(client, plan, nil, text ~= "" and "?" .. text or nil, nil, options)
end

local function refuse(plan, code, message)
  return call.refuse(plan, { code = code, happened = "no", retry = "never", message = message })
end

-- What the pages of one walk share: `seen` says at which place a cursor came.
local function begin(client, page, query, options)
  local walk = { query = query, options = options, seen = {} }
  if query.starting_after then walk.seen[query.starting_after] = 0 end
  local cursor = cursor_of(page)
  if cursor then walk.seen[cursor] = walk.seen[cursor] or 1 end
  local info = client.info[page]
  info.walk, info.place = walk, 1
  return page
end

-- A page of this walk that has been there at an earlier place.
local function came_before(walk, cursor, place)
  return cursor ~= nil and walk.seen[cursor] ~= nil and walk.seen[cursor] < place
end

-- page:next() -> the page after it; nil at the end; nil and the error, after which it may be
-- called again
local function next_of(client, plan)
  return function(page)
    local info = client.info[page]
    if not info or not info.walk then error(plan.row.list .. ": call next with a colon", 2) end
    if client.gone() then error(plan.row.list .. ": next: " .. client.gone(), 2) end
    local cursor, walk, place = cursor_of(page), info.walk, info.place + 1
    if not cursor then return nil end
    if place > PAGES_MAX then
      local words = "more than %d pages: go on with starting_after = %q"
      return refuse(plan, "too_large", words:format(PAGES_MAX, cursor))
    end
    local fresh, err = fetch(client, plan, copy_of(walk.query, cursor), walk.options)
    if not fresh then return nil, err end
    local last = cursor_of(fresh)
    if came_before(walk, last, place) then
      return refuse(plan, "protocol", ("the page after %q has been there before"):format(cursor))
    end
    if last then walk.seen[last] = place end
    local own = client.info[fresh]
    own.walk, own.place = walk, place
    return fresh
  end
end

local function class_of(client, plan)
  local verbs = { next = next_of(client, plan) }
  local kind = plan.reply .. "_page"
  local list = plan.row.list
  return {
    client = client, kind = kind, __name = "kassa." .. kind,
    __index = function(page, name)
      if name == "cursor" then return cursor_of(page) end
      return verbs[name]
    end,
    __tostring = function(page) return ("kassa.%s (%d %s)"):format(kind, #page[list], list) end,
  }
end

--- The page of a decoded answer: its items become objects. An answer without the list is an empty
-- page.
function M.make(client, plan, _, value, answer)
  local list, kind = plan.row.list, plan.reply
  if type(value[list]) ~= "table" then value[list] = json.list {} end
  for _, item in ipairs(value[list]) do object.wrap(client, kind, item, answer) end
  plan.page_class = plan.page_class or class_of(client, plan)
  client.info[value] = { answer = answer }
  return setmetatable(value, plan.page_class)
end

--- Fetch one page: what klarna.<resource>:list(query, options) does.
function M.execute(client, plan, _, _, query, options)
  local own = copy_of(query)
  local page, err = fetch(client, plan, own, options)
  if not page then return nil, err end
  return begin(client, page, own, options)
end

-- The next page of an iterator: the first one, or the one after.
local function turn(client, plan, state)
  if state.page then return state.page:next() end
  return M.execute(client, plan, nil, nil, state.query, state.options)
end

-- The next item, or nil at the end; a page that failed is one last `false, err`.
local function step(client, plan, pages, state)
  while not state.done do
    local page = state.page
    local item = page and page[plan.row.list][state.place + 1]
    if item then
      state.place = state.place + 1
      return item
    end
    if page then pages.cursor = cursor_of(page) or pages.cursor end
    local fresh, err = turn(client, plan, state)
    state.page, state.place, state.done = fresh, 0, not fresh
    if err then return false, err end
  end
  return nil
end

--- What klarna.<resource>:each(query, options) returns: called by `for`, it gives item after item;
-- `cursor` says from where a later walk goes on without leaving one out, perhaps giving some of the
-- last page again.
function M.each(client, plan, query, options)
  local state = { query = copy_of(query), options = options, place = 0, done = false }
  return setmetatable({ cursor = state.query.starting_after }, {
    __name = "kassa.pages",
    __call = function(pages) return step(client, plan, pages, state) end,
  })
end

return M
