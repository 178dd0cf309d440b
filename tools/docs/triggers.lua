-- Prints the triggers of Cybersource's sandbox as the table in docs/sandbox.md. It knows none
-- itself, and leaves the rest of the page alone.

local M = {}

local HEAD = "| asked for | with | comes |\n| --- | --- | --- |\n"

local ASKED = {
  ["session.create"] = "a new session", ["session.update"] = "an update of a session",
  authorization = "an authorization, also a follow-on", reversal = "a reversal",
  capture = "a capture", refund = "a refund",
}

local function given(row)
  if row.by == "token" then return "token `" .. row.value .. "`" end
  local whose = row.operation == "reversal" and " of the authorization" or ""
  return ("amount%s, such as %s.%s"):format(whose, row.value:sub(1, 1), row.value:sub(2))
end

local function answered(row)
  if row.refuses then return "400 " .. row.refuses end
  if row.server == "before" then return "502, and nothing happened" end
  if row.server == "after" then return "502, although it is " .. row.statuses[1] end
  local code = row.code and not row.statuses[2] and (" (%s)"):format(row.code) or ""
  if not row.statuses[2] then return row.statuses[1] .. code end
  return ("%s, after %s %s"):format(row.statuses[1], row.after, row.statuses[2])
end

--- The table of these rows (kassa.sandbox.cybersource.triggers).
function M.render(list)
  local lines = {}
  for i, row in ipairs(list) do
    lines[i] = ("| %s | %s | %s%s |\n"):format(ASKED[row.operation], given(row), answered(row),
      row.once and "; the first time" or "")
  end
  return HEAD .. table.concat(lines)
end

--- A page with its table replaced by this one.
function M.put(page, rendered)
  local first, last = page:find(HEAD, 1, true)
  assert(first, "the page has no table of triggers")
  local stop = last
  while page:sub(stop + 1, stop + 1) == "|" do stop = page:find("\n", stop + 1, true) end
  return page:sub(1, first - 1) .. rendered .. page:sub(stop + 1)
end

return M
