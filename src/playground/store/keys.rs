//! API keys. They are made of random bytes. The store keeps only a hash of each and finds a key by its hash.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{facts, json};
use crate::{
    api::{
        Scope, Scopes,
        keys::{Key, KeyWithSecret, RotatedKey, Secret},
    },
    playground::{
        Refusal, random,
        time::{now, rfc3339},
    },
};

/// How many characters of a secret stay visible: the fixed start, and four that tell keys apart.
const PREFIX_CHARS: usize = "sk_live_".len() + 4;
const SECRET_BYTES: usize = 24;
const START_KEY_FACT: &str = "start_key_id";
const START_KEY_NAME: &str = "playground start key";
const COLUMNS: &str = "key_id, prefix, name, scopes, created_at, last_used_at, revoked_at, expires_at";

/// The result of looking up a secret.
pub enum Verdict {
    /// A live key.
    Live {
        /// Its public id.
        key_id: String,
        /// Its scopes, as listed.
        scopes: Scopes,
    },
    /// A key that somebody revoked or replaced.
    Revoked,
    /// A key that has expired.
    Expired,
    /// No key of this store.
    Unknown,
}

/// Looks up a secret. The search by hash leaks nothing through its timing, because a caller cannot choose hashes.
pub fn judge(connection: &Connection, secret: &str) -> Result<Verdict, Refusal> {
    let hash = random::sha256(secret.as_bytes());
    let found =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM api_keys WHERE hash = ?1"))?.query_row([hash], read).optional()?;
    Ok(match found {
        None => Verdict::Unknown,
        Some(record) if record.revoked_at.is_some() => Verdict::Revoked,
        Some(record) if !record.is_active(now()) => Verdict::Expired,
        Some(record) => Verdict::Live { scopes: record.scopes.into_iter().collect(), key_id: record.key_id },
    })
}

/// Makes a key. `expires_at` is in milliseconds since 1970.
pub fn create(tx: &Transaction<'_>, name: &str, scopes: &[Scope], expires_at: Option<i64>) -> Result<KeyWithSecret, Refusal> {
    let secret = format!("sk_live_{}", random::hex(SECRET_BYTES)?);
    let record = Record {
        key_id: random::id("key_")?,
        prefix: secret.chars().take(PREFIX_CHARS).collect(),
        name: name.to_owned(),
        scopes: scopes.to_vec(),
        created_at: now(),
        last_used_at: None,
        revoked_at: None,
        expires_at,
    };
    tx.prepare_cached(
        "INSERT INTO api_keys (key_id, hash, prefix, name, scopes, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        record.key_id,
        random::sha256(secret.as_bytes()),
        record.prefix,
        record.name,
        serde_json::to_string(&record.scopes)?,
        record.created_at,
        record.expires_at
    ])?;
    Ok(with_secret(record.into_wire(now()), Secret(secret)))
}

/// All keys, oldest first, revoked ones included.
pub fn list(connection: &Connection) -> Result<Vec<Key>, Refusal> {
    let now = now();
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM api_keys ORDER BY position"))?;
    let rows = statement.query_map([], read)?;
    rows.map(|row| Ok(row?.into_wire(now))).collect()
}

/// One key.
pub fn get(connection: &Connection, key_id: &str) -> Result<Key, Refusal> {
    Ok(find(connection, key_id)?.into_wire(now()))
}

/// Whether a key can still be used.
pub fn is_live(connection: &Connection, key_id: &str) -> Result<bool, Refusal> {
    let found = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM api_keys WHERE key_id = ?1"))?.query_row([key_id], read);
    Ok(found.optional()?.is_some_and(|key| key.is_active(now())))
}

/// Revokes a key. A second call changes nothing.
pub fn revoke(tx: &Transaction<'_>, key_id: &str) -> Result<Key, Refusal> {
    tx.prepare_cached("UPDATE api_keys SET revoked_at = ?2 WHERE key_id = ?1 AND revoked_at IS NULL")?.execute(params![key_id, now()])?;
    get(tx, key_id)
}

