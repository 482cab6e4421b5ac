//! Whom digits are meant for.

use std::sync::Arc;

use uuid::Uuid;

/// Whom digits are meant for: a call or session, or one contact of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Within what the id of the call is unique.
    pub scope: Arc<str>,
    /// The call or session.
    pub call: Arc<str>,
    /// The contact, where the caller named it.
    pub contact: Option<Arc<str>>,
}

impl Recipient {
    /// Whether digits for both may be heard by the same person: those without a contact are heard by whoever is there.
    #[must_use]
    pub(super) fn may_be(&self, other: &Self) -> bool {
        self.call == other.call
            && self.scope == other.scope
            && (self.contact == other.contact || self.contact.is_none() || other.contact.is_none())
    }

    /// Whether this is the id of the call, session or contact, or of the injection that was for it.
    #[must_use]
    pub(super) fn is_named(&self, scope: &str, id: &str, injection: Uuid) -> bool {
        *self.scope == *scope
            && (*self.call == *id
                || self.contact.as_deref() == Some(id)
                || Uuid::try_parse(id) == Ok(injection))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipient(call: &str, contact: Option<&str>) -> Recipient {
        Recipient {
            scope: "platform".into(),
            call: call.into(),
            contact: contact.map(Into::into),
        }
    }

    #[test]
    fn two_contacts_of_a_session_are_two_people() {
        let [all, one, other] = [None, Some("1"), Some("2")].map(|contact| recipient("s", contact));
        assert!(all.may_be(&all) && all.may_be(&one) && one.may_be(&all) && one.may_be(&one));
        assert!(!one.may_be(&other));
        assert!(!one.may_be(&recipient("t", Some("1"))));
        let elsewhere = Recipient {
            scope: "another".into(),
            ..one.clone()
        };
        assert!(!one.may_be(&elsewhere));
    }

    #[test]
    fn it_goes_by_the_id_of_its_call_of_its_contact_and_of_the_injection() {
        let injection = Uuid::from_u128(7);
        let is_named = |of: &Recipient, scope, id: &str| of.is_named(scope, id, injection);
        let one = recipient("s", Some("1"));
        assert!(is_named(&one, "platform", "s") && is_named(&one, "platform", "1"));
        assert!(!is_named(&one, "platform", "2") && !is_named(&one, "another", "s"));
        assert!(!is_named(&recipient("s", None), "platform", "1"));
        let name = injection.to_string();
        assert!(is_named(&one, "platform", &name) && !is_named(&one, "another", &name));
        assert!(!is_named(&one, "platform", &Uuid::from_u128(8).to_string()));
    }
}
