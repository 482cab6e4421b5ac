//! The macro that writes an option once.

/// Writes a struct of options: one entry an option, from which come the field, its default, the reader and the row of
/// the table.
///
/// ```
/// use std::time::Duration;
/// use cxone_dtmf_options::{Fields, millis, options};
///
/// options! {
///     /// The settings of a lamp.
///     #[derive(Debug)]
///     pub struct Lamp {
///         /// How long it shines.
///         pub time: Duration = Duration::from_secs(5) => millis("timeMs", 1);
///         /// The seed, which is no option.
///         pub seed: u64 = 7;
///     }
/// }
///
/// let mut fields = Fields::parse("config", r#"{"timeMs": 20}"#)?;
/// let lamp = Lamp::default().over(&mut fields)?;
/// fields.finish()?;
/// assert_eq!(lamp.time, Duration::from_millis(20));
/// assert_eq!(Lamp::options()[0].default, 5_000);
/// # Ok::<(), cxone_dtmf_options::OptionError>(())
/// ```
///
/// What has no default stands before the entries as `given { field: Type, }`, and is handed to `defaults`; without it the struct has a
/// `Default`. Options that
/// JavaScript keeps to itself stand after them as `elsewhere { /// doc "name": "type" = "default in words"; }`.
#[macro_export]
macro_rules! options {
    (
        $(#[$attribute:meta])*
        $visible:vis struct $Name:ident {
            given { $($given:tt)* }
            $($entries:tt)*
        }
    ) => {
        $crate::options! {
            @table
            $(#[$attribute])*
            $visible struct $Name {
                given { $($given)* }
                $($entries)*
            }
        }
    };
    (
        @table
        $(#[$attribute:meta])*
        $visible:vis struct $Name:ident {
            given { $($(#[$given_attribute:meta])* $given_visible:vis $given:ident: $Given:ty),* $(,)? }
            $(
                $(#[doc = $doc:literal])+
                $field_visible:vis $field:ident: $Type:ty = $default:expr $(=> $option:expr)?;
            )*
            $(elsewhere { $($(#[doc = $other_doc:literal])+ $other:literal: $kind:literal $(= $other_default:literal)?;)* })?
        }
    ) => {
        $(#[$attribute])*
        $visible struct $Name {
            $($(#[$given_attribute])* $given_visible $given: $Given,)*
            $($(#[doc = $doc])+ $field_visible $field: $Type,)*
        }

        impl $Name {
            /// What holds where nothing is said.
            #[must_use]
            $visible fn defaults($($given: $Given),*) -> Self {
                Self {
                    $($given,)*
                    $($field: $default,)*
                }
            }

            /// The same, with what the fields say.
            #[allow(unused_mut, unused_variables, reason = "a table may have no option of one of the sorts")]
            $visible fn over(
                mut self,
                fields: &mut $crate::Fields,
            ) -> ::std::result::Result<Self, $crate::OptionError> {
                $($(
                    if let Some(read) = $option.read(fields)? {
                        self.$field = read.into();
                    }
                )?)*
                $($(fields.know($other);)*)?
                Ok(self)
            }

            /// The rows of the table.
            #[must_use]
            #[allow(unused_mut, unused_variables, reason = "a table may have no option of one of the sorts")]
            $visible fn options() -> ::std::vec::Vec<$crate::OptionSpec> {
                let mut options = ::std::vec::Vec::new();
                $({
                    let doc = concat!($($doc),+);
                    let default: $Type = $default;
                    $(options.push($option.spec(&default, doc));)?
                })*
                $($(options.push($crate::OptionSpec::in_javascript(
                    $other,
                    $kind,
                    concat!($($other_doc),+),
                )$(.default_doc($other_default))?);)*)?
                options
            }
        }
    };
    (
        $(#[$attribute:meta])*
        $visible:vis struct $Name:ident { $($entries:tt)* }
    ) => {
        $crate::options! {
            @table
            $(#[$attribute])*
            $visible struct $Name {
                given {}
                $($entries)*
            }
        }

        impl Default for $Name {
            fn default() -> Self {
                Self::defaults()
            }
        }
    };
}
