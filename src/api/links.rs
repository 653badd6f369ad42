//! Addresses of stored objects, and what is behind them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Access, Repeat, Scope, endpoint,
    ids::{RunId, SegmentId, VideoId},
    null_as_default,
};

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

/// Makes an address from which the file of an item can be downloaded for a while, without a credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct GrantMedia {
    pub video_id: VideoId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment_id: Option<SegmentId>,
    pub intent: Intent,
}

// It changes nothing but that one more address is good for a while, so it may be sent again.
endpoint!(GrantMedia, Post, "/workflow/media-grants", Access::Scope(Scope::Read), MediaGrant, REPEAT = Repeat::Read);

/// What an address is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the word says it")]
pub enum Intent {
    #[default]
    Download,
}

/// An address that is good for a while.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct MediaGrant {
    pub url: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The API's description does not have it. The playground sends it, because whoever gets an address wants to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}
