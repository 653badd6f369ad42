//! Finds results by words or by filters. The first [`WINDOW`] hits are kept when a search is made, so that later pages show what was found
//! then, whatever changes in between.

use rusqlite::{Connection, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::process::named;
use crate::{
    api::{
        facade::{AboutHits, Filter, MediaHits, ResultLevel, SearchMedia, SearchMediaPage, Window},
        search::Hit,
    },
    playground::{
        Refusal,
        auth::Caller,
        filter::meets,
        markers,
        mount::Reply,
        prompts::can_have,
        random,
        runs::reading,
        search::{Place, Scope, distinct, hits, results, text},
        store::{
            Store,
            records::{self, Record},
            settle,
        },
        time::now,
    },
};

/// How many hits of a search can be paged through.
const WINDOW: usize = 100;
/// How many hits a page has by default.
const DEFAULT_LIMIT: u32 = 10;
/// How many searches are kept.
const KEPT: u32 = 20;

/// A search with its hits, as they were found.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    id: String,
    limit: usize,
    about: AboutHits,
    hits: Vec<Hit>,
}

impl Record for Kept {
    const KIND: &'static str = "workflow_search";

    fn id(&self) -> &str {
        &self.id
    }
}

pub fn search(_: &Caller, tx: &Transaction<'_>, call: SearchMedia) -> Reply<MediaHits> {
    let now = now();
    settle::settle(tx, now)?;
    let (place, told) = place(tx, &call)?;
    let scope = Scope::of(tx, now, place)?;
    let level = call.result_level.unwrap_or_default();
    let mut found = match (&call.query, &call.filters) {
        (Some(query), _) => by_words(tx, &scope, query, level)?,
        (None, filters) => by_filters(&scope, filters.as_deref().unwrap_or_default(), level),
    };
    let truncated = found.len() > WINDOW;
    found.truncate(WINDOW);
    markers::show(tx, &mut found)?;
    let kept = Kept {
        id: random::id("wfs_").map_err(Refusal::internal)?,
        limit: usize::try_from(call.limit.unwrap_or(DEFAULT_LIMIT)).unwrap_or(WINDOW),
        about: AboutHits {
            mode: if call.query.is_some() { "vector" } else { "condition" }.into(),
            result_level: if level == ResultLevel::Video { "video" } else { "segment" }.into(),
            scope: told,
            coverage: coverage(&scope),
            warnings: unknown_fields(&scope, call.filters.as_deref().unwrap_or_default()),
            pagination: Window { result_window: u64::try_from(WINDOW).unwrap_or_default(), truncated, ..Window::default() },
        },
        hits: found,
    };
    if kept.hits.len() > kept.limit {
        records::insert(tx, &kept)?;
        records::keep_newest::<Kept>(tx, KEPT)?;
    }
    Ok(page_of(&kept, 0))
}

pub async fn page(_: Caller, store: Store, call: SearchMediaPage) -> Reply<MediaHits> {
    let foreign = || Refusal::bad_request("invalid_cursor", "This cursor is not known, or its search is too old; search again.");
    let (id, from) = call.cursor.rsplit_once('.').ok_or_else(foreign)?;
    let (id, from) = (id.to_owned(), from.parse::<usize>().map_err(|_| foreign())?);
    let kept = store.read(move |connection| records::find::<Kept>(connection, &id)).await?;
    let kept = kept.filter(|kept| from < kept.hits.len()).ok_or_else(foreign)?;
    Ok(page_of(&kept, from))
}

fn page_of(kept: &Kept, from: usize) -> MediaHits {
    let data: Vec<Hit> = kept.hits.iter().skip(from).take(kept.limit).cloned().collect();
    let next = from + data.len();
    let has_more = next < kept.hits.len();
    let mut about = kept.about.clone();
    about.pagination = Window {
        limit: u64::try_from(kept.limit).unwrap_or_default(),
        count: u64::try_from(data.len()).unwrap_or_default(),
        has_more,
        next_cursor: has_more.then(|| format!("{}.{next}", kept.id)),
        ..about.pagination
    };
    MediaHits { data, about }
}

