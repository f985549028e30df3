-- Declares a node dead: Redis rejects all its later commits. Also removes nodes that died long ago.
-- KEYS 1 head, 2 nodes
-- ARGV 1 node id, 2 current time in milliseconds, 3 milliseconds for which dead nodes are remembered
-- Returns the seq of the last commit. No later commit can come from that node.
redis.call('HSET', KEYS[2], ARGV[1], 'X' .. ARGV[2])
local nodes = redis.call('HGETALL', KEYS[2])
for i = 1, #nodes, 2 do
  local died = string.match(nodes[i + 1], '^X(%d+)')
  if died and tonumber(died) < tonumber(ARGV[2]) - tonumber(ARGV[3]) then redis.call('HDEL', KEYS[2], nodes[i]) end
end
return redis.call('HGET', KEYS[1], 'seq') or '0'
