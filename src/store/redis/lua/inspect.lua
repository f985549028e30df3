-- Reads the data for checking that a partition still matches its head. Changes nothing.
-- KEYS 1 head, 2 nodes, 3 users, 4 log
-- ARGV 1 node id
-- Returns {epoch, seq, token, number of users, 1 if the node is known, number of batches in the log}.
--      Without a head: {}.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'token')
if not head[1] or not tonumber(head[2]) or not head[3] then return {} end
return {
  head[1], head[2], head[3],
  redis.call('HLEN', KEYS[3]), redis.call('HEXISTS', KEYS[2], ARGV[1]), redis.call('XLEN', KEYS[4]),
}
