//! A fact that the lines after the rows quote: a confirmation, which a second call brings back.

use serde_json::{Map, Value};

use super::Answer;

impl Answer {
    /// Names a fact that a line after the rows quotes as `name=value`. The structured form, which has both, gives the value once.
    pub fn tell_once(&mut self, name: &'static str) {
        self.told_once = Some(name);
    }

    /// Makes it a plan that this token confirms. What it says in words is a fact, too: what would become of other things is nowhere else, and
    /// the records of what would go differ from tool to tool.
    pub fn confirmed_by(&mut self, confirm: &'static str, token: String) {
        self.fact("plan", self.lines.clone());
        self.fact(confirm, token);
        self.tell_once(confirm);
    }

    /// Takes a fact out, and the lines after the rows that quote it as `name=value`.
    pub fn untell(&mut self, name: &str) {
        if let Some(Value::String(told)) = self.facts.shift_remove(name) {
            let quoted = format!("{name}={told}");
            self.closing.retain(|line| !line.as_str().contains(&quoted));
        }
    }

    /// Leaves a quoted fact out of the notes beside it.
    pub(super) fn quote_once(&self, structured: &Map<String, Value>, notes: &mut [String]) {
        if let Some(name) = self.told_once
            && let Some(told) = structured.get(name).and_then(Value::as_str)
        {
            let quoted = format!("{name}={told}");
            for note in notes {
                *note = note.replace(&quoted, &format!("`{name}` as given here"));
            }
        }
    }
}
