//! What the platform took of a sequence, and how long that plays.

use std::time::Duration;

use tokio::time::Instant;

use crate::api::{Playing, Prepared, Segment};
use crate::config::PlayoutMode;
use crate::error::Error;

/// Added to the time that tones play: the platform begins somewhat after its answer, and does not say when.
pub(super) const GUARD: Duration = Duration::from_millis(250);

/// The tones of one injection.
#[derive(Default)]
pub(super) struct Playout {
    hold: bool,
    segments: usize,
    digits: u32,
    /// How many digits of earlier segments were accepted.
    accepted: u32,
    /// The digits of the segment under way, how long they play as far as that is known, and the silence behind.
    current: (u32, Duration, Duration),
    /// When the last tones that may have been taken have been played.
    quiet_from: Option<Instant>,
}

/// Refuses what cannot end in time, however fast the platform is: half a sequence must not be pressed.
pub(super) fn check_time(prepared: &Prepared, deadline: Duration) -> Result<(), Error> {
    // A platform that plays before it answers takes as long as one that is waited for.
    let at_least = |segment: &Segment| match segment.playing {
        Playing::Known(playing) => playing,
        Playing::Estimated { shortest, .. } => shortest,
    };
    let before_the_last = prepared
        .segments
        .split_last()
        .map_or(&[][..], |(_, rest)| rest);
    let needed = before_the_last
        .iter()
        .fold(prepared.lead_in, |sum, segment| {
            sum.saturating_add(at_least(segment))
                .saturating_add(silence_behind(segment))
        });
    if needed.is_zero() || needed < deadline {
        Ok(())
    } else {
        Err(Error::invalid(
            "dtmfString takes longer than deadlineMs to play up to its last digits: use fewer digits or pauses, or a longer deadline",
        ))
    }
}

/// How long to wait between a segment whose answer took `answered_in` and the next one: tones must not overlap.
pub(super) fn wait_behind(segment: &Segment, answered_in: Duration) -> Duration {
    let playing = match segment.playing {
        Playing::Known(playing) => playing,
        // So late an answer came when the tones had been played: a longer wait would only let the far end's time run out.
        Playing::Estimated { shortest, .. } if answered_in >= shortest => Duration::ZERO,
        Playing::Estimated { usual, .. } => usual,
    };
    playing.saturating_add(silence_behind(segment))
}

/// A pause behind the tones that is longer than the guard serves as one.
fn silence_behind(segment: &Segment) -> Duration {
    segment.pause.max(GUARD)
}

impl Playout {
    pub(super) fn of(prepared: &Prepared, playout: PlayoutMode) -> Self {
        Self {
            hold: playout == PlayoutMode::Hold,
            segments: prepared.segments.len(),
            digits: prepared.sequence.count(),
            ..Self::default()
        }
    }

    /// A segment is about to be sent.
    pub(super) fn begin(&mut self, segment: &Segment) {
        self.current = (
            segment.digits,
            segment.playing.known(),
            silence_behind(segment),
        );
    }

    /// The platform took the segment, or may have.
    pub(super) fn taken(&mut self) {
        if let Some(playout) = self.playout() {
            self.quiet_from = Some(Instant::now() + playout);
        }
    }

    /// The platform accepted the segment.
    pub(super) fn accepted(&mut self) {
        self.taken();
        let (digits, ..) = self.current;
        self.accepted += digits;
    }

    /// Whether a part of the sequence was accepted already.
    pub(super) const fn is_midway(&self) -> bool {
        self.accepted > 0
    }

    /// How many digits were accepted, of a sequence that goes out in several segments.
    pub(super) fn accepted_in_parts(&self) -> Option<u32> {
        (self.segments > 1).then_some(self.accepted)
    }

    /// How many digits there are in all.
    pub(super) const fn digits(&self) -> u32 {
        self.digits
    }

    /// How long the last segment plays, guard and pause included; `None` where the profile does not know.
    pub(super) fn playout(&self) -> Option<Duration> {
        let (_, playing, silence) = self.current;
        (!playing.is_zero()).then(|| playing + silence)
    }

    /// Until when tones may be playing.
    pub(super) const fn quiet_from(&self) -> Option<Instant> {
        self.quiet_from
    }

    /// How long tones may play from now on, unless nothing is to wait for that.
    pub(super) fn rest(&self) -> Duration {
        self.quiet_from
            .filter(|_| self.hold)
            .map_or(Duration::ZERO, |quiet| {
                quiet.saturating_duration_since(Instant::now())
            })
    }
}
