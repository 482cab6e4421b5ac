-- Asks for the lease on a call, or once more for the position in its queue. See src/fleet/lock/.
-- KEYS: lock, tickets, waiters, marker, request.
-- ARGV: owner (process:waker), lease, TTL of a waiter, TTL of a fence (all in ms), how many may wait, wake prefix,
-- run id of the server, ticket if known (0), protocol.
-- Reply: {1, fence, how many wait} | {0, ticket, how many are ahead, ms for which another process has the lease,
-- ms for which none is granted, 1 if that process speaks another protocol} | {-1} queue full
-- | {-2} rejected after an unknown outcome ahead | {-3} given back already: this request came late.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local me, lease = ARGV[1], tonumber(ARGV[2])
local whole = function(number) return string.format('%.0f', number) end
local wake = function(owner, what)
  local process, waker = owner:match('^(.*):(%d+)$')
  if process then redis.call('PUBLISH', ARGV[6] .. process, what .. ':' .. waker) end
end
if redis.call('GET', KEYS[5]) then return {-3} end

-- Leases that the server lost may still be held: src/fleet/store/restart_guard.rs.
local run, _, open = (redis.call('GET', KEYS[4]) or ''):match('^(%w+):(%d+):(%d+)$')
open = tonumber(open)
if run ~= ARGV[7] then
  open = now + lease
  redis.call('SET', KEYS[4], ARGV[7] .. ':' .. whole(now) .. ':' .. whole(open))
end

-- The meaning of owner, ends and fence is the same in all protocols.
local lock = redis.call('HMGET', KEYS[1], 'owner', 'ends', 'fence', 'ticket', 'dismissed', 'protocol')
local ends = tonumber(lock[2] or 0)
local holder = ends > now and lock[1]
-- A process has one lease per call at a time: an earlier one is being released.
if holder and holder:match('^(.*):') == me:match('^(.*):') and holder ~= me then holder = false end
if lock[1] == me then
  -- The answer was lost, not the lease. PEXPIRE comes first, as in lock_renew.lua.
  redis.call('PEXPIRE', KEYS[1], math.max(lease, ARGV[4]))
  redis.call('HSET', KEYS[1], 'ends', whole(now + lease))
  return {1, tonumber(lock[3]), redis.call('ZCARD', KEYS[2])}
end

-- Where memory is full, Redis refuses the first write of a script or none. This one changes nothing, and is refused
-- before anything is changed.
redis.call('ZADD', KEYS[2], 'XX', 0, '')
local dead = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now)
for _, owner in ipairs(dead) do
  redis.call('ZREM', KEYS[2], owner)
  redis.call('ZREM', KEYS[3], owner)
end

local had = tonumber(ARGV[8])
if had > 0 and had <= tonumber(lock[5] or 0) then
  redis.call('ZREM', KEYS[2], me)
  redis.call('ZREM', KEYS[3], me)
  return {-2}
end

local ticket = tonumber(redis.call('ZSCORE', KEYS[2], me) or 0)
local first = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
if not holder and now >= open and (not first or first == me) then
  redis.call('ZREM', KEYS[2], me)
  redis.call('ZREM', KEYS[3], me)
  -- Grows even when the earlier one is lost.
  local fence = math.max(tonumber(lock[3] or 0) + 1, t[1] * 1000000 + t[2])
  redis.call('HSET', KEYS[1], 'owner', me, 'ends', whole(now + lease), 'fence', whole(fence),
    'protocol', ARGV[9], 'before', lock[4] or 0)
  redis.call('PEXPIRE', KEYS[1], math.max(lease, ARGV[4]))
  return {1, fence, redis.call('ZCARD', KEYS[2])}
end

if ticket == 0 then
  if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[5]) then return {-1} end
  ticket = redis.call('HINCRBY', KEYS[1], 'ticket', 1)
  redis.call('PEXPIRE', KEYS[1], math.max(lease, ARGV[4]))
  redis.call('ZADD', KEYS[2], ticket, me)
  first = first or me
  -- The holder queues again after some turns.
  if holder then wake(holder, 'wanted') end
end
redis.call('ZADD', KEYS[3], whole(now + ARGV[3]), me)
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
local taken = holder and ends - now or 0
local closed = math.max(0, open - now)
-- The waiter behind a dead one may not have been woken.
if #dead > 0 and taken + closed == 0 and first ~= me then wake(first, 'turn') end
local other = holder and lock[6] ~= ARGV[9] and 1 or 0
return {0, ticket, redis.call('ZRANK', KEYS[2], me), taken, closed, other}
