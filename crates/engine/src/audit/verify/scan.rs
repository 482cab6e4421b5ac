//! Reads one file of a log, line by line, and checks that nothing in it was altered.
//!
//! Each line is read once, and the work for it and the memory are bounded, whatever the file holds.

use std::io::{self, BufRead, Read};
use std::mem;

use uuid::Uuid;

use super::finding::Damage;
use super::line::{self, Parsed, Previous};
use super::reading::Reading;
use super::report::MAX_FINDINGS;
use crate::audit::chain::Head;
use crate::audit::fields::Event;
use crate::audit::seal::{Mac, Seal};

/// No line is longer: ids, names and host are bounded.
pub(super) const MAX_LINE: usize = 4 * 1024;

/// How many seals may come into question as that of the line before, after lines that were altered.
const MAX_CANDIDATES: usize = 4;

/// Where something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The line, counted from 1.
    pub line: u64,
    /// The byte at which it begins.
    pub byte: u64,
}

/// What was altered: the first so many, and how much in all.
#[derive(Debug, Default)]
pub(super) struct Damages {
    pub list: Vec<(Position, Damage)>,
    pub count: u64,
}

impl Damages {
    fn add(&mut self, at: Position, damage: Damage) {
        self.count += 1;
        if self.list.len() < MAX_FINDINGS {
            self.list.push((at, damage));
        }
    }

    fn append(&mut self, other: Self) {
        self.count += other.count;
        let room = MAX_FINDINGS.saturating_sub(self.list.len());
        self.list.extend(other.list.into_iter().take(room));
    }
}

/// What is known of a file that was read.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    /// The chain, if its first record can be read.
    pub chain: Option<Uuid>,
    /// The number of its first record.
    pub first: Option<u64>,
    /// What it says it follows.
    pub previous: Option<Previous>,
    /// Records whose seal fits.
    pub records: u64,
    /// When the last of them was written, as the log has it.
    pub time: String,
    /// Where the chain stands after it.
    pub head: Head,
    /// Whether the last of them closes the file.
    pub closed: bool,
    /// The file in which the chain goes on after that.
    pub next: Option<String>,
    /// The line in which the file breaks off: what was being written when the process or the machine stopped.
    pub torn: Option<u64>,
    /// What was altered.
    pub damage: Damages,
    /// Which of the keys that were given it is sealed with.
    pub key: Option<usize>,
    /// The name of a key that was not given, with which it is sealed. Then nothing more of it was read.
    pub other_key: Option<String>,
    /// All bytes.
    pub bytes: u64,
}

/// How the seals of files are checked.
#[derive(Clone, Copy)]
pub(super) struct Checks<'k> {
    /// Without keys a file must be sealed without one…
    pub keys: &'k [Seal],
    /// …or is read without a check.
    pub trust: bool,
}

/// What the next record must be.
struct Expected {
    seq: u64,
    /// The seals that may come before it. Two are possible after a line that was altered: what it says, and
    /// what it should say. None is known after a line that cannot be read.
    after: Vec<Option<Mac>>,
}

enum Sealed<'k> {
    Plain(Seal),
    Keyed(&'k Seal),
    /// With a key that nobody gave, and nobody asks for.
    Unchecked,
}

impl Sealed<'_> {
    /// What the seal of a line must be, where its own is `mac`.
    fn computed(&self, after: Option<&Mac>, sealed: &[u8], mac: Option<Mac>) -> Option<Mac> {
        match self {
            Self::Plain(seal) => Some(seal.mac(after, sealed)),
            Self::Keyed(seal) => Some(seal.mac(after, sealed)),
            Self::Unchecked => mac,
        }
    }
}

struct Scan<'k> {
    checks: Checks<'k>,
    seal: Option<Sealed<'k>>,
    /// Whether what is read counts: a file that anybody could have written says nothing.
    counts: bool,
    expected: Option<Expected>,
    /// What comes next if the line before was not a later record, but one whose number was altered.
    otherwise: Option<Expected>,
    position: Position,
    /// Where the first bad line since the last good one is, and whether it may be torn.
    bad: Option<(Position, bool)>,
    /// What was found since the last good line.
    pending: Damages,
    done: Scanned,
}

