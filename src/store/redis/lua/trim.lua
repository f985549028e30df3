-- Removes the oldest batches of the log, until its age and its size are within the limits. The last batch always stays.
-- KEYS 1 head, 2 log
-- ARGV 1 service time in milliseconds, 2 maximum age in milliseconds, 3 maximum size in bytes
-- Returns the number of removed batches.
local total = tonumber(redis.call('HGET', KEYS[1], 'bytes')) or 0

-- The number of the first batch at or after a number, and by how much it exceeds the limits. A batch of a version that
-- wrote no time and no size exceeds nothing.
local function batchAt(number)
  local entry = redis.call('XRANGE', KEYS[2], number, '+', 'COUNT', 1)[1]
  if not entry then return nil end
  local fields, excess = {}, 0
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  local at, bytes = tonumber(fields.at), tonumber(fields.bytes)
  if at and bytes then
    excess = math.max((tonumber(ARGV[1]) - at) / tonumber(ARGV[2]), (total - bytes) / tonumber(ARGV[3]))
  end
  return tonumber(string.match(entry[1], '^%d+')), excess, at ~= nil
end

local first, excess, isDated = batchAt('-')
-- Trims in steps of 5 %, because a search in the log costs more than a check of its first batch.
if not first or (isDated and excess <= 1.05) then return 0 end
local last = tonumber(string.match(redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1][1], '^%d+'))

if first == last then return 0 end

-- Searches the first batch that stays. All batches after it stay as well.
local low, high = first, last
while low < high do
  local middle = math.floor((low + high) / 2)
  local number, exceeds = batchAt(string.format('%.0f', middle))
  if exceeds <= 1 then high = middle else low = number + 1 end
end
return redis.call('XTRIM', KEYS[2], 'MINID', string.format('%.0f', low))
