//! What a survey of the log leaves open.

use super::verify::Report;
use crate::error::{Code, Error};

/// Why a list of what is in doubt is not all of it, and what to do. `None` where it is.
#[must_use]
pub fn unread(report: &Report) -> Option<Error> {
    let Report {
        damages,
        skipped,
        more_in_doubt,
        ..
    } = *report;
    let causes = [
        (
            damages,
            format!(
                "places that were altered or are missing: {damages} ('cxone-dtmf audit verify' names them: look where the calls \
                 of those files stand, then move the files out of the folder)"
            ),
        ),
        (
            skipped,
            format!(
                "files that cannot be read or have another key: {skipped} (make them readable, or look at them by 'cxone-dtmf \
                 audit in-doubt --key-file' with their key, then move them out of the folder)"
            ),
        ),
        (
            more_in_doubt,
            format!(
                "injections in doubt beyond those that can be listed: {more_in_doubt} (resolve those that inDoubt() lists, then call \
                 blockInDoubt() again)"
            ),
        ),
    ];
    let causes = causes.into_iter().filter(|(count, _)| *count > 0);
    let causes: Vec<String> = causes.map(|(_, cause)| cause).collect();
    (!causes.is_empty()).then(|| {
        let message = format!(
            "what was found in the audit log is blocked, but other calls may be in doubt too: {}",
            causes.join("; ")
        );
        Error::not_sent(Code::Audit, message).retryable(None)
    })
}
