use super::*;
use crate::payload::Alphabet;

const GUARD: Duration = Duration::from_secs(30);
const BLOCK: Duration = Duration::from_secs(300);

fn digits(text: &str) -> Sequence {
    Sequence::parse(text, Alphabet::Full, 20).unwrap()
}

fn recipient(call: &str, contact: Option<&str>) -> Recipient {
    Recipient {
        scope: "platform".into(),
        call: call.into(),
        contact: contact.map(Into::into),
    }
}

/// The memory at a moment that the test moves.
struct Stage {
    in_doubt: InDoubt,
    now: Instant,
}

impl Stage {
    fn new() -> Self {
        Self {
            in_doubt: InDoubt::default(),
            now: Instant::now(),
        }
    }

    fn unknown(&self, number: u128, recipient: &Recipient, text: &str, block: Option<Duration>) {
        let unknown = Unknown {
            injection: Uuid::from_u128(number),
            recipient: recipient.clone(),
            guard: GUARD,
            block,
            since: SystemTime::UNIX_EPOCH,
        };
        self.in_doubt.add(unknown, &digits(text), self.now);
    }

    fn doubt(&self, recipient: &Recipient, text: &str) -> Option<Doubt> {
        let digits = digits(text);
        self.in_doubt.doubt(recipient, &digits, true, self.now)
    }

    fn accepted(&self, recipient: &Recipient, text: &str) {
        self.in_doubt.accepted(recipient, &digits(text), self.now);
    }
}

fn repeat(number: u128) -> Doubt {
    Doubt::Repeat(Uuid::from_u128(number))
}

fn blocked(number: u128) -> Doubt {
    Doubt::Blocked(Uuid::from_u128(number))
}

#[test]
fn the_same_digits_of_the_same_call_are_a_repeat_until_their_time_is_over() {
    let mut stage = Stage::new();
    let [call, other] = ["c", "d"].map(|call| recipient(call, None));
    stage.unknown(1, &call, "12", None);
    assert_eq!(stage.doubt(&call, "12"), Some(repeat(1)));
    assert_eq!(stage.doubt(&call, "21"), None);
    assert_eq!(stage.doubt(&other, "12"), None);
    let unguarded = (stage.in_doubt).doubt(&call, &digits("12"), false, stage.now);
    assert_eq!(unguarded, None);
    let end = stage.now + GUARD;
    stage.now = end - Duration::from_millis(1);
    assert_eq!(stage.doubt(&call, "12"), Some(repeat(1)));
    stage.now = end;
    assert_eq!(stage.doubt(&call, "12"), None);
    assert!(stage.in_doubt.is_empty());
}

#[test]
fn a_second_unknown_outcome_of_the_same_digits_lasts_longer_and_names_the_first() {
    let mut stage = Stage::new();
    let call = recipient("c", None);
    stage.unknown(1, &call, "12", None);
    stage.now += GUARD / 2;
    stage.unknown(2, &call, "12", None);
    stage.unknown(3, &call, "3", None);
    stage.now += GUARD * 3 / 4;
    assert_eq!(stage.doubt(&call, "12"), Some(repeat(1)));
    assert_eq!(stage.doubt(&call, "3"), Some(repeat(3)));
}

#[test]
fn other_digits_that_were_accepted_end_it_and_the_same_do_not() {
    let stage = Stage::new();
    let call = recipient("c", None);
    stage.unknown(1, &call, "1", None);
    stage.accepted(&recipient("d", None), "4");
    stage.accepted(&call, "1");
    assert_eq!(stage.doubt(&call, "1"), Some(repeat(1)));
    stage.accepted(&call, "4");
    assert_eq!(stage.doubt(&call, "1"), None);
}

#[test]
fn digits_for_one_contact_say_nothing_of_another() {
    let stage = Stage::new();
    let [all, one, other] = [None, Some("1"), Some("2")].map(|contact| recipient("s", contact));
    stage.unknown(1, &one, "5", Some(BLOCK));
    stage.accepted(&other, "6");
    assert_eq!(stage.doubt(&one, "5"), Some(repeat(1)));
    assert_eq!(stage.doubt(&all, "5"), Some(repeat(1)));
    assert_eq!(stage.doubt(&one, "6"), Some(blocked(1)));
    assert_eq!(stage.doubt(&all, "6"), Some(blocked(1)));
    assert_eq!(stage.doubt(&other, "5"), None);
    stage.unknown(2, &all, "7", Some(BLOCK));
    assert_eq!(stage.doubt(&other, "8"), Some(blocked(2)));
}

