//! What a new store holds.

use rusqlite::Transaction;

use super::facts;
use crate::playground::{Refusal, cursor, random};

/// Fills a store that was just made, inside the transaction that made it.
pub fn seed(tx: &Transaction<'_>) -> Result<(), Refusal> {
    facts::set(tx, cursor::SECRET_FACT, &random::hex(32)?)?;
    crate::playground::seed::seed(tx)
}
