//! Changes of a text as a list of ranges to replace. So all bytes outside the ranges stay.

use std::ops::Range;

/// The ranges to replace, each with its new text.
#[derive(Clone, Default)]
pub(super) struct Splices(Vec<(Range<usize>, String)>);

impl Splices {
    /// Replaces a range. Ranges must not overlap; insertions at one place keep the order in which they are given.
    pub fn replace(mut self, range: Range<usize>, by: impl Into<String>) -> Self {
        self.0.push((range, by.into()));
        self
    }

    /// Takes out a range.
    pub fn cut(self, range: Range<usize>) -> Self {
        self.replace(range, "")
    }

    /// Adds a text before a position.
    pub fn insert(self, at: usize, text: impl Into<String>) -> Self {
        self.replace(at..at, text)
    }

    /// The changed text.
    pub fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(range, _)| range.start);
        let mut out = String::with_capacity(text.len() + 512);
        let mut at = 0;
        for (range, by) in self.0 {
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str(&by);
            at = at.max(range.end);
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}
