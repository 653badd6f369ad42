//! The words of the API for how something stands that takes its time: a run, an import, an export.

/// Words for what goes on.
const UNDER_WAY: [&str; 14] = [
    "pending",
    "queued",
    "leased",
    "scheduled",
    "submitted",
    "started",
    "running",
    "processing",
    "in_progress",
    "scanning",
    "importing",
    "retrying",
    "stopping",
    "cancelling",
];

/// Whether a word says that something goes on. A word that nobody knows says nothing, and neither does the lack of one.
pub fn is_under_way(word: &str) -> bool {
    UNDER_WAY.iter().any(|known| word.trim().eq_ignore_ascii_case(known))
}

/// Whether a word is one of these, which say that something is over.
pub fn is_one_of(word: &str, over: &[&str]) -> bool {
    over.iter().any(|known| word.trim().eq_ignore_ascii_case(known))
}
