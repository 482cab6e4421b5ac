//! What an audit log tells, on its way to JavaScript.

use std::sync::Arc;

use super::lane::Outbox;
use super::record::{AuditNotice, Record};
use cxone_dtmf_engine::audit::{Notice, Observer};

/// Sends the notices of a log down the lane.
pub struct LaneObserver {
    pub injector: f64,
    pub outbox: Arc<Outbox>,
}

impl Observer for LaneObserver {
    fn notice(&self, notice: &Notice) {
        let notice = match notice {
            Notice::Anchor(anchor) => AuditNotice::Anchor {
                text: anchor.text(),
            },
            Notice::Failed { why } => AuditNotice::Failed { why },
            Notice::Restored => AuditNotice::Restored,
            Notice::Recovered { file, bytes } => AuditNotice::Recovered {
                file,
                bytes: *bytes,
            },
            Notice::Altered { file } => AuditNotice::Altered { file },
        };
        self.outbox.push(&Record::Audit {
            injector: self.injector,
            notice,
        });
    }
}
