
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local schedule = tonumber(redis.call('GET', KEYS[1]) or 0)

-- A schedule in the past means the same as none: the key expires with it.
local function keep(changed)
  if changed == schedule then return end
  if changed <= now then
    redis.call('DEL', KEYS[1])
  else
    local left = math.ceil((changed - now) / 1000)
    redis.call('SET', KEYS[1], string.format('%.0f', changed), 'PX', left)
  end
end

