//! Runs one query that somebody else wrote.
//!
//! The query sees a copy of the published tables, in a database in memory that is made for it and thrown away. So it cannot reach keys or
//! other data of the playground whatever it says. An authoriser refuses everything but reading these tables with functions that only
//! compute. Limits of SQLite, a clock and our own limits bound time, texts and the answer, and `child` bounds its memory. Nothing can stop a
//! step that SQLite has begun, so the limits also keep each step short: `functions` are those that would not be.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rusqlite::{
    Batch, Connection, ErrorCode,
    config::DbConfig,
    fallible_iterator::FallibleIterator,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
    types::ValueRef,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{functions, tables::Table};
use crate::playground::Refusal;

/// How long a query may run.
const MOST_TIME: Duration = Duration::from_secs(2);
/// How often the clock is looked at, in steps of SQLite's machine.
const STEPS: i32 = 100;
/// The longest text or row inside of a query, in bytes.
const MOST_BYTES: u32 = 100_000;
/// The longest program that SQLite makes of a query, in steps. It looks at the clock only where the program goes back.
const MOST_PROGRAM: i32 = 25_000;
/// The longest text in the answer, in characters.
const MOST_CELL_CHARS: usize = 20_000;
/// The longest answer, in bytes.
const MOST_ANSWER: usize = 4 << 20;

/// Table functions that only take a value apart.
const TABLE_FUNCTIONS: [&str; 2] = ["json_each", "json_tree"];

/// The functions that a query may call. They only compute, and none takes long over texts of [`MOST_BYTES`].
const FUNCTIONS: &str = " -> ->> abs avg cast ceil ceiling char coalesce concat concat_ws count cume_dist current_date current_time \
     current_timestamp date datetime dense_rank first_value floor format glob group_concat hex if ifnull iif instr json json_array \
     json_array_length json_error_position json_extract json_group_array json_group_object json_insert json_object json_pretty \
     json_quote json_remove json_replace json_set json_type json_valid julianday lag last_value lead length like likelihood likely lower \
     ltrim max median min mod nth_value ntile nullif octet_length percent_rank percentile printf quote rank replace round row_number rtrim \
     sign sqrt strftime string_agg substr substring subtype sum time timediff total trim trunc typeof unicode unixepoch \
     unlikely upper ";

/// What a query found.
#[derive(Serialize, Deserialize)]
pub struct Found {
    /// The names of the columns. No two are the same.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Map<String, Value>>,
    /// Whether there are more.
    pub truncated: bool,
}

/// What the authoriser refused, in words.
type Refused = Arc<Mutex<Option<String>>>;

/// Runs a query over the tables.
pub fn run(tables: &[Table], sql: &str, most: usize) -> Result<Found, Refusal> {
    let mut connection = copy(tables, sql)?;
    let refused = guard(&mut connection, tables)?;
    let problem = |error: rusqlite::Error| problem(&error, tables, sql, &refused);
    let mut statements = Batch::new(&connection, sql);
    let mut statement = statements.next().map_err(problem)?.ok_or_else(|| invalid("There is no statement in the query."))?;
    // The rest is prepared, too, so that a second statement is refused for what it is.
    if statements.next().map_err(problem)?.is_some() {
        return Err(invalid("The query has more than one statement; send one SELECT."));
    }
    if statement.column_count() == 0 || !statement.readonly() {
        return Err(not_allowed("This statement reads nothing; only SELECT is allowed."));
    }
    if statement.parameter_count() > 0 {
        return Err(invalid("The query has parameters (`?`, `:name`), and nothing fills them; write the values into it."));
    }
    let mut taken = HashSet::new();
    let columns: Vec<String> = statement.column_names().map(|name| super::tables::free(name, &mut taken)).collect();
    let mut found = Found { columns, rows: Vec::new(), truncated: false };
    let mut size = 0;
    let mut rows = statement.query([]).map_err(problem)?;
    while let Some(row) = rows.next().map_err(problem)? {
        if found.rows.len() == most || size > MOST_ANSWER {
            found.truncated = true;
            break;
        }
        let mut members = Map::new();
        for (place, name) in found.columns.iter().enumerate() {
            let value = json(row.get_ref(place).map_err(problem)?);
            size += name.len() + value.as_str().map_or(8, str::len);
            members.insert(name.clone(), value);
        }
        found.rows.push(members);
    }
    Ok(found)
}

/// A database in memory with the tables. Only tables whose names occur in the query have rows, since it cannot read the others.
fn copy(tables: &[Table], sql: &str) -> Result<Connection, Refusal> {
    let connection = Connection::open_in_memory()?;
    let sql = sql.to_lowercase();
    for table in tables {
        let columns: Vec<String> = table.columns.iter().map(|column| format!("\"{}\" {}", column.name, column.kind.name())).collect();
        connection.execute_batch(&format!("CREATE TABLE \"{}\" ({})", table.name, columns.join(", ")))?;
        if sql.contains(&table.name) {
            let places = vec!["?"; table.columns.len()].join(", ");
            let mut insert = connection.prepare(&format!("INSERT INTO \"{}\" VALUES ({places})", table.name))?;
            connection.execute_batch("BEGIN")?;
            for row in &table.rows {
                insert.execute(rusqlite::params_from_iter(row))?;
            }
            connection.execute_batch("COMMIT")?;
        }
    }
    Ok(connection)
}

