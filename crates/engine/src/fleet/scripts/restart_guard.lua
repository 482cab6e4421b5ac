-- Checks whether the server still has all leases that it granted. See src/fleet/store/restart_guard.rs.
-- KEYS: marker (run id of the server, when it was checked first, from when on leases are granted; times in ms).
-- ARGV: run id of the server, lease in ms, channel to which every process subscribes, run id that this process saw last.
-- Reply: for how many ms no lease is granted.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local lease = tonumber(ARGV[2])
local marker = redis.call('GET', KEYS[1]) or ''
local run, settled, open = marker:match('^(%w+):(%d+):(%d+)$')
if run == ARGV[1] then
  -- The process that checked first may have seen no earlier run.
  local earlier = ARGV[4] ~= '' and ARGV[4] ~= run
  open = earlier and math.max(open, settled + lease) or tonumber(open)
else
  local lost = run or ARGV[4] ~= '' or redis.call('PUBLISH', ARGV[3], 'new') > 0
  settled, open = now, lost and now + lease or now
end
-- Where nothing changes nothing is written: Redis would refuse it where memory is full.
local changed = string.format('%s:%.0f:%.0f', ARGV[1], settled, open)
if changed ~= marker then redis.call('SET', KEYS[1], changed) end
return math.max(0, open - now)
