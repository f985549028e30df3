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

local entries, writes, results = {}, {}, {}
for i = 8, #ARGV, 4 do
  local user, expected, record = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local stored = redis.call('HGET', KEYS[3], user)
  local revision = stored and string.match(stored, '^[^|]*') or ''
  if revision == expected then
    entries[#entries + 1] = '[' .. (record == '' and 'null' or record) .. ',' .. ARGV[i + 3] .. ']'
    writes[#entries] = {user, record ~= '' and string.format('%.0f', seq + #entries) .. '.' .. ARGV[5] .. '|' .. record}
    results[#results + 1] = '1'
  else
    results[#results + 1] = '0'
  end
end

outcomes = table.concat(results)
before, after, prev, token = head[2], string.format('%.0f', seq + #entries), head[3], head[3]
if #entries > 0 then
  token = ARGV[5]
  local batch = '[' .. table.concat(entries, ',') .. ']'
  -- All bytes that were ever logged before this batch. The script `trim` computes the size of the log from it.
  local bytes = tonumber(head[4]) or 0
  -- XADD comes first, because it is the only write that can still fail: Redis does not undo writes before an error.
  local added = redis.pcall('XADD', KEYS[4], after .. '-0', 'before', before, 'prev', prev, 'token', token, 'batch', batch,
    'at', ARGV[6], 'bytes', string.format('%.0f', bytes))
  if type(added) == 'table' and added.err then
    if string.find(added.err, 'equal or smaller', 1, true) then return {'LOG'} end
    return added
  end
  for _, write in ipairs(writes) do
    if write[2] then redis.call('HSET', KEYS[3], write[1], write[2]) else redis.call('HDEL', KEYS[3], write[1]) end
  end
  -- About 150 bytes for the other fields, and what Redis needs for an entry.
  redis.call('HSET', KEYS[1], 'seq', after, 'token', token, 'bytes', string.format('%.0f', bytes + #batch + 150))
  redis.call('SPUBLISH', ARGV[7], head[1] .. '|' .. before .. '|' .. after .. '|' .. prev .. '|' .. token .. '|' .. batch)
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. '|' .. before .. '|' .. after .. '|' .. prev .. '|' .. token .. '|' .. outcomes)
return {'OK', head[1], before, after, prev, token, outcomes}
