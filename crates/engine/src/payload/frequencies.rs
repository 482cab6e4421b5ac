//! The two tones of each digit.

/// Each digit with its low and its high frequency in hertz, row by row as on a keypad.
///
/// Source: ITU-T Recommendation Q.23.
pub const FREQUENCIES: [(char, [u16; 2]); 16] = [
    ('1', [697, 1209]),
    ('2', [697, 1336]),
    ('3', [697, 1477]),
    ('A', [697, 1633]),
    ('4', [770, 1209]),
    ('5', [770, 1336]),
    ('6', [770, 1477]),
    ('B', [770, 1633]),
    ('7', [852, 1209]),
    ('8', [852, 1336]),
    ('9', [852, 1477]),
    ('C', [852, 1633]),
    ('*', [941, 1209]),
    ('0', [941, 1336]),
    ('#', [941, 1477]),
    ('D', [941, 1633]),
];

/// The low and the high frequency of a digit in hertz, or `None` when it is no DTMF digit.
///
/// Letters are accepted in both cases.
#[must_use]
pub fn frequencies_of(digit: char) -> Option<[u16; 2]> {
    let digit = digit.to_ascii_uppercase();
    FREQUENCIES
        .iter()
        .find(|(key, _)| *key == digit)
        .map(|(_, tones)| *tones)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rows_share_the_low_tone_and_columns_the_high_tone() {
        const LOW: [u16; 4] = [697, 770, 852, 941];
        const HIGH: [u16; 4] = [1209, 1336, 1477, 1633];
        for (place, (_, tones)) in FREQUENCIES.iter().enumerate() {
            assert_eq!(*tones, [LOW[place / 4], HIGH[place % 4]]);
        }
    }

    #[test]
    fn keys_stand_in_keypad_order_and_only_once() {
        let keys: String = FREQUENCIES.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, "123A456B789C*0#D");
        assert_eq!(keys.chars().collect::<HashSet<_>>().len(), 16);
    }

    #[test]
    fn looks_up_both_cases_and_nothing_else() {
        assert_eq!(frequencies_of('d'), Some([941, 1633]));
        assert_eq!(frequencies_of('0'), Some([941, 1336]));
        for other in ['E', 'e', ' ', '+', '１', '\0'] {
            assert_eq!(frequencies_of(other), None);
        }
    }
}
