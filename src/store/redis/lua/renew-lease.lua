-- Extends or ends the lease of a partition, and stores the position of the delivery. A lease that Redis has lost is stored
-- again, unless another node has acquired it.
-- KEYS 1 webhooks
-- ARGV 1 owner, 2 duration in milliseconds, or 0 to end the lease, 3 milliseconds for which the request of another node
--      for the lease counts, then nothing, or seq, mark and time of the position
-- Returns 'OK', 'WANTED' (another node should have the lease), or 'LOST'.
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner and owner ~= ARGV[1] then return 'LOST' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local duration = tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'owner', duration > 0 and ARGV[1] or '', 'until', string.format('%.0f', now + duration))
if ARGV[4] then redis.call('HSET', KEYS[1], 'seq', ARGV[4], 'mark', ARGV[5], 'at', ARGV[6]) end
local wanted = tonumber(redis.call('HGET', KEYS[1], 'wanted') or '')
return wanted and now - wanted < tonumber(ARGV[3]) and 'WANTED' or 'OK'
