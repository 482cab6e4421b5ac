-- Releases a lease, or gives up a position in the queue, and wakes the next waiter. See src/fleet/lock/.
-- KEYS: lock, tickets, waiters, request. ARGV: owner, wake prefix, ms for which requests of this owner may come late.
-- Reply: 1 if the lease was held.
local lock = redis.call('HMGET', KEYS[1], 'owner', 'ends')
local held = lock[1] == ARGV[1]
-- These come first, since Redis lets them pass where memory is full, and what follows with them.
redis.call('ZREM', KEYS[3], ARGV[1])
local waited = redis.call('ZREM', KEYS[2], ARGV[1]) == 1
if held then redis.call('HDEL', KEYS[1], 'owner', 'ends', 'protocol', 'before', 'rejection') end
redis.call('SET', KEYS[4], 'released', 'PX', ARGV[3])
if not waited and not held then return 0 end
local first = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
if first then
  local t = redis.call('TIME')
  local free = held or not lock[1] or tonumber(lock[2]) <= t[1] * 1000 + math.floor(t[2] / 1000)
  if free then
    local process, waker = first:match('^(.*):(%d+)$')
    redis.call('PUBLISH', ARGV[2] .. process, 'turn:' .. waker)
  end
end
return held and 1 or 0
