//! Identifiers of the API. They are checked once, when they come in.
//!
//! An identifier must not lead to another path of the API. Percent-encoding is not enough against `..`, since URL parsers resolve it. So
//! such identifiers are refused here, before there is a request.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Serialize};

/// A keyword in the schema of an identifier. Its value is the kind of resource, for code that sees only the schema.
pub const ID_KEYWORD: &str = "x-id";

/// A keyword in the schema of an identifier of any kind of resource. Its value is the argument beside it that says which kind.
pub const KIND_KEYWORD: &str = "x-kind-in";

/// The most characters an identifier may have.
pub const MAX_ID_CHARS: usize = 200;

/// An identifier of one kind of resource, verbatim as the API gave it.
///
/// 1 to 200 characters; not `.` or `..`; none of `/ \ ? # %`, white space or control characters.
pub struct Id<K> {
    text: Box<str>,
    kind: PhantomData<fn() -> K>,
}

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IdError(&'static str);

/// Checks the rules of [`Id`] for a text.
pub fn check_id(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError("an id may not be empty"));
    }
    if text.chars().count() > MAX_ID_CHARS {
        return Err(IdError("an id has at most 200 characters"));
    }
    if text == "." || text == ".." {
        return Err(IdError("`.` and `..` are not ids"));
    }
    if text.chars().any(|c| matches!(c, '/' | '\\' | '?' | '#' | '%') || c.is_whitespace() || c.is_control()) {
        return Err(IdError("an id has none of / \\ ? # %, spaces or control characters"));
    }
    Ok(())
}

/// The kind that an id says it is of, by how it begins. Not all ids begin so, and a text may begin so by chance.
pub fn kind_by_prefix(id: &str) -> Option<&'static str> {
    const PREFIXES: [(&str, &str); 12] = [
        ("vid", "video"),
        ("seg", "segment"),
        ("idx", "index"),
        ("prompt", "prompt"),
        ("run", "run"),
        ("retry", "segment_retry"),
        ("whk", "webhook"),
        ("dlv", "webhook_delivery"),
        ("exp", "export"),
        ("conn", "connector"),
        ("chat", "session"),
        ("import", "import_job"),
    ];
    let (begin, _) = id.split_once('_')?;
    PREFIXES.iter().find(|(prefix, _)| *prefix == begin).map(|(_, kind)| *kind)
}

impl<K> Id<K> {
    /// Checks a text and makes it an identifier.
    pub fn parse(text: impl Into<Box<str>>) -> Result<Self, IdError> {
        let text = text.into();
        check_id(&text)?;
        Ok(Self { text, kind: PhantomData })
    }

    /// The identifier as the API spells it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), kind: PhantomData }
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Id<K> {}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl<K: kind::Kind> schemars::JsonSchema for Id<K> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        K::NAME.into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "minLength": 1, "maxLength": MAX_ID_CHARS, ID_KEYWORD: K::NAME})
    }
}

/// The kinds of resources that have identifiers. They are types only; there are no values of them.
pub mod kind {
    /// A kind of resource.
    pub trait Kind {
        /// The word that the API's codes use, as in `resource_video_not_found`.
        const NAME: &'static str;
    }

    macro_rules! kinds {
        ($($(#[$doc:meta])* $kind:ident = $name:literal;)*) => {$(
            $(#[$doc])*
            pub enum $kind {}

            impl Kind for $kind {
                const NAME: &'static str = $name;
            }
        )*};
    }

    kinds! {
        /// A collection of media.
        Index = "index";
        /// A video, audio or image item.
        Video = "video";
        /// A time range of a video.
        Segment = "segment";
        /// An extraction prompt.
        Prompt = "prompt";
        /// One execution of a prompt.
        Run = "run";
        /// One retry of a failed segment.
        Retry = "segment_retry";
        /// An API key (its public id, never the secret).
        Key = "api_key";
        /// A webhook subscription.
        Webhook = "webhook";
        /// One event on its way to a webhook.
        Delivery = "webhook_delivery";
        /// An export.
        Export = "export";
        /// A connector to cloud storage.
        Connector = "connector";
        /// A colour and note on something.
        Marker = "marker";
        /// Anything that can be marked.
        Resource = "resource";
        /// A conversation with the library.
        Session = "session";
        /// An import job.
        ImportJob = "import_job";
    }
}

/// Identifier of an index.
pub type IndexId = Id<kind::Index>;
/// Identifier of a media item.
pub type VideoId = Id<kind::Video>;
/// Identifier of a segment.
pub type SegmentId = Id<kind::Segment>;
/// Identifier of a prompt.
pub type PromptId = Id<kind::Prompt>;
/// Identifier of a prompt run.
pub type RunId = Id<kind::Run>;
/// Identifier of a segment retry.
pub type RetryId = Id<kind::Retry>;
/// Identifier of an API key.
pub type KeyId = Id<kind::Key>;
/// Identifier of a webhook.
pub type WebhookId = Id<kind::Webhook>;
/// Identifier of a delivery to a webhook.
pub type DeliveryId = Id<kind::Delivery>;
/// Identifier of an export.
pub type ExportId = Id<kind::Export>;
/// Identifier of a connector.
pub type ConnectorId = Id<kind::Connector>;
/// Identifier of a marker.
pub type MarkerId = Id<kind::Marker>;
/// Identifier of anything that can be marked.
pub type ResourceId = Id<kind::Resource>;
/// Identifier of a conversation with the library.
pub type SessionId = Id<kind::Session>;
/// Identifier of an import job.
pub type JobId = Id<kind::ImportJob>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_could_leave_their_path_are_refused() {
        for bad in ["", ".", "..", "a/b", "a\\b", "a?b", "a#b", "%2e%2e", "a b", "a\nb", "a\u{85}b", "\u{7f}"] {
            assert!(VideoId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(VideoId::parse("x".repeat(201)).is_err());
        for good in ["a", "...", "vid_1", "3f2b-99", "é".repeat(200).as_str()] {
            assert_eq!(VideoId::parse(good).map(|id| id.to_string()), Ok(good.to_owned()));
        }
    }
}
