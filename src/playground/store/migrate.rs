//! Migrations of the store. SQLite's `user_version` holds the version.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::facts;
use crate::playground::{Error, Refusal, cursor, random};

/// Each script raises the version of a store by one. Never edit a script that was released.
const SCRIPTS: &[&str] = &[
    include_str!("schema/001_accounts.sql"),
    include_str!("schema/002_media.sql"),
    include_str!("schema/003_records.sql"),
    include_str!("schema/004_added_media.sql"),
    include_str!("schema/005_records_by_state.sql"),
    include_str!("schema/006_unindexed_runs.sql"),
    include_str!("schema/007_searches_repeated.sql"),
];

/// Why a store could not be brought up to date.
pub enum Failure {
    /// The store has a version that this program does not know.
    Newer { found: i64, known: i64 },
    /// SQLite failed, or the first content could not be written.
    Other(Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Other(Error::Prepare(refusal.to_string()))
    }
}

/// Writes what a new store holds.
pub type Fill = fn(&Transaction<'_>) -> Result<(), Refusal>;

/// Migrates a store to the newest version, and fills a new one. All of it is one transaction, so no store is left half made.
pub fn migrate(connection: &mut Connection, fill: Fill) -> Result<(), Failure> {
    connection.pragma_update(None, "foreign_keys", true)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(SCRIPTS.len()).unwrap_or(i64::MAX);
    let Some(done) = usize::try_from(found).ok().filter(|&done| done <= SCRIPTS.len()) else {
        return Err(Failure::Newer { found, known });
    };
    for script in SCRIPTS.iter().skip(done) {
        transaction.execute_batch(script)?;
    }
    if found == 0 {
        facts::set(&transaction, cursor::SECRET_FACT, &random::hex(32).map_err(Refusal::from)?)?;
        fill(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}
