//! The calls that manage API keys. All of them take a session token; an API key cannot manage keys.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use super::{Access, Body, Scope, endpoint, ids::KeyId, null_as_default, page::Rows};

/// Creates a key. The API shows its secret in this answer only.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreateKey {
    /// 1 to 100 characters.
    pub name: String,
    /// The scopes granted; the API's default is `read` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// 1 to 365; absent means that the key never expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_days: Option<u32>,
}

endpoint!(CreateKey, Post, "/api-keys", Access::Session, KeyWithSecret);

/// Lists all keys of the account, masked, revoked ones included.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListKeys {}

endpoint!(ListKeys, Get, "/api-keys", Access::Session, Rows<Key>);

/// Reads one key, masked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetKey {
    /// The key.
    pub key_id: KeyId,
}

endpoint!(GetKey, Get, "/api-keys/{key_id}", Access::Session, Key);

/// Removes a key for good.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeleteKey {
    /// The key.
    pub key_id: KeyId,
}

endpoint!(DeleteKey, Delete, "/api-keys/{key_id}", Access::Session, Message);

/// Makes a key inactive; it stays listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RevokeKey {
    /// The key.
    pub key_id: KeyId,
}

endpoint!(RevokeKey, Post, "/api-keys/{key_id}/revoke", Access::Session, Key, BODY = Body::Nothing);

/// Issues a new key and revokes the old one in the same call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RotateKey {
    /// The key that is to be replaced.
    pub key_id: KeyId,
}

endpoint!(RotateKey, Post, "/api-keys/{key_id}/rotate", Access::Session, RotatedKey, BODY = Body::Nothing);

/// A key without its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Key {
    pub key_id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub key_prefix: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub name: String,
    #[serde(default, deserialize_with = "known_scopes")]
    pub scopes: Vec<Scope>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub last_used_at: Option<String>,
    #[serde(default)]
    pub revoked_at: Option<String>,
    #[serde(default)]
    pub expires_at: Option<String>,
    #[serde(default = "unless_told", deserialize_with = "null_unless_told")]
    pub is_active: bool,
}

/// Reads the scopes that we know, and skips other words. A new word must not make us lose a secret that the API shows only once.
fn known_scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Scope>, D::Error> {
    let words: Vec<String> = unless_odd(deserializer)?;
    Ok(words.iter().filter_map(|word| word.parse().ok()).collect())
}

/// A key counts as active if its record does not say. Then its other members tell whether it was revoked or has expired.
fn unless_told() -> bool {
    true
}

fn null_unless_told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_else(unless_told))
}

/// The secret of a key. `Debug` does not print it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Reads a member that is not needed. One of another type reads as absent: nothing may cost a secret that the API shows only once.
fn unless_odd<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Member<T> {
        Known(T),
        Odd(IgnoredAny),
    }
    Ok(match Member::deserialize(deserializer)? {
        Member::Known(value) => value,
        Member::Odd(IgnoredAny) => T::default(),
    })
}

fn odd_unless_told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(unless_odd::<D, Option<bool>>(deserializer)?.unwrap_or_else(unless_told))
}

/// A key with its secret, shown once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct KeyWithSecret {
    pub key_id: String,
    #[serde(default, deserialize_with = "unless_odd")]
    pub key_prefix: String,
    #[serde(default, deserialize_with = "unless_odd")]
    pub name: String,
    #[serde(default, deserialize_with = "known_scopes")]
    pub scopes: Vec<Scope>,
    #[serde(default, deserialize_with = "unless_odd")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "unless_odd")]
    pub last_used_at: Option<String>,
    #[serde(default, deserialize_with = "unless_odd")]
    pub revoked_at: Option<String>,
    #[serde(default, deserialize_with = "unless_odd")]
    pub expires_at: Option<String>,
    #[serde(default = "unless_told", deserialize_with = "odd_unless_told")]
    pub is_active: bool,
    pub key: Secret,
}

/// The answer to a rotation. The official SDK also reads a new key without the object around it, so we do too.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Rotation")]
pub struct RotatedKey {
    /// The key that no longer works. Empty if the answer does not name it.
    pub old_key_id: String,
    /// Its successor, with the secret.
    pub new_key: KeyWithSecret,
}

/// Both forms that the answer to a rotation may have.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rotation {
    Wrapped {
        #[serde(default, deserialize_with = "unless_odd")]
        old_key_id: String,
        new_key: KeyWithSecret,
    },
    Bare(KeyWithSecret),
}

impl From<Rotation> for RotatedKey {
    fn from(rotation: Rotation) -> Self {
        match rotation {
            Rotation::Wrapped { old_key_id, new_key } => Self { old_key_id, new_key },
            Rotation::Bare(new_key) => Self { old_key_id: String::new(), new_key },
        }
    }
}

/// An answer that only says that something was done.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    /// What was done. For some calls, any object is such an answer.
    #[serde(deserialize_with = "null_as_default")]
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_any_form_that_may_hold_it() {
        let bare = r#"{"key_id": "k", "key": "s", "scopes": ["read", "of another day"], "name": null}"#;
        let wrapped = format!(r#"{{"old_key_id": "o", "new_key": {bare}}}"#);
        for (text, old) in [(bare, ""), (&wrapped, "o")] {
            let rotated: RotatedKey = serde_json::from_str(text).unwrap();
            let RotatedKey { old_key_id, new_key } = rotated;
            assert_eq!((old_key_id.as_str(), new_key.key.0.as_str(), new_key.scopes.as_slice()), (old, "s", [Scope::Read].as_slice()));
            assert!(new_key.is_active);
        }
        for odd in ["null", "7", "{}", "[1]"] {
            let made = format!(
                r#"{{"key_id": "k", "key": "s", "is_active": {odd}, "scopes": {odd}, "created_at": {odd}, "name": {odd}, "expires_at": {odd}}}"#
            );
            let made: KeyWithSecret = serde_json::from_str(&made).unwrap_or_else(|error| panic!("{odd}: {error}"));
            assert_eq!((made.key.0.as_str(), made.is_active, made.expires_at), ("s", true, None), "{odd}");
            let rotated = format!(r#"{{"old_key_id": {odd}, "new_key": {bare}}}"#);
            assert!(serde_json::from_str::<RotatedKey>(&rotated).is_ok(), "{odd}");
        }
    }
}
