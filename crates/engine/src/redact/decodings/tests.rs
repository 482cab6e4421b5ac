use proptest::prelude::*;

use super::*;

#[test]
fn escapes_are_undone() {
    for (text, plain) in [
        (r"a\/b", "a/b"),
        (r"\u002b\u002F", "+/"),
        (r"\ud83d\ude00!", "😀!"),
        (r"\ud83dx\ud83d\u0041", "\u{FFFD}x\u{FFFD}A"),
        (r"\x41\u{42}\u{1F600}", "AB😀"),
        (r"\n\t\\n", "\n\t\\n"),
        (r"\1\q", "1q"),
        (r"\u00\xg\u{zz}\u", "u00xgu{zz}u"),
        (r"end\", r"end\"),
        ("\\é", "é"),
    ] {
        assert_eq!(unescaped(text), plain, "{text}");
    }
}

fn read(text: &str, shortest: usize) -> Vec<Word> {
    let each =
        |(engine, word)| (0..4).filter_map(move |start| Word::read(engine, word, start, shortest));
    words(text).flat_map(each).collect()
}

#[test]
fn words_are_read_from_wherever_they_begin() {
    let decoded = |text: &str, what: &str| {
        let words = read(text, 4);
        words
            .iter()
            .any(|word| String::from_utf8_lossy(&word.bytes).contains(what))
    };
    for text in [
        "cGFzc3dvcmQ=",
        "x=cGFzc3dvcmQ",
        "/a/cGFzc3dvcmQ",
        "Y2GFzc3dvcmQxcGFzc3dvcmQ",
    ] {
        assert!(decoded(text, "password"), "{text}");
    }
    assert!(decoded("Pz8_Pj4-fn5-", "???>>>~~~"));
    assert!(read("cGFzcw==", 5).is_empty());
}

#[test]
fn words_of_a_language_are_not_taken_for_text() {
    let meant = |text: &str| read(text, 1).iter().any(Word::is_meant);
    assert!(!meant(
        "No such call, try again: not found. Bad Request, OK or Error."
    ));
    assert!(meant("Ng") && meant("NTU=") && meant("dG9r"));
}

proptest! {
    #[test]
    fn any_text_is_undone(text in "[\\\\ux0-9a-f{}%+&;#]{0,40}|\\PC{0,20}") {
        let _ = (whole(&text), read(&text, 1));
    }
}
