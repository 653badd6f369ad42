//! The way to what an answer leaves out.
//!
//! Whoever called a tool calls it again, with a cursor. Whoever read a resource has an address, which takes no arguments. So such a reader is
//! given the call itself.

use super::{Answer, Form, Paging};
use crate::tools::text;

/// The first line of a table, and what has to be known to say that the table is cut.
#[derive(Clone, Debug)]
pub struct Head {
    /// The line.
    pub line: String,
    /// How many columns it names.
    pub columns: usize,
    /// What the whole table would be of: `a run of 408 segments`.
    pub whole: String,
}

impl Answer {
    /// Names the call that gives this answer, with its arguments. The reader did not make it.
    pub fn called_by(&mut self, call: String) {
        self.call = Some(call);
    }

    /// A fact that is a text.
    pub fn told(&self, fact: &str) -> Option<&str> {
        self.facts.get(fact)?.as_str()
    }

    /// Gives the cursor of the page that begins with each row, so that an answer that has to be cut leads on to the first row that it leaves
    /// out.
    pub fn row_cursors(&mut self, cursors: Vec<String>) {
        self.row_cursors = cursors;
    }

    /// What to ask for the next page.
    pub(super) fn next_page(&self, paging: Paging, cursor: &str) -> String {
        let call = self.call.as_deref().map(|call| format!("{call} ")).unwrap_or_default();
        format!("{call}{}={cursor}", paging.cursor)
    }

    /// Whether the rows make a table.
    pub fn is_table(&self) -> bool {
        self.head.is_some()
    }

    /// Cleans, bounds and writes the table that the rows make, and apart from it what else there is to say. With a mark, the last row of a
    /// table that is cut says so, since a reader may take the table alone.
    pub fn table(mut self, marked: bool) -> (String, String) {
        let (cut, more) = self.settle(Form::Lines);
        let rows: Vec<String> = self.rows.take().into_iter().flat_map(|(_, rows)| rows).map(|row| row.line).collect();
        let onward = match (&more, &cut) {
            (Some((paging, cursor)), _) => Some(format!("the rest: {}", self.next_page(*paging, cursor))),
            (None, Some(cut)) if cut.rows => Some(cut.note.clone()),
            _ => None,
        };
        let head = self.head.take();
        let mark = head.as_ref().zip(onward).filter(|_| marked).map(|(head, onward)| {
            let cut = format!("CUT: only the first {} of {}; {onward}", text::count(rows.len(), "row"), head.whole);
            format!("\"{}\"{}", cut.replace('"', "\"\""), ",".repeat(head.columns.saturating_sub(1)))
        });
        let table: Vec<String> =
            head.map(|head| head.line).into_iter().chain(rows).chain(mark).map(|line| text::clean_line(&line).into_owned()).collect();
        (table.join("\n"), self.text(more.as_ref(), cut.as_ref()))
    }
}
