//! What is known to suggest from: what the session has shown, what was listed a short while ago, and what is still to be read.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::shown::Shown;
use crate::tools::{Answer, Effect, names::folded, text};

/// How long what was read serves.
pub const LIFE: Duration = Duration::from_secs(30);
/// How many pages are kept. When there is no room left, all others are forgotten.
const MOST_PAGES: usize = 32;
/// Of how many indexes and videos it is known what was read of them.
const MOST_LOOKS: usize = 1024;
/// How many requests are sent per second.
const MOST_PER_SECOND: usize = 5;
/// The most bytes of videos and moments that were shown.
const MOST_SHOWN: usize = 1 << 20;

/// Ids and names of things of a kind.
pub type Page = Arc<Vec<(String, String)>>;

/// What is known to suggest from, and when requests were sent for it.
#[derive(Debug)]
pub struct Suggestions {
    pages: Mutex<HashMap<String, (Instant, Page)>>,
    looks: Mutex<HashMap<String, Look>>,
    shown: Mutex<Shown>,
    asked: Mutex<Vec<Instant>>,
}

/// How far an index or a video was read.
#[derive(Debug)]
struct Look {
    at: Instant,
    /// Where the next page begins.
    next: Option<String>,
    failed: bool,
}

impl Default for Suggestions {
    fn default() -> Self {
        Self::of(MOST_SHOWN)
    }
}

impl Suggestions {
    /// An empty one that keeps at most this many bytes of what was shown.
    pub fn of(most_shown: usize) -> Self {
        Self { pages: Mutex::default(), looks: Mutex::default(), shown: Mutex::new(Shown::of(most_shown)), asked: Mutex::default() }
    }

    /// The videos and moments that were shown, to read them or to add some.
    pub fn shown(&self) -> MutexGuard<'_, Shown> {
        locked(&self.shown)
    }

    /// Takes in what a tool answered whose main call has this path.
    pub fn note(&self, effect: Effect, path: &str, answer: &Answer) {
        if effect != Effect::Read {
            // What was read before may be wrong now.
            locked(&self.pages).clear();
            locked(&self.looks).clear();
        }
        // Whoever has just read a list knows better.
        match path {
            "/prompts" => drop(locked(&self.pages).remove("prompt")),
            "/prompt-runs" => drop(locked(&self.pages).remove("run")),
            _ => {}
        }
        if effect == Effect::Destroy {
            self.shown().clear();
            return;
        }
        let mut shown = self.shown();
        answer.each_thing(|thing, of| shown.look(thing, of));
    }

    /// Whether one more request may be sent now.
    pub fn admits(&self) -> bool {
        self.admits_at(Instant::now())
    }

    fn admits_at(&self, now: Instant) -> bool {
        let mut asked = locked(&self.asked);
        asked.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
        let admits = asked.len() < MOST_PER_SECOND;
        if admits {
            asked.push(now);
        }
        admits
    }

    /// The things of a kind, if they were listed a short while ago.
    pub fn kept(&self, kind: &str) -> Option<Page> {
        locked(&self.pages).get(kind).filter(|(at, _)| at.elapsed() < LIFE).map(|(_, page)| Arc::clone(page))
    }

    /// Keeps the things of a kind for a short while.
    pub fn keep(&self, kind: String, page: &Page) {
        let mut pages = locked(&self.pages);
        if pages.len() >= MOST_PAGES {
            pages.clear();
        }
        pages.insert(kind, (Instant::now(), Arc::clone(page)));
    }

    /// Which of these is to be read next, and from which cursor: first those that were not read, then the next pages, then the old ones.
    pub fn turn<'k>(&self, keys: &[&'k str]) -> Option<(&'k str, Option<String>)> {
        let looks = locked(&self.looks);
        let unread = keys.iter().find(|key| !looks.contains_key(**key)).map(|key| (*key, None));
        let next = || keys.iter().find_map(|key| Some((*key, Some(looks.get(*key)?.next.clone()?))));
        let old = || keys.iter().find(|key| looks.get(**key).is_some_and(|look| look.at.elapsed() >= LIFE)).map(|key| (*key, None));
        unread.or_else(next).or_else(old)
    }

    /// Notes how far one was read.
    pub fn looked(&self, key: &str, next: Option<String>, failed: bool) {
        let mut looks = locked(&self.looks);
        if looks.len() >= MOST_LOOKS {
            looks.clear();
        }
        looks.insert(key.to_owned(), Look { at: Instant::now(), next, failed });
    }

    /// Whether all of these were read to their ends.
    pub fn were_read(&self, keys: &[&str]) -> bool {
        let looks = locked(&self.looks);
        keys.iter().all(|key| looks.get(*key).is_some_and(|look| look.next.is_none() && !look.failed))
    }
}

/// The value behind a lock, whatever became of a thread that held it.
fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Suggestions {
    /// The videos that begin with what was typed, or have this id.
    pub fn begun(&self, typed: &str, video: Option<&str>) -> Vec<String> {
        let (typed, video) = (folded(typed), video.map(folded));
        let begins = |id: &str, title: &str| {
            let id = folded(id);
            video.as_ref() == Some(&id) || id.starts_with(&typed) || folded(title).starts_with(&typed)
        };
        let shown = self.shown();
        shown.videos().filter(|(id, item)| begins(id, &item.title)).map(|(id, _)| id.clone()).collect()
    }

    /// The handles that begin with what was typed, and those of videos whose titles do.
    pub fn handles(&self, typed: &str, video: Option<&str>) -> Vec<String> {
        let ids = self.begun(typed, video);
        let typed = folded(typed);
        let shown = self.shown();
        let mut out = Vec::new();
        for (id, item) in shown.videos().filter(|(id, _)| ids.binary_search(id).is_ok()) {
            let by_title = folded(&item.title).starts_with(&typed);
            let handles = item.moments.iter().map(|(start, end)| text::moment(id, *start, *end));
            out.extend(handles.filter(|handle| by_title || folded(handle).starts_with(&typed)));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_requests_a_second_are_sent() {
        let suggestions = Suggestions::default();
        let now = Instant::now();
        let admitted = |at| (0..50).filter(|_| suggestions.admits_at(at)).count();
        assert_eq!([now, now, now + Duration::from_secs(1)].map(admitted), [MOST_PER_SECOND, 0, MOST_PER_SECOND]);
    }

    #[test]
    fn what_is_to_be_read_takes_turns() {
        let suggestions = Suggestions::default();
        let keys = ["a", "b"];
        assert_eq!(suggestions.turn(&keys), Some(("a", None)));
        suggestions.looked("a", Some("c".into()), false);
        assert_eq!(suggestions.turn(&keys), Some(("b", None)));
        suggestions.looked("b", None, true);
        assert_eq!(suggestions.turn(&keys), Some(("a", Some("c".into()))));
        suggestions.looked("a", None, false);
        assert_eq!((suggestions.turn(&keys), suggestions.were_read(&keys)), (None, false), "b could not be read");
        suggestions.looked("b", None, false);
        assert!(suggestions.were_read(&keys));
    }
}
