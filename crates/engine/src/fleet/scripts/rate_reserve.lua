-- KEYS: schedule. ARGV: interval, tolerance, longest wait. Reply: {1, wait, schedule after it} | {0, wait}
local after, wait, reserved = reserve(schedule, now, tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]))
if not reserved then return { 0, wait } end
keep(after)
return { 1, wait, after }
