-- KEYS: token, refresher, request. ARGV: name of the refresher, ms for which its requests may come late, generation,
-- encrypted token, ms for which it is given out, margin after it in ms. A refresher that was too slow does not replace
-- what came after it.
local generation = tonumber(redis.call('HGET', KEYS[1], 'generation') or 0)
if tonumber(ARGV[3]) > generation and tonumber(ARGV[5]) > 0 then
  redis.call('HSET', KEYS[1], 'generation', ARGV[3], 'sealed', ARGV[4], 'margin', ARGV[6])
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
redis.call('SET', KEYS[3], 'published', 'PX', ARGV[2])
return {}
