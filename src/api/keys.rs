//! Life of API keys. All of it takes a session token; an API key cannot manage keys.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Access, Endpoint, Method, Scope, ids::KeyId, page::Rows};

/// Creates a key. The answer is the only time that its secret is shown.
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

impl Endpoint for CreateKey {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api-keys";
    const ACCESS: Access = Access::Session;
    type Output = KeyWithSecret;
}

/// Lists all keys of the account, masked, revoked ones included.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListKeys {}

impl Endpoint for ListKeys {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api-keys";
    const ACCESS: Access = Access::Session;
    type Output = Rows<Key>;
}

/// Reads one key, masked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetKey {
    /// The key.
    pub key_id: KeyId,
}

impl Endpoint for GetKey {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api-keys/{key_id}";
    const ACCESS: Access = Access::Session;
    type Output = Key;
}

/// Removes a key for good.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeleteKey {
    /// The key.
    pub key_id: KeyId,
}

impl Endpoint for DeleteKey {
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api-keys/{key_id}";
    const ACCESS: Access = Access::Session;
    type Output = Message;
}

/// Makes a key inactive; it stays listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RevokeKey {
    /// The key.
    pub key_id: KeyId,
}

impl Endpoint for RevokeKey {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api-keys/{key_id}/revoke";
    const ACCESS: Access = Access::Session;
    const BODILESS: bool = true;
    type Output = Key;
}

/// Issues a new key and revokes the old one in the same call.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RotateKey {
    /// The key that is to be replaced.
    pub key_id: KeyId,
}

impl Endpoint for RotateKey {
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api-keys/{key_id}/rotate";
    const ACCESS: Access = Access::Session;
    const BODILESS: bool = true;
    type Output = RotatedKey;
}

/// A key without its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Key {
    pub key_id: String,
    pub key_prefix: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub last_used_at: Option<String>,
    #[serde(default)]
    pub revoked_at: Option<String>,
    #[serde(default)]
    pub expires_at: Option<String>,
    #[serde(default)]
    pub is_active: bool,
}

/// A secret on its way to the one who asked for it: not printed by `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A key with its secret, shown once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct KeyWithSecret {
    pub key_id: String,
    pub key_prefix: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub last_used_at: Option<String>,
    #[serde(default)]
    pub revoked_at: Option<String>,
    #[serde(default)]
    pub expires_at: Option<String>,
    #[serde(default)]
    pub is_active: bool,
    pub key: Secret,
}

/// What a rotation answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RotatedKey {
    /// The key that works no more.
    pub old_key_id: String,
    /// Its successor, with the secret.
    pub new_key: KeyWithSecret,
}

/// An answer that only says that something was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    /// What was done.
    pub message: String,
}
