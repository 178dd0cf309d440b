-- One run of one intent: stored before a byte leaves, closed when it is over. kassa.call runs it in
-- place of the attempts; what the journal knows already is answered here, without a request.

local canon = require "kassa.journal.canon"
local book = require "kassa.journal.book"
local finding = require "kassa.journal.finding"
local facts = require "kassa.journal.facts"
local json = require "kassa.json"
local judge = require "kassa.judge"
local unescape = require("kassa.endpoint").unescape

local Entry = {}
Entry.__index = Entry

local M = {}

-- Names that an error shows of what differs; more help nobody.
local DIFFERENCES_MAX = 8

--- A run. fields: journal, client, plan, subject, identity, generation, key, number (of the lock),
-- needs (names of options that are not kept); row: what the book has, or nil when it is new;
-- refused: the row of the same key that ended in a definite refusal and is begun anew; resumed: the
-- body is the row's own.
-- `tried`: it may have been done before, so the guard has no word.
function M.new(fields)
  fields.tried = fields.row ~= nil
  return setmetatable(fields, Entry)
end

local function bytes_of(request)
  return request.body and tostring(request.body) or ""
end

-- An error of the store as the fields of a call's error.
function M.unstored(err)
  return { code = "journal", message = err.message, happened = "no", retry = "same_key" }
end

