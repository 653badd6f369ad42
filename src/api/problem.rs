//! The API's error bodies. The client reads them, and the playground writes them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Codes that this program needs by name.
pub mod code {
    /// The key is wrong, revoked or expired.
    pub const INVALID_KEY: &str = "authentication_invalid_api_key";
    /// The API cannot check keys now. This says nothing about the key.
    pub const AUTHENTICATION_UNAVAILABLE: &str = "authentication_service_unavailable";
    /// The key lacks the scope of the endpoint.
    pub const INSUFFICIENT_SCOPE: &str = "authorization_insufficient_scope";
    /// An idempotency key was used again with another request.
    pub const IDEMPOTENCY_MISMATCH: &str = "idempotency_request_mismatch";
    /// Too many requests.
    pub const RATE_LIMIT: &str = "rate_limit_exceeded";
}

/// The codes of quotas and budgets that are used up for hours or until somebody changes something.
const LASTING_LIMITS: [&str; 4] =
    ["resource_quota_exceeded", "resource_rate_quota_exceeded", "llm_daily_budget_exceeded", "llm_user_budget_exceeded"];
/// The kinds of resources that `resource_<kind>_not_found` may name.
const RESOURCES: [&str; 20] = [
    "index",
    "video",
    "segment",
    "prompt",
    "run",
    "prompt_run",
    "segment_retry",
    "retry",
    "video_result",
    "prompt_run_video_result",
    "thumbnail",
    "webhook",
    "delivery",
    "webhook_delivery",
    "connector",
    "import",
    "import_job",
    "job",
    "export",
    "api_key",
];
/// The most characters of a code or a request id.
pub const MAX_ID_CHARS: usize = 200;
/// The most characters of a message.
const MAX_MESSAGE_CHARS: usize = 4_000;
/// The most characters of a body in another form that are told.
const MAX_SAID_CHARS: usize = 300;
/// The most faults of a list that are told.
const MOST_FAULTS: usize = 5;
/// The most bytes of details, as JSON. Larger details are dropped, since they only repeat the request.
const MAX_DETAILS: usize = 16 << 10;

/// The names of the member that holds the code.
const CODES: [&str; 2] = ["code", "error_code"];
/// How the codes of the API begin that stand without an envelope. Other services have codes, too.
const FAMILIES: [&str; 7] = ["authentication_", "authorization_", "resource_", "validation_", "idempotency_", "llm_", "metadata_export_"];

