-- Commits a batch: writes the users whose revision is the expected one, then logs and publishes their changes.
-- KEYS 1 head, 2 nodes, 3 users, 4 log
-- ARGV 1 node id, 2 number of the batch (contiguous for each node id), 3 seq and 4 token of the log position that
--      the node has reached, 5 token of this batch, 6 service time in milliseconds, 7 channel,
--      8 number of users that Redis holds at that position, 9 expected revision ('' for none) and '|' for each commit,
--      10 log entries and 11 the same for the message ('' to publish the log entries), each a JSON array with one line
--      for each commit,
--      then two for each commit: user, and the value to store ('' to remove the user): the revision, for the case that
--      the batch follows that position and all commits are accepted, '|', record
-- Returns {'OK', epoch, seq before, seq after, token before, token after, outcomes}, with one '1' or '0' for each
--      commit, or one of {'EMPTY'}  Redis has lost the partition        {'UNKNOWN'} Redis has lost the node
--         {'FENCED'} the node was declared dead           {'REWOUND'} the log is not the one that the node has read
--         {'GAP'}    Redis has lost batches of the node   {'LOG'}     the log holds entries that the head does not know
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'token', 'bytes')
if not head[1] or not tonumber(head[2]) or not head[3] then return {'EMPTY'} end
local known = redis.call('HGET', KEYS[2], ARGV[1])
if not known then return {'UNKNOWN'} end
if string.sub(known, 1, 1) == 'X' then return {'FENCED'} end

local last, before, after, prev, token, outcomes = string.match(known, '^(%d+)|(%d+)|(%d+)|([^|]*)|([^|]*)|(%d*)$')
if not last then return {'UNKNOWN'} end
local number = tonumber(ARGV[2])
if number == tonumber(last) then return {'OK', head[1], before, after, prev, token, outcomes} end
if number ~= tonumber(last) + 1 then return {'GAP'} end

local seq, seen = tonumber(head[2]), tonumber(ARGV[3])
if seen > seq or (seen == seq and ARGV[4] ~= head[3]) then return {'REWOUND'} end

local count = (#ARGV - 11) / 2
local batch, message, accepted = ARGV[10], ARGV[11], count
-- If nothing was written since the node read the log, the node knows the revisions, and what it sends is written as it is. Redis
-- hashes each byte of each string that a script makes or reads, so the script then makes no string of a user.
local isCurrent = seen == seq and redis.call('HLEN', KEYS[3]) >= tonumber(ARGV[8])
for i = 13, #ARGV, 2 do
  if ARGV[i] == '' then isCurrent = false end
end

local written, removed, results = {}, {}, {}
if not isCurrent then
  local users = {}
  for i = 12, #ARGV, 2 do users[#users + 1] = ARGV[i] end
  local stored = redis.call('HMGET', KEYS[3], unpack(users))
  local suffix = '.' .. ARGV[5] .. '|'
  local n = 0
  accepted = 0
  for revision in string.gmatch(ARGV[9], '([^|]*)|') do
    n = n + 1
    if revision ~= (stored[n] and string.match(stored[n], '^[^|]*') or '') then
      results[n] = '0'
    else
      results[n] = '1'
      accepted = accepted + 1
      local value = ARGV[11 + 2 * n]
      if value == '' then
        removed[#removed + 1] = users[n]
      else
        written[#written + 1] = users[n]
        local record = string.sub(value, string.find(value, '|', 1, true) + 1)
        written[#written + 1] = string.format('%.0f', seq + accepted) .. suffix .. record
      end
    end
  end
end

-- The accepted lines of a JSON array with one line for each commit.
local function acceptedOf(array)
  local lines, n = {}, 0
  for line in string.gmatch(string.sub(array, 2, -2), '[^\n]+') do
    n = n + 1
    if results[n] == '1' then lines[#lines + 1] = n == 1 and line or string.sub(line, 2) end
  end
  return '[' .. table.concat(lines, ',') .. ']'
end

outcomes = isCurrent and string.rep('1', count) or table.concat(results)
before, after, prev, token = head[2], string.format('%.0f', seq + accepted), head[3], head[3]
if accepted > 0 then
  token = ARGV[5]
  if accepted < count then
    batch = acceptedOf(batch)
    message = message ~= '' and acceptedOf(message) or ''
  end
  -- All bytes that were ever logged before this batch. The script `trim` computes the size of the log from it.
  local bytes = tonumber(head[4]) or 0
  -- XADD comes first, because it is the only write that can still fail: Redis does not undo writes before an error.
  local added = redis.pcall('XADD', KEYS[4], after .. '-0', 'before', before, 'prev', prev, 'token', token, 'batch', batch,
    'at', ARGV[6], 'bytes', string.format('%.0f', bytes))
  if type(added) == 'table' and added.err then
    if string.find(added.err, 'equal or smaller', 1, true) then return {'LOG'} end
    return added
  end
  if isCurrent then redis.call('HSET', KEYS[3], unpack(ARGV, 12))
  elseif #written > 0 then redis.call('HSET', KEYS[3], unpack(written)) end
  if #removed > 0 then redis.call('HDEL', KEYS[3], unpack(removed)) end
  -- About 150 bytes for the other fields, and what Redis needs for an entry.
  redis.call('HSET', KEYS[1], 'seq', after, 'token', token, 'bytes', string.format('%.0f', bytes + #batch + 150))
  local position = head[1] .. '|' .. before .. '|' .. after .. '|' .. prev .. '|' .. token .. '|'
  redis.call('SPUBLISH', ARGV[7], message == '' and position .. batch or '|2|' .. position .. message)
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. '|' .. before .. '|' .. after .. '|' .. prev .. '|' .. token .. '|' .. outcomes)
return {'OK', head[1], before, after, prev, token, outcomes}