local function differing(row, bytes)
  local before = row.body and canon.fields(row.body, row.key)
    or row.fields and json.decode(row.fields) or {}
  local paths, faults = canon.differences(before, canon.fields(bytes, row.key)), {}
  for i = 1, math.min(#paths, DIFFERENCES_MAX) do
    faults[i] = { path = paths[i], message = "is not what it was" }
  end
  return faults[1] and faults or nil
end

-- The same name for something else. The amounts are shown, since they are what matters.
local function mismatch(self, bytes)
  local row = self.row
  return {
    code = "intent_mismatch",
    message = ("the intent %q was made with another body%s; a new one needs a new name"):format(
      row.name or row.key,
      row.amount and (" (of %d%s)"):format(row.amount, row.currency and " " .. row.currency or "")
        or ""),
    faults = differing(row, bytes),
  }
end

--- The answer that the journal has kept, read as if it had just come. self: { row, plan, client }
-- -> the decoded answer and the answer; or nil and the error's fields
function M.answered(self)
  local row = self.row
  local head = "HTTP/1.1 " .. row.status .. "\r\n"
  if row.correlation_id then
    head = head .. "klarna-correlation-id: " .. row.correlation_id .. "\r\n"
  end
  local answer = {
    status = row.status, body = row.outcome or "", head = head, ms = 0, attempts = 0,
    idempotency_key = row.key,
  }
  local value, failed = judge.judge(self.plan, answer, self.client.engine)
  return value, failed or answer
end

local function row_of(self, request, bytes)
  local identity, body = self.identity, canon.decode(bytes) or {}
  local amount, currency, reference = facts.of_request(self.plan, body, self.subject)
  local store = self.journal.store
  if not currency and self.plan.row.money then
    currency = book.currency(store, unescape(identity.object))
  end
  return {
    key = request.key, provider = identity.provider, account = identity.account,
    operation = identity.operation, object = identity.object, parent = identity.parent,
    name = identity.name, generation = self.generation, body_hash = canon.hash(bytes),
    body = bytes, amount = amount, currency = currency, reference = reference, needs = self.needs,
    takes = facts.takes(body) and 1 or nil,
    tries = self.refused and self.refused.tries + 1 or 1,
  }
end

local OVERTAKEN = { code = "conflict", happened = "no", retry = "same_key",
  message = "another worker was at the same intent at the same time" }

-- Somebody else has the intent now: what he made of it must be looked up.
local function overtaken(self)
  local fields = {}
  for name, value in pairs(OVERTAKEN) do fields[name] = value end
  self.again = true
  return nil, fields
end

-- A server that went away has let go of the lock.
local function still_ours(self)
  local store = self.journal.store
  return store:holds(self.number, self.identity)
    or store:try_lock(self.number, self.identity)
end

-- Nothing leaves before this is on disk. -> true; or nil and the error's fields
local function begin(self, request)
  local now_ms = self.journal.now_ms(self.client)
  local bytes = bytes_of(request)
  self.row = row_of(self, request, bytes)
  self.row.sent_ms, self.row.last_ms, self.started_ms = now_ms, now_ms, now_ms
  local write = self.refused and book.reopen or book.begin
  local begun, err = write(self.journal.store, self.row, now_ms)
  if begun then return true end
  if err then return nil, M.unstored(err) end
  return overtaken(self)
end

-- The bytes as they were sent before go again, since the provider compares bytes.
local function resume(self, request)
  self.started_ms = self.journal.now_ms(self.client)
  local begun, err = book.again(self.journal.store, self.row, self.started_ms)
  if begun == nil then return nil, M.unstored(err) end
  if not begun then return overtaken(self) end
  if self.row.body and self.row.body ~= "" then request.body = self.row.body end
  self.row.tries = self.row.tries + 1
  return true
end

-- A conflict may come from an earlier use of the key, by another journal or none. An api_key that
-- has lost its rights, or is another account's, and a token that has expired since, are refused
-- whatever was done before.
local function doubtful(self, failed)
  if failed.status == 409 then return self.tried or self.row.name ~= nil end
  return (failed.status == 403 or failed.status == 404) and self.tried
end

-- What there is to read decides, unless an earlier run may still be on its way.
-- -> the decoded result and an answer, or nil and the failure, sharpened
local function look(self, failed)
  local bytes, found = finding.find(self.journal, self.client, self.plan, self.row)
  if bytes then
    return found, { status = 200, body = bytes, head = "", attempts = 0,
      idempotency_key = self.row.key }
  end
  local flying = self.tried and self.started_ms - self.row.last_ms < finding.FLIGHT_MS
  if bytes == false and flying then bytes, found = nil, "its first run may be on its way" end
  if bytes == nil then
    failed.happened, failed.retry = "unknown", "never"
    failed.message = ("%s (it may have acted before: %s)"):format(failed.message, found)
  end
  return nil, failed
end

-- A refusal in so many words, to the key that asked first: then that one did not act either.
local function definite(failed)
  local provider = failed.provider
  return failed.status == 400 and provider ~= nil and provider.error_code ~= nil
end

local LOOKED = { [403] = true, [404] = true, [409] = true } -- what was read has decided

-- What a failure says about the intent, of which an earlier run may have acted.
local function sharpen(self, failed)
  local proven = LOOKED[failed.status] or definite(failed)
  if self.tried and failed.happened == "no" and not proven then
    failed.happened = "unknown"
    failed.retry = self.plan.keyed and "same_key" or "never"
    failed.message = ("%s (an earlier run of this intent may have acted)"):format(
      failed.message or failed.code)
  end
  return failed
end

local function failure(self, failed)
  local known = failed.happened == "no"
  return {
    state = known and "failed" or "unknown", body = not known and self.row.body or nil,
    status = failed.status, correlation_id = failed.correlation_id,
    error = ("%s: %s"):format(failed.code, failed.message or ""),
    result = known and "refused" or "unknown",
  }
end

local function headers_of(answer)
  return require("kassa.core").headers.parse(answer.head or "")
end

local function success(self, value, answer)
  local row, headers = self.row, headers_of(answer)
  local named = row.name ~= nil
  return {
    state = "ok", outcome = answer.body, status = answer.status, result = "ok",
    fields = named and json.encode(canon.fields(row.body, row.key)) or nil,
    correlation_id = headers["klarna-correlation-id"] or headers["v-c-correlation-id"],
    provider_id = facts.made(self.plan.api, self.plan.reply, value),
  }
end

-- The outcome counts, whether or not it can be written down now: what could not, is later.
local function close(self, outcome)
  outcome.sent_ms, outcome.number = self.started_ms, self.row.tries
  self.journal:settle(self.row, outcome, self.journal.now_ms(self.client))
end

--- Make the call, or answer it from the journal. request: of kassa.call, with key and bytes;
-- attempts: function(client, plan, request), all of them.
-- -> the decoded answer and the answer; or nil and the error's fields
function Entry:run(request, attempts)
  local row = self.row
  if row and not self.resumed and canon.hash(bytes_of(request)) ~= row.body_hash then
    return nil, mismatch(self, bytes_of(request))
  end
  if row and row.state == "ok" then return M.answered(self) end
  local ready, failed = (row and resume or begin)(self, request)
  if not ready then return nil, failed end
  if not still_ours(self) then return overtaken(self) end
  local value, result = attempts(self.client, self.plan, request)
  if not value and doubtful(self, result) then value, result = look(self, result) end
  if value then
    close(self, success(self, value, result))
  else
    close(self, failure(self, sharpen(self, result)))
  end
  return value, result
end

return M