/// What the API said about a request that failed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// The machine-readable code; `http_<status>` if the body had none.
    #[serde(default)]
    pub code: String,
    /// The API's sentence for people.
    #[serde(default)]
    pub message: String,
    /// Members that depend on the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Map<String, Value>>,
    /// The id of the request. The vendor's support asks for it.
    #[serde(default)]
    pub request_id: Option<String>,
    /// RFC 3339. The playground writes it, and nobody needs it.
    #[serde(default)]
    pub timestamp: Option<String>,
    /// How many seconds to wait before trying again, if the body says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Problem {
    /// Reads an error body of either envelope, `{"error": {...}}` or `{"detail": ...}`, or what stands in one without it, if its code is one of
    /// the API's.
    ///
    /// `None` for anything else, for example a proxy's page, an empty body or JSON of another service. Such an answer did not come from the
    /// API, so it proves nothing.
    pub fn parse(status: u16, body: &[u8]) -> Option<Self> {
        let Value::Object(mut root) = serde_json::from_slice(body).ok()? else { return None };
        let (error, detail) = (root.remove("error"), root.remove("detail"));
        if let Some(Value::Object(error)) = &error
            && let Some(problem) = Self::inner(status, error, &root)
        {
            return Some(problem);
        }
        match detail {
            Some(Value::Object(detail)) if CODES.iter().any(|name| text(&detail, name).is_some()) => Self::inner(status, &detail, &root),
            Some(detail) if !is_empty(&detail) => {
                let message = match detail {
                    Value::String(text) => text,
                    Value::Array(faults) => faults.iter().map(fault).collect::<Vec<_>>().join("; "),
                    other => other.to_string(),
                };
                let message = message.chars().take(MAX_MESSAGE_CHARS).collect();
                Some(Self { code: format!("http_{status}"), message, ..Self::default() })
            }
            _ => Self::inner(status, &root, &root).filter(Self::has_own_code),
        }
    }

    /// Reads what stands in an envelope.
    fn inner(status: u16, error: &Map<String, Value>, root: &Map<String, Value>) -> Option<Self> {
        let code = CODES.iter().find_map(|name| text(error, name));
        let message = text(error, "message");
        if code.is_none() && message.is_none() {
            return None;
        }
        Some(Self {
            code: code.unwrap_or_else(|| format!("http_{status}")),
            message: message.unwrap_or_default(),
            request_id: text(error, "request_id").or_else(|| text(root, "request_id")),
            timestamp: None,
            retry_after: error.get("retry_after").and_then(seconds),
            details: match error.get("details") {
                Some(details @ Value::Object(members)) if details.to_string().len() <= MAX_DETAILS => Some(members.clone()),
                _ => None,
            },
        })
    }

    /// The error that a body tells in place of what it should hold, whatever the status. A thing that has an error among other members is no
    /// such body.
    pub fn instead(body: &[u8]) -> Option<Self> {
        let root: Map<String, Value> = serde_json::from_slice(body).ok()?;
        let around = |name: &String| matches!(name.as_str(), "error" | "detail" | "request_id" | "timestamp" | "success" | "status");
        if root.keys().all(around) { Self::parse(200, body) } else { None }
    }

    /// Whether its code is one of a family that only the API has.
    fn has_own_code(&self) -> bool {
        FAMILIES.iter().any(|family| self.code.starts_with(family)) || matches!(self.code.as_str(), code::RATE_LIMIT | "insufficient_scope")
    }

    /// Whether the API refuses for lack of scope. A 403 from something else on the way does not count.
    pub fn is_scope_refusal(&self) -> bool {
        // The vendor's test data has the shorter code, too.
        matches!(self.code.as_str(), code::INSUFFICIENT_SCOPE | "insufficient_scope")
    }

    /// Whether a quota or a budget is used up, which a short wait does not change.
    pub fn is_lasting_limit(&self) -> bool {
        LASTING_LIMITS.contains(&self.code.as_str())
    }

    /// Whether a 401 with this code is about the key itself, so that it will last.
    ///
    /// The API documents one such code, and that a code about its own trouble never means a bad key. Of any other code that says
    /// authentication nothing is documented. It counts as lasting, so that a dead key is not tried again with each call.
    pub fn is_lasting_key_rejection(&self) -> bool {
        match self.code.as_str() {
            code::INVALID_KEY => true,
            code::AUTHENTICATION_UNAVAILABLE => false,
            other => other.starts_with("authentication_"),
        }
    }

    /// The kind of resource that does not exist, if the API says that. `None` for a path that does not exist.
    pub fn missing_resource(&self) -> Option<&str> {
        let kind = self.code.strip_prefix("resource_")?.strip_suffix("_not_found")?;
        RESOURCES.contains(&kind).then_some(kind)
    }

    /// Whether the API says that a resource does not exist.
    pub fn is_missing_resource(&self) -> bool {
        self.missing_resource().is_some()
    }

    /// The structured envelope, as the playground writes it.
    pub fn envelope(&self) -> Value {
        serde_json::json!({ "error": self })
    }
}

/// What the body of an error says that is of no form of the API's: plain text, or JSON with a sentence under one of the usual names. It proves
/// nothing, and whoever reads it may still be helped. A page says nothing.
pub fn said(body: &[u8], content_type: Option<&str>) -> Option<String> {
    let told = match serde_json::from_slice::<Value>(body) {
        Ok(Value::String(text)) => text,
        Ok(Value::Object(members)) => sentence(&members)?,
        Err(_) if content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/plain")) => {
            String::from_utf8_lossy(body).into_owned()
        }
        _ => return None,
    };
    let told = told.trim();
    if told.is_empty() || told.starts_with('<') { None } else { Some(told.chars().take(MAX_SAID_CHARS).collect()) }
}

/// The sentence of an error in another form: `error` as text, `message`, or a list `errors`, with the code if there is one.
fn sentence(members: &Map<String, Value>) -> Option<String> {
    let listed = members.get("errors").and_then(Value::as_array).map(|faults| {
        let told = faults.iter().take(MOST_FAULTS).map(|fault| match fault {
            Value::String(told) => told.clone(),
            Value::Object(members) => text(members, "message").unwrap_or_else(|| self::fault(fault)),
            other => other.to_string(),
        });
        told.collect::<Vec<_>>().join("; ")
    });
    let named = ["error", "error_description", "message", "title", "msg", "reason"].iter().filter_map(|name| text(members, name));
    let mut told: Vec<String> = CODES.iter().filter_map(|name| text(members, name)).chain(named).chain(listed).collect();
    told.dedup();
    told.retain(|told| !told.is_empty());
    (!told.is_empty()).then(|| told.join(": "))
}

