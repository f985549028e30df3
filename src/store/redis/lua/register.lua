-- Registers a node in a partition. Starts a new log if the head of the partition is missing or unreadable. Marks the loss
-- if Redis has lost commits that the node has seen.
-- KEYS 1 head, 2 nodes, 3 log
-- ARGV 1 node id, 2 epoch and 3 token of a new partition, 4 token of a mark, 5 service time in milliseconds, and the log
--      position that the node has reached: 6 epoch, 7 seq, 8 token. Nodes of older versions leave out the last five.
-- Returns {'OK', epoch, seq, token, number of the last batch of the node} or {'FENCED'}.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'token', 'since', 'bytes')
if not head[1] or not tonumber(head[2]) or not head[3] then
  head = {ARGV[2], '0', ARGV[3], '0', false}
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'epoch', head[1], 'seq', head[2], 'token', head[3])
  -- The remaining nodes and log entries use the lost numbering, so they are removed. Dead nodes must stay dead.
  local nodes = redis.call('HGETALL', KEYS[2])
  for i = 1, #nodes, 2 do
    if string.sub(nodes[i + 1], 1, 1) ~= 'X' then redis.call('HDEL', KEYS[2], nodes[i]) end
  end
  redis.call('DEL', KEYS[3])
end
local seq, since = tonumber(head[2]), tonumber(head[4]) or 0
local lost = 0
-- A log that is ahead of its head accepts no new entries.
if redis.call('EXISTS', KEYS[3]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[3])
  for i = 1, #info, 2 do
    local last = info[i] == 'last-generated-id' and tonumber(string.match(info[i + 1], '^%d+'))
    if last and last > seq then
      lost = last
      redis.call('DEL', KEYS[3])
    end
  end
end

-- Whether Redis has lost the commit that the node has reached. Commits before the last mark are known to be lost.
local function isLost(seen, token)
  if seen <= since and seen < seq then return false end
  if seen >= seq then return seen > seq or token ~= head[3] end
  local entry = redis.call('XRANGE', KEYS[3], ARGV[7], '+', 'COUNT', 1)[1]
  if not entry then return false end
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  if tonumber(string.match(entry[1], '^%d+')) == seen then return fields.token ~= token end
  local before = tonumber(fields.before)
  -- A later batch says nothing: the log does not go back that far.
  return before == seen and fields.prev ~= token or before ~= nil and before < seen
end

if ARGV[6] == head[1] and isLost(tonumber(ARGV[7]), ARGV[8]) then lost = math.max(lost, tonumber(ARGV[7])) end
-- An empty batch marks the loss. No position before it can be continued, and the numbers of the lost commits are never used
-- again, so that no position of a lost commit looks like one of a later commit.
if lost > 0 and ARGV[4] then
  local mark = string.format('%.0f', math.max(seq, lost) + 1)
  local bytes = tonumber(head[5]) or 0
  redis.call('XADD', KEYS[3], mark .. '-0', 'before', head[2], 'prev', head[3], 'token', ARGV[4], 'batch', '[]',
    'at', ARGV[5], 'bytes', string.format('%.0f', bytes))
  head[2], head[3] = mark, ARGV[4]
  redis.call('HSET', KEYS[1], 'seq', mark, 'token', head[3], 'since', mark, 'bytes', string.format('%.0f', bytes + 150))
end
redis.call('HSETNX', KEYS[2], ARGV[1], '0|0|0|||')
local known = redis.call('HGET', KEYS[2], ARGV[1])
if string.sub(known, 1, 1) == 'X' then return {'FENCED'} end
local number = string.match(known, '^(%d+)|%d+|%d+|[^|]*|[^|]*|%d*$')
if not number then
  number = '0'
  redis.call('HSET', KEYS[2], ARGV[1], '0|0|0|||')
end
return {'OK', head[1], head[2], head[3], number}
