//! Reads one file of a log, line by line, and checks that nothing in it was altered.

use std::io::{self, BufRead, Read};
use std::mem;

use uuid::Uuid;

use super::finding::Damage;
use super::line::{self, Parsed, Previous};
use crate::audit::chain::Head;
use crate::audit::fields::Event;
use crate::audit::seal::{Mac, Seal};

/// No line is longer: ids, names and host are bounded. More than this without an end is no line.
const MAX_LINE: u64 = 16 * 1024;

/// Is told what a file holds. Only records whose seal fits are told.
pub(crate) trait Visitor {
    /// A record.
    fn record(&mut self, chain: Uuid, mac: &Mac, record: &Parsed<'_>);
    /// Bytes were read. An error ends it.
    fn read(&mut self, bytes: u64) -> io::Result<()>;
}

/// Where something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// The line, counted from 1.
    pub line: u64,
    /// The byte at which it begins.
    pub byte: u64,
}

/// How a file ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// After a whole line.
    Whole,
    /// In the middle of what was being written when the process or the machine stopped.
    Torn(Position),
}

/// What is known of a file that was read.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// The chain, if its first record can be read.
    pub chain: Option<Uuid>,
    /// The number of its first record.
    pub first: Option<u64>,
    /// What it says it follows.
    pub previous: Option<Previous>,
    /// Records whose seal fits.
    pub records: u64,
    /// Where the chain stands after the last record whose seal fits.
    pub head: Head,
    /// Whether the last of them closes the file.
    pub closed: bool,
    /// The file in which the chain goes on after that.
    pub next: Option<String>,
    /// How it ends.
    pub end: End,
    /// What was altered.
    pub damage: Vec<(Position, Damage)>,
    /// It was sealed with a key that was not given.
    pub other_key: bool,
    /// All bytes.
    pub bytes: u64,
}

/// What the next record must be.
struct Expected {
    seq: u64,
    /// The seals that may come before it. Two are possible after a line that was altered: what it says, and
    /// what it should say. None is known after a line that cannot be read.
    after: Vec<Option<Mac>>,
}

struct Scan<'k> {
    keys: &'k [Seal],
    seal: Option<Sealed<'k>>,
    chain: Uuid,
    expected: Option<Expected>,
    /// What comes next if the line before was not a later record, but one whose number was altered.
    otherwise: Option<Expected>,
    position: Position,
    /// Where the first bad line since the last good one is, and whether it may be torn.
    bad: Option<(Position, bool)>,
    /// What was found since the last good line.
    pending: Vec<(Position, Damage)>,
    done: Scanned,
}

enum Sealed<'k> {
    Plain(Seal),
    Keyed(&'k Seal),
}

impl Sealed<'_> {
    const fn seal(&self) -> &Seal {
        match self {
            Self::Plain(seal) => seal,
            Self::Keyed(seal) => seal,
        }
    }
}

/// Reads a file to its end. Without keys it must be sealed without one.
pub(crate) fn scan(
    mut reader: impl BufRead,
    keys: &[Seal],
    visitor: &mut dyn Visitor,
) -> io::Result<Scanned> {
    let mut scan = Scan {
        keys,
        seal: None,
        chain: Uuid::nil(),
        expected: None,
        otherwise: None,
        position: Position::default(),
        bad: None,
        pending: Vec::new(),
        done: Scanned {
            chain: None,
            first: None,
            previous: None,
            records: 0,
            head: Head::default(),
            closed: false,
            next: None,
            end: End::Whole,
            damage: Vec::new(),
            other_key: false,
            bytes: 0,
        },
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            return Ok(scan.finish());
        }
        scan.position = Position {
            line: scan.position.line + 1,
            byte: scan.done.bytes,
        };
        scan.done.bytes += read;
        scan.line(&line, visitor);
        visitor.read(read)?;
    }
}

impl<'k> Scan<'k> {
    fn line(&mut self, raw: &[u8], visitor: &mut dyn Visitor) {
        let split = line::split(raw);
        let whole = split.as_ref().filter(|split| split.whole);
        let (Some(split), Some(record)) = (whole, whole.and_then(|_| line::parse(raw))) else {
            self.unreadable(raw, split);
            return;
        };
        let Some(mac) = split.mac else { return };
        if self.seal.is_none() {
            self.begin(&record);
        }
        let seq = record.seq;
        self.doubt(seq);
        let Some(seal) = &self.seal else { return };
        let seal = seal.seal();
        let Some(expected) = &self.expected else {
            // Nothing is known of what came before: the seal cannot be checked.
            self.go_on(seq, vec![Some(mac)]);
            return;
        };
        let computed = |after: &Option<Mac>| seal.mac(after.as_ref(), split.sealed);
        if seq < expected.seq {
            self.found(raw, Damage::Misplaced { seq });
        } else if seq > expected.seq {
            let from = expected.seq;
            let after = expected.after.iter().map(computed).chain([mac]);
            let otherwise = Expected {
                seq: from + 1,
                after: after.map(Some).collect(),
            };
            self.found(raw, Damage::Missing { from, to: seq - 1 });
            self.go_on(seq, vec![Some(mac)]);
            self.otherwise = Some(otherwise);
        } else if expected.after.is_empty() {
            self.go_on(seq, vec![Some(mac)]);
        } else {
            let candidates: Vec<Mac> = expected.after.iter().map(computed).collect();
            if candidates.contains(&mac) {
                self.good(&record, mac, visitor);
            } else {
                self.found(raw, Damage::Altered);
                let after = candidates.into_iter().chain([mac]).map(Some).collect();
                self.go_on(seq, after);
            }
        }
    }

