-- KEYS: blocks of a call, request. ARGV: contact or nothing, injection, ms for which it lasts, ms for which the request may
-- come late. A block that was lifted does not come back with a request that is late.
if not redis.call('SET', KEYS[2], 'added', 'NX', 'PX', ARGV[4]) then return {} end
local now = redis.call('TIME')
local ends = now[1] * 1000 + math.floor(now[2] / 1000) + tonumber(ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f:%s', ends, ARGV[2]))
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return {}
