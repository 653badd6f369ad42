//! Reads the results of a run over all its media.
//!
//! A result matches if the selection filter of the run's prompt holds for it. An item as a whole matches if one of its segments does. Without
//! a filter everything matches. The description leaves the shape of the lists open; they are pages of hits.

use serde_json::{Map, Value, json};

use crate::{
    api::{
        facade::{GetRunMatches, ResultLevel, RunMatches, View},
        search::Hit,
    },
    playground::{
        auth::Caller,
        cursor::page_size,
        filter::{meets, selected_by},
        markers,
        mount::Reply,
        routes::{results::not_covered, runs::facts},
        runs::{Progress, Step, reading, summary::has_video_result},
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
    let (status, filter, found) = store
        .read(move |connection| {
            let facts = facts(connection, &run_id)?;
            let progress = Progress::at(&facts, now());
            if video_id.as_ref().is_some_and(|id| progress.item(id).is_none()) {
                return Err(not_covered());
            }
            let filters = selected_by(facts.prompt.selection_filter.as_ref());
            let (mut found, mut matching) = (Vec::new(), Vec::new());
            for item in progress.items.iter().filter(|item| video_id.as_ref().is_none_or(|id| *id == item.item.video_id)) {
                let matches = |step: &Step<'_>| meets(&filters, &facts.prompt.json_schema, &reading::metadata(&facts, step));
                let mut steps = item.steps.iter().filter(|step| step.phase.succeeded());
                if level == ResultLevel::Segment {
                    for step in steps {
                        matching.push(matches(step));
                        found.push(hits::of_segment(&facts, item.item, step));
                    }
                } else if facts.video_level() && has_video_result(item) {
                    matching.push(filters.is_empty() || steps.any(matches));
                    found.push(hits::of_item(&facts, item));
                }
            }
            markers::show(connection, &mut found)?;
            let found: Vec<(bool, Hit)> = matching.into_iter().zip(found).collect();
            Ok((progress.status.as_str(), facts.prompt.selection_filter.clone(), found))
        })
        .await?;
    let view = call.view.unwrap_or_default();
    let (total, matched) = (found.len(), found.iter().filter(|(matches, _)| *matches).count());
    let list = |cursor: Option<&String>, all: bool| -> Reply<Map<String, Value>> {
        let query = GetRunMatches { filtered_cursor: None, unfiltered_cursor: None, view: None, ..call.clone() };
        let after: Option<usize> = store.cursors().position(&query, cursor.map(String::as_str))?;
        let from = after.map_or(0, |after| after + 1);
        let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        let rows: Vec<(usize, Hit)> = found
            .iter()
            .enumerate()
            .skip(from)
            .filter(|(_, (matches, _))| all || *matches)
            .map(|(place, (_, hit))| (place, hit.clone()))
            .take(most)
            .collect();
        let page = store.cursors().page(&query, limit, rows, |(place, _)| *place)?;
        let data: Vec<Hit> = page.data.into_iter().map(|(_, hit)| hit).collect();
        let list = json!({"data": data, "pagination": page.pagination});
        Ok(list.as_object().cloned().unwrap_or_default())
    };
    let filtered = if view == View::Unfiltered { None } else { Some(list(call.filtered_cursor.as_ref(), false)?) };
    let unfiltered = if view == View::Filtered { None } else { Some(list(call.unfiltered_cursor.as_ref(), true)?) };
    let summary = json!({"selection_filter": filter, "matched": matched, "total": total});
    Ok(RunMatches {
        run_id: call.run_id.to_string(),
        status: status.into(),
        result_level: level,
        selection_summary: summary.as_object().cloned(),
        filtered,
        unfiltered,
    })
}
