//! The ids of calls, sessions and contacts, and the numbers that they stand for.

/// The id of a call, and the first one of a session.
pub fn call_id(call: usize) -> String {
    session_id(call, 0)
}

/// One of the ids by which a session goes, in the order in which it gets them.
pub fn session_id(call: usize, number: u32) -> String {
    match number {
        0 => format!("call-{call}"),
        _ => format!("call-{call}-{number}"),
    }
}

/// The id of a contact of a session.
pub fn contact_id(call: usize, number: u32) -> String {
    format!("call-{call}-c{number}")
}

/// The call of any of these.
pub fn call_of(id: &str) -> usize {
    id.split('-').nth(1).unwrap().parse().unwrap()
}

/// Which of the ids of its session, or which of its contacts.
pub fn number_of(id: &str) -> u32 {
    let number = id.split('-').nth(2);
    number.map_or(0, |number| number.trim_start_matches('c').parse().unwrap())
}
