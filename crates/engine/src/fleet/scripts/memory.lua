-- Settles whether the server remembers all leases that were given. See src/fleet/store/memory.rs.
-- KEYS: marker (run of the server, when it was settled, from when on leases are given; times in ms).
-- ARGV: run of the server, lease in ms, channel that every process of the fleet hears, the run that this process saw last.
-- Returns how many ms no lease is given from now on.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local lease = tonumber(ARGV[2])
local run, settled, open = (redis.call('GET', KEYS[1]) or ''):match('^(%w+):(%d+):(%d+)$')
if run == ARGV[1] then
  -- Whoever settled it may have known of no earlier run.
  local earlier = ARGV[4] ~= '' and ARGV[4] ~= run
  open = earlier and math.max(open, settled + lease) or tonumber(open)
else
  local forgot = run or ARGV[4] ~= '' or redis.call('PUBLISH', ARGV[3], 'new') > 0
  settled, open = now, forgot and now + lease or now
end
redis.call('SET', KEYS[1], string.format('%s:%.0f:%.0f', ARGV[1], settled, open))
return math.max(0, open - now)
