//! What an audit log tells, on its way to JavaScript.

use std::sync::Arc;

use super::outbox::Outbox;
use super::record::AuditNotice;
use cxone_dtmf_engine::audit::{Notice, Observer};

/// Sends the notices of a log down the lane.
pub struct LaneObserver {
    pub injector: f64,
    pub outbox: Arc<Outbox>,
}

impl Observer for LaneObserver {
    fn notice(&self, notice: &Notice) {
        let (notice, text, file, bytes) = match notice {
            Notice::Anchor(anchor) => ("anchor", Some(anchor.text()), None, None),
            Notice::Failed { why } => ("failed", Some(why.clone()), None, None),
            Notice::Restored => ("restored", None, None, None),
            Notice::Recovered { file, bytes } => ("recovered", None, Some(file), Some(*bytes)),
            Notice::Altered { file } => ("altered", None, Some(file), None),
        };
        self.outbox.push(&AuditNotice {
            injector: self.injector,
            notice,
            text,
            file: file.map(|file| &**file),
            bytes,
        });
    }
}
