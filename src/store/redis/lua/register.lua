-- Makes a node known to a partition, and the partition itself where there is none.
-- KEYS 1 head, 2 nodes
-- ARGV 1 incarnation, 2 epoch and 3 token of a new partition
-- Returns {'OK', epoch, seq, token, number of the last batch of the node} or {'FENCED'}.
if redis.call('HSETNX', KEYS[1], 'epoch', ARGV[2]) == 1 then
  redis.call('HSET', KEYS[1], 'seq', '0', 'token', ARGV[3])
end
redis.call('HSETNX', KEYS[2], ARGV[1], '0|0|0|||')
local known = redis.call('HGET', KEYS[2], ARGV[1])
if string.sub(known, 1, 1) == 'X' then return {'FENCED'} end
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'token')
return {'OK', head[1], head[2], head[3], string.match(known, '^%d+')}
