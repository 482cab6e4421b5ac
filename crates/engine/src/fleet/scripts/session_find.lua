-- KEYS: session. Gives the id that the session began with.
return redis.call('GET', KEYS[1])
