//! What a host suggests while a person types a variable of a resource or an argument of a prompt.
//!
//! A suggestion comes from what the session has shown, and from one request, rarely two. Nothing is asked for that the key may not read. No
//! request can give all videos: so each suggestion reads a page of an index that was not read yet, in turns, and whoever goes on typing
//! has them all after a while. Until then an answer says that there is more.

mod shown;
mod suggestions;

use std::{collections::HashMap, sync::Arc, time::Duration};

use self::suggestions::Page;
pub use self::suggestions::Suggestions;
use super::{
    Context,
    names::{self, folded},
};
use crate::{
    api::{
        Scope,
        ids::{IndexId, VideoId},
        indexes::ListIndexVideos,
        segments::ListSegments,
        videos::ListPlaygroundVideos,
    },
    gate::Standing,
};

/// How many suggestions one answer holds.
pub const MOST: usize = 100;
/// Stands for the media without an index, where an index is read.
const OUTSIDE: &str = "";
/// How long a request may take. Nobody waits longer for a suggestion.
const WITHIN: Duration = Duration::from_secs(3);

/// What there is to suggest.
#[derive(Debug, Default)]
pub struct Suggested {
    /// The values that begin with what was typed.
    pub values: Vec<String>,
    /// Whether there may be more of them than are known by now.
    pub may_be_more: bool,
}

/// The values for a variable or an argument of this name that begin with what was typed. `index` is the index that was chosen before.
pub async fn complete(cx: &Context<'_>, name: &str, typed: &str, index: Option<&str>) -> Suggested {
    match name {
        "index" | "prompt" | "run" => {
            let page = match kept(cx, name) {
                Some(page) => Some(page),
                None => listed(cx, name).await,
            };
            // A run is called by its id alone: several have the name of the same prompt.
            let values = page.as_deref().map(|page| fitting(page, typed, name != "run")).unwrap_or_default();
            // The list of runs has no pages, so a full one may be a part of it.
            let is_part = page.as_deref().is_none_or(|page| name == "run" && page.len() >= names::MOST_RUNS as usize);
            Suggested { values, may_be_more: is_part && (name == "index" || may_read(cx)) }
        }
        "video" => videos(cx, typed, index).await,
        "handle" => moments(cx, typed).await,
        // What a person wants to know is for the person to say.
        _ => Suggested::default(),
    }
}

/// Whether it is not ruled out that the key reads videos.
fn may_read(cx: &Context<'_>) -> bool {
    cx.session.beliefs().of(Scope::Read).standing != Standing::NotHeld
}

/// The things of a kind, if they were listed a short while ago.
fn kept(cx: &Context<'_>, kind: &str) -> Option<Page> {
    if kind == "index" { cx.memory.indexes(cx.session.recheck().max(suggestions::LIFE)) } else { cx.memory.suggestions.kept(kind) }
}

/// The things of a kind, listed with one request. `None` if that is not possible now.
async fn listed(cx: &Context<'_>, kind: &str) -> Option<Page> {
    let suggestions = &cx.memory.suggestions;
    if kind != "index" && !may_read(cx) || !suggestions.admits() {
        return None;
    }
    let page = Arc::new(names::known(cx, kind, &cx.deadline.at_most(WITHIN)).await?);
    if kind != "index" {
        // The names of indexes are remembered for all calls.
        suggestions.keep(kind.to_owned(), &page);
    }
    Some(page)
}

/// The videos of an index, or of all.
async fn videos(cx: &Context<'_>, typed: &str, index: Option<&str>) -> Suggested {
    let suggestions = &cx.memory.suggestions;
    let indexes = kept(cx, "index");
    if let (Some(index), Some(indexes), true) = (index.map(folded).filter(|index| !index.is_empty()), &indexes, may_read(cx)) {
        let chosen = indexes.iter().find(|(id, name)| folded(id) == index || folded(name) == index);
        if let Some((id, _)) = chosen {
            let page = match suggestions.kept(id) {
                Some(page) => Some(page),
                None if suggestions.admits() => read_index(cx, id, None).await,
                None => None,
            };
            if let Some(page) = page {
                return Suggested { values: fitting(&page, typed, true), may_be_more: !suggestions.were_read(&[id]) };
            }
        }
    }
    let may_be_more = !read_on(cx, indexes).await;
    let shown: Vec<_> = suggestions.shown().videos().map(|(id, item)| (id.clone(), item.title.clone())).collect();
    Suggested { values: fitting(&shown, typed, true), may_be_more }
}

/// Reads one more page of an index, or of the media without one. Without known indexes, lists the indexes. Returns whether all videos were
/// read by now, or whether the key may not read them.
async fn read_on(cx: &Context<'_>, indexes: Option<Page>) -> bool {
    let suggestions = &cx.memory.suggestions;
    if !may_read(cx) {
        return true;
    }
    let Some(indexes) = indexes else {
        listed(cx, "index").await;
        return false;
    };
    let ids: Vec<&str> = indexes.iter().map(|(id, _)| id.as_str()).chain([OUTSIDE]).collect();
    if let Some((id, cursor)) = suggestions.turn(&ids)
        && suggestions.admits()
    {
        read_index(cx, id, cursor).await;
    }
    suggestions.were_read(&ids)
}