/// Whether a sentence speaks of a scope. Only a code proves that one is missing.
pub fn speaks_of_scope(said: &str) -> bool {
    said.to_ascii_lowercase().split(|c: char| !c.is_ascii_alphabetic()).any(|word| matches!(word, "scope" | "scopes"))
}

/// Whether a value says nothing at all.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A time in whole seconds. A part of a second counts as a whole one.
fn seconds(value: &Value) -> Option<u64> {
    let time = std::time::Duration::try_from_secs_f64(value.as_f64()?).ok()?;
    Some(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

/// A member that is text and says something, bounded.
fn text(members: &Map<String, Value>, name: &str) -> Option<String> {
    let most = if CODES.contains(&name) || name == "request_id" { MAX_ID_CHARS } else { MAX_MESSAGE_CHARS };
    members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(|text| text.chars().take(most).collect())
}

/// One fault of a request as FastAPI lists them: `connector_id: An import needs a connector`.
fn fault(fault: &Value) -> String {
    let Some(told) = fault.get("msg").and_then(Value::as_str) else { return fault.to_string() };
    let place = fault.get("loc").and_then(Value::as_array).into_iter().flatten().filter_map(|part| match part {
        Value::String(name) => Some(name.clone()),
        Value::Number(position) => Some(position.to_string()),
        _ => None,
    });
    let place: Vec<String> = place
        .enumerate()
        .filter(|(at, part)| *at > 0 || !matches!(&**part, "body" | "query" | "path" | "header"))
        .map(|(_, part)| part)
        .collect();
    let told = told.strip_prefix("Value error, ").unwrap_or(told);
    if place.is_empty() { told.to_owned() } else { format!("`{}`: {told}", place.join(".")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_envelopes_and_both_code_names_are_read() {
        let read = |text: &str| Problem::parse(403, text.as_bytes());
        let a = read(r#"{"error":{"code":"authorization_insufficient_scope","message":"no","request_id":"r1"}}"#).unwrap();
        assert!(a.is_scope_refusal());
        assert_eq!(a.request_id.as_deref(), Some("r1"));
        let b = read(r#"{"error":{"error_code":"resource_webhook_not_found","message":"gone"},"request_id":"r2"}"#).unwrap();
        assert!(b.is_missing_resource() && !b.is_scope_refusal());
        assert_eq!(b.request_id.as_deref(), Some("r2"));
        let c = read(r#"{"detail":[{"loc":["body"],"msg":"bad"}]}"#).unwrap();
        assert_eq!(c.code, "http_403");
    }

    #[test]
    fn codes_are_matched_exactly() {
        let problem = |code: &str| Problem { code: code.to_owned(), ..Problem::default() };
        assert!(problem("authorization_insufficient_scope").is_scope_refusal());
        for other in ["authorization", "authorization_suspended", "authorization_insufficient_scope_v2", "x_insufficient_scope", ""] {
            assert!(!problem(other).is_scope_refusal(), "{other}");
        }
        assert_eq!(problem("resource_prompt_run_not_found").missing_resource(), Some("prompt_run"));
        for other in
            ["resource__not_found", "resource_not_found", "resource_page_not_found", "endpoint_not_found", "resource_video_not_founded"]
        {
            assert_eq!(problem(other).missing_resource(), None, "{other}");
        }
    }

    #[test]
    fn only_the_documented_limits_last() {
        let problem = |code: &str| Problem { code: code.to_owned(), ..Problem::default() };
        for lasting in LASTING_LIMITS {
            assert!(problem(lasting).is_lasting_limit(), "{lasting}");
        }
        for passing in ["rate_limit_exceeded", "quota_service_unavailable", "resource_quota_exceeded_soon", "llm_budget_guard_open", ""] {
            assert!(!problem(passing).is_lasting_limit(), "{passing}");
        }
    }

    #[test]
    fn a_code_about_the_key_lasts_and_one_about_the_service_does_not() {
        let lasts = |code: &str| Problem { code: code.to_owned(), ..Problem::default() }.is_lasting_key_rejection();
        for key in ["authentication_invalid_api_key", "authentication_expired_api_key"] {
            assert!(lasts(key), "{key}");
        }
        for other in ["authentication_service_unavailable", "http_401", "authenticationless", "not_authentication_x", ""] {
            assert!(!lasts(other), "{other}");
        }
    }

    #[test]
    fn a_detail_may_be_a_list() {
        let c = Problem::parse(403, br#"{"detail":[{"loc":["body"],"msg":"bad"}]}"#).unwrap();
        assert_eq!(c.message, "bad");
        let two = br#"{"detail":[{"loc":["body","files",0,"url"],"msg":"Value error, no address"},{"loc":["query","limit"],"msg":"too large"},7]}"#;
        assert_eq!(Problem::parse(422, two).unwrap().message, "`files.0.url`: no address; `limit`: too large; 7");
    }

    #[test]
    fn a_detail_may_be_the_error_itself_and_an_error_may_stand_alone() {
        let detail = br#"{"detail":{"code":"authorization_insufficient_scope","message":"no","details":{"limit":3}},"request_id":"r"}"#;
        let read = Problem::parse(403, detail).unwrap();
        assert!(read.is_scope_refusal() && read.request_id.as_deref() == Some("r") && read.details.is_some());
        let bare = Problem::parse(403, br#"{"error_code":"authorization_insufficient_scope","message":"no"}"#).unwrap();
        assert!(bare.is_scope_refusal());
        let words = Problem::parse(403, br#"{"detail":"Insufficient scope: write required"}"#).unwrap();
        assert!(!words.is_scope_refusal() && speaks_of_scope(&words.message));
        assert!(!speaks_of_scope("a telescope is no such thing"));
        let odd = Problem::parse(400, br#"{"detail":{"a":1}}"#).unwrap();
        assert_eq!((odd.code.as_str(), odd.message.as_str()), ("http_400", r#"{"a":1}"#));
    }

    #[test]
    fn other_forms_are_told_and_prove_nothing() {
        for (body, told) in [
            (r#"{"code":"taken","message":"name is taken"}"#, Some("taken: name is taken")),
            (r#"{"error":"Bad things","message":"more words"}"#, Some("Bad things: more words")),
            (r#"{"errors":[{"message":"first"},"second"]}"#, Some("first; second")),
            (r#""a text""#, Some("a text")),
            ("name is taken", Some("name is taken")),
            ("<html>", None),
            ("", None),
            ("[1]", None),
            ("{}", None),
        ] {
            assert_eq!(Problem::parse(400, body.as_bytes()), None, "{body}");
            assert_eq!(said(body.as_bytes(), Some("text/plain; charset=utf-8")).as_deref(), told, "{body}");
        }
        assert_eq!(said(b"name is taken", Some("text/html")), None);
        assert!(said(&b"a".repeat(100_000), Some("text/plain")).is_some_and(|told| told.len() == MAX_SAID_CHARS));
    }

    #[test]
    fn an_error_in_place_of_a_thing_is_told_from_a_thing_with_an_error() {
        let error = Problem::instead(br#"{"error":{"code":"export_expired","message":"gone"},"request_id":"r"}"#).unwrap();
        assert_eq!((error.code.as_str(), error.message.as_str()), ("export_expired", "gone"));
        for thing in [r#"{"videos":[],"error":{"code":"x"}}"#, r#"{"error":null}"#, "[]", "{", r#"{"export_id":"e"}"#] {
            assert_eq!(Problem::instead(thing.as_bytes()), None, "{thing}");
        }
    }

    #[test]
    fn what_says_nothing_hides_nothing() {
        for nothing in ["null", "{}", "[]", r#"" ""#] {
            assert_eq!(Problem::parse(500, format!(r#"{{"detail":{nothing}}}"#).as_bytes()), None, "{nothing}");
        }
        let read =
            Problem::parse(429, br#"{"error":{},"detail":{"code":"rate_limit_exceeded","message":"no","retry_after":1.5}}"#).unwrap();
        assert_eq!((read.code.as_str(), read.retry_after), ("rate_limit_exceeded", Some(2)));
    }

    #[test]
    fn what_is_not_an_envelope_is_nothing() {
        for text in ["", "<html>", "[]", "{}", r#"{"error":"denied"}"#, r#"{"error":{}}"#, r#"{"message":"x"}"#, r#"{"detail":null}"#] {
            assert_eq!(Problem::parse(403, text.as_bytes()), None, "{text}");
        }
    }
}
