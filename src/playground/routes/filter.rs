//! The filter search: finds results whose extracted fields meet conditions, one page at a time.

use std::{cmp::Reverse, collections::HashSet};

use rusqlite::Connection;

use crate::{
    api::{
        Endpoint,
        filter::Condition,
        search::{FilterPage, FilterSearch, Hit, PlaygroundFilter},
    },
    playground::{
        Refusal,
        auth::Caller,
        cursor::page_size,
        filter::all_hold,
        markers,
        mount::Reply,
        runs::reading,
        search::{Scope, hits, results},
        store::{Store, settle},
        time::now,
    },
};

const DEFAULT_ROWS: u32 = 50;
const MOST_ROWS: u32 = 100;
const MOST_CONDITIONS: usize = 4;

/// The place of a result: its item, its segment, and its run. Newer runs come first. Later rows never take the place of another row.
type Place = (i64, usize, Reverse<i64>);

pub async fn filter_search(_: Caller, store: Store, call: FilterSearch) -> Reply<FilterPage> {
    let query = call.clone();
    let scope = move |connection: &Connection| {
        Scope::read(connection, now(), query.index_id.as_str(), query.index_ids.as_deref(), query.run_ids.as_deref())
    };
    page(&store, &call, Asked { conditions: &call.conditions, page_size: call.page_size, cursor: call.cursor.as_deref() }, scope).await
}

/// The same for media without an index. `index_ids` means nothing there.
pub async fn playground_filter(_: Caller, store: Store, call: PlaygroundFilter) -> Reply<FilterPage> {
    let run_ids = call.run_ids.clone();
    let scope = move |connection: &Connection| Scope::outside(connection, now(), run_ids.as_deref());
    page(&store, &call, Asked { conditions: &call.conditions, page_size: call.page_size, cursor: call.cursor.as_deref() }, scope).await
}

/// What both filters ask.
struct Asked<'a> {
    conditions: &'a [Condition],
    page_size: Option<u32>,
    cursor: Option<&'a str>,
}

async fn page<E: Endpoint>(
    store: &Store,
    call: &E,
    asked: Asked<'_>,
    scope: impl FnOnce(&Connection) -> Reply<Scope> + Send + 'static,
) -> Reply<FilterPage> {
    let limit = page_size::<E>("page_size", asked.page_size, DEFAULT_ROWS, MOST_ROWS)?;
    check(asked.conditions)?;
    let after: Option<(i64, usize, i64)> = store.cursors().position(call, asked.cursor)?;
    let after: Option<Place> = after.map(|(item, segment, run)| (item, segment, Reverse(run)));
    let conditions = asked.conditions.to_vec();
    let rows = store
        .read(move |connection| {
            settle::before_reading(connection, now());
            let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
            let mut rows = matching(&scope(connection)?, &conditions, after, most);
            markers::show(connection, rows.iter_mut().map(|(_, hit)| hit))?;
            Ok(rows)
        })
        .await?;
    let page = store.cursors().page(call, limit, rows, |((item, segment, Reverse(run)), _)| (*item, *segment, *run))?;
    let pagination = page.pagination;
    let hits: Vec<Hit> = page.data.into_iter().map(|(_, hit)| hit).collect();
    Ok(FilterPage {
        next_page_token: pagination.as_ref().and_then(|pagination| pagination.next_cursor.clone()),
        total_shown: u64::try_from(hits.len()).ok(),
        results: Some(hits.clone()),
        data: Some(hits),
        pagination,
    })
}

fn check(conditions: &[Condition]) -> Result<(), Refusal> {
    if !(1..=MOST_CONDITIONS).contains(&conditions.len()) {
        let message = format!("List should have 1 to {MOST_CONDITIONS} items");
        return Err(Refusal::argument(["body", "conditions"], message, "value_error"));
    }
    for (position, condition) in conditions.iter().enumerate() {
        condition.check().map_err(|message| {
            Refusal::argument([serde_json::Value::from("body"), "conditions".into(), position.into()], message, "value_error")
        })?;
    }
    Ok(())
}

/// The first results after a place. If the call names runs, each of them counts. Otherwise a segment counts once, with the newest run whose
/// result meets the conditions.
fn matching(scope: &Scope, conditions: &[Condition], after: Option<Place>, most: usize) -> Vec<(Place, Hit)> {
    let runs = scope.searchable();
    let mut met = HashSet::new();
    let mut found = Vec::new();
    for (run, item, step) in results(scope, &runs) {
        let segment = item.item.pieces.iter().position(|piece| piece.segment_id == step.piece.segment_id).unwrap_or_default();
        let place: Place = (item.item.order, segment, Reverse(scope.seq(&run.facts.run_id)));
        let one_is_enough = scope.run_ids.is_none() && met.contains(&step.piece.segment_id);
        if one_is_enough || !all_hold(conditions, &run.facts.prompt.json_schema, &reading::metadata(run.facts, step)) {
            continue;
        }
        met.insert(&step.piece.segment_id);
        found.push((place, (run, item, step)));
    }
    found.sort_unstable_by_key(|(place, _)| *place);
    let page = found.into_iter().filter(|(place, _)| after.is_none_or(|after| *place > after)).take(most);
    page.map(|(place, (run, item, step))| (place, hits::of_segment(run.facts, item.item, step))).collect()
}
