-- KEYS: request, schedule. ARGV: TTL of a request (ms), how long from now, tolerance.
if redis.call('GET', KEYS[1]) then return {} end
-- First, since Redis lets it pass where memory is full, and what follows with it.
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], 'held', 'PX', ARGV[1])
local before = scheduled(KEYS[2])
local changed = hold_back(before, now + ARGV[2], tonumber(ARGV[3]))
if changed ~= before then keep(KEYS[2], changed) end
return {}
