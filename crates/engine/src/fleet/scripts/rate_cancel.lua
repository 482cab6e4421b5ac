-- KEYS: request, schedules. ARGV: TTL of a request (ms), then schedule after the slot and interval of each.
local made = redis.call('GET', KEYS[1])
if not made or made == 'cancelled' then return {} end
-- First, since Redis lets it pass where memory is full, and what follows with it.
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('SET', KEYS[1], 'cancelled', 'PX', ARGV[1])
for n = 2, #KEYS do
  local before = scheduled(KEYS[n])
  local changed = cancel(before, tonumber(ARGV[2 * n - 2]), tonumber(ARGV[2 * n - 1]))
  if changed ~= before then keep(KEYS[n], changed) end
end
return {}
