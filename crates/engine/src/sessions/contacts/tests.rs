use proptest::prelude::*;

use super::*;

use ContactState::{Active, Ended, Held, Joined, Masked, Ringing};

fn contact(id: &str, state: ContactState) -> SessionFact {
    moved(id, &[], state)
}

fn moved(id: &str, earlier: &[&str], state: ContactState) -> SessionFact {
    SessionFact::Contact {
        contact: id.into(),
        earlier: earlier.iter().map(|id| (*id).into()).collect(),
        state,
    }
}

fn told(facts: &[SessionFact]) -> Contacts {
    let mut contacts = Contacts::default();
    for fact in facts {
        contacts.learn(fact);
    }
    contacts
}

const STARTED: SessionFact = SessionFact::Started { can_mask: None };

#[test]
fn nobody_is_reached_before_an_event_names_who_is() {
    assert_eq!(told(&[]).hearing("a"), Hearing::NotTold);
    assert_eq!(told(&[STARTED]).hearing("a"), Hearing::NotTold);
    assert_eq!(told(&[contact("a", Active)]).hearing("a"), Hearing::Hears);
    assert_eq!(told(&[contact("a", Masked)]).hearing("a"), Hearing::Hears);
    assert_eq!(told(&[contact("b", Active)]).hearing("a"), Hearing::Other);
    assert_eq!(told(&[contact("a", Ringing)]).hearing("a"), Hearing::Other);
}

#[test]
fn who_is_held_or_gone_is_not_reached() {
    let held = told(&[contact("a", Active), contact("a", Held)]);
    assert_eq!(held.hearing("a"), Hearing::Held);
    let gone = told(&[contact("a", Active), contact("a", Ended)]);
    assert_eq!(gone.hearing("a"), Hearing::Ended);
    // The voice of one that is gone does not fall back to somebody by itself.
    let mut contacts = told(&[
        contact("a", Active),
        contact("b", Active),
        contact("b", Ended),
    ]);
    assert_eq!(contacts.hearing("a"), Hearing::NotTold);
    contacts.learn(&contact("a", Active));
    assert_eq!(contacts.hearing("a"), Hearing::Hears);
}

#[test]
fn a_new_voice_takes_the_focus_even_where_nothing_puts_the_other_on_hold() {
    let both = told(&[contact("a", Active), contact("b", Active)]);
    assert_eq!(
        (both.hearing("a"), both.hearing("b")),
        (Hearing::Other, Hearing::Hears)
    );
}

#[test]
fn all_of_a_conference_are_reached() {
    let mut contacts = told(&[
        contact("a", Active),
        contact("a", Joined),
        contact("b", Joined),
    ]);
    assert_eq!(
        (contacts.hearing("a"), contacts.hearing("b")),
        (Hearing::Hears, Hearing::Hears)
    );
    contacts.learn(&contact("b", Ended));
    assert_eq!(contacts.hearing("a"), Hearing::Hears);
    contacts.learn(&contact("c", Active));
    assert_eq!(contacts.hearing("a"), Hearing::Other);
}

#[test]
fn a_call_that_goes_on_under_another_id_is_gone_under_the_first() {
    let transferred = told(&[contact("a", Active), moved("b", &["a"], Active)]);
    assert_eq!(transferred.hearing("a"), Hearing::Ended);
    assert_eq!(transferred.hearing("b"), Hearing::Hears);
    // One that was put on hold first is only consulted about.
    let consulted = [
        contact("a", Active),
        contact("a", Held),
        moved("b", &["a"], Active),
    ];
    assert_eq!(told(&consulted).hearing("a"), Hearing::Held);
    // What is told of it later stands.
    let late = [
        contact("a", Active),
        moved("b", &["a"], Active),
        contact("a", Held),
    ];
    assert_eq!(told(&late).hearing("a"), Hearing::Held);
}

#[test]
fn a_listener_that_begins_anew_forgets_all_but_who_is_gone() {
    let contacts = told(&[contact("a", Active), contact("b", Ended), STARTED]);
    assert_eq!(contacts.hearing("a"), Hearing::NotTold);
    assert_eq!(contacts.hearing("b"), Hearing::Ended);
    let ended = told(&[contact("a", Active), SessionFact::Ended]);
    assert_eq!(ended.hearing("a"), Hearing::Ended);
    assert_eq!(ended.views().count(), 0);
}

fn fact() -> impl Strategy<Value = SessionFact> {
    let state = prop::sample::select(vec![Ringing, Active, Held, Masked, Joined, Ended]);
    let named = (0..4_u8, prop::option::of(0..4_u8), state).prop_map(|(id, earlier, state)| {
        let earlier: Vec<String> = earlier.iter().map(ToString::to_string).collect();
        let earlier: Vec<&str> = earlier.iter().map(String::as_str).collect();
        moved(&id.to_string(), &earlier, state)
    });
    prop_oneof![12 => named, 1 => Just(STARTED), 1 => Just(SessionFact::Other)]
}

proptest! {
    /// Whatever is told: who hears was last told to, and outside of a conference nobody else does.
    #[test]
    fn one_is_reached_or_those_of_one_conference(facts in prop::collection::vec(fact(), 0..40)) {
        let contacts = told(&facts);
        let mut last = BTreeMap::new();
        for fact in &facts {
            match fact {
                SessionFact::Contact { contact, state, .. } => {
                    last.insert(Arc::clone(contact), *state);
                }
                SessionFact::Started { .. } => last.retain(|_, state| *state == Ended),
                _ => {}
            }
        }
        let reached: Vec<_> = (last.iter())
            .filter(|(id, _)| contacts.hearing(id) == Hearing::Hears)
            .map(|(_, state)| *state)
            .collect();
        prop_assert!(reached.iter().all(|state| matches!(state, Active | Masked | Joined)), "{reached:?}");
        let alone = reached.len() <= 1;
        prop_assert!(alone || reached.iter().all(|state| *state == Joined), "{reached:?}");
        for (id, state) in &last {
            let hearing = contacts.hearing(id);
            match state {
                Held => prop_assert_eq!(hearing, Hearing::Held),
                Ended => prop_assert_eq!(hearing, Hearing::Ended),
                _ => {}
            }
        }
    }

    #[test]
    fn the_memory_is_bounded(first in 0..3_000_u32) {
        let mut contacts = Contacts::default();
        for id in first..first + 1_100 {
            contacts.learn(&contact(&id.to_string(), Active));
        }
        prop_assert_eq!(contacts.known.len(), KEPT);
        let last = (first + 1_099).to_string();
        prop_assert_eq!(contacts.hearing(&last), Hearing::Hears);
    }
}