#[test]
fn what_is_blocked_stays_so_until_its_time_is_over() {
    let mut stage = Stage::new();
    let call = recipient("c", None);
    stage.unknown(1, &call, "1", Some(BLOCK));
    stage.accepted(&call, "4");
    assert_eq!(stage.doubt(&call, "1"), Some(blocked(1)));
    let (listed, many) = stage.in_doubt.blocks("platform", 10, stage.now);
    assert_eq!((listed.len(), many), (1, 1));
    assert_eq!(listed.first().unwrap().recipient, call);
    assert_eq!(stage.in_doubt.blocks("another", 10, stage.now).1, 0);
    stage.unknown(2, &recipient("d", None), "1", Some(BLOCK));
    let (listed, many) = stage.in_doubt.blocks("platform", 1, stage.now);
    assert_eq!((listed.len(), many), (1, 2));
    stage.now += BLOCK;
    assert_eq!(stage.doubt(&call, "1"), None);
}

#[test]
fn it_is_resolved_by_the_id_of_call_or_contact() {
    let stage = Stage::new();
    let [one, other] = [Some("1"), Some("2")].map(|contact| recipient("s", contact));
    let resolve = |id| stage.in_doubt.resolve("platform", id, stage.now);
    stage.unknown(1, &one, "5", Some(BLOCK));
    stage.unknown(2, &other, "5", Some(BLOCK));
    assert!(!resolve("3") && !stage.in_doubt.resolve("another", "s", stage.now));
    assert!(resolve("1") && !resolve("1"));
    assert_eq!(stage.doubt(&one, "5"), None);
    assert_eq!(stage.doubt(&other, "5"), Some(repeat(2)));
    assert!(resolve("s"));
    assert_eq!(stage.doubt(&other, "5"), None);
    assert!(stage.in_doubt.is_empty());
}

#[test]
fn what_an_earlier_process_left_is_blocked_once_and_named() {
    let stage = Stage::new();
    let call = recipient("c", None);
    let block = |number| Block {
        injection: Uuid::from_u128(number),
        recipient: call.clone(),
        since: SystemTime::UNIX_EPOCH,
        lasts: BLOCK,
    };
    for number in [7, 7, 8] {
        stage.in_doubt.block(block(number), stage.now);
    }
    stage.unknown(9, &call, "5", None);
    assert_eq!(stage.doubt(&call, "1"), Some(blocked(7)));
    assert_eq!(stage.in_doubt.blocks("platform", 10, stage.now).1, 2);
    let of = |scope, id| stage.in_doubt.of(scope, id, stage.now).into_keys();
    let named: Vec<_> = of("platform", "c").collect();
    assert_eq!(named, [7, 8, 9].map(Uuid::from_u128));
    assert_eq!(
        (of("platform", "d").len(), of("another", "c").len()),
        (0, 0)
    );
}

#[test]
fn an_injection_is_resolved_by_its_own_id_and_no_other_of_its_call() {
    let stage = Stage::new();
    let call = recipient("c", None);
    stage.unknown(1, &call, "5", Some(BLOCK));
    stage.unknown(2, &call, "6", Some(BLOCK));
    let resolve = |number| {
        let id = Uuid::from_u128(number).to_string();
        (stage.in_doubt).resolve("platform", &id, stage.now)
    };
    assert!(resolve(1) && !resolve(1));
    assert_eq!(stage.doubt(&call, "5"), Some(blocked(2)));
    assert!(resolve(2));
    assert!(stage.in_doubt.is_empty());
}

#[test]
fn the_end_of_a_call_ends_all_of_it() {
    let stage = Stage::new();
    let [all, one] = [None, Some("1")].map(|contact| recipient("s", contact));
    stage.unknown(1, &one, "5", Some(BLOCK));
    stage.in_doubt.ended(&all, stage.now);
    assert!(stage.in_doubt.is_empty());
}

#[test]
fn digits_are_wiped_when_their_time_is_over() {
    let stage = Stage::new();
    let call = recipient("c", None);
    stage.unknown(1, &call, "5", Some(BLOCK));
    assert_eq!(stage.in_doubt.expire(stage.now), Some(stage.now + GUARD));
    assert_eq!(stage.in_doubt.expire(stage.now + GUARD), None);
    assert_eq!(stage.in_doubt.kept(), 0);
    assert_eq!(stage.in_doubt.tables().blocks.len(), 1);
}
