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
/// How many searches are remembered. Each answer is large, and to search again costs nothing.
const MOST_SEARCHES: u32 = 100;

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

/// Stores the first answer, and deletes keys that are too old, and all but the newest searches.
pub fn remember(tx: &Transaction<'_>, repeat: &Repeat, answer: &[u8]) -> Result<(), Refusal> {
    let now = now();
    tx.prepare_cached("DELETE FROM repeats WHERE created_at <= ?1")?.execute([now - KEPT])?;
    tx.prepare_cached(
        "INSERT INTO repeats (account, idempotency_key, fingerprint, answer, created_at, searches) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![repeat.account, repeat.key, repeat.fingerprint, answer, now, repeat.searches])?;
    if repeat.searches {
        tx.prepare_cached(
            "DELETE FROM repeats WHERE searches AND created_at <=
             (SELECT created_at FROM repeats WHERE searches ORDER BY created_at DESC LIMIT 1 OFFSET ?1)",
        )?
        .execute([MOST_SEARCHES])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_searches_are_remembered() {
        let mut connection = Connection::open_in_memory().unwrap();
        for script in [include_str!("schema/001_accounts.sql"), include_str!("schema/007_searches_repeated.sql")] {
            connection.execute_batch(script).unwrap();
        }
        let tx = connection.transaction().unwrap();
        let repeat = |key: String, searches| Repeat { account: "a", key, fingerprint: Vec::new(), searches };
        remember(&tx, &repeat("write".into(), false), b"{}").unwrap();
        for at in 0..150 {
            remember(&tx, &repeat(format!("search {at}"), true), b"{}").unwrap();
            tx.execute("UPDATE repeats SET created_at = created_at - 1", []).unwrap();
        }
        let kept: u32 = tx.query_row("SELECT count(*) FROM repeats", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, MOST_SEARCHES + 1);
        assert!(recall(&tx, &repeat("write".into(), false)).unwrap().is_some());
    }
}
