//! SQL search: `tables` makes tables of what runs extracted, `query` runs a query over a copy of them, `child` does so in a process of its
//! own, and `draft` writes queries by rules.
//!
//! Nobody knows the tables of the API. Here each prompt has one, with a row per segment and a column per field of its schema, and a second
//! one with a row per video if it asks for results of whole videos. `videos` and `runs` say what is behind the ids.

mod child;
mod draft;
mod functions;
mod query;
mod tables;

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use self::tables::Table;
use super::{
    Refusal,
    auth::Caller,
    mount::{Mount, Reply},
    search::Scope,
    service::Service,
    store::{Store, settle},
    time::now,
};
use crate::api::{
    ids::{IndexId, RunId},
    sql::{ListSqlTables, MAX_QUERY, MOST_ROWS, SearchSql, SqlCatalog, SqlDraft, SqlRows, WriteSql},
};

pub use self::child::{ARGUMENT, answer};

/// How many rows come back if the call does not say.
const DEFAULT_ROWS: u32 = 100;
/// What a draft says of itself: a new one, and one that began with a query.
const RULES: &str = "The playground drafts by simple rules; no model speaks here. Read the query before you run it.";
const RULES_CHANGE_NOTHING: &str =
    "The playground drafts by simple rules and cannot change a query; it only limits its rows if the words say so.";
/// How many queries run at a time in this process. The others wait.
static PLACES: Semaphore = Semaphore::const_new(2);

/// Mounts the operations of the SQL search.
pub fn mount(mount: Mount) -> Mount {
    mount.read(list_tables).searching_nothing().about(search).read(write).searching_nothing()
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

async fn search(service: Arc<Service>, _: Caller, call: SearchSql) -> Reply<SqlRows> {
    check_text("query", &call.query, MAX_QUERY)?;
    let limit = call.result_limit.unwrap_or(DEFAULT_ROWS);
    if !(1..=MOST_ROWS).contains(&limit) {
        return Err(Refusal::argument(["body", "result_limit"], format!("Input should be from 1 to {MOST_ROWS}"), "value_error"));
    }
    let place = PLACES.acquire().await.map_err(Refusal::internal)?;
    let tables = read(&service.store, &call.index_id, call.index_ids, call.run_ids).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let found = if let Some(program) = &service.program {
        child::run(program, &tables, call.query, most).await?
    } else {
        // It keeps its place until it ends, also if nobody waits for it.
        let run = move || {
            let _place = place;
            child::run_here(tables, call.query, most)
        };
        tokio::task::spawn_blocking(run).await.map_err(Refusal::internal)??
    };
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
        note: Some(if existing.is_some() { RULES_CHANGE_NOTHING } else { RULES }.into()),
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