/// Reads a file to its end.
pub(super) fn scan(
    mut reader: impl BufRead,
    checks: Checks<'_>,
    reading: &mut Reading<'_>,
) -> io::Result<Scanned> {
    let mut scan = Scan {
        checks,
        seal: None,
        counts: true,
        expected: None,
        otherwise: None,
        position: Position::default(),
        bad: None,
        pending: Damages::default(),
        done: Scanned::default(),
    };
    let mut line = Vec::with_capacity(MAX_LINE);
    while scan.done.other_key.is_none() {
        line.clear();
        let limit = MAX_LINE as u64;
        let read = (&mut reader).take(limit).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        reading.read(read as u64)?;
        scan.position = Position {
            line: scan.position.line + 1,
            byte: scan.done.bytes,
        };
        scan.done.bytes += read as u64;
        if read == MAX_LINE && line.last() != Some(&b'\n') {
            let (skipped, ended) = skip_line(&mut reader, reading)?;
            scan.done.bytes += skipped;
            // Blocks that never reached the disk break off like a line.
            let torn = !ended && !line.iter().all(|byte| (b' '..=b'~').contains(byte));
            scan.found(torn, Damage::TooLong);
            scan.stand_in(None);
        } else {
            scan.line(&line, reading);
        }
    }
    Ok(scan.finish())
}

/// Reads on to the end of a line, without keeping it. Gives its length, and whether it has an end.
fn skip_line(reader: &mut impl BufRead, reading: &Reading<'_>) -> io::Result<(u64, bool)> {
    let mut skipped = 0;
    loop {
        let buffer = reader.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(buffer.len(), |end| end + 1);
        reader.consume(length);
        reading.read(length as u64)?;
        skipped += length as u64;
        if end.is_some() || length == 0 {
            return Ok((skipped, end.is_some()));
        }
    }
}

impl<'k> Scan<'k> {
    fn line(&mut self, raw: &[u8], reading: &mut Reading<'_>) {
        let split = line::split(raw);
        let whole = split.as_ref().filter(|split| split.whole);
        let (Some(split), Some(record)) = (whole, whole.and_then(|_| line::parse(raw))) else {
            self.found(line::is_torn(raw), Damage::Unreadable);
            self.stand_in(split.as_ref());
            return;
        };
        let Some(mac) = split.mac else { return };
        if self.seal.is_none() {
            self.begin(&record);
            if self.done.other_key.is_some() {
                return;
            }
        }
        let seq = record.seq;
        self.doubt(seq);
        let (Some(seal), Some(expected)) = (&self.seal, &self.expected) else {
            // Nothing is known of what came before: the seal cannot be checked.
            self.go_on(seq, vec![Some(mac)]);
            return;
        };
        let computed = |after: &Option<Mac>| seal.computed(after.as_ref(), split.sealed, Some(mac));
        if seq < expected.seq {
            self.found(line::is_torn(raw), Damage::Misplaced { seq });
        } else if seq > expected.seq {
            let from = expected.seq;
            let after = expected.after.iter().map(computed).chain([Some(mac)]);
            let otherwise = Expected {
                seq: from + 1,
                after: capped(after.collect()),
            };
            self.found(line::is_torn(raw), Damage::Missing { from, to: seq - 1 });
            self.go_on(seq, vec![Some(mac)]);
            self.otherwise = Some(otherwise);
        } else if expected.after.is_empty() {
            self.go_on(seq, vec![Some(mac)]);
        } else if expected
            .after
            .iter()
            .any(|after| computed(after) == Some(mac))
        {
            self.good(&record, mac, reading);
        } else {
            self.found(line::is_torn(raw), Damage::Altered);
            self.stand_in(Some(split));
        }
    }

    /// The first record that can be read says how the file is sealed and what it follows.
    fn begin(&mut self, record: &Parsed<'_>) {
        self.done.first = Some(record.seq);
        self.done.chain = record.chain;
        let at_start = self.position.line == 1;
        if record.ev != Event::Open || record.chain.is_none() {
            if at_start {
                self.done.damage.add(self.position, Damage::NoBeginning);
            }
            self.seal = Some(self.some_seal());
            return;
        }
        self.seal = Some(self.named_seal(record));
        self.done.previous.clone_from(&record.previous);
        if !at_start {
            return;
        }
        let after = match (record.seq, &record.previous) {
            (0, _) => Some(None),
            (seq, Some(previous)) if previous.seq.checked_add(1) == Some(seq) => {
                Mac::from_text(&previous.mac).map(Some)
            }
            _ => None,
        };
        match after {
            Some(after) => {
                self.expected = Some(Expected {
                    seq: record.seq,
                    after: vec![after],
                });
            }
            None => self.done.damage.add(self.position, Damage::NoBeginning),
        }
    }

