-- Makes a lease last again. See src/fleet/lock/mod.rs.
-- KEYS: lock, tickets. ARGV: owner, lease, how long a fence is remembered (in ms).
-- Returns {1, others wait} | {0} somebody else has it, or the server has forgotten it.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return {0} end
local t = redis.call('TIME')
local ends = t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[2]
redis.call('HSET', KEYS[1], 'ends', string.format('%.0f', ends))
redis.call('PEXPIRE', KEYS[1], math.max(ARGV[2], ARGV[3]))
return {1, redis.call('ZCARD', KEYS[2])}
