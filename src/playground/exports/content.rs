//! What the file of an export holds.
//!
//! It is one JSON object. Its first members say what was exported. The last one, `videos`, has one item for each medium with all results of
//! it, and is written item by item, since it can be large.

use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::record::{Export, Kind};
use crate::{
    api::exports::ResultScope,
    playground::{
        Refusal,
        filter::{meets, selected_by},
        markers,
        runs::{Facts, Item, Media, Millis, Progress, Step, reading, record},
        store::{
            library,
            runs::{self, Which},
        },
        time::{now, rfc3339},
    },
};

/// How many items are written at once, and about how many bytes. The store does nothing else meanwhile.
const ITEMS_AT_ONCE: usize = 100;
const BYTES_AT_ONCE: usize = 1 << 20;

/// What closes the file.
pub const TAIL: &str = "]}\n";

/// What a file holds, apart from its items.
pub struct Outline {
    /// The text before the first item.
    pub head: String,
    /// The ids of the media, in order.
    pub items: Vec<String>,
    /// The ids of the runs whose results it holds, newest first.
    runs: Vec<String>,
    kind: Kind,
    /// Whether only results count that the selection filter of the run's prompt chooses.
    matches: bool,
}

/// Plans the file of an export.
pub fn outline(connection: &Connection, export: &Export) -> Result<Outline, Refusal> {
    let media = library::media(connection)?;
    let now = now();
    let mut head = Map::from_iter([
        ("export_id".to_owned(), json!(export.export_id)),
        ("export_type".to_owned(), json!(export.kind.as_str())),
        // Not the present time, so that the file is the same whenever it is written.
        ("exported_at".to_owned(), json!(rfc3339(export.begins))),
        ("result_scope".to_owned(), json!(export.scope)),
    ]);
    let (items, found) = match export.kind {
        Kind::Index => {
            let index = library::index(connection, &export.target_id)?.ok_or_else(|| Refusal::not_found("index"))?;
            let mut items: Vec<&Item> =
                media.values().map(AsRef::as_ref).filter(|item| item.index_id.as_deref() == Some(&index.index_id)).collect();
            items.sort_unstable_by_key(|item| item.order);
            let runs = of_index(connection, &media, export, now)?;
            head.insert("index".to_owned(), serde_json::to_value(index)?);
            (items.into_iter().map(|item| item.video_id.clone()).collect(), runs)
        }
        Kind::PromptRun => {
            let run = runs::get(connection, &media, &export.target_id)?.ok_or_else(|| Refusal::not_found("run"))?;
            (run.items.iter().map(|item| item.video_id.clone()).collect(), vec![run])
        }
    };
    let shown: Vec<_> = found.iter().map(|run| record::record(&Progress::at(run, now))).collect();
    match export.kind {
        Kind::Index => head.insert("prompt_runs".to_owned(), serde_json::to_value(shown)?),
        Kind::PromptRun => head.insert("prompt_run".to_owned(), serde_json::to_value(shown.first())?),
    };
    let mut head = serde_json::to_string(&head)?;
    // The items go into the object, too.
    head.pop();
    head.push_str(",\"videos\":[");
    Ok(Outline {
        head,
        items,
        runs: found.into_iter().map(|run| run.run_id).collect(),
        kind: export.kind,
        matches: export.scope == ResultScope::Matches,
    })
}

/// The runs whose results an export of an index holds: those that were named, or all that have results.
fn of_index(connection: &Connection, media: &Media, export: &Export, now: Millis) -> Result<Vec<Facts>, Refusal> {
    if let Some(named) = &export.run_ids {
        // A run whose media are gone is found by its id only.
        let mut found = Vec::new();
        for run_id in named {
            found.extend(runs::list(connection, media, Which::One(run_id), None, 1)?);
        }
        found.sort_by_key(|run| std::cmp::Reverse(run.seq));
        return Ok(found.into_iter().map(|run| run.facts).collect());
    }
    let stored = runs::list(connection, media, Which::OfIndex(&export.target_id), None, usize::MAX)?;
    let wanted = |run: &Facts| !run.items.is_empty() && Progress::at(run, now).status.is_searchable();
    Ok(stored.into_iter().map(|run| run.facts).filter(wanted).collect())
}