/// Where to look, and how the answer tells it.
fn place(connection: &Connection, call: &SearchMedia) -> Reply<(Place, Map<String, Value>)> {
    let index_id = match (&call.index_id, &call.index_name) {
        (Some(id), _) => Some(id.to_string()),
        (None, Some(name)) => Some(named(connection, name)?.to_string()),
        (None, None) => None,
    };
    let (place, told) = if let Some(id) = index_id {
        (Place::Indexes(vec![id.clone()]), json!({"type": "index", "index_id": id}))
    } else if let Some(runs) = &call.prompt_run_ids {
        let ids = named_in("prompt_run_ids", runs.iter().map(ToString::to_string))?;
        (Place::Runs(ids.clone()), json!({"type": "prompt_runs", "prompt_run_ids": ids}))
    } else if let Some(videos) = &call.video_ids {
        let ids = named_in("video_ids", videos.iter().map(ToString::to_string))?;
        (Place::Videos(ids.clone()), json!({"type": "videos", "video_ids": ids}))
    } else {
        (Place::Everything, json!({"type": "account"}))
    };
    Ok((place, told.as_object().cloned().unwrap_or_default()))
}

/// The ids of a list, each once. An empty list names no place, so it cannot mean everything.
fn named_in(member: &'static str, ids: impl Iterator<Item = String>) -> Reply<Vec<String>> {
    let ids = distinct(&ids.collect::<Vec<_>>());
    if ids.is_empty() { Err(Refusal::argument(["body", member], "List should have at least 1 item", "too_short")) } else { Ok(ids) }
}

/// How much was looked at.
fn coverage(scope: &Scope) -> Map<String, Value> {
    let runs = scope.searchable();
    let mut segments: Vec<&str> = results(scope, &runs).map(|(_, _, step)| step.piece.segment_id.as_str()).collect();
    let mut items: Vec<&str> = results(scope, &runs).map(|(_, item, _)| item.item.video_id.as_str()).collect();
    for ids in [&mut segments, &mut items] {
        ids.sort_unstable();
        ids.dedup();
    }
    let told = json!({"searched_runs": runs.len(), "searched_media": items.len(), "searched_segments": segments.len()});
    told.as_object().cloned().unwrap_or_default()
}

/// Hits of one level. Of an item, the level `video` keeps the best hit.
fn by_words(connection: &Connection, scope: &Scope, query: &str, level: ResultLevel) -> Reply<Vec<Hit>> {
    let mut found = text::search(connection, scope, query, None, usize::MAX)?;
    match level {
        ResultLevel::Segment => found.retain(|ranked| ranked.key.segment_id.is_some()),
        ResultLevel::Video => {
            let mut seen = std::collections::HashSet::new();
            found.retain(|ranked| seen.insert(ranked.key.video_id.clone()));
        }
    }
    found.truncate(WINDOW + 1);
    let hits = hits::hits(scope, &found);
    Ok(if level == ResultLevel::Video { hits.into_iter().map(whole).collect() } else { hits })
}

/// A hit for the item that a segment is of. The segment becomes its preview.
fn whole(hit: Hit) -> Hit {
    let Some(segment_id) = hit.segment_id.clone() else { return hit };
    Hit {
        result_type: "video".into(),
        result_id: format!("video:{}:{}", hit.video_id, hit.run_id.as_deref().unwrap_or_default()),
        preview_segment_id: Some(segment_id),
        preview_start_time: hit.start_time,
        preview_end_time: hit.end_time,
        segment_id: None,
        start_time: None,
        end_time: None,
        ..hit
    }
}

/// Warns of fields that no result of a segment has here: such a filter finds nothing.
fn unknown_fields(scope: &Scope, filters: &[Filter]) -> Vec<Value> {
    let runs = scope.searchable();
    let unknown = filters.iter().filter(|filter| !runs.iter().any(|run| can_have(&run.facts.prompt.json_schema, filter.field.trim())));
    let warned = unknown.map(|filter| {
        let message =
            format!("No run here has a field `{}` for segments, and filters do not look at results of whole videos.", filter.field);
        json!({"message": message})
    });
    warned.collect()
}

/// Results that meet all filters, newest runs first.
fn by_filters(scope: &Scope, filters: &[Filter], level: ResultLevel) -> Vec<Hit> {
    let runs = scope.searchable();
    let mut seen = std::collections::HashSet::new();
    let mut found = Vec::new();
    for (run, item, step) in results(scope, &runs) {
        let key = if level == ResultLevel::Video { item.item.video_id.as_str() } else { step.piece.segment_id.as_str() };
        let key = if scope.run_ids.is_some() { format!("{} {key}", run.facts.run_id) } else { key.to_owned() };
        let metadata = reading::metadata(run.facts, step);
        if meets(filters, &run.facts.prompt.json_schema, &metadata) && seen.insert(key) {
            let hit = hits::of_segment(run.facts, item.item, step);
            found.push(if level == ResultLevel::Video { whole(hit) } else { hit });
        }
        if found.len() > WINDOW {
            break;
        }
    }
    found
}
