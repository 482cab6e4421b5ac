//! The params of the published API.

use zeroize::Zeroizing;

/// One injection as the caller asked for it, not yet checked.
#[derive(Clone)]
pub struct Params {
    /// The agent session, an id of 1–128 characters of `A-Z a-z 0-9 . _ ~ : @ + = -`. `None` when it is missing or
    /// no text.
    pub session_id: Option<String>,
    /// The digits, at most 20 in one request, of `0-9 * #`. `None` when missing or no text.
    pub dtmf_string: Option<Zeroizing<String>>,
    /// The length of a tone in milliseconds, 50–5000, whole. `None` when absent, NaN when it is no number.
    pub tone_duration: Option<f64>,
    /// The silence between two tones in milliseconds, 50–1000, whole. `None` when absent, NaN when it is no number.
    pub inter_digit_pause: Option<f64>,
    /// The contact that the session handles, of the same form as the session's id.
    pub contact_id: Option<String>,
    /// Whether the recording of the contact is masked while the digits play.
    pub mask_recording: bool,
}
