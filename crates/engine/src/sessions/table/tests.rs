use super::super::event::{ContactState, SessionEvent, SessionFact};
use super::super::session::{Reach, Target};
use super::super::{Hearing, ids};
use super::*;
use crate::http::Witness;

fn scope() -> Arc<str> {
    "platform".into()
}

fn tells(contact: &str, state: ContactState) -> [SessionEvent; 1] {
    let fact = SessionFact::Contact {
        contact: contact.into(),
        earlier: Vec::new(),
        state,
    };
    [SessionEvent {
        kind: String::new(),
        contact: None,
        status: None,
        fact,
        json: serde_json::Value::Null,
    }]
}

fn followed(sessions: &Arc<Sessions>, id: &str) -> Following {
    sessions.follow(&scope(), &id.into(), Arc::new(|_, _| ()))
}

#[test]
fn a_session_is_found_by_every_id_that_it_has_had() {
    let sessions = Arc::new(Sessions::default());
    let following = followed(&sessions, "s0");
    following.renewed("s1");
    following.renewed("s2");
    let found = ["s0", "s1", "s2"].map(|id| sessions.find("platform", id).unwrap());
    for session in found {
        assert_eq!((&*session.first_id(), &*session.newest_id()), ("s0", "s2"));
    }
    assert!(sessions.find("platform", "s3").is_none() && sessions.find("other", "s0").is_none());
    let other = followed(&sessions, "s1");
    assert_eq!(&*other.session().first_id(), "s0");
    drop((following, other));
    assert_eq!(&*sessions.find("platform", "s2").unwrap().first_id(), "s0");
}

#[test]
fn the_first_and_the_newest_ids_are_kept() {
    let sessions = Arc::new(Sessions::default());
    let following = followed(&sessions, "first");
    for number in 0..=ids::KEPT {
        following.renewed(&number.to_string());
    }
    assert!(sessions.find("platform", "first").is_some());
    assert!(sessions.find("platform", "0").is_none());
    assert!(sessions.find("platform", "1").is_some());
}

#[test]
fn sessions_that_nobody_follows_are_forgotten_in_the_end() {
    let sessions = Arc::new(Sessions::default());
    for number in 0..=KEPT_IDLE {
        drop(followed(&sessions, &number.to_string()));
    }
    assert!(sessions.find("platform", "0").is_none());
    assert!(sessions.find("platform", "1").is_some());
    let mut ids = sessions.table();
    let all = ids.scopes.remove("platform").unwrap();
    assert_eq!(all.len(), KEPT_IDLE);
}

#[test]
fn a_session_that_nobody_follows_keeps_its_ids_while_all_of_them_have_few() {
    let sessions = Arc::new(Sessions::default());
    let found = |session: usize| sessions.find("platform", &format!("{session}-0")).is_some();
    for session in 0..=KEPT_IDLE_IDS / ids::KEPT {
        let following = followed(&sessions, &session.to_string());
        for number in 0..ids::KEPT {
            following.renewed(&format!("{session}-{number}"));
        }
        drop(following);
        assert!(found(session), "{session}");
    }
    assert!(!found(0));
    assert!(found(2));
}

#[test]
fn what_was_learned_elsewhere_means_the_same_session() {
    let sessions = Arc::new(Sessions::default());
    sessions.adopt(&scope(), &"s9".into(), &"s0".into());
    let following = followed(&sessions, "s0");
    assert!(Arc::ptr_eq(
        following.session(),
        &sessions.find("platform", "s9").unwrap()
    ));
    sessions.adopt(&scope(), &"s9".into(), &"x".into());
    assert_eq!(&*sessions.find("platform", "s9").unwrap().first_id(), "s0");
    // What was known by one id alone turns out to be a session that began earlier.
    sessions.adopt(&scope(), &"s8".into(), &"s8".into());
    sessions.adopt(&scope(), &"s8".into(), &"s0".into());
    assert!(Arc::ptr_eq(
        following.session(),
        &sessions.find("platform", "s8").unwrap()
    ));
}

