//! Requests that carried an idempotency key, and their first answers.
//!
//! The answer is written in the transaction of its effect, so that after a crash either both are there or neither.

use rusqlite::{OptionalExtension, Transaction, params};

use crate::{
    api::problem::code,
    playground::{
        Refusal,
        time::{DAY, now},
    },
};

/// How long an idempotency key is remembered.
const KEPT: i64 = DAY;

/// A request that must be carried out once only.
pub struct Repeat {
    /// Whose request it is; keys of different accounts do not meet.
    pub account: String,
    /// The caller's idempotency key.
    pub key: String,
    /// SHA-256 over method, path and body.
    pub fingerprint: Vec<u8>,
}

/// The first answer, if the request was carried out before; 409 if its key belongs to another request.
pub fn recall(tx: &Transaction<'_>, repeat: &Repeat) -> Result<Option<Vec<u8>>, Refusal> {
    let found: Option<(Vec<u8>, Vec<u8>)> = tx
        .prepare_cached("SELECT fingerprint, answer FROM repeats WHERE account = ?1 AND idempotency_key = ?2 AND created_at > ?3")?
        .query_row(params![repeat.account, repeat.key, now() - KEPT], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        None => Ok(None),
        Some((fingerprint, answer)) if fingerprint == repeat.fingerprint => Ok(Some(answer)),
        Some(_) => {
            let message = "This idempotency key was used for another request; use a new key for a new request.";
            Err(Refusal::conflict(code::IDEMPOTENCY_MISMATCH, message))
        }
    }
}

/// Keeps the first answer, and forgets keys that are too old.
pub fn remember(tx: &Transaction<'_>, repeat: &Repeat, answer: &[u8]) -> Result<(), Refusal> {
    let now = now();
    tx.prepare_cached("DELETE FROM repeats WHERE created_at <= ?1")?.execute([now - KEPT])?;
    tx.prepare_cached("INSERT INTO repeats (account, idempotency_key, fingerprint, answer, created_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![repeat.account, repeat.key, repeat.fingerprint, answer, now])?;
    Ok(())
}
