-- Sends everybody away who waits behind a lease, since what was pressed under it is unknown. See src/fleet/lock/mod.rs.
-- KEYS: lock, tickets, waiters. ARGV: owner, wake prefix. Returns how many were sent away.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
local waiting = redis.call('ZRANGE', KEYS[2], 0, -1)
if #waiting == 0 then return 0 end
-- They learn it when they ask again, by their tickets.
redis.call('HSET', KEYS[1], 'dismissed', redis.call('HGET', KEYS[1], 'ticket'))
redis.call('DEL', KEYS[2], KEYS[3])
for _, owner in ipairs(waiting) do
  local process, bell = owner:match('^(.*):(%d+)$')
  redis.call('PUBLISH', ARGV[2] .. process, 'turn:' .. bell)
end
return #waiting
