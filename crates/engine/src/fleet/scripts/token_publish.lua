-- KEYS: token, refresher. ARGV: name of the refresher, generation, encrypted token, ms for which it is given out, margin
-- after it in ms. A refresher that was too slow does not replace what came after it.
local generation = tonumber(redis.call('HGET', KEYS[1], 'generation') or 0)
if tonumber(ARGV[2]) > generation and tonumber(ARGV[4]) > 0 then
  redis.call('HSET', KEYS[1], 'generation', ARGV[2], 'sealed', ARGV[3], 'margin', ARGV[5])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return {}
