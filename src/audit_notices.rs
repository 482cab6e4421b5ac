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
        let (notice, text) = match notice {
            Notice::Anchor(anchor) => ("anchor", Some(anchor.text())),
            Notice::Failed { why } => ("failed", Some(why.clone())),
            Notice::Restored => ("restored", None),
            Notice::Removed { file } => ("removed", Some(file.clone())),
        };
        self.outbox.push(&AuditNotice {
            injector: self.injector,
            notice,
            text,
        });
    }
}
