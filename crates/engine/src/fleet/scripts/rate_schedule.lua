
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function scheduled(key) return tonumber(redis.call('GET', key) or 0) end

-- A schedule in the past means the same as none: the key expires with it.
local function keep(key, changed)
  if changed <= now then
    redis.call('DEL', key)
  else
    redis.call('SET', key, string.format('%.0f', changed), 'PX', math.ceil((changed - now) / 1000))
  end
end