/// The texts of some items, and how many of the items are done with them. The media and the runs are read once for all of these items: to
/// read them for each would take the square of the time.
pub fn parts(connection: &Connection, outline: &Outline, done: usize) -> Result<(Vec<String>, usize), Refusal> {
    let media = library::media(connection)?;
    let now = now();
    let mut found: Vec<Facts> = Vec::new();
    for run_id in &outline.runs {
        found.extend(runs::get(connection, &media, run_id)?);
    }
    let progress: Vec<Progress<'_>> = found.iter().map(|run| Progress::at(run, now)).collect();
    let (mut parts, mut upto, mut bytes) = (Vec::new(), done, 0);
    for video_id in outline.items.iter().skip(done).take(ITEMS_AT_ONCE) {
        let part = if let Some(item) = media.get(video_id) { part(connection, outline, item, &progress)? } else { None };
        bytes += part.as_ref().map_or(0, String::len);
        parts.extend(part);
        upto += 1;
        if bytes >= BYTES_AT_ONCE {
            break;
        }
    }
    Ok((parts, upto))
}

/// The text of one item. `None` if nothing in it matches.
fn part(connection: &Connection, outline: &Outline, item: &Item, runs: &[Progress<'_>]) -> Result<Option<String>, Refusal> {
    let mut of_runs: Vec<Value> = Vec::new();
    for run in runs {
        of_runs.extend(results(connection, run, &item.video_id, outline.matches)?);
    }
    let value = match outline.kind {
        Kind::Index => with(
            serde_json::to_value(markers::show_one(connection, record::video(item, runs))?)?,
            Map::from_iter([("results".to_owned(), of_runs.into())]),
        ),
        Kind::PromptRun => {
            let about = json!({
                "video_id": item.video_id, "title": item.title, "media_type": item.media_type, "duration_seconds": item.length(),
            });
            match of_runs.pop() {
                Some(Value::Object(found)) => with(about, found),
                _ if outline.matches => return Ok(None),
                _ => about,
            }
        }
    };
    Ok(Some(value.to_string()))
}

/// An object with further members.
fn with(mut value: Value, more: Map<String, Value>) -> Value {
    if let Value::Object(members) = &mut value {
        members.extend(more);
    }
    value
}

/// What a run found in an item, with the user's markers. `None` if the run does not cover it, or if nothing in it matches.
fn results(connection: &Connection, run: &Progress<'_>, video_id: &str, matches: bool) -> Result<Option<Value>, Refusal> {
    let Some(item) = run.item(video_id) else { return Ok(None) };
    let filters = selected_by(run.facts.prompt.selection_filter.as_ref().filter(|_| matches));
    let matching = |step: &Step<'_>| meets(&filters, &run.facts.prompt.json_schema, &reading::metadata(run.facts, step));
    let chosen = |step: &&Step<'_>| filters.is_empty() || (step.phase.succeeded() && matching(step));
    let mut segments: Vec<_> =
        item.steps.iter().filter(chosen).filter_map(|step| reading::segment_result(run.facts, item.item, step)).collect();
    if segments.is_empty() && !filters.is_empty() {
        return Ok(None);
    }
    markers::show(connection, segments.iter_mut())?;
    let whole = reading::video_result(run.facts, item).map(|result| markers::show_one(connection, result)).transpose()?;
    Ok(Some(json!({"run_id": run.facts.run_id, "segments": segments, "video_result": whole})))
}

/// Whether a run found anything at all.
pub fn is_hollow(connection: &Connection, export: &Export) -> Result<bool, Refusal> {
    if export.kind == Kind::Index {
        return Ok(false);
    }
    let media = library::media(connection)?;
    let run = runs::get(connection, &media, &export.target_id)?.ok_or_else(|| Refusal::not_found("run"))?;
    let progress = Progress::at(&run, now());
    Ok(!progress.items.iter().any(|item| item.steps.iter().any(|step| reading::segment_result(&run, item.item, step).is_some())))
}
