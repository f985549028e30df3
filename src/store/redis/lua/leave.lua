-- Forgets a node that has left, unless it was declared dead: then it must not come back under its name.
-- KEYS 1 nodes
-- ARGV 1 incarnation
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known and string.sub(known, 1, 1) ~= 'X' then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 'OK'
