-- KEYS: schedule. ARGV: how long from now, tolerance.
keep(hold_back(schedule, now + ARGV[1], tonumber(ARGV[2])))
return {}