/// Reads a page of the videos of an index, or of those without one. The first page is kept.
async fn read_index(cx: &Context<'_>, id: &str, cursor: Option<String>) -> Option<Page> {
    let suggestions = &cx.memory.suggestions;
    let is_first = cursor.is_none();
    let (limit, deadline) = (Some(100), cx.deadline.at_most(WITHIN));
    let read = match IndexId::parse(id) {
        Ok(index_id) => cx.session.call(&ListIndexVideos { index_id, limit, cursor }, &deadline).await.ok(),
        Err(_) if id == OUTSIDE => cx.session.call(&ListPlaygroundVideos { limit, cursor }, &deadline).await.ok(),
        Err(_) => None,
    };
    suggestions.looked(id, read.as_ref().and_then(|rows| rows.next_cursor()).map(str::to_owned), read.is_none());
    let rows = read?;
    {
        let mut shown = suggestions.shown();
        rows.data.iter().for_each(|video| shown.add(&video.video_id, &video.title, None));
    }
    let page = Arc::new(rows.data.into_iter().map(|video| (video.video_id, video.title)).collect());
    if is_first {
        suggestions.keep(id.to_owned(), &page);
    }
    Some(page)
}

/// Handles of moments: of the video before the `@`, or of the videos that begin with what was typed.
async fn moments(cx: &Context<'_>, typed: &str) -> Suggested {
    let suggestions = &cx.memory.suggestions;
    let video = typed.rsplit_once('@').map(|(video, _)| video.trim()).filter(|video| !video.is_empty());
    let mut ids = suggestions.begun(typed, video);
    if let (true, Some(video)) = (ids.is_empty(), video) {
        ids.push(video.to_owned());
    }
    let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
    let may_be_more = if !may_read(cx) {
        false
    } else if let Some((id, cursor)) = suggestions.turn(&keys) {
        if suggestions.admits() {
            read_video(cx, id, cursor).await;
        }
        video.is_none() || !suggestions.were_read(&keys)
    } else {
        // For a video that is named in full there is nothing else to read.
        let is_named = video.is_some() && suggestions.were_read(&keys);
        !is_named && !read_on(cx, kept(cx, "index")).await
    };
    Suggested { values: suggestions.handles(typed, video), may_be_more }
}

/// Reads a page of the moments of a video.
async fn read_video(cx: &Context<'_>, id: &str, cursor: Option<String>) {
    let read = match VideoId::parse(id) {
        Ok(video_id) => {
            let list = ListSegments { video_id, run_id: None, latest_run: Some(true), limit: Some(100), cursor };
            cx.session.call(&list, &cx.deadline.at_most(WITHIN)).await.ok()
        }
        Err(_) => None,
    };
    let suggestions = &cx.memory.suggestions;
    suggestions.looked(id, read.as_ref().and_then(|rows| rows.next_cursor()).map(str::to_owned), read.is_none());
    let mut shown = suggestions.shown();
    for segment in read.into_iter().flat_map(|rows| rows.data) {
        shown.add(id, "", Some((segment.start_time, segment.end_time)));
    }
}

/// The ids and names that begin with what was typed. Case does not matter. A name that several have is no name to read a thing by, nor is
/// the word for all of them.
fn fitting(page: &[(String, String)], typed: &str, by_name: bool) -> Vec<String> {
    let typed = folded(typed);
    let mut named: HashMap<String, usize> = HashMap::from([(names::ALL.to_owned(), 1)]);
    for (_, name) in page {
        *named.entry(folded(name)).or_default() += 1;
    }
    let mut out: Vec<String> = Vec::new();
    for (id, name) in page {
        let name_fits = folded(name).starts_with(&typed) && !name.is_empty();
        let value = if by_name && name_fits && named.get(&folded(name)) == Some(&1) {
            name
        } else if name_fits || folded(id).starts_with(&typed) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_begin_with_what_was_typed() {
        let page =
            [("vid_1", "Metropolis"), ("vid_2", "Métropole"), ("met_3", "Other"), ("vid_4", "Twin"), ("vid_5", "twin"), ("vid_6", "All")]
                .map(|(id, name)| (id.to_owned(), name.to_owned()));
        assert_eq!(fitting(&page, "MET", true), ["Metropolis", "met_3"]);
        assert_eq!(fitting(&page, "vid", true), ["vid_1", "vid_2", "vid_4", "vid_5", "vid_6"]);
        assert_eq!(fitting(&page, "al", true), ["vid_6"], "its name means all of them");
        assert_eq!(fitting(&page, "metro", false), ["vid_1"]);
        assert_eq!(fitting(&page, "twin", true), ["vid_4", "vid_5"], "nothing can be read by a name that two have");
        assert_eq!(fitting(&page, "x", true), [""; 0]);
        assert_eq!(fitting(&page, "", true).len(), 6);
    }
}
