//! What the API says about how results came about. Many rows may share it, so it is said once per answer.

use serde_json::{Map, Value};

use super::{Answer, answer::Row, text};

/// The member that holds the warning of a row.
pub const MEMBER: &str = "processing_warning";

/// The longest warning that is shown, in characters.
const MOST_CHARS: usize = 300;

/// The warnings of some rows.
pub struct Warnings {
    rows: u64,
    said: Vec<(String, u64)>,
}

impl Warnings {
    /// Those of these rows.
    pub fn of<'a>(warnings: impl Iterator<Item = Option<&'a str>>) -> Self {
        let mut of = Self { rows: 0, said: Vec::new() };
        for warning in warnings {
            of.rows += 1;
            let Some(warning) = told(warning) else { continue };
            match of.said.iter_mut().find(|(known, _)| *known == warning) {
                Some((_, count)) => *count += 1,
                None => of.said.push((warning, 1)),
            }
        }
        of
    }

    /// The warning of one row, if no other row has the same.
    pub fn own(&self, warning: Option<&str>) -> Option<String> {
        told(warning).filter(|warning| self.said.iter().any(|(known, count)| known == warning && *count == 1))
    }

    /// Takes out those of single rows, which [`Warnings::own`] gives to the row itself.
    #[must_use]
    pub fn shared(&self) -> Self {
        Self { rows: self.rows, said: self.said.iter().filter(|(_, count)| *count > 1).cloned().collect() }
    }

    /// Says each of them once, and how many of the rows it is about.
    pub fn note(&self, answer: &mut Answer, noun: &str) {
        for (warning, count) in &self.said {
            let of = if *count == self.rows { String::new() } else { format!(" on {}", text::part(*count, self.rows, noun)) };
            answer.note(format!("The API warns{of}: {warning}"));
        }
    }
}

/// The row of a thing with all that the API said, its warning aside, which its line does not repeat. Answers leave that to the form `json`.
pub fn aside(mut members: Map<String, Value>, write: impl FnOnce(Map<String, Value>) -> Row) -> Row {
    let warning = members.shift_remove(MEMBER);
    let mut row = write(members);
    if let (Some(warning), Value::Object(members)) = (warning, &mut row.value) {
        members.insert(MEMBER.to_owned(), warning);
    }
    row
}

fn told(warning: Option<&str>) -> Option<String> {
    warning.map(|warning| text::line(warning, MOST_CHARS)).filter(|warning| !warning.is_empty())
}
