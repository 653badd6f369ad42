//! What an answer to a probe proves. About a scope, only answers in the API's own form count. Anything else, for example a page from a
//! proxy, leaves the scope unknown.

use serde::{Deserialize, de::IgnoredAny};

use super::{Cause, Probe};
use crate::api::{Problem, Scope, page::Rows, prompts::SchemaVerdict};

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The key is live.
    Live,
    /// The key is refused.
    Rejected,
    /// The scope is held.
    Held,
    /// The scope is not held.
    NotHeld,
    /// Nothing, for this reason.
    Unknown(Cause),
}

/// Judges a complete answer.
pub fn verdict_of(probe: Probe, status: u16, content_type: Option<&str>, body: &[u8]) -> Verdict {
    if (200..300).contains(&status) {
        verdict_of_success(probe, status, content_type, body)
    } else {
        verdict_of_failure(probe, status, Problem::parse(status, body).as_ref())
    }
}

/// Judges a 2xx answer.
pub fn verdict_of_success(probe: Probe, status: u16, content_type: Option<&str>, body: &[u8]) -> Verdict {
    let json = content_type.is_none_or(|kind| kind.to_ascii_lowercase().contains("json"));
    match probe {
        // The API says nothing about the body of this answer, so the body is not looked at.
        Probe::Key => Verdict::Live,
        Probe::Scope(Scope::Search | Scope::Read) if json && is::<Rows<IgnoredAny>>(body) => Verdict::Held,
        Probe::Scope(Scope::Write) if json && is::<SchemaVerdict>(body) => Verdict::Held,
        // A success of the `admin` probe would mean that something was deleted under an id that cannot exist.
        Probe::Scope(_) => Verdict::Unknown(Cause::Foreign { status }),
    }
}

/// Judges any other answer by its status, and by the problem in its body if the body is in the API's own form.
pub fn verdict_of_failure(probe: Probe, status: u16, problem: Option<&Problem>) -> Verdict {
    match (probe, status, problem) {
        (Probe::Key, 401, Some(_)) => Verdict::Rejected,
        (Probe::Scope(_), 401, Some(_)) => Verdict::Unknown(Cause::KeyRejected),
        (Probe::Scope(_), 403, Some(problem)) if problem.is_scope_refusal() => Verdict::NotHeld,
        (Probe::Scope(Scope::Admin), 404, Some(problem)) if problem.is_missing_resource() => Verdict::Held,
        _ => Verdict::Unknown(Cause::Status { status, code: problem.map(|problem| problem.code.clone()), retry_after: None }),
    }
}

fn is<'b, T: Deserialize<'b>>(body: &'b [u8]) -> bool {
    serde_json::from_slice::<T>(body).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEARCH: Probe = Probe::Scope(Scope::Search);
    const READ: Probe = Probe::Scope(Scope::Read);
    const WRITE: Probe = Probe::Scope(Scope::Write);
    const ADMIN: Probe = Probe::Scope(Scope::Admin);
    const JSON: Option<&str> = Some("application/json; charset=utf-8");
    const HTML: Option<&str> = Some("text/html");
    const SCOPE: &str = r#"{"error":{"code":"authorization_insufficient_scope","message":"no"}}"#;
    const BAD_KEY: &str = r#"{"error":{"error_code":"authentication_invalid_api_key","message":"no"}}"#;
    const GONE: &str = r#"{"error":{"code":"resource_webhook_not_found","message":"no"}}"#;

    /// What a row of the table expects.
    #[derive(Debug, PartialEq)]
    enum Expect {
        Live,
        Rejected,
        Held,
        NotHeld,
        Unknown,
    }

    fn check(probe: Probe, status: u16, kind: Option<&str>, body: &str, expect: &Expect) {
        let verdict = match verdict_of(probe, status, kind, body.as_bytes()) {
            Verdict::Live => Expect::Live,
            Verdict::Rejected => Expect::Rejected,
            Verdict::Held => Expect::Held,
            Verdict::NotHeld => Expect::NotHeld,
            Verdict::Unknown(_) => Expect::Unknown,
        };
        assert_eq!(verdict, *expect, "{probe:?} {status} {kind:?} {body}");
    }

    #[test]
    fn only_the_api_itself_proves_anything() {
        let table = [
            (Probe::Key, 204, None, "", Expect::Live),
            (Probe::Key, 200, JSON, r#"{"valid":true}"#, Expect::Live),
            (Probe::Key, 200, HTML, "ok", Expect::Live),
            (Probe::Key, 401, JSON, BAD_KEY, Expect::Rejected),
            (Probe::Key, 401, HTML, "<html>log in</html>", Expect::Unknown),
            (Probe::Key, 403, JSON, SCOPE, Expect::Unknown),
            (Probe::Key, 503, JSON, r#"{"error":{"code":"authentication_service_unavailable","message":"m"}}"#, Expect::Unknown),
            (SEARCH, 200, JSON, "[]", Expect::Held),
            (SEARCH, 200, JSON, r#"[{"index_id":"i"}]"#, Expect::Held),
            (READ, 200, JSON, r#"{"data":[],"pagination":null}"#, Expect::Held),
            (READ, 200, None, "[]", Expect::Held),
            (WRITE, 200, JSON, r#"{"valid":true,"message":"ok"}"#, Expect::Held),
            (WRITE, 200, JSON, r#"{"valid":false,"error":"x"}"#, Expect::Held),
            (SEARCH, 200, HTML, "[]", Expect::Unknown),
            (SEARCH, 200, JSON, "<html>", Expect::Unknown),
            (SEARCH, 200, JSON, "", Expect::Unknown),
            (READ, 204, None, "", Expect::Unknown),
            (READ, 200, JSON, r#"{"status":"ok"}"#, Expect::Unknown),
            (WRITE, 200, JSON, "[]", Expect::Unknown),
            (SEARCH, 403, JSON, SCOPE, Expect::NotHeld),
            (READ, 403, JSON, SCOPE, Expect::NotHeld),
            (WRITE, 403, JSON, r#"{"error":{"code":"insufficient_scope","message":"m"}}"#, Expect::NotHeld),
            (WRITE, 403, HTML, "<html>blocked</html>", Expect::Unknown),
            (WRITE, 403, JSON, r#"{"detail":"Forbidden"}"#, Expect::Unknown),
            (WRITE, 403, JSON, r#"{"error":{"code":"policy_denied","message":"m"}}"#, Expect::Unknown),
            (WRITE, 404, JSON, r#"{"detail":"Not Found"}"#, Expect::Unknown),
            (WRITE, 404, JSON, GONE, Expect::Unknown),
            (READ, 401, JSON, BAD_KEY, Expect::Unknown),
            (READ, 408, JSON, "{}", Expect::Unknown),
            (READ, 429, JSON, r#"{"error":{"code":"rate_limit_exceeded","message":"m"}}"#, Expect::Unknown),
            (READ, 500, JSON, SCOPE, Expect::Unknown),
            (ADMIN, 404, JSON, GONE, Expect::Held),
            (ADMIN, 404, JSON, r#"{"detail":"Not Found"}"#, Expect::Unknown),
            (ADMIN, 404, HTML, "<html>", Expect::Unknown),
            (ADMIN, 403, JSON, SCOPE, Expect::NotHeld),
            (ADMIN, 200, JSON, r#"{"message":"deleted"}"#, Expect::Unknown),
        ];
        for (probe, status, kind, body, expect) in &table {
            check(*probe, *status, *kind, body, expect);
        }
    }
}
