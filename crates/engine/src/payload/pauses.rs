//! Pauses inside a sequence, as the APIs of other platforms write them.

use std::time::Duration;

use zeroize::Zeroizing;

use super::sequence::{Alphabet, Sequence, SequenceError};

/// The pause of `,` and `w`: half a second, as at Twilio, Telnyx and Bandwidth.
pub const SHORT_PAUSE: Duration = Duration::from_millis(500);

/// The pause of `W`: a second, as there.
pub const LONG_PAUSE: Duration = Duration::from_secs(1);

/// The most pauses in one sequence, wherever they stand.
pub const MAX_PAUSES: usize = 60;

/// Digits with no pause between them, and the silence behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigitGroup {
    /// The digits.
    pub digits: Sequence,
    /// The silence that follows. Zero behind the last digits, unless pauses end the sequence.
    pub pause: Duration,
}

/// A sequence, cut at its pauses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PausedSequence {
    /// All digits, without the pauses.
    pub all: Sequence,
    /// The silence before the first digit.
    pub lead_in: Duration,
    /// The digits between the pauses, at least one group.
    pub groups: Vec<DigitGroup>,
}

impl PausedSequence {
    /// One group that nothing follows.
    #[must_use]
    pub fn without_pauses(digits: Sequence) -> Self {
        Self {
            all: digits.clone(),
            lead_in: Duration::ZERO,
            groups: vec![DigitGroup {
                digits,
                pause: Duration::ZERO,
            }],
        }
    }

    /// Cuts a text at its pauses. `max` is the greatest number of digits, pauses not counted.
    /// Positions in errors count every character.
    pub fn parse(text: &str, alphabet: Alphabet, max: usize) -> Result<Self, SequenceError> {
        if text.chars().filter_map(pause_of).count() > MAX_PAUSES {
            return Err(SequenceError::TooManyPauses { max: MAX_PAUSES });
        }
        let wrong = text
            .chars()
            .position(|character| !is_pause(character) && !alphabet.has(character));
        if let Some(before) = wrong {
            return Err(SequenceError::InvalidCharacter {
                position: before + 1,
                alphabet,
            });
        }
        // Room for all of it at once: growing would leave copies behind that are not wiped.
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        digits.extend(text.chars().filter(|character| !is_pause(*character)));
        let all = Sequence::parse(&digits, alphabet, max)?;

        let (lead_in, mut rest) = leading(text, is_pause);
        let mut groups = Vec::new();
        while !rest.is_empty() {
            let (digits, after) = leading(rest, |character| !is_pause(character));
            let (pauses, after) = leading(after, is_pause);
            groups.push(DigitGroup {
                digits: Sequence::parse(digits, alphabet, max)?,
                pause: silence(pauses),
            });
            rest = after;
        }
        Ok(Self {
            all,
            lead_in: silence(lead_in),
            groups,
        })
    }

    /// The same with every group that is longer than `most` in several, with no pause between them.
    #[must_use]
    pub fn in_pieces(self, most: usize) -> Self {
        let in_pieces = |group: DigitGroup| {
            let mut pieces: Vec<_> = (group.digits.pieces(most).into_iter())
                .map(|digits| DigitGroup {
                    digits,
                    pause: Duration::ZERO,
                })
                .collect();
            if let Some(last) = pieces.last_mut() {
                last.pause = group.pause;
            }
            pieces
        };
        Self {
            groups: self.groups.into_iter().flat_map(in_pieces).collect(),
            ..self
        }
    }
}

/// How long a character pauses; `None` when it is no pause.
#[must_use]
pub const fn pause_of(character: char) -> Option<Duration> {
    match character {
        ',' | 'w' => Some(SHORT_PAUSE),
        'W' => Some(LONG_PAUSE),
        _ => None,
    }
}

const fn is_pause(character: char) -> bool {
    pause_of(character).is_some()
}

/// The characters at the beginning that match, and the rest.
fn leading(text: &str, matches: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|character| !matches(character));
    text.split_at_checked(end.unwrap_or(text.len()))
        .unwrap_or((text, ""))
}

