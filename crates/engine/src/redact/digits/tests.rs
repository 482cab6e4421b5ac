use super::*;
use crate::payload::Alphabet;
use crate::redact::{PLACEHOLDER, Redactor};
use proptest::prelude::*;
use proptest::sample::select;

fn redacted(digits: &str, text: &str) -> String {
    let digits = [DigitRedactor::from_digits(digits)];
    Redactor {
        digits: &digits,
        secrets: &[],
    }
    .text(text)
}

/// How many ways there are to write a digit.
const FORMS: usize = 17;

/// A digit in one of its forms, written without the code under test.
fn write(digit: char, form: usize) -> String {
    let code = u32::from(digit);
    let wide = char::from_u32(code + 0xFEE0).unwrap();
    match form {
        0 | 1 => digit.to_string(),
        2 => digit.to_ascii_lowercase().to_string(),
        3 => wide.to_string(),
        4 => format!("%{code:02X}"),
        5 => format!("%{code:02x}"),
        6 => format!("%25{code:02X}"),
        7 => format!("\\u{code:04x}"),
        8 => format!("\\u{code:04X}"),
        9 => format!("\\\\u{code:04x}"),
        10 => format!("\\x{code:02x}"),
        11 => format!("\\u{{{code:x}}}"),
        12 => format!("&#{code};"),
        13 => format!("&#x{code:x};"),
        14 => format!("&#X{code:04X};"),
        15 => format!("&amp;#{code};"),
        16 => percent_encoded(wide),
        _ => unreachable!(),
    }
}

fn percent_encoded(character: char) -> String {
    let bytes = character.to_string().into_bytes();
    bytes
        .iter()
        .flat_map(|byte| ['%', hexadecimal(byte >> 4), hexadecimal(byte & 15)])
        .collect()
}

fn hexadecimal(half: u8) -> char {
    char::from_digit(half.into(), 16)
        .unwrap()
        .to_ascii_uppercase()
}

const SEPARATORS: [&str; 20] = [
    "",
    "",
    "",
    " ",
    "-",
    ".",
    ",",
    "/",
    "'",
    "\"",
    "\",\"",
    "\", \"",
    "', '",
    "\n    ",
    "\\\",\\\"",
    "%20",
    "+",
    "&quot;,&quot;",
    "\u{2013}",
    "\u{a0}",
];

/// The digits, and the same in random forms with random separators.
fn written(digits: &'static str) -> impl Strategy<Value = (String, String)> {
    digits.prop_flat_map(|digits| {
        let choices = proptest::collection::vec((0..FORMS, select(&SEPARATORS[..])), digits.len());
        (Just(digits), choices).prop_map(|(digits, choices)| {
            let mut text = String::new();
            for (place, (digit, (form, separator))) in digits.chars().zip(choices).enumerate() {
                if place > 0 {
                    text.push_str(separator);
                }
                text.push_str(&write(digit, form));
            }
            (digits, text)
        })
    })
}

/// Undoes all forms by plain replacement and drops what separates.
fn plainly(text: &str) -> String {
    let mut text = text.to_owned();
    // Forms that hold others come first.
    for form in [15, 9, 6, 16, 14, 13, 12, 11, 10, 8, 7, 5, 4, 3] {
        for digit in "0123456789*#ABCDabcd".chars() {
            text = text.replace(&write(digit, form), &digit.to_string());
        }
    }
    for separator in SEPARATORS
        .iter()
        .rev()
        .filter(|separator| !separator.is_empty())
    {
        text = text.replace(separator, "");
    }
    text.to_uppercase()
}

/// Whether a part of a form was taken for the digits, as the end of `3%37` is, and the rest tells nothing.
fn is_in_place(shown: &str, digits: &str) -> bool {
    shown.contains(PLACEHOLDER) && !plainly(shown).contains(digits)
}

#[test]
fn hides_the_forms_that_servers_write() {
    let card = "4111111111111111";
    for text in [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111+1111+1111+1111",
        "4,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
        r#""4","1","1","1","1","1","1","1","1","1","1","1","1","1","1","1""#,
        "４１１１１１１１１１１１１１１１",
    ] {
        let quoted = text.strip_prefix('"').is_some();
        let shown = redacted(card, &format!("bad dtmf <{text}>!"));
        let expected = if quoted { "<\"*****\">" } else { "<*****>" };
        assert_eq!(shown, format!("bad dtmf {expected}!"));
    }
    for encoded in [
        r"x 12\u002a%23A y",
        "12%2A#a",
        "MTIqI2E=",
        r#"{\"x\":\"12*\\u0023a\"}"#,
    ] {
        assert_eq!(redacted("12*#a", encoded), PLACEHOLDER, "{encoded}");
    }
    assert_eq!(redacted(card, "4111%201111%201111%201111"), PLACEHOLDER);
    assert_eq!(redacted("1234", "1234 and 1-2-3-4"), "***** and *****");
    assert_eq!(redacted("1234", "12341234"), "*****");
    assert_eq!(redacted("1234", "id 9912345"), "id 99*****5");
}

#[test]
fn overlapping_occurrences_go_together() {
    assert_eq!(redacted("121", "x12121x"), "x*****x");
    assert_eq!(redacted("1111", "x1111111x"), "x*****x");
    assert_eq!(redacted("*1*", "x*1*1*1*x"), "x*****x");
}

