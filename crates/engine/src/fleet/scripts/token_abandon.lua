-- KEYS: refresher, request. ARGV: name of the refresher, ms for which its requests may come late. The next process may
-- try.
-- DEL comes first, since Redis lets it pass where memory is full, and what follows with it.
redis.call('DEL', KEYS[2])
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[2], 'abandoned', 'PX', ARGV[2])
return {}
