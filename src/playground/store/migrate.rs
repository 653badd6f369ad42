//! Versions of the store, counted in SQLite's `user_version`.

use rusqlite::{Connection, TransactionBehavior};

use super::seed;
use crate::playground::{Error, Refusal};

/// Each script takes a store one version up. Scripts that were released are never edited.
const SCRIPTS: &[&str] = &[include_str!("schema/001_accounts.sql"), include_str!("schema/002_media.sql")];

/// Why a store could not be brought up to date.
pub enum Failure {
    /// It is of a version this program does not know.
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

/// Brings a store to the newest version and fills a new one, all in one transaction: a store is never half made.
pub fn migrate(connection: &mut Connection) -> Result<(), Failure> {
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
        seed::seed(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}
