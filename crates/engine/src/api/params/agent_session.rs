//! The params of the published API.

use super::packed;
use crate::payload::Value;

params! {
    /// The agent session, an id of 1–128 characters of `A-Z a-z 0-9 . _ ~ : @ + = -`.
    session_id: "sessionId",
    /// The digits, at most 20 of `0-9 * #`.
    dtmf_string: "dtmfString",
    /// The length of a tone in milliseconds, 50–5000, whole; optional.
    tone_duration: "toneDuration",
    /// The silence between two tones in milliseconds, 50–1000, whole; optional.
    inter_digit_pause: "interDigitPause",
    /// The contact that the session handles, of the same form as the session's id; optional.
    contact_id: "contactId",
    /// Whether the recording of the contact is masked while the digits play; optional.
    mask_recording: "maskRecording",
    /// Whether a contact that is not in focus is brought there first; optional.
    focus: "focus",
    /// Whether the recording may be masked although nobody follows the session; optional.
    unguarded: "unguarded",
}
