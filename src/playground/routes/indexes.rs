//! Lists and reads indexes, and lists their media.

use crate::{
    api::{
        indexes::{GetIndex, Index, ListIndexVideos, ListIndexes},
        page::Rows,
        run::PromptRun,
        runs::ListIndexRuns,
        videos::Video,
    },
    playground::{
        Refusal,
        auth::Caller,
        cursor::page_size,
        markers,
        mount::Reply,
        runs::{
            Progress,
            record::{record, video as video_record},
        },
        store::{
            Store, library,
            runs::{self, Which},
        },
        time::now,
    },
};

const DEFAULT_ROWS: u32 = 50;
const MOST_ROWS: u32 = 100;

pub async fn list_indexes(_: Caller, store: Store, call: ListIndexes) -> Reply<Rows<Index>> {
    store.read(move |connection| Ok(Rows::all(library::indexes(connection, call.include_defaults.unwrap_or(true))?))).await
}

pub async fn get_index(_: Caller, store: Store, call: GetIndex) -> Reply<Index> {
    store.read(move |connection| library::index(connection, call.index_id.as_str())?.ok_or_else(|| Refusal::not_found("index"))).await
}

pub async fn list_index_videos(_: Caller, store: Store, call: ListIndexVideos) -> Reply<Rows<Video>> {
    let limit = page_size::<ListIndexVideos>("limit", call.limit, DEFAULT_ROWS, MOST_ROWS)?;
    let after: i64 = store.cursors().position(&call, call.cursor.as_deref())?.unwrap_or_default();
    let index_id = call.index_id.to_string();
    let rows = store
        .read(move |connection| {
            library::index(connection, &index_id)?.ok_or_else(|| Refusal::not_found("index"))?;
            let media = library::media(connection)?;
            let stored = runs::list(connection, &media, Which::OfIndex(&index_id), None, usize::MAX)?;
            let now = now();
            let progress: Vec<_> = stored.iter().map(|run| Progress::at(&run.facts, now)).collect();
            let mut items: Vec<_> = media.values().filter(|item| item.index_id.as_ref() == Some(&index_id) && item.order > after).collect();
            items.sort_unstable_by_key(|item| item.order);
            items.truncate(usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1));
            let mut rows: Vec<_> = items.into_iter().map(|item| (item.order, video_record(item, &progress))).collect();
            markers::show(connection, rows.iter_mut().map(|(_, video)| video))?;
            Ok(rows)
        })
        .await?;
    Ok(unplaced(store.cursors().page(&call, limit, rows, |(order, _)| *order)?))
}

pub async fn list_index_runs(_: Caller, store: Store, call: ListIndexRuns) -> Reply<Rows<PromptRun>> {
    let limit = page_size::<ListIndexRuns>("limit", call.limit, DEFAULT_ROWS, MOST_ROWS)?;
    let before: Option<i64> = store.cursors().position(&call, call.cursor.as_deref())?;
    let index_id = call.index_id.to_string();
    let rows = store
        .read(move |connection| {
            library::index(connection, &index_id)?.ok_or_else(|| Refusal::not_found("index"))?;
            let media = library::media(connection)?;
            let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
            let stored = runs::list(connection, &media, Which::OfIndex(&index_id), before, most)?;
            let now = now();
            let mut rows: Vec<_> = stored.iter().map(|run| (run.seq, record(&Progress::at(&run.facts, now)))).collect();
            markers::show(connection, rows.iter_mut().map(|(_, run)| run))?;
            Ok(rows)
        })
        .await?;
    Ok(unplaced(store.cursors().page(&call, limit, rows, |(seq, _)| *seq)?))
}

/// Removes the places from the rows, after the cursor has been made.
pub fn unplaced<P, T>(page: Rows<(P, T)>) -> Rows<T> {
    Rows { data: page.data.into_iter().map(|(_, row)| row).collect(), pagination: page.pagination }
}
