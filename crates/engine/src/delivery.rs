//! Whether the digits were delivered, as far as it is known.

/// What is known of the digits of one injection.
///
/// The order is the order of knowledge over several attempts of one injection:
/// a refused attempt outweighs an unsent one, and an unknown attempt outweighs both,
/// since a later refusal says nothing of the attempt before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// The digits never left this process.
    #[default]
    NotSent,
    /// The platform received the request and declined it.
    Refused,
    /// The request may or may not have been carried out.
    Unknown,
    /// The platform answered 2xx. It does not say what the far end recognised.
    Accepted,
}

impl Delivery {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Accepted, Self::Refused, Self::NotSent, Self::Unknown];

    /// The name of the value in JavaScript, logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Accepted => "accepted",
        }
    }

    /// Whether the same digits can be sent again without the risk of pressing them twice.
    #[must_use]
    pub const fn safe_to_resend(self) -> bool {
        matches!(self, Self::NotSent | Self::Refused)
    }
}
