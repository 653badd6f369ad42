//! The rows of a search: read from the answer, written as lines and structure.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    api::{
        Endpoint,
        ids::IndexId,
        search::{FilterPage, Hit},
    },
    client::{self, Response},
    tools::{Answer, Context, Detail, ToolError, answer::Row, links, names, text},
};

/// How many hits come back when nothing is said.
pub const DEFAULT_TOP_K: u32 = 10;
/// The most characters of a hit's own text in its line.
const LINE_TEXT: usize = 90;

/// One hit: what the line is made of and, for `full`, everything that upstream said.
pub struct Found {
    hit: Hit,
    everything: Option<Value>,
}

/// Reads the hits of an answer. With `full`, members that our types do not know are kept too.
pub fn read<E: Endpoint<Output = Vec<Hit>>>(response: &Response, detail: Detail) -> Result<Vec<Found>, ToolError> {
    let hits = client::decode_as::<E::Output>(response)?;
    Ok(match detail {
        Detail::Concise => hits.into_iter().map(|hit| Found { hit, everything: None }).collect(),
        Detail::Full => pair(hits, client::decode_as::<Vec<Value>>(response)?),
    })
}

/// Reads a filter's page, in either of its two shapes, and the cursor of the next one.
pub fn read_filter(response: &Response, detail: Detail) -> Result<(Vec<Found>, Option<String>), ToolError> {
    let page = client::decode_as::<FilterPage>(response)?;
    let (hits, member) = match (page.results, page.data) {
        (Some(hits), _) => (hits, "results"),
        (None, Some(hits)) => (hits, "data"),
        (None, None) => return Err(client::missing_member(response, "results").into()),
    };
    let paged = page.pagination.and_then(|page| page.next_cursor.filter(|_| page.has_more));
    let cursor = page.next_page_token.or(paged).filter(|cursor| !cursor.is_empty());
    let found = match detail {
        Detail::Concise => hits.into_iter().map(|hit| Found { hit, everything: None }).collect(),
        Detail::Full => match client::decode_as::<Map<String, Value>>(response)?.remove(member) {
            Some(Value::Array(values)) => pair(hits, values),
            _ => hits.into_iter().map(|hit| Found { hit, everything: None }).collect(),
        },
    };
    Ok((found, cursor))
}

fn pair(hits: Vec<Hit>, values: Vec<Value>) -> Vec<Found> {
    hits.into_iter().zip(values).map(|(hit, everything)| Found { hit, everything: Some(everything) }).collect()
}

/// Where a search looked, in words: the other indexes replace the one of the path.
pub fn place(index_id: &IndexId, index_ids: Option<&[String]>) -> String {
    match others(index_ids) {
        Some(_) => text::names(index_ids.into_iter().flatten().map(String::as_str), 8),
        None => index_id.to_string(),
    }
}

/// The indexes that replace the one of the path, if there are any.
pub fn others(index_ids: Option<&[String]>) -> Option<Value> {
    index_ids.filter(|ids| !ids.is_empty()).map(|ids| json!(ids))
}

/// Writes hits into an answer: names, runs and rows.
pub async fn write(cx: &Context<'_>, answer: &mut Answer, index_id: &str, search_type: Option<&str>, found: Vec<Found>, detail: Detail) {
    answer.fact("index_id", index_id);
    answer.fact("search_type", search_type);
    answer.fact("total_results", found.len());
    let nameless = found.iter().map(|found| &found.hit).filter(|hit| hit.video_name.as_deref().unwrap_or_default().is_empty());
    let nameless: BTreeSet<String> = nameless.map(|hit| hit.video_id.clone()).collect();
    let titles = names::titles(cx, nameless).await;
    let runs: BTreeSet<&str> = found.iter().filter_map(|found| found.hit.run_id.as_deref()).collect();
    if !runs.is_empty() {
        answer.line(format!("From runs: {}", text::names(runs.iter().copied(), 8)));
        answer.fact("run_ids", json!(runs));
    }
    // By what a hit was found is worth a word only where hits differ in it.
    let mixed = found.iter().any(|other| found.first().is_some_and(|first| first.hit.match_type != other.hit.match_type));
    let rows = found
        .iter()
        .enumerate()
        .map(|(position, found)| {
            let hit = &found.hit;
            cx.memory.keep_segment(hit.segment_id.as_deref().unwrap_or_default(), &hit.video_id);
            let title = hit.video_name.as_deref().filter(|name| !name.is_empty()).or_else(|| titles.get(&hit.video_id)).unwrap_or_default();
            row(position + 1, hit, title, mixed, found.everything.as_ref(), detail)
        })
        .collect();
    answer.rows("results", rows);
    if let Some(left_out) = titles.left_out() {
        answer.note(format!("Titles were left out: {left_out}."));
    }
}

