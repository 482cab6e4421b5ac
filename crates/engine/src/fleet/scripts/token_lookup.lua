-- KEYS: token, refresher, request. ARGV: known generation, whether it was refused, name of the caller, how long a refresh
-- may take (ms).
-- Reply: {1, generation, encrypted token, ms for which it is given out, margin after it in ms}
-- | {2, generation that the caller is to fetch} | {0, ms for which another process may still fetch}
local held = redis.call('HMGET', KEYS[1], 'generation', 'sealed', 'margin')
local generation = tonumber(held[1] or 0)
local known = tonumber(ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if generation > known and left > 0 then
  return { 1, generation, held[2], left, tonumber(held[3]) }
end
-- The caller has fetched or given up already: this request came late.
if redis.call('GET', KEYS[3]) then return { 0, 0 } end
local mine = redis.call('SET', KEYS[2], ARGV[3], 'NX', 'PX', ARGV[4]) or redis.call('GET', KEYS[2]) == ARGV[3]
-- A process that has none yet would be refused with it as well.
if generation == known and ARGV[2] == '1' then redis.call('DEL', KEYS[1]) end
if not mine then return { 0, redis.call('PTTL', KEYS[2]) } end
-- The time of day, so that generations grow even when the server lost them.
local time = redis.call('TIME')
return { 2, math.max(time[1] * 1000000 + time[2], generation + 1, known + 1) }
