//! What a process remembers between calls. What it started and asked is nowhere else; all other things can be read from the API again.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::{Duration, Instant},
};

use crate::tools::{answered, chat, completions, runs, search};

/// The most bytes of each kind of names, keys and values together.
const MAX_BYTES: usize = 1 << 20;
/// The same for one caller of many.
const MAX_OF_ONE: usize = 64 << 10;
/// The longest pair that is kept, in bytes.
const MAX_PAIR: usize = 2048;

/// What a process remembers between calls.
#[derive(Debug, Default)]
pub struct Memory {
    titles: Mutex<Pairs>,
    segments: Mutex<Pairs>,
    indexes: Mutex<Option<(Instant, Vec<(String, String)>)>>,
    /// What hosts suggest while a person types.
    pub(in crate::tools) suggestions: completions::Suggestions,
    pub(super) batch_is_missing: AtomicBool,
    /// Runs and prompts that explain why a search found nothing.
    pub(in crate::tools) facts: search::Facts,
    /// The runs that this process started.
    pub(in crate::tools) starts: runs::Starts,
    /// Other calls that cost, and their answers.
    pub(in crate::tools) answered: answered::Answered,
    /// The sessions that were opened for questions.
    pub(in crate::tools) chats: chat::Chats,
}

/// Texts by texts, limited in bytes.
#[derive(Debug)]
pub(super) struct Pairs {
    map: HashMap<String, String>,
    bytes: usize,
    most: usize,
}

impl Default for Pairs {
    fn default() -> Self {
        Self::of(MAX_BYTES)
    }
}

impl Pairs {
    fn of(most: usize) -> Self {
        Self { map: HashMap::new(), bytes: 0, most }
    }

    pub(super) fn get(&self, key: &str) -> Option<&String> {
        self.map.get(key)
    }

    /// Keeps a pair. What is too long is not kept; when there is no room left, all others are forgotten.
    pub(super) fn insert(&mut self, key: &str, value: &str) {
        let size = key.len() + value.len();
        if size > MAX_PAIR {
            return;
        }
        if self.bytes + size > self.most {
            *self = Self::of(self.most);
        }
        self.bytes += size;
        if let Some(before) = self.map.insert(key.to_owned(), value.to_owned()) {
            self.bytes -= key.len() + before.len();
        }
    }
}

impl Memory {
    /// A small one, for a process that has a thousand of them.
    pub fn of_one_caller() -> Self {
        let pairs = || Mutex::new(Pairs::of(MAX_OF_ONE));
        let suggestions = completions::Suggestions::of(MAX_OF_ONE / 4);
        let facts = search::Facts::of(MAX_OF_ONE);
        Self { titles: pairs(), segments: pairs(), suggestions, facts, ..Self::default() }
    }

    /// Titles by video id.
    pub(super) fn titles(&self) -> MutexGuard<'_, Pairs> {
        self.titles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers which video a segment belongs to, so that its id alone names a moment.
    pub fn keep_segment(&self, segment_id: &str, video_id: &str) {
        if !segment_id.is_empty() && !video_id.is_empty() {
            self.segments.lock().unwrap_or_else(PoisonError::into_inner).insert(segment_id, video_id);
        }
    }

    /// The video of a segment that an answer of this process has shown.
    pub(super) fn video_of(&self, segment_id: &str) -> Option<String> {
        self.segments.lock().unwrap_or_else(PoisonError::into_inner).get(segment_id).cloned()
    }

    /// Ids and names of the indexes if they were listed within this time, else nothing.
    pub(in crate::tools) fn indexes(&self, within: Duration) -> Vec<(String, String)> {
        let kept = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(at, _)| at.elapsed() < within).map(|(_, names)| names.clone()).unwrap_or_default()
    }

    /// Remembers ids and names of the indexes.
    pub(super) fn keep_indexes(&self, names: &[(String, String)]) {
        *self.indexes.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), names.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_bounded_in_bytes() {
        let mut pairs = Pairs::default();
        pairs.insert("long", &"x".repeat(MAX_PAIR));
        assert!(pairs.get("long").is_none(), "a title of such a length is no title");
        for n in 0..20_000 {
            pairs.insert(&format!("vid_{n}"), &"t".repeat(100));
            assert!(pairs.bytes <= MAX_BYTES);
        }
        let held: usize = pairs.map.iter().map(|(key, value)| key.len() + value.len()).sum();
        assert_eq!(held, pairs.bytes);
        pairs.insert("vid_19999", "short");
        assert_eq!(pairs.get("vid_19999").map(String::as_str), Some("short"));
        let held: usize = pairs.map.iter().map(|(key, value)| key.len() + value.len()).sum();
        assert_eq!(held, pairs.bytes, "a pair that is replaced gives its bytes back");
    }

    #[test]
    fn names_of_indexes_are_believed_for_a_while() {
        let memory = Memory::default();
        assert!(memory.indexes(Duration::MAX).is_empty());
        memory.keep_indexes(&[("idx_1".into(), "Films".into())]);
        assert_eq!(memory.indexes(Duration::MAX).len(), 1);
        assert!(memory.indexes(Duration::ZERO).is_empty());
    }
}