/// Says what to try when nothing was found.
pub fn advise_when_empty(cx: &Context<'_>, answer: &mut Answer) {
    if answer.row_count() == 0 && cx.offer.has("list_videos") {
        answer.close("Nothing found: try other words, or see with list_videos whether the index has processed videos.");
    }
}

fn row(position: usize, hit: &Hit, title: &str, mixed: bool, everything: Option<&Value>, detail: Detail) -> Row {
    let score = hit.fused_score.or(hit.reranked_score).or(hit.similarity_score).or(hit.matched_image_score.flatten());
    let (start, end) = (hit.start_time.or(hit.preview_start_time), hit.end_time.or(hit.preview_end_time));
    let content = [Some(&hit.content_preview), Some(&hit.text_content), hit.metadata_text.as_ref()];
    let content = content.into_iter().flatten().find(|text| !text.trim().is_empty()).map(String::as_str).unwrap_or_default();

    let mut line = format!("{position}. ");
    let whole = hit.result_type == "video" || (hit.result_type.is_empty() && hit.segment_id.is_none() && start.is_none());
    let place = match (start, end) {
        (Some(start), Some(end)) if !whole => {
            line.push_str(&format!("{} {}", text::moment(&text::id(&hit.video_id), start, end), text::range(start, end)));
            Some((start, end))
        }
        _ => {
            line.push_str(&format!("{} whole video", text::id(&hit.video_id)));
            None
        }
    };
    if !title.is_empty() {
        line.push_str(&format!(" \"{}\"", text::line(title, 48)));
    }
    if let Some(score) = score {
        line.push_str(&format!(" {}", text::score(score)));
    }
    if let Some(kind) = hit.match_type.as_deref().filter(|&kind| mixed && kind != "both") {
        line.push_str(&format!(" ({})", text::line(&kind.replace('_', " "), 20)));
    }
    let shown = text::line(content, LINE_TEXT);
    if !shown.is_empty() {
        line.push_str(&format!(" {shown}"));
    }

    let mut members = match (detail, everything) {
        (Detail::Full, Some(Value::Object(everything))) => {
            let mut value = Value::Object(everything.clone());
            text::prune(&mut value);
            drop_pictures(&mut value);
            match value {
                Value::Object(members) => members,
                _ => Map::new(),
            }
        }
        _ => Map::new(),
    };
    let mut set = |name: &str, value: Value| {
        if !value.is_null() && !members.contains_key(name) {
            members.insert(name.to_owned(), value);
        }
    };
    set("video_id", json!(hit.video_id));
    set("segment_id", json!(hit.segment_id.as_deref()));
    if whole {
        set("result_type", json!("video"));
        set("preview_segment_id", json!(hit.preview_segment_id));
    }
    if let Some((start, end)) = place {
        set("start_time", text::rounded(start, 3));
        set("end_time", text::rounded(end, 3));
    }
    set("video_name", if title.is_empty() { Value::Null } else { json!(title) });
    set("score", score.map_or(Value::Null, |score| text::rounded(score, 3)));
    if let Some(kind) = &hit.match_type {
        set("match_type", json!(kind));
    }
    let expiry = if detail == Detail::Full { everything.and_then(links::earliest) } else { None };
    set("links_expire_at", json!(expiry));
    set("content", json!(if detail == Detail::Full { content } else { &shown }));
    if detail == Detail::Full {
        line = full_line(position, &members);
    }
    Row { line, value: Value::Object(members) }
}

/// With `full` the line is the whole row, since some clients show a model the text alone.
fn full_line(position: usize, members: &Map<String, Value>) -> String {
    format!("{position}. {}", Value::Object(members.clone()))
}

/// Takes inline pictures out: base64 in text is unreadable to a model and can fill its context.
pub fn drop_pictures(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !matches!(name.as_str(), "thumbnail_data" | "gif_data" | "first_thumbnail"));
            members.values_mut().for_each(drop_pictures);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_pictures),
        _ => {}
    }
}
