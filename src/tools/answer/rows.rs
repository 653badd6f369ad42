//! What is done to the rows of an answer: which of them are shown, and how.

use std::borrow::Cow;

use serde_json::Value;

use super::Answer;

/// The argument that goes on in an answer whose rows were too many for one, where no cursor does. No schema has it: the answer that was cut
/// names it, and only then is it of use.
pub const FROM_ROW: &str = "from_row";

/// The words that begin lines which only the server writes.
const OWN_VOICE: [&str; 4] = ["note:", "more:", "cut:", "next:"];

/// A line of the answer's body. If a text from the API makes it begin like a line of the server's own, it gets a mark before it.
pub(super) fn unforged(line: &str) -> Cow<'_, str> {
    let own = OWN_VOICE.iter().any(|word| line.trim_start().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)));
    if own { Cow::Owned(format!("- {line}")) } else { Cow::Borrowed(line) }
}

impl Answer {
    /// Leaves out the rows before this one, counted from 1.
    pub fn skip_to_row(&mut self, row: usize) {
        let Some((_, rows)) = &mut self.rows else { return };
        self.skipped = row.saturating_sub(1).min(rows.len());
        rows.drain(..self.skipped);
        self.row_cursors.drain(..self.skipped.min(self.row_cursors.len()));
        let (first, all) = (self.skipped + 1, self.skipped + rows.len());
        let note = if rows.is_empty() { format!("There are only {all} rows.") } else { format!("Begins with row {first} of {all}.") };
        self.note(note);
    }

    /// Sets a fact that holds only if no row is left out: it leads to what comes after all of them.
    pub fn fact_of_whole(&mut self, name: &'static str, value: impl Into<Value>) {
        self.fact(name, value);
        self.of_whole.0.push(name);
    }

    /// Adds a line of which the same is true.
    pub fn line_of_whole(&mut self, line: String) {
        self.line(line.clone());
        self.of_whole.1.push(line);
    }

    /// Drops what would make a caller skip the rows that were left out.
    pub(super) fn drop_what_skips(&mut self) {
        let (facts, lines) = &self.of_whole;
        self.facts.retain(|name, _| !facts.contains(&name.as_str()));
        self.lines.retain(|line| !lines.contains(line));
    }

    /// Leaves the values of the rows as they are, nulls and empty texts included.
    pub fn keep_rows_whole(&mut self) {
        self.rows_are_whole = true;
    }

    /// Takes members out of the rows in every form.
    pub fn leave_out(&mut self, members: &[&str]) {
        for members_of in self.rows.iter_mut().flat_map(|(_, rows)| rows).filter_map(|row| row.value.as_object_mut()) {
            members_of.retain(|name, _| !members.contains(&name.as_str()));
        }
    }
}