#[test]
fn one_or_two_digits_are_hidden_where_they_stand_alone() {
    for (digits, text, shown) in [
        ("5", "5", "*****"),
        ("5", "press 5.", "press *****."),
        (
            "5",
            "{\"dtmf\":\"5\",\"id\":155}",
            "{\"dtmf\":\"*****\",\"id\":155}",
        ),
        ("5", "HTTP 500, 5ms, v5, 15", "HTTP 500, 5ms, v5, 15"),
        ("5", "a=%35&b", "*****"),
        ("5", "dtmf%3A5", "*****"),
        ("5", r"line\n5", "*****"),
        ("5", r"line\\n5", "*****"),
        ("5", "dtmf%3A55", "dtmf%3A55"),
        ("5", "NQ==", "*****"),
        (
            "6",
            "No such call: Bad Request",
            "No such call: Bad Request",
        ),
        ("5", "&quot;5&quot;", "&quot;*****&quot;"),
        (
            "12",
            "12 or 1-2 or 123 or 012",
            "***** or ***** or 123 or 012",
        ),
        ("#", "C# #1 #", "C# #1 *****"),
        ("#", "&#x2C;#", "&#x2C;*****"),
        ("a", "a bad a-b", "***** bad *****-b"),
        ("5", "ü5ü", "ü*****ü"),
    ] {
        assert_eq!(redacted(digits, text), shown);
    }
    // Three digits are hidden everywhere.
    assert_eq!(redacted("500", "HTTP x500y"), "HTTP x*****y");
}

#[test]
fn too_far_apart_is_not_a_sequence() {
    for text in ["1 x 2 3", "1 ------ 2 3", "1=2=3", "1~2~3", "12 of 3"] {
        assert_eq!(redacted("123", text), text);
    }
}

#[test]
fn a_redactor_without_digits_hides_nothing() {
    assert_eq!(redacted("", "123"), "123");
    assert_eq!(redacted("w,", "w, 123"), "w, 123");
    assert_eq!(redacted("12,,34", "12,,34 and 1234"), "***** and *****");
}

#[test]
fn debug_prints_no_digit() {
    let sequence = Sequence::parse("1234", Alphabet::Full, 16).unwrap();
    let digits = [DigitRedactor::new(&sequence)];
    let redactor = Redactor {
        digits: &digits,
        secrets: &[],
    };
    assert_eq!(
        format!("{redactor:?}"),
        "Redactor { digits: [[digits]], secrets: [] }"
    );
    assert_eq!(redactor.text("1234"), PLACEHOLDER);
}

#[test]
fn the_worst_text_of_64_kb_is_read_a_bounded_number_of_times() {
    // A quadratic walk would take minutes here.
    let digits = "1".repeat(19) + "2";
    let half = "1".to_owned() + &" ".repeat(32 * 1024);
    for text in [
        "1".repeat(64 * 1024),
        "1 ".repeat(32 * 1024),
        "%31".repeat(21 * 1024),
        "\\".repeat(64 * 1024),
        "&amp;".repeat(13 * 1024),
        "&#0000000000000000".repeat(3500),
        "%5C".repeat(21 * 1024),
        "%26%23".repeat(10 * 1024),
        half.repeat(2),
    ] {
        assert_eq!(redacted(&digits, &text), text);
    }
}

proptest! {
    #[test]
    fn exactly_the_written_digits_are_replaced(
        (digits, text) in written("[0-9*#A-D]{3,20}"), before in "[xyzü€ !]{0,10}", after in "[xyzü€ !]{0,10}",
    ) {
        let shown = redacted(&digits, &format!("{before}{text}{after}"));
        // As a whole, where something had to be decoded.
        if text.contains(['%', '\\', '&']) {
            prop_assert!(shown == PLACEHOLDER || is_in_place(&shown, &digits), "{} in {}", digits, shown);
        } else {
            prop_assert_eq!(shown, format!("{before}{PLACEHOLDER}{after}"));
        }
    }

    #[test]
    fn no_form_is_left_among_other_digits(
        (digits, text) in written("[0-9#A-D]{3,6}|[12]{3,5}"), before in "[0-4 x#a-d]{0,12}", after in "[0-4 x#a-d]{0,12}",
    ) {
        let shown = redacted(&digits, &format!("{before}{text}{after}"));
        prop_assert!(shown.contains(PLACEHOLDER));
        prop_assert!(!plainly(&shown).contains(&digits), "{} is left in {}", digits, shown);
    }

    #[test]
    fn short_sequences_are_replaced_between_marks(
        (digits, text) in written("[0-9*#A-D]{1,2}"), before in "(x+[ :=(<]{1,2})?", after in "([ ;&)>]x+)?",
    ) {
        let shown = redacted(&digits, &format!("{before}{text}{after}"));
        if text.contains(['%', '\\', '&']) {
            prop_assert!(shown == PLACEHOLDER || is_in_place(&shown, &digits), "{} in {}", digits, shown);
        } else {
            prop_assert_eq!(shown, format!("{before}{PLACEHOLDER}{after}"));
        }
    }

    #[test]
    fn a_text_without_the_digits_stays_as_it_is(digits in "[0-9]{3,6}", text in "[a-z0-9 .,:/-]{0,60}") {
        let bare: String = text.chars().filter(|c| !" .,/-".contains(*c)).collect();
        prop_assume!(!bare.contains(&digits));
        prop_assert_eq!(redacted(&digits, &text), text);
    }

    #[test]
    fn any_text_is_survived_and_holds_no_plain_digits_afterwards(
        digits in "[0-9A-D]{3,5}", text in "\\PC{0,40}|[%\\\\&#;ux0-9{}a-d ]{0,80}|(?s:.){0,40}",
    ) {
        let shown = redacted(&digits, &text);
        prop_assert!(!shown.to_uppercase().contains(&digits));
    }
}
