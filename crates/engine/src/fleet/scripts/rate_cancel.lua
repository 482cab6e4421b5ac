-- KEYS: schedule. ARGV: schedule after the slot, interval.
keep(cancel(schedule, tonumber(ARGV[1]), tonumber(ARGV[2])))
return {}
