-- KEYS: session. ARGV: the id that the session began with, ms for which it is kept.
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {}