/// Closes the database for everything but reading.
fn guard(connection: &mut Connection, tables: &[Table]) -> Result<Refused, Refusal> {
    connection.pragma_update(None, "query_only", true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Otherwise a misspelt name in double quotes would be a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, MOST_BYTES.cast_signed()),
        (Limit::SQLITE_LIMIT_VDBE_OP, MOST_PROGRAM),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 200),
        (Limit::SQLITE_LIMIT_COLUMN, 300),
    ] {
        connection.set_limit(limit, most)?;
    }
    let end = Instant::now() + MOST_TIME;
    functions::add(connection, end, MOST_BYTES as usize)?;
    connection.progress_handler(STEPS, Some(move || Instant::now() > end))?;
    let names: HashSet<String> = tables.iter().map(|table| table.name.clone()).collect();
    let refused = Refused::default();
    let told = Arc::clone(&refused);
    connection.authorizer(Some(move |context: AuthContext<'_>| match judge(&names, &context.action) {
        Ok(()) => Authorization::Allow,
        Err(reason) => {
            told.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
            Authorization::Deny
        }
    }))?;
    Ok(refused)
}

/// Whether a query may do this. If not, says why.
fn judge(names: &HashSet<String>, action: &AuthAction<'_>) -> Result<(), String> {
    match action {
        AuthAction::Select | AuthAction::Recursive => Ok(()),
        AuthAction::Read { table_name, column_name } => {
            let name = table_name.to_lowercase();
            // A part of the query that has a name is read like this if only its rows are counted.
            let is_part = column_name.is_empty() && !["sqlite_", "pragma_"].iter().any(|start| name.starts_with(start));
            let known = names.contains(&name) || TABLE_FUNCTIONS.contains(&name.as_str()) || is_part;
            if known { Ok(()) } else { Err(format!("The table `{table_name}` cannot be read. Tables: {}.", listed(names.iter()))) }
        }
        AuthAction::Function { function_name } => {
            let known = FUNCTIONS.contains(&format!(" {} ", function_name.to_lowercase()));
            if known { Ok(()) } else { Err(format!("The function `{function_name}` cannot be used here.")) }
        }
        _ => Err("Only one SELECT is allowed: no changes, no new tables, no PRAGMA, no ATTACH, no transactions.".to_owned()),
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_unstable();
    names.join(", ")
}

fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Blob(bytes) => format!("[{} bytes]", bytes.len()).into(),
        ValueRef::Text(bytes) => {
            let mut text = String::from_utf8_lossy(bytes).into_owned();
            if let Some((cut, _)) = text.char_indices().nth(MOST_CELL_CHARS) {
                text.truncate(cut);
                text.push('…');
            }
            text.into()
        }
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::bad_request("sql_query_invalid", message)
}

fn not_allowed(message: impl Into<String>) -> Refusal {
    Refusal::bad_request("sql_query_not_allowed", message)
}

/// What went wrong, with the names that the query could have meant.
fn problem(error: &rusqlite::Error, tables: &[Table], sql: &str, refused: &Refused) -> Refusal {
    if let Some(reason) = refused.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return not_allowed(reason);
    }
    let said = match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => {
            let message = format!("The query took longer than {} seconds and was stopped.", MOST_TIME.as_secs());
            return Refusal::bad_request("sql_query_too_slow", message);
        }
        Some(ErrorCode::TooBig) => {
            let message = format!("A text or a row of the query has more than {MOST_BYTES} bytes.");
            return Refusal::bad_request("sql_query_too_large", message);
        }
        // SQLite says the same of a program that is too long.
        Some(ErrorCode::OutOfMemory) => return Refusal::bad_request("sql_query_too_large", "The query needs too much memory."),
        _ => {}
    }
    let hint = if said.contains("no such column") || said.contains("ambiguous column") {
        let lower = sql.to_lowercase();
        let used: Vec<&Table> = tables.iter().filter(|table| lower.contains(&table.name)).collect();
        let columns = |table: &&Table| {
            format!("{} ({})", table.name, table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", "))
        };
        format!(" Columns: {}. A text stands in single quotes.", used.iter().map(columns).collect::<Vec<_>>().join("; "))
    } else if said.contains("no such table") {
        format!(" Tables: {}.", listed(tables.iter().map(|table| &table.name)))
    } else if said.contains("syntax error") {
        " A name that is also a word of SQL stands in double quotes.".to_owned()
    } else {
        String::new()
    };
    invalid(format!("{}.{hint}", said.trim_end_matches('.')))
}
