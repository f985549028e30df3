-- Reads the batches after a position, oldest first, and before them the batch that holds the position. Changes nothing.
-- KEYS 1 head, 2 log
-- ARGV 1 seq of the position ('' for the mark of the last loss of commits), 2 number of commits and 3 number of bytes after
--      which it reads no further batch
-- Returns {epoch, seq, token, seq of the mark} of the head, followed by the stream entries. Without a head: {}.
local head = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'token', 'since')
if not head[1] or not tonumber(head[2]) or not head[3] then return {} end
local since = tonumber(head[4]) and head[4] or '0'
local reply = {head[1], head[2], head[3], since}
local from = ARGV[1] ~= '' and ARGV[1] or since
local first, bytes = tonumber(from), 0
local last = first
while last - first < tonumber(ARGV[2]) and bytes < tonumber(ARGV[3]) do
  local entry = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', 1)[1]
  if not entry then break end
  reply[#reply + 1] = entry
  from, last = '(' .. entry[1], tonumber(string.match(entry[1], '^%d+'))
  if ARGV[1] == '' and #reply == 5 then first = last end
  for _, field in ipairs(entry[2]) do bytes = bytes + #field end
end
return reply