#[test]
fn a_request_leaves_only_while_its_contact_is_reached_and_is_taken_back_after() {
    let sessions = Arc::new(Sessions::default());
    let following = followed(&sessions, "s");
    let session = Arc::clone(following.session());
    let contact = Target {
        contact: "a".into(),
        masked: false,
    };
    let leave = |witness: &Witness| session.leave(&contact, witness);
    assert_eq!(leave(&Witness::default()).unwrap_err(), Reach::NotKnown);
    following.heard(&tells("a", ContactState::Active));
    let (one, two) = (Witness::default(), Witness::default());
    let _guards = (leave(&one).unwrap(), leave(&two).unwrap());
    one.handed_over();
    following.not_heard();
    assert_eq!(session.reach("a"), Reach::NotKnown);
    following.heard(&tells("a", ContactState::Held));
    assert!(one.was_handed_over() && !two.hand_over());
    assert_eq!(
        leave(&Witness::default()).unwrap_err(),
        Reach::Against(Hearing::Held)
    );
    drop(following);
    assert_eq!(session.reach("a"), Reach::NotFollowed);
    let again = followed(&sessions, "s");
    again.ended();
    drop(again);
    assert_eq!(session.reach("a"), Reach::Against(Hearing::Ended));
}

#[test]
fn a_mask_that_is_taken_away_takes_the_request_back() {
    let sessions = Arc::new(Sessions::default());
    let following = followed(&sessions, "s");
    let session = Arc::clone(following.session());
    let target = Target {
        contact: "a".into(),
        masked: true,
    };
    following.heard(&tells("a", ContactState::Active));
    let unmasked = session.leave(&target, &Witness::default());
    assert_eq!(unmasked.unwrap_err(), Reach::Unmasked);
    following.heard(&tells("a", ContactState::Masked));
    let witness = Witness::default();
    let _leaving = session.leave(&target, &witness).unwrap();
    following.heard(&tells("a", ContactState::Active));
    assert!(!witness.hand_over());
}

/// A mask that was being taken away when the following began is told first, and is not the next one.
#[tokio::test(start_paused = true)]
async fn what_is_being_taken_away_is_remembered_over_the_beginning() {
    let sessions = Arc::new(Sessions::default());
    sessions.adopt(&scope(), &"s".into(), &"s".into());
    sessions.find("platform", "s").unwrap().clear_mask("a");
    let following = followed(&sessions, "s");
    let session = Arc::clone(following.session());
    let asked = session.ask_mask("a");
    following.heard(&tells("a", ContactState::Masked));
    let confirmed = tokio::time::timeout(
        std::time::Duration::from_secs(1),
        session.masked("a", asked),
    );
    assert!(confirmed.await.is_err());
    following.heard(&tells("a", ContactState::Active));
    following.heard(&tells("a", ContactState::Masked));
    session.masked("a", asked).await;
}

#[tokio::test]
async fn what_one_cannot_hear_nobody_knows_until_an_answer_comes() {
    let sessions = Arc::new(Sessions::default());
    let (one, other) = (followed(&sessions, "s"), followed(&sessions, "s"));
    let session = Arc::clone(one.session());
    let mut polling = session.poll().await;
    one.heard(&tells("a", ContactState::Active));
    polling.answered();
    drop(polling);
    assert_eq!(session.reach("a"), Reach::Reached);
    // A poll that is given up, or fails.
    drop(session.poll().await);
    assert_eq!(
        (session.reach("a"), session.is_in_trouble()),
        (Reach::NotKnown, true)
    );
    let polling = session.poll().await;
    one.heard(&[]);
    // Who leaves while another one listens changes nothing.
    drop(other);
    assert_eq!(session.reach("a"), Reach::Reached);
    let mut polling = polling;
    polling.answered();
    drop(polling);
    let last = followed(&sessions, "s");
    drop(one);
    assert_eq!(session.reach("a"), Reach::NotKnown);
    drop(last);
}
