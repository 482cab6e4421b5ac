-- Releases a lease, or gives up a position in the queue, and wakes the next waiter. See src/fleet/lock/.
-- KEYS: lock, tickets, waiters. ARGV: owner, wake prefix. Reply: 1 if the lease was held.
local lock = redis.call('HMGET', KEYS[1], 'owner', 'ends')
local held = lock[1] == ARGV[1]
if held then redis.call('HDEL', KEYS[1], 'owner', 'ends') end
redis.call('ZREM', KEYS[3], ARGV[1])
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 and not held then return 0 end
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
