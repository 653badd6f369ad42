//! What a host suggests while a person types a variable of a resource or an argument of a prompt.
//!
//! A suggestion costs at most one request, which reads one page of the things of a kind. Such a page serves for a while. Nothing is suggested
//! that the key may not read.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    Context,
    names::{self, folded},
};
use crate::api::{ids::IndexId, indexes::ListIndexVideos};

/// How many suggestions one answer holds.
pub const MOST: usize = 100;
/// How long a page serves.
const LIFE: Duration = Duration::from_secs(30);
/// How many pages are kept. When there is no room left, all others are forgotten.
const MOST_PAGES: usize = 32;
/// How long a request may take. Nobody waits longer for a suggestion.
const WITHIN: Duration = Duration::from_secs(3);
/// How many answers are given per second.
const MOST_PER_SECOND: usize = 5;

/// Ids and names of things of a kind.
type Page = Arc<Vec<(String, String)>>;

/// What was listed for suggestions, and when suggestions were asked for.
#[derive(Debug, Default)]
pub struct Suggestions {
    pages: Mutex<HashMap<String, (Instant, Page)>>,
    asked: Mutex<Vec<Instant>>,
}

impl Suggestions {
    /// Whether one more answer may be given now.
    fn admits(&self) -> bool {
        let now = Instant::now();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
        let admits = asked.len() < MOST_PER_SECOND;
        if admits {
            asked.push(now);
        }
        admits
    }

    fn kept(&self, kind: &str) -> Option<Page> {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.get(kind).filter(|(at, _)| at.elapsed() < LIFE).map(|(_, page)| Arc::clone(page))
    }

    fn keep(&self, kind: String, page: &Page) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.len() >= MOST_PAGES {
            pages.clear();
        }
        pages.insert(kind, (Instant::now(), Arc::clone(page)));
    }
}

/// The values for a variable or an argument of this name that begin with what was typed. `index` is the index that was chosen before.
pub async fn complete(cx: &Context<'_>, name: &str, typed: &str, index: Option<&str>) -> Vec<String> {
    let kind = match name {
        "index" | "prompt" | "run" | "video" => name,
        // A handle begins with the id of a video.
        "handle" => "video",
        _ => return Vec::new(),
    };
    if !cx.memory.suggestions.admits() {
        return Vec::new();
    }
    let page = page(cx, kind, index).await;
    // A run is called by its id alone: several have the name of the same prompt. A handle holds an id, too.
    let by_name = kind != "run" && name != "handle";
    fitting(&page, typed, by_name)
}

/// The ids and names that begin with what was typed. Case does not matter.
fn fitting(page: &[(String, String)], typed: &str, by_name: bool) -> Vec<String> {
    let typed = folded(typed);
    let mut out: Vec<String> = Vec::new();
    for (id, name) in page {
        let value = if by_name && folded(name).starts_with(&typed) {
            name
        } else if folded(id).starts_with(&typed) || !by_name && folded(name).starts_with(&typed) {
            id
        } else {
            continue;
        };
        if !out.contains(value) {
            out.push(value.clone());
        }
    }
    out
}

/// The things of a kind, as kept or listed.
async fn page(cx: &Context<'_>, kind: &str, index: Option<&str>) -> Page {
    let deadline = cx.deadline.at_most(WITHIN);
    if kind != "video" {
        if let Some(page) = cx.memory.suggestions.kept(kind) {
            return page;
        }
        let page = Arc::new(names::known(cx, kind, &deadline).await);
        if !page.is_empty() {
            cx.memory.suggestions.keep(kind.to_owned(), &page);
        }
        return page;
    }
    // Without an index these are the videos of the first index that is known. To read all of them would take many requests.
    let known = cx.memory.indexes(cx.session.recheck());
    let wanted = index.map(folded);
    let chosen = known.iter().find(|(id, name)| wanted.as_ref().is_none_or(|wanted| folded(id) == *wanted || folded(name) == *wanted));
    let id = chosen.map(|(id, _)| id.as_str()).or(index);
    let Some(index_id) = id.and_then(|id| IndexId::parse(id).ok()) else { return Arc::new(cx.memory.known_titles()) };
    let key = format!("video {}", index_id.as_str());
    if let Some(page) = cx.memory.suggestions.kept(&key) {
        return page;
    }
    let list = ListIndexVideos { index_id, limit: Some(100), cursor: None };
    let Ok(listed) = cx.session.call(&list, &deadline).await else { return Arc::new(cx.memory.known_titles()) };
    let page = Arc::new(listed.data.into_iter().map(|video| (video.video_id, video.title)).collect());
    cx.memory.suggestions.keep(key, &page);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_begin_with_what_was_typed() {
        let page = [("vid_1", "Metropolis"), ("vid_2", "Métropole"), ("met_3", "Other")].map(|(id, name)| (id.to_owned(), name.to_owned()));
        assert_eq!(fitting(&page, "MET", true), ["Metropolis", "met_3"]);
        assert_eq!(fitting(&page, "vid", true), ["vid_1", "vid_2"]);
        assert_eq!(fitting(&page, "metro", false), ["vid_1"]);
        assert_eq!(fitting(&page, "x", true), [""; 0]);
        assert_eq!(fitting(&page, "", true).len(), 3);
    }

    #[test]
    fn five_a_second_are_answered() {
        let suggestions = Suggestions::default();
        let admitted = (0..50).filter(|_| suggestions.admits()).count();
        assert!((MOST_PER_SECOND..50).contains(&admitted), "{admitted}");
    }
}
