-- The generic cell rate algorithm with reservation, as in src/rate_limit/gcra.rs. Times are whole microseconds,
-- which Lua holds exactly up to 2^53. Each function takes the schedule and returns the new one.
local function reserve(schedule, now, interval, tolerance, longest)
  local due = math.max(schedule, now)
  local wait = math.max(due - tolerance - now, 0)
  if wait > longest then return schedule, wait, false end
  return due + interval, wait, true
end

local function cancel(schedule, after, interval)
  if schedule ~= after then return schedule end
  return math.max(schedule - interval, 0)
end

local function hold_back(schedule, until_then, tolerance)
  return math.max(schedule, until_then + tolerance)
end
