-- Acquires the lease of a partition, whose holder delivers its events by webhook.
-- KEYS 1 webhooks
-- ARGV 1 owner (a random value for each acquisition), 2 duration of the lease, 3 time for which the lease must have been
--      free, both in milliseconds, 4 '1' if the owner should have the lease, so that another holder must give it up
-- Returns {'OK', seq, mark, time of the position} or {'HELD'}. The position is missing if none is stored.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = tonumber(redis.call('HGET', KEYS[1], 'until') or '')
if not ends then
  -- Redis has lost the lease, or there was none: it counts as free from now on.
  ends = now
  redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now))
end
if now < ends + tonumber(ARGV[3]) then
  if ARGV[4] == '1' then redis.call('HSET', KEYS[1], 'wanted', string.format('%.0f', now)) end
  return {'HELD'}
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', string.format('%.0f', now + tonumber(ARGV[2])))
redis.call('HDEL', KEYS[1], 'wanted')
local position = redis.call('HMGET', KEYS[1], 'seq', 'mark', 'at')
if not position[1] or not position[2] or not position[3] then return {'OK'} end
return {'OK', position[1], position[2], position[3]}
