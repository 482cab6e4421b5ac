-- KEYS: request, one or two schedules. ARGV: TTL of a request (ms), longest wait, most slots, then interval and tolerance of
-- each schedule. Nothing is reserved in the second one while either has to be waited for: a slot there belongs to whoever is first
-- in line when it is due. Of one schedule more slots come along where they are free now.
-- Reply: {1, wait, first schedule after it, second one or 0 where it is still to be reserved, slots} | {0, wait}
local made = redis.call('GET', KEYS[1])
if made then
  -- The answer was lost, not the slot.
  local due, one, other, slots = made:match('^(%d+):(%d+):(%d+):(%d+)$')
  if not due then return { 0, 0 } end
  return { 1, math.max(tonumber(due) - now, 0), tonumber(one), tonumber(other), tonumber(slots) }
end
local after, wait = { 0, 0 }, 0
for n = 2, #KEYS do
  local interval, tolerance = tonumber(ARGV[2 * n]), tonumber(ARGV[2 * n + 1])
  local changed, longer, reserved = reserve(scheduled(KEYS[n]), now, interval, tolerance, tonumber(ARGV[2]))
  if not reserved then return { 0, longer } end
  if n == 3 and longer > 0 then break end
  after[n - 1], wait = changed, longer
  if wait > 0 and n == 2 and #KEYS == 3 then break end
end
local slots = 1
while #KEYS == 2 and wait == 0 and slots < tonumber(ARGV[3]) do
  local changed, _, reserved = reserve(after[1], now, tonumber(ARGV[4]), tonumber(ARGV[5]), 0)
  if not reserved then break end
  after[1], slots = changed, slots + 1
end
for n = 2, #KEYS do
  if after[n - 1] > 0 then keep(KEYS[n], after[n - 1]) end
end
local slot = string.format('%.0f:%.0f:%.0f:%.0f', now + wait, after[1], after[2], slots)
redis.call('SET', KEYS[1], slot, 'PX', math.ceil(wait / 1000) + ARGV[1])
return { 1, wait, after[1], after[2], slots }
