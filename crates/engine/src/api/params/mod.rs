//! What a caller asks for, as it came and not yet checked.

/// Makes the params of a profile from one line each, in the order in which they cross from JavaScript. The first names the
/// call, the second has the digits.
macro_rules! params {
    ($($(#[$note:meta])* $field:ident: $name:literal,)*) => {
        /// One injection as the caller asked for it, not yet checked.
        #[derive(Clone, Copy)]
        pub struct Params<'a> {
            $($(#[$note])* pub $field: Value<'a>,)*
        }

        /// The names of the params in their order.
        pub const PARAMS: &[&str] = &[$($name),*];

        impl<'a> Params<'a> {
            pub(in crate::api) fn of(packed: &'a packed::Params) -> Self {
                let mut values = packed.values();
                Self { $($field: values.next().unwrap_or(Value::Missing),)* }
            }

            /// As they cross from JavaScript.
            #[must_use]
            pub fn pack(&self) -> packed::Params {
                packed::Params::pack(&[$(self.$field),*])
            }
        }
    };
}

pub(super) mod agent_session;
mod packed;
pub(super) mod telephony_v2;
mod words;

pub use packed::Params;
pub use words::Words;
