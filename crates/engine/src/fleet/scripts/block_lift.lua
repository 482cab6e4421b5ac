-- KEYS: blocks of a call, request. ARGV: whether all of its contacts are meant, the contact, ms for which the request may come
-- late, nothing or the injection that it must be of. Gives how many are lifted.
local earlier = redis.call('GET', KEYS[2])
if earlier then return tonumber(earlier) end
local lifted
if ARGV[4] ~= '' and string.match(redis.call('HGET', KEYS[1], ARGV[2]) or '', ':(.+)$') ~= ARGV[4] then lifted = 0
elseif ARGV[1] == '1' then lifted = redis.call('DEL', KEYS[1]) else lifted = redis.call('HDEL', KEYS[1], ARGV[2]) end
redis.call('SET', KEYS[2], lifted, 'PX', ARGV[3])
return lifted
