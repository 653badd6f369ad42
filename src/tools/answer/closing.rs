//! The lines after the rows: what to do next, and how the answer came about.

use serde_json::Value;

use super::Answer;
use crate::tools::Offer;

/// A line after the rows.
#[derive(Clone, Debug)]
pub(super) enum Closing {
    /// What to do next.
    Advice(String),
    /// How the answer came about.
    Note(String),
}

impl Closing {
    /// What stands before it in the text.
    pub(super) const fn label(&self) -> &'static str {
        match self {
            Self::Advice(_) => "",
            Self::Note(_) => "Note: ",
        }
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Advice(text) | Self::Note(text) => text,
        }
    }

    pub(super) fn text_mut(&mut self) -> &mut String {
        match self {
            Self::Advice(text) | Self::Note(text) => text,
        }
    }
}

impl Answer {
    /// Adds advice on what to do next, after the rows, if there is any.
    pub fn close(&mut self, advice: impl Into<String>) {
        let advice = advice.into();
        if !advice.is_empty() {
            self.closing.push(Closing::Advice(advice));
        }
    }

    /// Adds what the caller should know about how the answer came about, after the rows.
    pub fn note(&mut self, note: impl Into<String>) {
        self.closing.push(Closing::Note(note.into()));
    }

    /// Keeps only the advice that can be followed, and says of each tool that is not listed which one calls it.
    pub fn lead(&mut self, offer: &Offer) {
        self.closing.retain_mut(|line| match line {
            Closing::Advice(advice) => {
                let (told, can_all) = offer.led(advice);
                *advice = told;
                can_all && !advice.is_empty()
            }
            Closing::Note(_) => true,
        });
        if let Some(Value::String(next)) = self.facts.get_mut("next_tool") {
            *next = offer.led(next).0;
        }
    }
}
