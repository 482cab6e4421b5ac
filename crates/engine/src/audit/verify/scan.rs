//! Reads one file of a log, line by line, and checks that nothing in it was altered.
//!
//! Each line is read once, and the work for it and the memory are bounded, whatever the file holds.

use std::io::{self, BufRead, Read};
use std::mem;

use uuid::Uuid;

use super::candidates::{Before, Candidates};
use super::finding::Damage;
use super::line::{self, Parsed, Previous};
use super::reading::Reading;
use super::report::MAX_FINDINGS;
use crate::audit::chain::Head;
use crate::audit::fields::Event;
use crate::audit::seal::{Mac, Seal};

/// No line is longer: ids, names and host are bounded.
pub(super) const MAX_LINE: usize = 4 * 1024;

/// Where something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::audit) struct Position {
    /// The line, counted from 1.
    pub line: u64,
    /// The byte at which it begins.
    pub byte: u64,
}

/// What was altered: the first so many, and how much in all.
#[derive(Debug, Default)]
pub(in crate::audit) struct Damages {
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
pub(in crate::audit) struct Scanned {
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
    /// Of files without a key.
    pub plain: &'k Seal,
    /// Without keys a file must be sealed without one…
    pub keys: &'k [Seal],
    /// …or is read without a check.
    pub trust: bool,
}

struct Scan<'k> {
    checks: Checks<'k>,
    /// `None` where it is not known yet, or where nobody asks.
    seal: Option<&'k Seal>,
    begun: bool,
    /// Whether what is read counts: a file that anybody could have written says nothing.
    counts: bool,
    next: Candidates,
    position: Position,
    /// Where the first bad line since the last good one is, and whether it and all after it may be torn.
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
        begun: false,
        counts: true,
        next: Candidates::default(),
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
            scan.next.stand_in(scan.seal, None, None);
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
            self.next.stand_in(self.seal, None, split.as_ref());
            return;
        };
        let Some(mac) = split.mac else { return };
        if !self.begun {
            self.begin(&record);
            if self.done.other_key.is_some() {
                return;
            }
        }
        let seq = record.seq;
        if self.next.fits(self.seal, seq, mac, split) {
            self.good(&record, mac, reading);
        } else if let Some(damage) = self.next.damage(seq) {
            self.found(false, damage);
            self.next.stand_in(self.seal, Some(seq), Some(split));
        } else {
            // Nothing is known of what came before: the seal cannot be checked. But what came before is no end.
            self.bad = self.bad.map(|(at, _)| (at, false));
            self.next.only_after(seq, mac);
        }
    }

    /// The first record that can be read says how the file is sealed and what it follows.
    fn begin(&mut self, record: &Parsed<'_>) {
        self.begun = true;
        self.done.first = Some(record.seq);
        self.done.chain = record.chain;
        let at_start = self.position.line == 1;
        if record.ev != Event::Open || record.chain.is_none() {
            if at_start {
                self.done.damage.add(self.position, Damage::NoBeginning);
            }
            self.seal = self.some_seal();
            return;
        }
        self.seal = self.named_seal(record);
        self.done.previous.clone_from(&record.previous);
        if !at_start {
            return;
        }
        let after = match (record.seq, &record.previous) {
            (0, _) => Some(Before::Nothing),
            (seq, Some(previous)) if previous.seq.checked_add(1) == Some(seq) => {
                Mac::from_text(&previous.mac).map(Before::Sealed)
            }
            _ => None,
        };
        match after {
            Some(before) => self.next.only(record.seq, before),
            None => self.done.damage.add(self.position, Damage::NoBeginning),
        }
    }

    fn named_seal(&mut self, record: &Parsed<'_>) -> Option<&'k Seal> {
        let Checks { plain, keys, trust } = self.checks;
        if record.alg == Some(plain.algorithm()) {
            if !keys.is_empty() {
                self.done.damage.add(self.position, Damage::Unkeyed);
                self.counts = false;
            }
            return Some(plain);
        }
        self.done.key = keys.iter().position(|key| key.key_id() == record.kid);
        if self.done.key.is_none() && !trust {
            self.done.other_key = Some(record.kid.unwrap_or_default().to_owned());
        }
        self.done.key.and_then(|at| keys.get(at))
    }

    fn some_seal(&self) -> Option<&'k Seal> {
        let Checks { plain, keys, trust } = self.checks;
        keys.first().or_else(|| (!trust).then_some(plain))
    }

    fn found(&mut self, torn: bool, damage: Damage) {
        let (_, all_torn) = self.bad.get_or_insert((self.position, torn));
        *all_torn &= torn;
        self.pending.add(self.position, damage);
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
        self.next.only_after(record.seq, mac);
    }

    fn finish(mut self) -> Scanned {
        match self.bad {
            Some((at, true)) => self.done.torn = Some(at.line),
            _ => self.done.damage.append(self.pending),
        }
        self.done
    }
}
