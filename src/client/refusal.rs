//! What a 2xx answer says that is no success, and what stands around one.

use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::api::{Method, Problem};

/// Bodies above this size are no error envelope.
const MOST: usize = 32 << 10;
/// How far from its start a body names its `data`, if it is only wrapped.
const NEAR: usize = 200;
/// What may stand beside the `data` that an answer is wrapped in.
const BESIDE: [&str; 9] = ["success", "ok", "status", "status_code", "message", "request_id", "timestamp", "meta", "detail"];

/// The members of an object, unread.
fn members(body: &[u8]) -> Option<HashMap<String, &RawValue>> {
    body.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(body).ok()).flatten()
}

/// The refusal that an answer with this status holds all the same: nothing but an error envelope, or the word that nothing was deleted.
pub(super) fn in_success(status: u16, body: &[u8], method: Option<Method>) -> Option<Problem> {
    if body.len() > MOST {
        return None;
    }
    if memchr::memmem::find(body, b"\"error\"").is_some() {
        return Problem::instead(body);
    }
    if method != Some(Method::Delete) || memchr::memmem::find(body, b"false").is_none() {
        return None;
    }
    let members = members(body)?;
    let denies = ["deleted", "success", "ok"].iter().any(|name| members.get(*name).is_some_and(|value| value.get() == "false"));
    let said = members.get("message").and_then(|message| serde_json::from_str::<String>(message.get()).ok());
    denies.then(|| Problem {
        code: format!("http_{status}"),
        message: said.filter(|said| !said.is_empty()).unwrap_or_else(|| "nothing was deleted".to_owned()),
        ..Problem::default()
    })
}

/// Whether a body is an object without members.
pub(super) fn is_blank(body: &[u8]) -> bool {
    let inner = unwrapped(body).unwrap_or(body).trim_ascii().strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
    inner.is_some_and(|inner| inner.trim_ascii().is_empty())
}

/// The record in an answer that is only wrapped: an object `data`, and beside it nothing that says anything.
pub(super) fn unwrapped(body: &[u8]) -> Option<&[u8]> {
    let named = memchr::memmem::find(body.get(..body.len().min(NEAR))?, b"\"data\"")?;
    let rest = body.get(named + b"\"data\"".len()..)?.trim_ascii_start().strip_prefix(b":")?;
    if !rest.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let members = members(body)?;
    let only = members.keys().all(|name| name == "data" || BESIDE.contains(&name.as_str()));
    members.get("data").filter(|_| only).map(|data| data.get().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_a_success_is_an_error() {
        for body in [
            r#"{"error":{"code":"service_unavailable","message":"try later","request_id":"r"}}"#,
            r#"{"success":false,"error":{"message":"try later"}}"#,
        ] {
            assert_eq!(
                in_success(200, body.as_bytes(), Some(Method::Post)).map(|problem| problem.message),
                Some("try later".into()),
                "{body}"
            );
        }
        for fine in [
            r#"{"retry_id":"r","error":{"code":"x","message":"y"}}"#,
            r#"{"success":false,"error":"refused"}"#,
            r#"{"success":false,"message":"not reached"}"#,
            r#"{"error":null,"message":"done"}"#,
            r#"[{"error":{"code":"x"}}]"#,
        ] {
            assert_eq!(in_success(200, fine.as_bytes(), Some(Method::Post)), None, "{fine}");
        }
        assert_eq!(
            in_success(200, br#"{"deleted": false}"#, Some(Method::Delete)).map(|problem| problem.message),
            Some("nothing was deleted".into())
        );
        assert_eq!(
            in_success(200, br#"{"success":false,"message":"no"}"#, Some(Method::Delete)).map(|problem| problem.message),
            Some("no".into())
        );
        assert_eq!(in_success(200, br#"{"deleted":true,"failed":false}"#, Some(Method::Delete)), None);
    }

    #[test]
    fn a_record_is_taken_out_of_what_is_only_around_it() {
        let inner = |body: &'static str| unwrapped(body.as_bytes()).map(|inner| std::str::from_utf8(inner).unwrap());
        assert_eq!(inner(r#"{"success": true, "data" : {"a":1}, "request_id":"r"}"#), Some(r#"{"a":1}"#));
        assert_eq!(inner(r#"{"data":[1],"pagination":{}}"#), None);
        assert_eq!(inner(r#"{"data":{"a":1},"total":3}"#), None);
        assert!(is_blank(b" { } ") && !is_blank(b"[]") && !is_blank(br#"{"a":1}"#));
    }
}
