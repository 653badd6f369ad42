//! Reads the results of a run over all its media.
//!
//! Prompts of the playground have no selection filter, so every result counts as matching, and the summary says so. The description leaves
//! the shape of the lists open; they are pages of hits.

use serde_json::{Map, Value, json};

use crate::{
    api::{
        facade::{GetRunMatches, ResultLevel, RunMatches, View},
        search::Hit,
    },
    playground::{
        Refusal,
        auth::Caller,
        cursor::page_size,
        markers,
        mount::Reply,
        routes::runs::facts,
        runs::{Progress, summary::has_video_result},
        search::hits,
        store::Store,
        time::now,
    },
};

const MOST_ROWS: u32 = 50;

pub async fn results(_: Caller, store: Store, call: GetRunMatches) -> Reply<RunMatches> {
    let limit = page_size::<GetRunMatches>("limit", call.limit, MOST_ROWS, MOST_ROWS)?;
    let level = call.result_level.unwrap_or_default();
    let (run_id, video_id) = (call.run_id.to_string(), call.video_id.as_ref().map(ToString::to_string));
    let (status, found) = store
        .read(move |connection| {
            let facts = facts(connection, &run_id)?;
            let progress = Progress::at(&facts, now());
            if video_id.as_ref().is_some_and(|id| progress.item(id).is_none()) {
                return Err(Refusal::new(
                    axum::http::StatusCode::NOT_FOUND,
                    "resource_video_not_found",
                    "This run does not cover that video.",
                ));
            }
            let mut found: Vec<Hit> = Vec::new();
            for item in progress.items.iter().filter(|item| video_id.as_ref().is_none_or(|id| *id == item.item.video_id)) {
                if level == ResultLevel::Segment {
                    let steps = item.steps.iter().filter(|step| step.phase.succeeded());
                    found.extend(steps.map(|step| hits::of_segment(&facts, item.item, step)));
                } else if facts.video_level() && has_video_result(item) {
                    found.push(hits::of_item(&facts, item));
                }
            }
            markers::show(connection, &mut found)?;
            Ok((progress.status.as_str(), found))
        })
        .await?;
    let view = call.view.unwrap_or_default();
    let total = found.len();
    let list = |cursor: Option<&String>| -> Reply<Map<String, Value>> {
        let query = GetRunMatches { filtered_cursor: None, unfiltered_cursor: None, view: None, ..call.clone() };
        let after: Option<usize> = store.cursors().position(&query, cursor.map(String::as_str))?;
        let from = after.map_or(0, |after| after + 1);
        let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        let rows: Vec<(usize, Hit)> = found.iter().cloned().enumerate().skip(from).take(most).collect();
        let page = store.cursors().page(&query, limit, rows, |(place, _)| *place)?;
        let data: Vec<Hit> = page.data.into_iter().map(|(_, hit)| hit).collect();
        let list = json!({"data": data, "pagination": page.pagination});
        Ok(list.as_object().cloned().unwrap_or_default())
    };
    let filtered = if view == View::Unfiltered { None } else { Some(list(call.filtered_cursor.as_ref())?) };
    let unfiltered = if view == View::Filtered { None } else { Some(list(call.unfiltered_cursor.as_ref())?) };
    let summary = json!({"selection_filter": null, "matched": total, "total": total});
    Ok(RunMatches {
        run_id: call.run_id.to_string(),
        status: status.into(),
        result_level: level,
        selection_summary: summary.as_object().cloned(),
        filtered,
        unfiltered,
    })
}