/// Replaces a live key by a new one with the same name, scopes and expiry. Refuses with 409 if the key no longer works.
pub fn rotate(tx: &Transaction<'_>, key_id: &str) -> Result<RotatedKey, Refusal> {
    let old = find(tx, key_id)?;
    if old.revoked_at.is_some() {
        return Err(Refusal::conflict("api_key_revoked", "This key was revoked and cannot be rotated; create a new key."));
    }
    if !old.is_active(now()) {
        return Err(Refusal::conflict("api_key_expired", "This key has expired and cannot be rotated; create a new key."));
    }
    // In this order, so that the new key is never older than the end of the old one, by which its owner knows it for the successor.
    revoke(tx, key_id)?;
    let new_key = create(tx, &old.name, &old.scopes, old.expires_at)?;
    Ok(RotatedKey { old_key_id: old.key_id, new_key })
}

/// Removes a key for good.
pub fn delete(tx: &Transaction<'_>, key_id: &str) -> Result<(), Refusal> {
    match tx.prepare_cached("DELETE FROM api_keys WHERE key_id = ?1")?.execute([key_id])? {
        0 => Err(Refusal::not_found("api_key")),
        _ => Ok(()),
    }
}

/// Makes the key of this start and removes the key of the last start.
pub fn start(tx: &Transaction<'_>, scopes: Scopes) -> Result<KeyWithSecret, Refusal> {
    if let Some(last) = facts::get(tx, START_KEY_FACT)? {
        // Somebody may have deleted the last key already.
        tx.prepare_cached("DELETE FROM api_keys WHERE key_id = ?1")?.execute([last])?;
    }
    let key = create(tx, START_KEY_NAME, &scopes.iter().collect::<Vec<_>>(), None)?;
    facts::set(tx, START_KEY_FACT, &key.key_id)?;
    Ok(key)
}

/// The active key with the fewest rights that can read. Among equals it is the oldest.
pub fn least_reader(connection: &Connection) -> Result<Option<Key>, Refusal> {
    let readers = list(connection)?.into_iter().filter(|key| key.is_active && key.scopes.iter().any(|scope| scope.implies(Scope::Read)));
    Ok(readers.min_by_key(|key| key.scopes.iter().max().copied()))
}

struct Record {
    key_id: String,
    prefix: String,
    name: String,
    scopes: Vec<Scope>,
    created_at: i64,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
    expires_at: Option<i64>,
}

impl Record {
    fn is_active(&self, now: i64) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    fn into_wire(self, now: i64) -> Key {
        Key {
            is_active: self.is_active(now),
            key_id: self.key_id,
            key_prefix: self.prefix,
            name: self.name,
            scopes: self.scopes,
            created_at: Some(rfc3339(self.created_at)),
            last_used_at: self.last_used_at.map(rfc3339),
            revoked_at: self.revoked_at.map(rfc3339),
            expires_at: self.expires_at.map(rfc3339),
        }
    }
}

fn find(connection: &Connection, key_id: &str) -> Result<Record, Refusal> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM api_keys WHERE key_id = ?1"))?
        .query_row([key_id], read)
        .optional()?
        .ok_or_else(|| Refusal::not_found("api_key"))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Record> {
    let scopes: String = row.get("scopes")?;
    let scopes =
        json::parse(&scopes).map_err(|error| rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, Box::new(error)))?;
    Ok(Record {
        key_id: row.get("key_id")?,
        prefix: row.get("prefix")?,
        name: row.get("name")?,
        scopes,
        created_at: row.get("created_at")?,
        last_used_at: row.get("last_used_at")?,
        revoked_at: row.get("revoked_at")?,
        expires_at: row.get("expires_at")?,
    })
}

fn with_secret(key: Key, secret: Secret) -> KeyWithSecret {
    KeyWithSecret {
        key_id: key.key_id,
        key_prefix: key.key_prefix,
        name: key.name,
        scopes: key.scopes,
        created_at: key.created_at,
        last_used_at: key.last_used_at,
        revoked_at: key.revoked_at,
        expires_at: key.expires_at,
        is_active: key.is_active,
        key: secret,
    }
}
