-- Extends a lease. One key, so that a slot that is being moved is no obstacle. See src/fleet/lock/.
-- KEYS: lock. ARGV: owner, lease, TTL of a fence (in ms).
-- Reply: {1, how many have asked for the call since the grant} | {0} another process has it, or the server lost it.
local lock = redis.call('HMGET', KEYS[1], 'owner', 'ticket', 'before')
if lock[1] ~= ARGV[1] then return {0} end
local t = redis.call('TIME')
local ends = t[1] * 1000 + math.floor(t[2] / 1000) + ARGV[2]
-- First, since Redis lets it pass where memory is full, and what follows with it.
redis.call('PEXPIRE', KEYS[1], math.max(ARGV[2], ARGV[3]))
redis.call('HSET', KEYS[1], 'ends', string.format('%.0f', ends))
return {1, tonumber(lock[2] or 0) - tonumber(lock[3] or 0)}
