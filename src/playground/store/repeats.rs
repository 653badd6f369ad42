//! Requests with an idempotency key, and their first answers.
//!
//! The answer is stored in the same transaction as the effect of the request. So after a crash both are there or neither is.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use serde_json::Value;

use crate::{
    api::{Method, problem::code},
    playground::{
        Refusal, random,
        time::{DAY, now},
    },
};

/// How long an idempotency key is remembered.
const KEPT: i64 = DAY;

/// An idempotency key that a caller sent.
pub struct Given {
    /// The account that sent the request. Keys of different accounts are independent.
    pub account: &'static str,
    /// The key.
    pub key: String,
    /// Whether the request counts as a search if it is carried out.
    pub searches: bool,
}

/// A request that must be carried out only once.
pub struct Repeat {
    /// The account that sent the request.
    pub account: &'static str,
    /// The caller's idempotency key.
    pub key: String,
    /// The same for two requests exactly if they ask for the same.
    pub fingerprint: Vec<u8>,
    /// Whether the request counts as a search if it is carried out.
    pub searches: bool,
}

impl Given {
    /// The request that the key stands for: an endpoint and its arguments, path parameters included. The order of members does not matter.
    pub fn repeat(self, method: Method, path: &str, meant: &Value) -> Repeat {
        let text = format!("{}\n{path}\n{}", method.as_str(), sorted(meant));
        Repeat { account: self.account, key: self.key, fingerprint: random::sha256(text.as_bytes()), searches: self.searches }
    }
}

/// The value, with the members of all objects sorted by name.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// The first answer, if the request was carried out before. Refuses with 409 if its key belongs to another request.
pub fn recall(tx: &Connection, repeat: &Repeat) -> Result<Option<Vec<u8>>, Refusal> {
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

/// Forgets the request that made this webhook, so that the same request is carried out again. The key may stand for another request by
/// now, and that one stays remembered.
pub fn forget(tx: &Transaction<'_>, account: &str, key: &str, webhook_id: &str) -> Result<(), Refusal> {
    tx.prepare_cached(
        "DELETE FROM repeats
         WHERE account = ?1 AND idempotency_key = ?2 AND json_extract(CAST(answer AS TEXT), '$.webhook_id') = ?3",
    )?
    .execute([account, key, webhook_id])?;
    Ok(())
}

/// Stores the first answer, and deletes keys that are too old.
pub fn remember(tx: &Transaction<'_>, repeat: &Repeat, answer: &[u8]) -> Result<(), Refusal> {
    let now = now();
    tx.prepare_cached("DELETE FROM repeats WHERE created_at <= ?1")?.execute([now - KEPT])?;
    tx.prepare_cached("INSERT INTO repeats (account, idempotency_key, fingerprint, answer, created_at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![repeat.account, repeat.key, repeat.fingerprint, answer, now])?;
    Ok(())
}
