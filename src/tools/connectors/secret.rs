//! The secret of a new connector.
//!
//! The contract has secrets among the arguments, where a model reads and repeats them. So each has a second argument that only names a
//! file or a variable on this machine. The fence takes what such a place holds out of everything that leaves the process, and an argument out
//! of the answer and the log lines of its call.

use serde_json::{Map, Value};

use crate::{
    fence,
    tools::{ArgumentError, Context, ToolError},
};

/// The most bytes of a secret. It is the API's limit for credentials of Google Cloud.
const MOST_BYTES: usize = 64 << 10;
/// What the credentials of a service account must have.
const ACCOUNT: [&str; 5] = ["project_id", "private_key_id", "private_key", "client_email", "token_uri"];

/// A secret, and whether it came as an argument.
pub struct Found {
    /// The secret.
    pub value: String,
    /// Whether the caller's conversation holds it.
    pub inline: bool,
    /// Whether it is in a file that other users of this machine may read.
    pub exposed: bool,
}

/// The secret of a call: an argument, or what another argument names. Exactly one of both must be given.
pub async fn find(cx: &Context<'_>, name: &str, inline: Option<String>, from_name: &str, from: Option<String>) -> Result<Found, ToolError> {
    let found = match (inline, from) {
        (Some(value), None) => Found { value, inline: true, exposed: false },
        (None, Some(place)) => {
            let secret = cx.files.secret(&place).await?;
            Found { value: secret.expose().to_owned(), inline: false, exposed: secret.exposed }
        }
        (Some(_), Some(_)) => return Err(ArgumentError(format!("give `{from_name}` or `{name}`, not both")).into()),
        (None, None) => return Err(ArgumentError(format!("give `{from_name}`, or `{name}`")).into()),
    };
    if found.inline {
        fence::hide_in_call(&found.value);
    }
    Ok(found)
}

/// Checks the credentials of a service account that came as an argument.
pub fn are_credentials(given: &Value) -> Result<(), ArgumentError> {
    account(&Found { value: given.to_string(), inline: true, exposed: false })
}

/// Checks the credentials of a service account, as the official server does, and hides the private key in them.
pub fn account(found: &Found) -> Result<(), ArgumentError> {
    let credentials = found.value.as_str();
    if credentials.len() > MOST_BYTES {
        return Err(ArgumentError(format!("the credentials have more than {} KiB", MOST_BYTES >> 10)));
    }
    let wrong = |what: String| ArgumentError(format!("these are not the credentials of a service account: {what}"));
    let members: Map<String, Value> = serde_json::from_str(credentials).map_err(|_| wrong("they are not a JSON object".to_owned()))?;
    let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    if let Some(key) = text("private_key") {
        let body: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
        let hide = if found.inline { fence::hide_in_call } else { fence::hide_secret };
        hide(if body.is_empty() { key } else { &body });
    }
    if text("type") != Some("service_account") {
        return Err(wrong("`type` must be `service_account`".to_owned()));
    }
    match ACCOUNT.iter().find(|name| text(name).is_none()) {
        Some(missing) => Err(wrong(format!("`{missing}` is missing"))),
        None => Ok(()),
    }
}
