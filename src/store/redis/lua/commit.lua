-- Commits a batch: writes the users whose revision is the expected one, then logs and publishes their changes.
-- KEYS 1 head, 2 nodes, 3 users, 4 log
-- ARGV 1 node id, 2 number of the batch (contiguous for each node id), 3 seq and 4 token of the log position that
--      the node has reached, 5 token of this batch, 6 service time in milliseconds, 7 channel,
--      then four for each commit: user, expected revision ('' for none), record ('' to remove), rest of the log entry
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

local users = {}
for i = 8, #ARGV, 4 do users[#users + 1] = ARGV[i] end
local stored = redis.call('HMGET', KEYS[3], unpack(users))
-- The parts of the log entries, the fields and values of the users to write, and the users to remove. Redis hashes each byte
-- of each string that a script makes, so the script joins the parts only once.
local parts, written, removed, results, accepted = {}, {}, {}, {}, 0
local suffix = '.' .. ARGV[5] .. '|'
for n, user in ipairs(users) do
  local i = 4 + 4 * n
  local record, revision = ARGV[i + 2], stored[n] and string.match(stored[n], '^[^|]*') or ''
  if revision ~= ARGV[i + 1] then
    results[n] = '0'
  else
    results[n] = '1'
    accepted = accepted + 1
    local at = #parts
    parts[at + 1] = accepted == 1 and '[[' or '],['
    if record == '' then
      parts[at + 2] = 'null'
      removed[#removed + 1] = user
    else
      parts[at + 2] = record
      written[#written + 1] = user
      written[#written + 1] = string.format('%.0f', seq + accepted) .. suffix .. record
    end
    parts[at + 3] = ','
    parts[at + 4] = ARGV[i + 3]
  end
end

outcomes = table.concat(results)
before, after, prev, token = head[2], string.format('%.0f', seq + accepted), head[3], head[3]
if accepted > 0 then
  token = ARGV[5]
  parts[#parts + 1] = ']]'
  local batch = table.concat(parts)
  -- All bytes that were ever logged before this batch. The script `trim` computes the size of the log from it.
  local bytes = tonumber(head[4]) or 0
  -- XADD comes first, because it is the only write that can still fail: Redis does not undo writes before an error.
  local added = redis.pcall('XADD', KEYS[4], after .. '-0', 'before', before, 'prev', prev, 'token', token, 'batch', batch,
    'at', ARGV[6], 'bytes', string.format('%.0f', bytes))
  if type(added) == 'table' and added.err then
    if string.find(added.err, 'equal or smaller', 1, true) then return {'LOG'} end
    return added
  end
  if #written > 0 then redis.call('HSET', KEYS[3], unpack(written)) end
  if #removed > 0 then redis.call('HDEL', KEYS[3], unpack(removed)) end
  -- About 150 bytes for the other fields, and what Redis needs for an entry.
  redis.call('HSET', KEYS[1], 'seq', after, 'token', token, 'bytes', string.format('%.0f', bytes + #batch + 150))
  redis.call('SPUBLISH', ARGV[7], head[1] .. '|' .. before .. '|' .. after .. '|' .. prev .. '|' .. token .. '|' .. batch)
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. '|' .. before .. '|' .. after .. '|' .. prev .. '|' .. token .. '|' .. outcomes)
return {'OK', head[1], before, after, prev, token, outcomes}
