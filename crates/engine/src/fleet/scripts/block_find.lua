-- KEYS: blocks of a call. ARGV: whether all of its contacts are asked for, the contact. Gives the injection of a block.
local now = redis.call('TIME')
local millis = now[1] * 1000 + math.floor(now[2] / 1000)
local blocks
if ARGV[1] == '1' then
  blocks = redis.call('HVALS', KEYS[1])
else
  blocks = redis.call('HMGET', KEYS[1], '', ARGV[2])
end
for n = 1, #blocks do
  local ends, injection = string.match(blocks[n] or '', '^(%d+):(.+)$')
  if ends and tonumber(ends) > millis then return injection end
end
return false
