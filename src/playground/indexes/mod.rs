//! Indexes: makes, lists and reads them, and lists their media and runs. `deletions` deletes them.

use rusqlite::{Connection, Transaction};

use crate::{
    api::{
        indexes::{CreateIndex, GetIndex, Index, ListIndexVideos, ListIndexes},
        page::Rows,
        run::PromptRun,
        runs::ListIndexRuns,
        videos::Video,
    },
    playground::{
        ACCOUNT, Refusal,
        auth::Caller,
        cursor::page_size,
        markers,
        mount::{Mount, Reply},
        naming, random,
        runs::{Progress, record::record},
        store::{
            Store, library,
            runs::{self, Which},
        },
        time::{now, rfc3339},
        videos,
    },
};

const DEFAULT_ROWS: u32 = 50;
const MOST_ROWS: u32 = 100;

/// The most characters of a name.
const MOST_NAME: usize = 255;

/// Mounts the operations on indexes.
pub fn mount(mount: Mount) -> Mount {
    mount.write(create_index).created().read(list_indexes).read(get_index).read(list_index_videos).read(list_index_runs)
}

/// Makes an empty index. Two indexes may have the same name, as far as anybody knows.
fn create_index(_: &Caller, tx: &Transaction<'_>, call: CreateIndex) -> Reply<Index> {
    add(tx, &naming::named("name", &call.name, MOST_NAME)?)
}

/// The account's index of this name, and whether it was just made.
pub fn named(tx: &Connection, name: &str) -> Reply<(Index, bool)> {
    let name = naming::named("index_name", name, MOST_NAME)?;
    let own = library::indexes(tx, true)?.into_iter().filter(|index| !index.is_default);
    match of_name(own.collect(), &name)? {
        Some(index) => Ok((index, false)),
        None => Ok((add(tx, &name)?, true)),
    }
}

/// The one of these indexes that has this name. An index with the very name comes before those with the name in other letters. Refuses a
/// name that several have, since nobody could say which of them is meant.
pub fn of_name(indexes: Vec<Index>, name: &str) -> Reply<Option<Index>> {
    let (very, other): (Vec<Index>, Vec<Index>) = indexes
        .into_iter()
        .filter(|index| naming::one_line(&index.name).to_lowercase() == name.to_lowercase())
        .partition(|index| naming::one_line(&index.name) == name);
    let mut fitting = if very.is_empty() { other } else { very };
    if fitting.len() > 1 {
        let ids: Vec<&str> = fitting.iter().map(|index| index.index_id.as_str()).collect();
        let message = format!("{} indexes have the name `{name}`; give the id of one: {}.", ids.len(), ids.join(", "));
        return Err(Refusal::bad_request("validation_ambiguous_index_name", message));
    }
    Ok(fitting.pop())
}

fn add(tx: &Connection, name: &str) -> Reply<Index> {
    let created = now();
    let index = Index {
        index_id: random::id("idx_")?,
        name: name.to_owned(),
        user_id: ACCOUNT.into(),
        created_at: rfc3339(created),
        is_default: false,
        description: None,
        sort_order: Some(library::next_place(tx)?),
    };
    library::add_index(tx, &index, created)?;
    Ok(index)
}

async fn list_indexes(_: Caller, store: Store, call: ListIndexes) -> Reply<Rows<Index>> {
    store.read(move |connection| Ok(Rows::all(library::indexes(connection, call.include_defaults.unwrap_or(true))?))).await
}

async fn get_index(_: Caller, store: Store, call: GetIndex) -> Reply<Index> {
    store.read(move |connection| library::index(connection, call.index_id.as_str())?.ok_or_else(|| Refusal::not_found("index"))).await
}

async fn list_index_videos(_: Caller, store: Store, call: ListIndexVideos) -> Reply<Rows<Video>> {
    let limit = page_size::<ListIndexVideos>("limit", call.limit, DEFAULT_ROWS, MOST_ROWS)?;
    let after: i64 = store.cursors().position(&call, call.cursor.as_deref())?.unwrap_or_default();
    let index_id = call.index_id.to_string();
    let rows = store
        .read(move |connection| {
            library::index(connection, &index_id)?.ok_or_else(|| Refusal::not_found("index"))?;
            videos::page(connection, |item| item.index_id.as_ref() == Some(&index_id), after, limit)
        })
        .await?;
    Ok(unplaced(store.cursors().page(&call, limit, rows, |(order, _)| *order)?))
}

async fn list_index_runs(_: Caller, store: Store, call: ListIndexRuns) -> Reply<Rows<PromptRun>> {
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

/// What calls of these endpoints look like.
#[cfg(test)]
pub const SAMPLES: super::tests::round_trip::Samples = &[
    ("POST /indexes", r#"{"name": "TEXT"}"#),
    ("GET /indexes", r#"{"include_defaults": false}"#),
    ("GET /indexes/{index_id}/videos", r#"{"limit": 7, "cursor": "TEXT"}"#),
    ("GET /indexes/{index_id}/prompt-runs", r#"{"limit": 7, "cursor": "TEXT"}"#),
];
