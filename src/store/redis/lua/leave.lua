-- Removes a node that has left. A node that was declared dead stays, because its node id must not become valid again.
-- KEYS 1 nodes
-- ARGV 1 node id
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and string.sub(known, 1, 1) ~= 'X' then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 'OK'
