//! What says that an injection ended may stand in another file than its intent, as `resolved` does. It has to stay as long as
//! that: otherwise the injection would be in doubt again.

use std::collections::HashSet;
use std::io::{self, BufRead, Read};
use std::path::Path;

use uuid::Uuid;

use super::fields::Event;
use super::seal::Seal;
use super::verify::{FileSource, Others, Progress, Report, Source, Unverifiable, line, verify};

/// No record that was verified is longer; what is, was put there since.
const MAX_LINE: usize = 4 * 1024;

/// Those of the files `goes` without which more would be in doubt than `now` says. Each may need others in turn.
pub(super) fn needed(
    directory: &Path,
    keys: &[Seal],
    now: &Report,
    goes: &HashSet<String>,
    progress: &Progress,
) -> Result<HashSet<String>, Unverifiable> {
    let unreadable = |file: String| move |error| Unverifiable::Io { file, error };
    let files = FileSource::in_folder(directory)
        .map_err(unreadable(directory.to_string_lossy().into_owned()))?;
    let (going, staying): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|file| goes.contains(&file.file_name()));
    // An intent counts also where nobody can check it: what goes does not come back.
    let then = verify(staying, keys, &[], Others::Trust, progress)?;
    let in_doubt = |report: &Report| -> HashSet<Uuid> {
        let all = report.in_doubt.iter().chain(&report.unknown);
        all.map(|doubt| doubt.injection_id).collect()
    };
    let new: HashSet<Uuid> = &in_doubt(&then) - &in_doubt(now);
    let mut needed = HashSet::new();
    if new.is_empty() && then.more_in_doubt == 0 {
        return Ok(needed);
    }
    for file in going {
        let ends = then.more_in_doubt > 0
            || ends_one_of(&*file, &new).map_err(unreadable(file.name().to_owned()))?;
        if ends {
            needed.insert(file.file_name());
        }
    }
    Ok(needed)
}

/// Whether a file says what became of one of these injections.
fn ends_one_of(file: &dyn Source, injections: &HashSet<Uuid>) -> io::Result<bool> {
    let mut reader = file.open()?;
    let mut text = Vec::with_capacity(MAX_LINE);
    while (&mut reader)
        .take(MAX_LINE as u64)
        .read_until(b'\n', &mut text)?
        > 0
    {
        let record = line::parse(&text);
        let end = record.filter(|record| matches!(record.ev, Event::Outcome | Event::Resolved));
        if end
            .and_then(|end| end.inj)
            .is_some_and(|id| injections.contains(&id))
        {
            return Ok(true);
        }
        text.clear();
    }
    Ok(false)
}
