//! The words of the API for how something stands that takes its time: a run, an import, an export.

use serde::{Deserialize, Deserializer};

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

/// Reads such a word in lower case, as the API documents it. Null is none.
pub(super) fn folded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default().trim().to_lowercase())
}

/// Whether a word says that something goes on. A word that nobody knows says nothing, and neither does the lack of one.
pub fn is_under_way(word: &str) -> bool {
    UNDER_WAY.iter().any(|known| word.trim().eq_ignore_ascii_case(known))
}

/// Whether a word is one of these, which say that something is over.
pub fn is_one_of(word: &str, over: &[&str]) -> bool {
    over.iter().any(|known| word.trim().eq_ignore_ascii_case(known))
}
