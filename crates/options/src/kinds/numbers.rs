//! Times, counts and other numbers.

use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Kind, Read};
use crate::field::Field;
use crate::fields::Fields;
use crate::spec::Shape;
use crate::{MAX_COUNT, MAX_MS};

/// Whole milliseconds, at most [`MAX_MS`].
#[derive(Clone, Copy, Debug)]
pub struct Millis {
    min: u64,
}

/// An option in whole milliseconds, from `min` to [`MAX_MS`].
#[must_use]
pub const fn millis(name: &'static str, min: u64) -> Field<Millis> {
    Field::new(name, Millis { min })
}

impl Kind for Millis {
    type Value = Duration;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<Duration> {
        fields.millis(name, self.min)
    }

    fn shape(&self) -> Shape {
        Shape {
            unit: Some("ms"),
            ..Shape::within("milliseconds", self.min, MAX_MS)
        }
    }

    fn show(&self, value: &Duration) -> Value {
        json!(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }
}

/// Milliseconds that may have fractions, from 0 to [`MAX_MS`].
#[derive(Clone, Copy, Debug)]
pub struct FractionalMillis;

/// An option in milliseconds that may have fractions.
#[must_use]
pub const fn fractional_millis(name: &'static str) -> Field<FractionalMillis> {
    Field::new(name, FractionalMillis)
}

impl Kind for FractionalMillis {
    type Value = Duration;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<Duration> {
        fields.fractional_millis(name)
    }

    fn shape(&self) -> Shape {
        Shape {
            unit: Some("ms"),
            ..Shape::within("number", 0, MAX_MS)
        }
    }

    fn show(&self, value: &Duration) -> Value {
        json!(value.as_secs_f64() * 1_000.0)
    }
}

/// A whole number within limits, of any type that holds them.
#[derive(Clone, Copy, Debug)]
pub struct Whole<T> {
    kind: &'static str,
    min: u64,
    max: u64,
    unit: Option<&'static str>,
    value: PhantomData<T>,
}

impl<T> Whole<T> {
    const fn new(kind: &'static str, min: u64, max: u64, unit: Option<&'static str>) -> Self {
        Self {
            kind,
            min,
            max,
            unit,
            value: PhantomData,
        }
    }
}

/// An option that counts something, from `min` to [`MAX_COUNT`].
#[must_use]
pub const fn count(name: &'static str, min: u64) -> Field<Whole<u32>> {
    Field::new(name, Whole::new("count", min, MAX_COUNT as u64, None))
}

/// A [`count`] that bounds the length of a queue or list.
#[must_use]
pub const fn length(name: &'static str, min: u64) -> Field<Whole<usize>> {
    Field::new(name, Whole::new("count", min, MAX_COUNT as u64, None))
}

/// An option that is a whole number.
#[must_use]
pub const fn whole<T>(
    name: &'static str,
    min: u64,
    max: u64,
    unit: Option<&'static str>,
) -> Field<Whole<T>> {
    Field::new(name, Whole::new("whole", min, max, unit))
}

impl<T: TryFrom<u64> + Copy> Kind for Whole<T>
where
    u64: TryFrom<T>,
{
    type Value = T;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<T> {
        let number = fields.whole(name, self.min..=self.max)?;
        Ok(number.and_then(|number| T::try_from(number).ok()))
    }

    fn shape(&self) -> Shape {
        Shape {
            unit: self.unit,
            ..Shape::within(self.kind, self.min, self.max)
        }
    }

    fn show(&self, value: &T) -> Value {
        json!(u64::try_from(*value).ok())
    }
}

/// A number within limits.
#[derive(Clone, Debug)]
pub struct Number {
    limits: RangeInclusive<f64>,
}

/// An option that is a number.
#[must_use]
pub const fn number(name: &'static str, limits: RangeInclusive<f64>) -> Field<Number> {
    Field::new(name, Number { limits })
}

impl Kind for Number {
    type Value = f64;

    fn read(&self, fields: &mut Fields, name: &'static str) -> Read<f64> {
        fields.number(name, self.limits.clone())
    }

    fn shape(&self) -> Shape {
        Shape::within("number", *self.limits.start(), *self.limits.end())
    }

    fn show(&self, value: &f64) -> Value {
        json!(value)
    }
}
