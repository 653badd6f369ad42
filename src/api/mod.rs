//! The VideoVector API v2: its calls and its answers, as types.
//!
//! Each API call is one struct. Its fields are those of the path, the query and the body together. Its [`Endpoint`] implementation names
//! the method, the path, the access and the type of the answer. The client and the playground share these types, so a request and a route
//! cannot disagree.
//!
//! This layer does no I/O and reads no clock. It must not know any other part of the crate.
//!
//! Start with [`Endpoint`] and some calls, for example those in `search`. `codec` turns a call into a [`Request`].
//!
//! We read answers tolerantly, since the published descriptions of this API are not complete. Ids must be there, but most other members may
//! be missing or null. The playground writes nearly all members, also those without a value, since the official clients rely on that.

pub mod automations;
pub mod bounded;
pub mod chat;
mod codec;
pub mod connectors;
pub mod deletions;
pub mod events;
pub mod exports;
pub mod facade;
pub mod filter;
pub mod form;
mod hex;
pub mod hit;
pub mod ids;
pub mod imports;
pub mod indexes;
pub mod keys;
pub mod links;
pub mod markers;
pub mod mcp;
pub mod page;
pub mod problem;
pub mod prompts;
pub mod reader;
pub mod results;
pub mod run;
pub mod runs;
pub mod scope;
pub mod search;
pub mod segments;
pub mod service;
pub mod sql;
pub mod state;
pub mod stream;
pub mod time;
pub mod uploads;
pub mod usage;
pub mod videos;
pub mod webhooks;

/// Implements [`Endpoint`] for a call: `endpoint!(Call, Get, "/path/{field}", Access::Scope(Scope::Read), Answer)`. Other constants follow
/// as `REPEAT = Repeat::Read`. For a call that sends a file in a form, `form(field)` follows the answer and names the field of type
/// [`form::FilePart`].
macro_rules! endpoint {
    ($call:ty, $method:ident, $path:literal, $access:expr, $output:ty, form($file:ident) $(, $name:ident = $value:expr)* $(,)?) => {
        impl $crate::api::Endpoint for $call {
            const METHOD: $crate::api::Method = $crate::api::Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: $crate::api::Access = $access;
            const BODY: $crate::api::Body = $crate::api::Body::Form(stringify!($file));
            $(const $name: $crate::api::endpoint!(@type $name) = $value;)*
            type Output = $output;
            fn file(&self) -> Option<&$crate::api::form::FilePart> {
                Some(&self.$file)
            }
        }
    };
    ($call:ty, $method:ident, $path:literal, $access:expr, $output:ty $(, $name:ident = $value:expr)* $(,)?) => {
        impl $crate::api::Endpoint for $call {
            const METHOD: $crate::api::Method = $crate::api::Method::$method;
            const PATH: &'static str = $path;
            const ACCESS: $crate::api::Access = $access;
            $(const $name: $crate::api::endpoint!(@type $name) = $value;)*
            type Output = $output;
        }
    };
    (@type REPEAT) => { $crate::api::Repeat };
    (@type BODY) => { $crate::api::Body };
    (@type MAY_BE_BLANK) => { bool };
    (@type ROW_FOR_EACH) => { Option<&'static str> };
    (@type NOTICE) => { Option<&'static str> };
    (@type RULE) => { fn(&Self) -> Result<(), String> };
}
pub(crate) use endpoint;

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

pub use codec::{CodecError, Request};
pub use hex::hex;
pub use problem::Problem;
pub use scope::{Scope, ScopeError, Scopes};

/// One call of the API.
pub trait Endpoint: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The HTTP method.
    const METHOD: Method;
    /// The path below the base, with `{field}` for each path parameter. It is the playground's route, too.
    const PATH: &'static str;
    /// What a caller must hold.
    const ACCESS: Access;
    /// Whether it may be sent again. A GET may; a call with another method must say so.
    const REPEAT: Repeat = Repeat::of(Self::METHOD);
    /// Where the fields go that are not in the path.
    const BODY: Body = Body::of(Self::METHOD);
    /// The word of [`service::AnnounceProcessing`] for it, if it makes the service process media.
    const NOTICE: Option<&'static str> = None;
    /// Whether an object without members is an answer to a call that reads.
    const MAY_BE_BLANK: bool = false;
    /// The list whose every item it answers with a row.
    const ROW_FOR_EACH: Option<&'static str> = None;
    /// What a call must keep besides the types of its fields, for example that one of two fields is given. The error is a sentence for people.
    /// Both ends check it: the tools before anything is sent, the playground as the API does.
    const RULE: fn(&Self) -> Result<(), String> = |_| Ok(());
    /// The type of the answer to a success.
    type Output: Serialize + DeserializeOwned + Send + 'static;
    /// The file that it sends, for [`Body::Form`].
    fn file(&self) -> Option<&form::FilePart> {
        None
    }
}

/// The HTTP methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, starts, or reads with arguments too large for a query.
    Post,
    /// Replaces.
    Put,
    /// Changes the members that are given.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// The word of the request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Whether a request may be sent again if its answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It changes nothing, or nothing more the second time.
    Read,
    /// It carries an idempotency key, and the API does the same thing only once. New keys begin with this prefix.
    Keyed(&'static str),
    /// It may not.
    Never,
}

impl Repeat {
    /// What holds for a method unless the endpoint says something else.
    pub const fn of(method: Method) -> Self {
        match method {
            Method::Get => Self::Read,
            Method::Post | Method::Put | Method::Patch | Method::Delete => Self::Never,
        }
    }

    /// The prefix of idempotency keys, for calls that carry one.
    pub const fn prefix(self) -> Option<&'static str> {
        match self {
            Self::Keyed(prefix) => Some(prefix),
            Self::Read | Self::Never => None,
        }
    }
}

