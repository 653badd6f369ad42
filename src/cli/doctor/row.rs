//! A row of the table of checks.

use std::pin::Pin;

use super::{
    check::{Finding, Group, Judged},
    exam::Exam,
};

/// One row of the table of checks.
pub struct Check {
    /// Its name, in the table and in JSON.
    pub name: &'static str,
    /// Its place in the table.
    pub group: Group,
    /// What it does.
    pub run: Run,
}

/// What a check does. It judges facts. The [`Exam`] finds out a fact when a check first needs it.
pub enum Run {
    /// Judges what is known at once.
    Now(fn(&Exam) -> Judged),
    /// Waits for facts.
    Wait(for<'e> fn(&'e Exam) -> Pin<Box<dyn Future<Output = Judged> + 'e>>),
    /// Waits for facts, and finds any number of things.
    Each(for<'e> fn(&'e Exam) -> Pin<Box<dyn Future<Output = Vec<Finding>> + 'e>>),
}
