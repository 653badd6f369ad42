//! SQL search: `tables` makes tables of what runs extracted, `query` runs a query over a copy of them, `draft` writes queries by rules.
//!
//! Nobody knows the tables of the API. Here each prompt has one, with a row per segment and a column per field of its schema, and a second
//! one with a row per video if it asks for results of whole videos. `videos` and `runs` say what is behind the ids.

mod draft;
mod functions;
mod query;
mod tables;

use std::thread;

use serde_json::{Value, json};
use tokio::sync::{Semaphore, oneshot};

use self::tables::Table;
use super::{
    Refusal,
    auth::Caller,
    mount::{Mount, Reply},
    search::Scope,
    store::{Store, settle},
    time::now,
};
use crate::api::{
    ids::{IndexId, RunId},
    sql::{ListSqlTables, MAX_QUERY, MOST_ROWS, SearchSql, SqlCatalog, SqlDraft, SqlRows, WriteSql},
};

/// How many rows come back if the call does not say.
const DEFAULT_ROWS: u32 = 100;
/// How many queries run at a time in this process. The others wait.
static PLACES: Semaphore = Semaphore::const_new(2);
/// The stack of a query, in bytes. SQLite goes as deep as an expression does, and writes the inner SELECTs into the outer ones first: the
/// longest query becomes about [`MAX_QUERY`] levels deep. Only what is used of it takes memory.
const STACK: usize = 64 << 20;

/// Mounts the operations of the SQL search.
pub fn mount(mount: Mount) -> Mount {
    mount.read(list_tables).searching_nothing().read(search).read(write).searching_nothing()
}

async fn list_tables(_: Caller, store: Store, call: ListSqlTables) -> Reply<SqlCatalog> {
    let tables = read(&store, &call.index_id, None, None).await?;
    Ok(SqlCatalog { tables: tables.iter().filter_map(|table| table_record(table).as_object().cloned()).collect() })
}

fn table_record(table: &Table) -> Value {
    let columns = table.columns.iter().map(
        |column| json!({"name": column.name, "type": column.kind.name(), "field_path": column.path.as_ref().map(|path| path.join("."))}),
    );
    json!({"name": table.name, "description": table.about, "row_count": table.rows.len(), "columns": columns.collect::<Vec<_>>()})
}

async fn search(_: Caller, store: Store, call: SearchSql) -> Reply<SqlRows> {
    check_text("query", &call.query, MAX_QUERY)?;
    let limit = call.result_limit.unwrap_or(DEFAULT_ROWS);
    if !(1..=MOST_ROWS).contains(&limit) {
        return Err(Refusal::argument(["body", "result_limit"], format!("Input should be from 1 to {MOST_ROWS}"), "value_error"));
    }
    let place = PLACES.acquire().await.map_err(Refusal::internal)?;
    let tables = read(&store, &call.index_id, call.index_ids, call.run_ids).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let (done, answer) = oneshot::channel();
    // A query may take its time, so it has a thread of its own, and its place until it ends, also if nobody waits for it.
    let run = move || {
        let _place = place;
        drop(done.send(query::run(&tables, &call.query, most)));
    };
    thread::Builder::new().name("playground-query".into()).stack_size(STACK).spawn(run).map_err(Refusal::internal)?;
    let found = answer.await.map_err(Refusal::internal)??;
    Ok(SqlRows {
        rows: found.rows,
        row_context: Some(json!({"columns": found.columns})),
        truncated: found.truncated,
        applied_result_limit: Some(limit),
    })
}

async fn write(_: Caller, store: Store, call: WriteSql) -> Reply<SqlDraft> {
    check_text("instruction", &call.instruction, 4000)?;
    let tables = read(&store, &call.index_id, None, None).await?;
    let existing = call.existing_query.as_deref().map(str::trim).filter(|query| !query.is_empty());
    Ok(SqlDraft {
        query: draft::draft(&tables, &call.instruction, existing),
        note: Some("The playground drafts by simple rules; no model speaks here. Read the query before you run it.".into()),
    })
}

fn check_text(member: &'static str, text: &str, most: usize) -> Reply<()> {
    if text.trim().is_empty() || text.chars().count() > most {
        return Err(Refusal::argument(["body", member], format!("Give 1 to {most} characters"), "value_error"));
    }
    Ok(())
}

/// The tables of a scope, as of now.
async fn read(store: &Store, index_id: &IndexId, index_ids: Option<Vec<IndexId>>, run_ids: Option<Vec<RunId>>) -> Reply<Vec<Table>> {
    let index_id = index_id.to_string();
    let texts = |ids: Vec<String>| (!ids.is_empty()).then_some(ids);
    let index_ids = index_ids.and_then(|ids| texts(ids.iter().map(ToString::to_string).collect()));
    let run_ids = run_ids.and_then(|ids| texts(ids.iter().map(ToString::to_string).collect()));
    store
        .read(move |connection| {
            let now = now();
            settle::before_reading(connection, now);
            let scope = Scope::read(connection, now, &index_id, index_ids.as_deref(), run_ids.as_deref())?;
            Ok(tables::tables(&scope))
        })
        .await
}

/// Calls that take more than the parameters of their paths.
#[cfg(test)]
pub const SAMPLES: super::tests::round_trip::Samples = &[
    ("POST /search/sql/{index_id}", r#"{"query": "TEXT", "run_ids": ["ID"], "index_ids": ["ID"], "result_limit": 2000}"#),
    ("POST /search/sql/{index_id}/generate", r#"{"instruction": "TEXT", "existing_query": "TEXT"}"#),
];