/// Where the fields of a call go that its path does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Into the query. There is no body.
    Query,
    /// Into one JSON object, `{}` if there are none.
    Members,
    /// Into one JSON object. There is no body at all if there are none.
    MembersIfAny,
    /// These into the query, the others into one JSON object.
    MembersBeside(&'static [&'static str]),
    /// There are none, and there is no body at all.
    Nothing,
    /// Into a form, together with a file. This is the name of the file's part.
    Form(&'static str),
}

impl Body {
    /// What holds for a method unless the endpoint says something else.
    pub const fn of(method: Method) -> Self {
        match method {
            Method::Get | Method::Delete => Self::Query,
            Method::Post | Method::Put | Method::Patch => Self::Members,
        }
    }
}

/// What a caller must hold to use an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// A live key with this scope or with one that implies it, or an account's session token.
    Scope(Scope),
    /// Any live key, whatever its scopes.
    AnyKey,
    /// Any live key or a session token.
    AnyKeyOrSession,
    /// A session token; never an API key.
    Session,
    /// Anybody, without a credential.
    Public,
}

impl Access {
    /// The scope, if the access is by scope.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::Scope(scope) => Some(scope),
            Self::AnyKey | Self::AnyKeyOrSession | Self::Session | Self::Public => None,
        }
    }
}

/// The rule that a call gives at least one of these members, and what to give if it gives none.
fn one_of(members: &[(&str, bool)]) -> Result<(), String> {
    if members.iter().any(|(_, given)| *given) {
        return Ok(());
    }
    let names: Vec<String> = members.iter().map(|(name, _)| format!("`{name}`")).collect();
    Err(format!("nothing to change: give at least one of {}", names.join(", ")))
}

/// A marker that users attach to resources and fields. This server only passes it on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "member names and meanings are the API's own")]
pub struct Marker {
    pub marker_id: Option<String>,
    pub color: Option<String>,
    pub note: Option<String>,
    pub updated_at: Option<String>,
}

/// Reads null as the default. Some answers have null in members that always have a value according to the documentation.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
