//! Verification: that nothing in the files of a log was altered, and which injections are in doubt.
//!
//! [`line`] takes a line apart, [`scan`] reads one file, [`pairs`] brings intents and outcomes together,
//! [`between`] knows what holds between files and against anchors. Files are read once from front to back.

use std::io::{self, BufRead, Read};
use std::path::Path;

use uuid::Uuid;

use super::anchor::Anchor;
use super::fields::Event;
use super::seal::Seal;
use between::Reading;
use scan::{End, Scanned};

pub use finding::{Damage, Finding};
pub use pairs::InDoubt;
pub use progress::Progress;
pub use report::{FileReport, Report, Verdict};
pub use source::{FileSource, Source};

mod between;
mod finding;
pub(crate) mod line;
mod pairs;
mod progress;
mod report;
pub(crate) mod scan;
mod source;

/// Why nothing can be said.
#[derive(Debug)]
pub enum Unverifiable {
    /// A file cannot be read.
    Io {
        /// The file.
        file: String,
        /// Why not.
        error: io::Error,
    },
    /// The file is sealed with a key, and none of those given is it.
    Key {
        /// The file.
        file: String,
    },
}

/// Verifies files together. `progress` tells how far it is.
pub fn verify(
    sources: &[&dyn Source],
    keys: &[Seal],
    anchors: &[Anchor],
    progress: &Progress,
) -> Result<Report, Unverifiable> {
    let mut beginnings = sources
        .iter()
        .map(|source| Beginning::read(*source))
        .collect::<Result<Vec<_>, _>>()?;
    // In the order in which they were written, so that intents mostly come before their outcomes.
    beginnings.sort_by(|a, b| a.order.cmp(&b.order));
    let follows = beginnings.iter().filter_map(|file| file.follows.clone());
    let mut reading = Reading::new(follows, anchors, progress);
    let mut report = Report::default();
    let mut scans = Vec::new();
    for Beginning { source, name, .. } in &beginnings {
        reading.begin(name);
        let failed = |error| Unverifiable::Io {
            file: source.name().to_owned(),
            error,
        };
        let reader = source.open().map_err(failed)?;
        let scanned = scan::scan(reader, keys, &mut reading).map_err(failed)?;
        if scanned.other_key {
            return Err(Unverifiable::Key {
                file: source.name().to_owned(),
            });
        }
        scans.push((*source, name.as_str(), scanned));
    }
    for (source, _, scanned) in &scans {
        report.files.push(file_report(source.name(), scanned));
        for (position, damage) in &scanned.damage {
            report.add(Finding {
                file: source.name().to_owned(),
                line: position.line,
                byte: position.byte,
                damage: damage.clone(),
            });
        }
    }
    reading.check(&scans, &mut report);
    between::check_order(&scans, &mut report);
    (report.in_doubt, report.unknown) = reading.pairs.finish();
    report.lost = reading.lost;
    Ok(report)
}

fn file_report(file: &str, scanned: &Scanned) -> FileReport {
    FileReport {
        file: file.to_owned(),
        chain: scanned.chain,
        first: scanned.first,
        records: scanned.records,
        closed: scanned.closed,
        torn: match scanned.end {
            End::Torn(at) => Some(at.line),
            // Its process ended before it wrote anything.
            End::Whole => (scanned.bytes == 0).then_some(1),
        },
    }
}

/// What the first line of a file says, before anything is known to be true.
struct Beginning<'s> {
    source: &'s dyn Source,
    /// The name by which other files know it.
    name: String,
    /// What begins with no record comes last.
    order: (bool, String, Option<Uuid>, u64),
    follows: Option<line::Previous>,
}

/// The first line of a file is never longer.
const FIRST_LINE: u64 = 4 * 1024;

impl<'s> Beginning<'s> {
    fn read(source: &'s dyn Source) -> Result<Self, Unverifiable> {
        let name = Path::new(source.name()).file_name();
        let name = name.map(|name| name.to_string_lossy().into_owned());
        let mut first = Vec::new();
        source
            .open()
            .and_then(|reader| reader.take(FIRST_LINE).read_until(b'\n', &mut first))
            .map_err(|error| Unverifiable::Io {
                file: source.name().to_owned(),
                error,
            })?;
        let record = line::parse(&first).filter(|record| record.ev == Event::Open);
        Ok(Self {
            source,
            name: name.unwrap_or_default(),
            order: record.as_ref().map_or_else(
                || (true, String::new(), None, 0),
                |record| (false, record.t.to_owned(), record.chain, record.seq),
            ),
            follows: record.and_then(|record| record.previous),
        })
    }
}
