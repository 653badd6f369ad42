//! What a process remembers between calls. What it started and asked is nowhere else; all other things can be read from the API again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::{
    api::hit::ShownHit,
    tools::{answered, chat, completions, runs, search, text},
};

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
    /// Runs by the moments that searches found in their results.
    sources: Mutex<Pairs>,
    indexes: Mutex<Indexes>,
    /// Sees a change whenever there are other indexes than before, as far as this process knows.
    index_changes: watch::Sender<()>,
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

/// Ids and names of all indexes.
pub(in crate::tools) type Names = Arc<Vec<(String, String)>>;

/// The names of the indexes, and when they were listed.
#[derive(Debug, Default)]
struct Indexes {
    /// How often they were forgotten. What was asked for before that is not kept.
    forgotten: u64,
    listed: Option<(Instant, Names)>,
}

/// A list of the indexes that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listing(u64);

/// Forgets the names of the indexes when it is dropped, also if the call that holds it is given up halfway.
pub(in crate::tools) struct Changing<'a>(&'a Memory);

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        self.0.forget_indexes();
    }
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
        Self { titles: pairs(), segments: pairs(), sources: pairs(), suggestions, facts, ..Self::default() }
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

    /// Remembers what a hit tells: the video of its segment, and the run in whose results its moment was found.
    pub fn keep_hit(&self, hit: &ShownHit) {
        self.keep_segment(hit.segment_id.as_deref().unwrap_or_default(), &hit.video_id);
        let times = hit.start_time.or(hit.preview_start_time).zip(hit.end_time.or(hit.preview_end_time));
        if let (Some((start, end)), Some(run)) = (times, &hit.run_id) {
            let moment = text::moment(&hit.video_id, start, end);
            self.sources.lock().unwrap_or_else(PoisonError::into_inner).insert(&moment, run);
        }
    }

    /// The run in whose results a search found this moment last. It is what was found there that is looked at then, and not what a later run
    /// over the same media has.
    pub(in crate::tools) fn source_of(&self, video_id: &str, start: f64, end: f64) -> Option<String> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).get(&text::moment(video_id, start, end)).cloned()
    }

    /// Ids and names of the indexes if they were listed within this time.
    pub(in crate::tools) fn indexes(&self, within: Duration) -> Option<Names> {
        self.of_indexes().listed.as_ref().filter(|(at, _)| at.elapsed() < within).map(|(_, names)| Arc::clone(names))
    }

    /// To be called before the indexes are asked for.
    pub(super) fn list_indexes(&self) -> Listing {
        Listing(self.of_indexes().forgotten)
    }

    /// Remembers ids and names of the indexes, unless they may have changed since they were asked for. If they are others than before,
    /// whoever follows the changes hears of it.
    pub(super) fn keep_indexes(&self, listing: Listing, names: Vec<(String, String)>) {
        let mut kept = self.of_indexes();
        if kept.forgotten != listing.0 {
            return;
        }
        let differ = |before: &Names| before.len() != names.len() || !names.iter().all(|index| before.contains(index));
        let changed = kept.listed.as_ref().is_some_and(|(_, before)| differ(before));
        kept.listed = Some((Instant::now(), Arc::new(names)));
        drop(kept);
        if changed {
            self.index_changes.send_replace(());
        }
    }

    /// Forgets the names of the indexes: the next call that needs one asks for them.
    pub(in crate::tools) fn forget_indexes(&self) {
        let mut kept = self.of_indexes();
        kept.forgotten += 1;
        kept.listed = None;
    }

    /// Forgets them at the end of a call that makes or deletes an index, however it ends.
    pub(in crate::tools) fn while_indexes_change(&self) -> Changing<'_> {
        Changing(self)
    }

    /// There are other indexes than before: forgets their names, and tells whoever follows the changes.
    pub(in crate::tools) fn indexes_changed(&self) {
        self.forget_indexes();
        self.index_changes.send_replace(());
    }

    /// Sees a change whenever there are other indexes than before.
    pub fn index_changes(&self) -> watch::Receiver<()> {
        self.index_changes.subscribe()
    }

    fn of_indexes(&self) -> MutexGuard<'_, Indexes> {
        self.indexes.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert!(memory.indexes(Duration::MAX).is_none());
        memory.keep_indexes(memory.list_indexes(), vec![("idx_1".into(), "Films".into())]);
        assert_eq!(memory.indexes(Duration::MAX).unwrap().len(), 1);
        assert!(memory.indexes(Duration::ZERO).is_none());
    }

    #[test]
    fn what_was_asked_for_before_a_change_is_not_kept() {
        let memory = Memory::default();
        let before = memory.list_indexes();
        drop(memory.while_indexes_change());
        memory.keep_indexes(before, vec![("idx_1".into(), "Films".into())]);
        assert!(memory.indexes(Duration::MAX).is_none());
    }

    #[test]
    fn other_names_than_before_are_a_change_and_another_order_is_none() {
        let memory = Memory::default();
        let mut changes = memory.index_changes();
        let pair = |id: &str, name: &str| (id.to_owned(), name.to_owned());
        let mut keep = |names: &[(String, String)]| {
            memory.keep_indexes(memory.list_indexes(), names.to_owned());
            let changed = changes.has_changed().unwrap();
            changes.mark_unchanged();
            changed
        };
        let (one, two) = (pair("idx_1", "Films"), pair("idx_2", "Reels"));
        assert!(!keep(&[one.clone(), two.clone()]), "nobody knew others");
        assert!(!keep(&[two.clone(), one.clone()]));
        assert!(keep(&[one, pair("idx_2", "Old reels")]));
        assert!(keep(&[two]));
    }
}
