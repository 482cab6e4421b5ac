-- Extends a lease. See src/fleet/lock/.
-- KEYS: lock, tickets. ARGV: owner, lease, TTL of a fence (in ms).
-- Reply: {1, how many wait} | {0} another process has it, or the server lost it.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return {0} end
local t = redis.call('TIME')
local ends = t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[2]
redis.call('HSET', KEYS[1], 'ends', string.format('%.0f', ends))
redis.call('PEXPIRE', KEYS[1], math.max(ARGV[2], ARGV[3]))
return {1, redis.call('ZCARD', KEYS[2])}
