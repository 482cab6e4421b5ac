//! What the fleet mode of this process did.

use crate::counters::counters;

counters! {
    /// Counts what happened at the store.
    pub Counters
    /// The counters at one moment.
    => Counts:
    round_trips = "fleet_round_trips_total" "commands" "fleet.roundTrips": "Commands sent to Redis.";
    failures = "fleet_failures_total" "questions" "fleet.failures": "Questions that Redis did not answer.";
    leases = "fleet_leases_total" "leases" "fleet.leases": "Leases given.";
    waits = "fleet_lease_waits_total" "leases" "fleet.leaseWaits":
        "Leases that another process had to give back first.";
    leases_lost = "fleet_leases_lost_total" "leases" "fleet.leasesLost":
        "Leases that were lost when they were needed.";
    without_lease = "fleet_without_lease_total" "turns" "fleet.withoutLease":
        "Turns without a lease, while Redis was away.";
    shared_tokens = "fleet_shared_tokens_total" "tokens" "fleet.sharedTokens":
        "Tokens that another process had fetched.";
    own_slots = "fleet_own_slots_total" "requests" "fleet.ownSlots":
        "Requests that kept to this process's share of the rate limit, while Redis was away.";
}
