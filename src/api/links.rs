//! Addresses of stored objects, and what is behind them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Access, Repeat, Scope, endpoint, ids::VideoId, null_as_default};

/// Makes an address from which a stored object can be loaded for a while, without a credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignUrl {
    /// `gs://…`.
    pub gcs_uri: String,
    /// Whether to make a new address although an earlier one is still good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force_refresh: Option<bool>,
}

endpoint!(SignUrl, Post, "/videos/signed-url", Access::Scope(Scope::Read), SignedUrl, REPEAT = Repeat::Read);

/// An address that is good for a while.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct SignedUrl {
    #[serde(default, deserialize_with = "null_as_default")]
    pub signed_url: String,
    #[serde(default)]
    pub expires_at: Option<String>,
}

/// Reads the moving preview of an item. The description says only that the answer is an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GetVideoGif {
    /// The item.
    pub video_id: VideoId,
}

endpoint!(GetVideoGif, Get, "/videos/{video_id}/gif", Access::Scope(Scope::Read), Value);

/// Loads the object behind a signed address. The answer is its bytes, or a part of them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StreamMedia {
    /// From the signed address.
    pub token: String,
}

endpoint!(StreamMedia, Get, "/media/stream", Access::Public, Value);
