//! The counters without labels.

use crate::counters::counters;

counters! {
    /// What one injector did. The engine counts what it sees; tokens, audit failures and monitors are counted outside of
    /// it, and the caller sets their readings.
    pub(crate) TotalCounters
    /// The counters at one moment.
    => Totals:
    attempts = "attempts_total" "requests" "attempts": "Requests handed over.";
    token_refreshes = "token_refreshes_total" "tokens" "tokenRefreshes": "Tokens fetched.";
    audit_failures = "audit_failures_total" "injections" "auditFailures":
        "Injections whose audit record is not complete.";
    monitor_errors = "monitor_errors_total" "failures" "monitorErrors": "Times that a monitor threw or rejected.";
    repeats_guarded = "repeats_guarded_total" "injections" "repeatsGuarded":
        "Injections that were not sent because the outcome of the same digits is unknown; `delivery` is unknown for them too.";
    unmask_failures = "unmask_failures_total" "recordings" "unmaskFailures":
        "Recordings that could not be unmasked.";
    recognition_reports = "recognition_reports_total" "injections" "recognition.reported.injections":
        "Injections that the application reported on.";
    reported_digits_sent = "reported_digits_sent_total" "digits" "recognition.reported.digitsSent":
        "Digits of these injections.";
    reported_digits_recognised = "reported_digits_recognised_total" "digits" "recognition.reported.digitsRecognised":
        "How many of these the far end recognised.";
}
