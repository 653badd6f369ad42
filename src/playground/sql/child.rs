//! Runs a query in a process of its own: this program once more, which reads the query and its tables, answers, and ends.
//!
//! SQLite writes the inner SELECTs of a query into the outer ones before it runs, so some hundred characters can take all memory. It bounds
//! memory for a whole process only. In a process of its own that bound meets the query alone, and never the store.

use std::{
    io::{Read, Write},
    path::Path,
    process::Stdio,
    thread,
    time::Duration,
};

use axum::http::StatusCode;
use rusqlite::{Connection, types::Value as Cell};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
};

use super::{
    query::{self, Found},
    tables::{Column, Kind, Table},
};
use crate::playground::{Refusal, media::NEEDED};

/// The only argument of the process. No command has this name.
pub const ARGUMENT: &str = "--run-one-sql-query-of-the-playground";
/// What SQLite may take of the memory of the process, in bytes.
const MOST_MEMORY: u32 = 256 << 20;
/// The stack of a query, in bytes. SQLite goes as deep as an expression does, and writes the inner SELECTs into the outer ones first: the
/// longest query becomes about as many levels deep as it has characters. Only what is used of it takes memory.
const STACK: usize = 64 << 20;
/// How long the process may take. It ends a query in a tenth of that; this is for one that does not end.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Serialize, Deserialize)]
struct Asked {
    tables: Vec<Given>,
    sql: String,
    most: usize,
}

/// A table, as far as a query needs it.
#[derive(Serialize, Deserialize)]
struct Given {
    name: String,
    columns: Vec<(String, Kind)>,
    rows: Vec<Vec<Value>>,
}

#[derive(Serialize, Deserialize)]
enum Answer {
    Found(Found),
    Refused { status: u16, code: String, message: String },
}

/// Runs a query over the tables in a process of this program. If nobody waits any more, the process is killed.
pub async fn run(program: &Path, tables: &[Table], sql: String, most: usize) -> Result<Found, Refusal> {
    let lower = sql.to_lowercase();
    let given = tables.iter().map(|table| Given {
        name: table.name.clone(),
        columns: table.columns.iter().map(|column| (column.name.clone(), column.kind)).collect(),
        // The query cannot read tables whose names do not occur in it.
        rows: if lower.contains(&table.name) { table.rows.iter().map(|row| row.iter().map(json).collect()).collect() } else { Vec::new() },
    });
    let asked = serde_json::to_vec(&Asked { tables: given.collect(), sql, most })?;
    let mut command = Command::new(program);
    command.env_clear().envs(NEEDED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let working = async {
        let mut child = command.spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(&asked).await?;
        }
        let mut answer = Vec::new();
        if let Some(mut output) = child.stdout.take() {
            output.read_to_end(&mut answer).await?;
        }
        child.wait().await.map(|_| answer)
    };
    let Ok(answer) = tokio::time::timeout(PATIENCE, working).await else {
        return Err(Refusal::bad_request("sql_query_too_slow", "The query took too long and was stopped."));
    };
    let answer = answer.map_err(|error| Refusal::internal(format!("the process of a query could not be run: {error}")))?;
    match serde_json::from_slice(&answer) {
        Ok(Answer::Found(found)) => Ok(found),
        Ok(Answer::Refused { status, code, message }) => {
            Err(Refusal::new(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), code, message))
        }
        // The system ended it in the middle.
        Err(_) => Err(Refusal::bad_request("sql_query_too_large", "The query needs too much memory.")),
    }
}

/// Runs a query over the tables on a thread of this process. Its memory has no bound.
pub fn run_here(tables: Vec<Table>, sql: String, most: usize) -> Result<Found, Refusal> {
    let run = move || query::run(&tables, &sql, most);
    let running = thread::Builder::new().name("playground-query".into()).stack_size(STACK).spawn(run).map_err(Refusal::internal)?;
    running.join().unwrap_or_else(|_| Err(Refusal::internal("a query panicked")))
}

/// What the process of a query does: reads what is asked, and writes the answer.
pub fn answer(mut asked: impl Read, mut answer: impl Write) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    asked.read_to_end(&mut bytes)?;
    let found = bound().and_then(|()| Ok(serde_json::from_slice(&bytes)?)).and_then(|asked: Asked| {
        let tables = asked.tables.into_iter().map(|given| Table {
            name: given.name,
            about: String::new(),
            columns: given.columns.into_iter().map(|(name, kind)| Column { name, kind, path: None }).collect(),
            rows: given.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect(),
        });
        run_here(tables.collect(), asked.sql, asked.most)
    });
    let found = found.map_or_else(
        |refusal| {
            let body = refusal.body("", String::new());
            let code = body.pointer("/error/code").and_then(Value::as_str).unwrap_or_default().to_owned();
            Answer::Refused { status: refusal.status.as_u16(), code, message: refusal.message().to_owned() }
        },
        Answer::Found,
    );
    serde_json::to_writer(&mut answer, &found)?;
    answer.flush()
}

/// Bounds the memory of SQLite in this process, for good.
fn bound() -> Result<(), Refusal> {
    let bound = format!("PRAGMA hard_heap_limit = {MOST_MEMORY}");
    Ok(Connection::open_in_memory()?.query_row(&bound, [], |_| Ok(()))?)
}

fn json(cell: &Cell) -> Value {
    match cell {
        Cell::Null | Cell::Blob(_) => Value::Null,
        Cell::Integer(number) => (*number).into(),
        Cell::Real(number) => (*number).into(),
        Cell::Text(text) => text.as_str().into(),
    }
}

fn cell(value: Value) -> Cell {
    match value {
        Value::String(text) => Cell::Text(text),
        Value::Number(number) => number.as_i64().map_or_else(|| number.as_f64().map_or(Cell::Null, Cell::Real), Cell::Integer),
        _ => Cell::Null,
    }
}
