-- Removes all waiters behind a lease under which an outcome is unknown. See src/fleet/lock/.
-- KEYS: lock, tickets, waiters. ARGV: owner, wake prefix. Reply: how many.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
local waiting = redis.call('ZRANGE', KEYS[2], 0, -1)
if #waiting == 0 then return 0 end
-- They find out when they ask again with their tickets.
redis.call('HSET', KEYS[1], 'dismissed', redis.call('HGET', KEYS[1], 'ticket'))
redis.call('DEL', KEYS[2], KEYS[3])
for _, owner in ipairs(waiting) do
  local process, waker = owner:match('^(.*):(%d+)$')
  redis.call('PUBLISH', ARGV[2] .. process, 'turn:' .. waker)
end
return #waiting