    fn named_seal(&mut self, record: &Parsed<'_>) -> Sealed<'k> {
        if record.alg == Some("sha256") {
            if !self.checks.keys.is_empty() {
                self.done.damage.add(self.position, Damage::Unkeyed);
                self.counts = false;
            }
            return Sealed::Plain(Seal::new(None));
        }
        let mut keys = self.checks.keys.iter().enumerate();
        match keys.find(|(_, key)| key.key_id() == record.kid) {
            Some((at, key)) => {
                self.done.key = Some(at);
                Sealed::Keyed(key)
            }
            None if self.checks.trust => Sealed::Unchecked,
            None => {
                self.done.other_key = Some(record.kid.unwrap_or_default().to_owned());
                self.some_seal()
            }
        }
    }

    /// Records that went missing, or a number that was altered: the record after it tells.
    fn doubt(&mut self, seq: u64) {
        let Some(otherwise) = self.otherwise.take() else {
            return;
        };
        if seq == otherwise.seq {
            self.expected = Some(otherwise);
            if let Some((_, damage)) = self.pending.list.last_mut()
                && self.pending.count <= MAX_FINDINGS as u64
            {
                *damage = Damage::Altered;
            }
        }
    }

    fn some_seal(&self) -> Sealed<'k> {
        match self.checks.keys.first() {
            Some(key) => Sealed::Keyed(key),
            None if self.checks.trust => Sealed::Unchecked,
            None => Sealed::Plain(Seal::new(None)),
        }
    }

    /// A bad line stands for the record that belongs there, so that the next one is not called missing too.
    fn stand_in(&mut self, split: Option<&line::Split<'_>>) {
        let (Some(seal), Some(expected)) = (&self.seal, &self.expected) else {
            return;
        };
        let after = split.map_or_else(Vec::new, |split| {
            let computed =
                |after: &Option<Mac>| seal.computed(after.as_ref(), split.sealed, split.mac);
            let computed = expected.after.iter().map(computed);
            computed.chain([split.mac]).flatten().map(Some).collect()
        });
        self.go_on(expected.seq, capped(after));
    }

    fn found(&mut self, torn: bool, damage: Damage) {
        self.bad.get_or_insert((self.position, torn));
        self.pending.add(self.position, damage);
    }

    fn go_on(&mut self, seq: u64, after: Vec<Option<Mac>>) {
        self.expected = Some(Expected {
            seq: seq.saturating_add(1),
            after,
        });
    }

    fn good(&mut self, record: &Parsed<'_>, mac: Mac, reading: &mut Reading<'_>) {
        if self.bad.take().is_some() {
            self.done.damage.append(mem::take(&mut self.pending));
        }
        let done = &mut self.done;
        done.records += 1;
        done.closed = record.ev == Event::Close;
        done.next.clone_from(&record.next);
        record.t.clone_into(&mut done.time);
        done.head = Head {
            next: record.seq.saturating_add(1),
            mac: Some(mac),
        };
        if self.counts {
            reading.record(self.position.line, &mac, record);
        }
        match &mut self.expected {
            // The usual way, without taking new memory.
            Some(Expected { seq, after }) if after.len() == 1 => {
                *seq = record.seq.saturating_add(1);
                after.fill(Some(mac));
            }
            _ => self.go_on(record.seq, vec![Some(mac)]),
        }
    }

    fn finish(mut self) -> Scanned {
        match self.bad {
            Some((at, true)) => self.done.torn = Some(at.line),
            _ => self.done.damage.append(self.pending),
        }
        self.done
    }
}

/// Those in the middle are given up first: they only matter where both a line and its seal were altered, again and again.
fn capped(mut seals: Vec<Option<Mac>>) -> Vec<Option<Mac>> {
    while seals.len() > MAX_CANDIDATES {
        seals.remove(1);
    }
    seals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_seals_the_first_and_the_latest_stay() {
        let seal = Seal::new(None);
        let all: Vec<_> = (0..50_u8)
            .map(|byte| Some(seal.mac(None, &[byte])))
            .collect();
        for count in 0..all.len() {
            let kept = capped(all[..count].to_vec());
            assert_eq!(kept.len(), count.min(MAX_CANDIDATES));
            assert_eq!(
                (kept.first(), kept.last()),
                (all.first().filter(|_| count > 0), all[..count].last())
            );
        }
    }
}
