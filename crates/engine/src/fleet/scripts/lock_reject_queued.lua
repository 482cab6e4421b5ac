-- Removes all waiters behind a lease under which an outcome is unknown. See src/fleet/lock/.
-- KEYS: lock, tickets, waiters. ARGV: owner, wake prefix, number of the rejection under this lease. Reply: how many.
local lock = redis.call('HMGET', KEYS[1], 'owner', 'ticket', 'rejection')
if lock[1] ~= ARGV[1] then return 0 end
-- A rejection that arrives once more must not reject what came after it.
local owner, last = (lock[3] or ''):match('^(.*):(%d+)$')
if owner == ARGV[1] and tonumber(last) >= tonumber(ARGV[3]) then return 0 end
local waiting = redis.call('ZRANGE', KEYS[2], 0, -1)
-- First, since Redis lets it pass where memory is full, and what follows with it.
redis.call('DEL', KEYS[2], KEYS[3])
-- They find out when they ask again with their tickets.
redis.call('HSET', KEYS[1], 'dismissed', lock[2] or 0, 'rejection', ARGV[1] .. ':' .. ARGV[3])
for _, waiter in ipairs(waiting) do
  local process, waker = waiter:match('^(.*):(%d+)$')
  redis.call('PUBLISH', ARGV[2] .. process, 'turn:' .. waker)
end
return #waiting
