//! What a failed call means for the person who manages keys, and what to do about it.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    cli::owner::Owner,
    client::{Error, Kind},
    tools::text,
};

/// The most characters of an upstream message that are repeated.
const MOST: usize = 400;

/// Whether a change may have been made although no usable answer came. A status of success with an answer that we cannot read counts, too.
pub fn uncertain(error: &Error) -> bool {
    error.uncertain || error.status.is_some_and(|status| (200..300).contains(&status))
}

/// What failed, why, and the next step. Texts from upstream are cleaned.
pub fn explain(error: &Error, owner: &Owner) -> String {
    let mut out = said(error, owner);
    if let Some(id) = &error.request_id {
        out.push_str(&format!(" (request id {})", text::line(id, 100)));
    }
    out
}

fn said(error: &Error, owner: &Owner) -> String {
    let base = owner.base();
    match &error.kind {
        Kind::Status => status(error, owner),
        Kind::Connect(reason) => format!("no connection to {base}: {reason}; check the network, the proxy settings and --base-url"),
        Kind::Untrusted(reason) => {
            format!(
                "the certificate at {base} is not accepted: {reason}; `videosearch-mcp doctor` tells more, and SSL_CERT_FILE can name a root certificate"
            )
        }
        Kind::Interrupted(reason) => format!("the connection to {base} broke before the answer was complete: {reason}"),
        Kind::Timeout { waited } => format!("no complete answer from {base} within {} ms", waited.as_millis()),
        Kind::Deadline => format!("no answer from {base} in the time there was"),
        Kind::Redirect { origin } => format!(
            "{base} redirects{}, which is not followed, since the session token would go with it; if that is the API's address, name it with --base-url",
            origin.as_deref().map(|origin| format!(" to {}", text::line(origin, 200))).unwrap_or_default()
        ),
        Kind::TooLarge { .. } | Kind::Empty | Kind::Decode { .. } => format!(
            "{base} answered something else than the API promises ({}); a sign-in page or a proxy may have answered, or --base-url is wrong",
            text::line(&error.to_string(), MOST)
        ),
        Kind::Request(_) | Kind::File(_) | Kind::Setup(_) | Kind::Stopped => text::line(&error.to_string(), MOST),
    }
}

fn status(error: &Error, owner: &Owner) -> String {
    let status = error.status.unwrap_or_default();
    let base = owner.base();
    let Some(problem) = &error.problem else {
        return match status {
            404 => format!("nothing that manages keys is at {base} (404); check --base-url"),
            500.. => format!("{base} answered {status}; try again later"),
            _ => format!(
                "{base} answered {status}, and not in the API's own form; a sign-in page or a proxy may have answered, or --base-url is wrong"
            ),
        };
    };
    let message = match detail(&problem.message) {
        text if text.is_empty() => text::line(&problem.code, 100),
        text => text,
    };
    match status {
        401 => token(&message, owner),
        403 => format!(
            "the API does not let this token manage keys: {message} (it takes a session token of the account's owner; API keys and OAuth tokens do not work)"
        ),
        404 if problem.is_missing_resource() => format!("{message} `videosearch-mcp keys list` shows the keys there are"),
        404 => format!("nothing that manages keys is at {base} (404: {message}); check --base-url"),
        409 => format!("the key's state rules this out: {message} `videosearch-mcp keys list` shows it"),
        429 => match error.retry_after {
            Some(wait) => format!("too many requests; try again in {} s", wait.as_secs().max(1)),
            None => "too many requests; try again in a minute".to_owned(),
        },
        500.. => format!("the API failed ({status}: {message}); try again later"),
        _ => format!("the API refuses the request ({status}): {message}"),
    }
}

/// The message about a token that the API does not accept. We can tell one reason ourselves: the token has ended.
fn token(message: &str, owner: &Owner) -> String {
    let origin = owner.token_origin();
    let ended = owner.token_ends_at().and_then(|end| DateTime::<Utc>::from_timestamp(end, 0)).filter(|end| *end <= Utc::now());
    match ended {
        Some(end) => {
            format!(
                "the session token from {origin} ended at {}; sign in again and put the new one there",
                end.to_rfc3339_opts(SecondsFormat::Secs, true)
            )
        }
        None => format!(
            "the API does not accept the session token from {origin}: {message} Sign in again and put the new one there; an API key or an OAuth token does not work"
        ),
    }
}

/// A message as one line that ends like a sentence.
fn detail(message: &str) -> String {
    let mut line = text::line(message, MOST);
    if line.ends_with(|c: char| c.is_alphanumeric() || c == ')' || c == '`') {
        line.push('.');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_a_clean_sentence() {
        assert_eq!(detail("`name`: too long; `scopes`: unknown"), "`name`: too long; `scopes`: unknown.");
        assert_eq!(detail("This key does not exist."), "This key does not exist.");
        assert_eq!(detail("a\u{1b}[31m\u{202e}b\nc"), "a[31mb c.");
    }
}