fn silence(pauses: &str) -> Duration {
    pauses.chars().filter_map(pause_of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &str) -> (u128, Vec<(String, u128)>) {
        let cut = PausedSequence::parse(text, Alphabet::Telephone, 20).unwrap();
        let groups = cut.groups.iter().map(|group| {
            let digits = group.digits.expose().to_owned();
            (digits, group.pause.as_millis())
        });
        (cut.lead_in.as_millis(), groups.collect())
    }

    fn group(digits: &str, pause: u128) -> (String, u128) {
        (digits.to_owned(), pause)
    }

    #[test]
    fn pauses_stand_before_between_and_behind() {
        assert_eq!(cut("12#"), (0, vec![group("12#", 0)]));
        assert_eq!(
            cut(",W1,w2WW#w"),
            (
                1500,
                vec![group("1", 1000), group("2", 2000), group("#", 500)]
            )
        );
    }

    #[test]
    fn a_long_group_goes_in_pieces_and_keeps_its_pause() {
        let cut = PausedSequence::parse(",12345W67", Alphabet::Telephone, 20);
        let cut = cut.unwrap().in_pieces(3);
        let groups = cut.groups.iter().map(|group| {
            let digits = group.digits.expose().to_owned();
            (digits, group.pause.as_millis())
        });
        let expected = [group("123", 0), group("45", 1000), group("67", 0)];
        assert_eq!(groups.collect::<Vec<_>>(), expected);
        assert_eq!((cut.all.expose(), cut.lead_in), ("1234567", SHORT_PAUSE));
    }

    #[test]
    fn the_rules_of_a_sequence_hold_for_its_digits() {
        let split = |text: &str| PausedSequence::parse(text, Alphabet::Telephone, 3);
        assert_eq!(split(",,w"), Err(SequenceError::Empty));
        assert_eq!(split(""), Err(SequenceError::Empty));
        assert!(split("1,2,3").is_ok());
        assert_eq!(split("1,2,34"), Err(SequenceError::TooLong { max: 3 }));
        let invalid = SequenceError::InvalidCharacter {
            position: 4,
            alphabet: Alphabet::Telephone,
        };
        assert_eq!(split("1,2p"), Err(invalid));
        assert_eq!(split("1,2A"), Err(invalid));
        assert!(split(&format!("1{}", ",".repeat(MAX_PAUSES))).is_ok());
        let many = format!("1{}", ",".repeat(MAX_PAUSES + 1));
        assert_eq!(
            split(&many),
            Err(SequenceError::TooManyPauses { max: MAX_PAUSES })
        );
    }

    proptest! {
        /// Nothing is lost, nothing is added, and the silence is that of the characters.
        #[test]
        fn cutting_keeps_digits_and_time(text in "[0-9*#,wW]{1,30}") {
            let digits: String = text.chars().filter(|c| !",wW".contains(*c)).collect();
            let silence: u64 = text.chars().map(|c| match c { ',' | 'w' => 500, 'W' => 1000, _ => 0 }).sum();
            match PausedSequence::parse(&text, Alphabet::Telephone, 30) {
                Ok(cut) => {
                    let joined: String = cut.groups.iter().map(|group| group.digits.expose()).collect();
                    prop_assert_eq!(&joined, &digits);
                    prop_assert_eq!(cut.all.expose(), digits.as_str());
                    let kept: Duration = cut.lead_in + cut.groups.iter().map(|group| group.pause).sum::<Duration>();
                    prop_assert_eq!(kept, Duration::from_millis(silence));
                    let (last, between) = cut.groups.split_last().unwrap();
                    prop_assert!(between.iter().all(|group| !group.pause.is_zero()));
                    prop_assert_eq!(last.pause.is_zero(), !text.ends_with([',', 'w', 'W']));
                }
                Err(error) => prop_assert!(digits.is_empty() && error == SequenceError::Empty),
            }
        }
    }
}
