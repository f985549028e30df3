-- Registers a node in a partition. Starts a new log if the head of the partition is missing or unreadable.
-- KEYS 1 head, 2 nodes, 3 log
-- ARGV 1 node id, 2 epoch and 3 token of a new partition
-- Returns {'OK', epoch, seq, token, number of the last batch of the node} or {'FENCED'}.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'token')
if not head[1] or not tonumber(head[2]) or not head[3] then
  head = {ARGV[2], '0', ARGV[3]}
  redis.call('HSET', KEYS[1], 'epoch', head[1], 'seq', head[2], 'token', head[3])
  -- The remaining nodes and log entries use the lost numbering, so they are removed. Dead nodes must stay dead.
  local nodes = redis.call('HGETALL', KEYS[2])
  for i = 1, #nodes, 2 do
    if string.sub(nodes[i + 1], 1, 1) ~= 'X' then redis.call('HDEL', KEYS[2], nodes[i]) end
  end
  redis.call('DEL', KEYS[3])
end
-- A log that is ahead of its head accepts no new entries.
if redis.call('EXISTS', KEYS[3]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[3])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' and tonumber(string.match(info[i + 1], '^%d+')) > tonumber(head[2]) then
      redis.call('DEL', KEYS[3])
    end
  end
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