    /// The first record that can be read says how the file is sealed and what it follows.
    fn begin(&mut self, record: &Parsed<'_>) {
        self.done.first = Some(record.seq);
        self.done.chain = record.chain;
        let keyed = record.alg != Some("sha256");
        let named = self.keys.iter().find(|key| key.key_id() == record.kid);
        let at_start = self.position.line == 1;
        let (Event::Open, Some(chain)) = (record.ev, record.chain) else {
            if at_start {
                self.done.damage.push((self.position, Damage::NoBeginning));
            }
            self.seal = Some(self.some_seal());
            return;
        };
        self.chain = chain;
        self.seal = Some(match (keyed, named) {
            (true, Some(key)) => Sealed::Keyed(key),
            (true, None) => {
                self.done.other_key = true;
                self.some_seal()
            }
            (false, _) => {
                if !self.keys.is_empty() {
                    self.done.damage.push((self.position, Damage::Unkeyed));
                }
                Sealed::Plain(Seal::new(None))
            }
        });
        self.done.previous.clone_from(&record.previous);
        if !at_start {
            return;
        }
        let after = match (record.seq, &record.previous) {
            (0, _) => Some(None),
            (seq, Some(previous)) if previous.seq + 1 == seq => {
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
            None => self.done.damage.push((self.position, Damage::NoBeginning)),
        }
    }

    /// Records that went missing, or a number that was altered: the record after it tells.
    fn doubt(&mut self, seq: u64) {
        let Some(otherwise) = self.otherwise.take() else {
            return;
        };
        if seq == otherwise.seq {
            self.expected = Some(otherwise);
            if let Some((_, damage)) = self.pending.last_mut() {
                *damage = Damage::Altered;
            }
        }
    }

    fn some_seal(&self) -> Sealed<'k> {
        match self.keys.first() {
            Some(key) => Sealed::Keyed(key),
            None => Sealed::Plain(Seal::new(None)),
        }
    }

    fn unreadable(&mut self, raw: &[u8], split: Option<line::Split<'_>>) {
        self.found(raw, Damage::Unreadable);
        let (Some(seal), Some(expected)) = (&self.seal, &self.expected) else {
            return;
        };
        // It stands for the record that belongs here, so that the next one is not called missing too.
        let after = split.map_or_else(Vec::new, |split| {
            let computed = |after: &Option<Mac>| seal.seal().mac(after.as_ref(), split.sealed);
            let computed: Vec<Mac> = expected.after.iter().map(computed).collect();
            computed.into_iter().chain(split.mac).map(Some).collect()
        });
        self.go_on(expected.seq, after);
    }

    fn found(&mut self, raw: &[u8], damage: Damage) {
        self.bad.get_or_insert((self.position, line::is_torn(raw)));
        self.pending.push((self.position, damage));
    }

    fn go_on(&mut self, seq: u64, after: Vec<Option<Mac>>) {
        self.expected = Some(Expected {
            seq: seq.saturating_add(1),
            after,
        });
    }

    fn good(&mut self, record: &Parsed<'_>, mac: Mac, visitor: &mut dyn Visitor) {
        if self.bad.take().is_some() {
            self.done.damage.append(&mut self.pending);
        }
        self.done.records += 1;
        self.done.closed = record.ev == Event::Close;
        self.done.next.clone_from(&record.next);
        visitor.record(self.chain, &mac, record);
        self.done.head = Head {
            next: record.seq + 1,
            mac: Some(mac),
        };
        match &mut self.expected {
            // The usual way, without taking new memory.
            Some(Expected { seq, after }) if after.len() == 1 => {
                *seq = record.seq + 1;
                after.fill(Some(mac));
            }
            _ => self.go_on(record.seq, vec![Some(mac)]),
        }
    }

    fn finish(mut self) -> Scanned {
        let pending = mem::take(&mut self.pending);
        match self.bad {
            Some((at, true)) => self.done.end = End::Torn(at),
            _ => self.done.damage.extend(pending),
        }
        // One record with a fitting seal shows that the key was right, and its name altered.
        self.done.other_key &= self.done.records == 0;
        self.done
    }
}
