//! The playground reads what a client writes, for every endpoint that is served.
//!
//! Each call is written as the client does, read as the playground does, and compared. A call whose only arguments are in its path needs no
//! sample. Any other call has one: here, or in `SAMPLES` in the folder of its noun.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::Request as Incoming,
    http::StatusCode,
    routing::any,
};
use serde_json::{Map, Value};
use tokio::net::TcpListener;

use crate::{
    api::{Body, Endpoint, Request},
    playground::{self, Refusal, arguments::Arguments, routes::routes},
};

/// The arguments of calls, by method and path. A string or a name `TEXT` stands for [`TEXT`], and `ID` for [`ID`].
pub type Samples = &'static [(&'static str, &'static str)];

/// A text with every character that can cause trouble in a path, a query or JSON.
const TEXT: &str = "a b+c&d=e;f%2F\"\\/é 𝄞 <ü>?#[]\n";
/// The same for ids, which cannot have `/ \ ? # %`, control characters or spaces.
const ID: &str = "id&=+;é𝄞@0-1.5:~";

/// The samples of the nouns that have a folder of their own. The order does not matter.
#[rustfmt::skip] // One line each, so that nouns can be added side by side.
const NOUNS: &[Samples] = &[
    playground::automations::SAMPLES,
    playground::connectors::SAMPLES,
    playground::imports::SAMPLES,
    playground::events::SAMPLES,
    playground::exports::SAMPLES,
    playground::chat::SAMPLES,
    playground::indexes::SAMPLES,
    playground::markers::SAMPLES,
    playground::prompts::SAMPLES,
    playground::sql::SAMPLES,
    playground::videos::SAMPLES,
    playground::webhooks::SAMPLES,
    playground::workflow::SAMPLES,
];

const SAMPLES: Samples = &[
    ("POST /auth/processing-activity", r#"{"event_id": "TEXT", "surface": "sdk", "reason": "TEXT", "operation": "TEXT"}"#),
    ("POST /api-keys", r#"{"name": "TEXT", "scopes": ["search", "admin"], "expires_in_days": 365}"#),
    (
        "POST /indexes/{index_id}/search",
        r#"{"query": "TEXT", "top_k": 100, "search_fields": ["TEXT", "", "2"], "run_ids": ["TEXT", "", "2"], "index_ids": []}"#,
    ),
    ("POST /indexes/{index_id}/image-search", r#"{"image_data": "TEXT", "top_k": 1, "run_ids": [], "index_ids": ["TEXT", "", "2"]}"#),
    (
        "POST /indexes/{index_id}/multimodal-search",
        r#"{"text_query": "TEXT", "image_data": "", "top_k": 3, "text_weight": 0.1, "image_weight": 0.9,
            "search_fields": ["TEXT"], "run_ids": ["TEXT", "2"], "index_ids": ["TEXT", ""]}"#,
    ),
    (
        "POST /search/filter/{index_id}",
        r#"{"conditions": [
            {"field": "a.b[].c", "operator": "equals", "value": "TEXT", "type": "string"},
            {"field": "n", "operator": "less_equal", "value": -1.5e-7, "type": "number"},
            {"field": "l", "operator": "is_empty", "type": "array"},
            {"field": "b", "operator": "equals", "value": null, "type": "boolean"}
        ], "page_size": 5, "cursor": "TEXT", "run_ids": ["TEXT"], "index_ids": ["TEXT"]}"#,
    ),
    ("GET /videos/{video_id}/segments", r#"{"run_id": "TEXT", "latest_run": true, "limit": 1, "cursor": "TEXT"}"#),
    ("POST /videos/batch/segments", r#"{"video_ids": ["TEXT", "", "2"], "targets": [{"video_id": "TEXT", "run_id": "TEXT"}]}"#),
    ("POST /playground/search", r#"{"query": "TEXT", "top_k": 100, "run_id": "ID"}"#),
    (
        "POST /search/filter/playground",
        r#"{"conditions": [{"field": "l", "operator": "is_empty", "type": "array"}], "page_size": 5, "cursor": "TEXT", "run_ids": ["TEXT"], "index_ids": []}"#,
    ),
    ("POST /search/multi-run", r#"{"query": "TEXT", "run_ids": ["TEXT"], "index_id": "ID", "aggregation": "weighted", "top_k": 50}"#),
    ("POST /prompt-runs/estimate", RUN),
    ("POST /prompt-runs/execute", RUN),
    ("GET /prompt-runs", r#"{"limit": 200}"#),
    ("GET /prompt-runs/{run_id}/results", r#"{"video_id": "ID", "limit": 9}"#),
    ("GET /mcp/config", r#"{"platform": "TEXT"}"#),
    ("POST /mcp/playground", r#"{"tool_name": "TEXT", "arguments": {"TEXT": ["TEXT", 1, {"x": null}]}}"#),
    ("GET /usage/history", r#"{"start_date": "2026-01-01", "end_date": "TEXT", "limit": 3}"#),
    ("GET /usage/details", r#"{"metric_type": "TEXT", "start_date": "2026-01-01T00:00:00+02:00", "end_date": "TEXT", "limit": 3}"#),
    ("GET /usage/breakdown", r#"{"start_date": "TEXT", "end_date": "TEXT"}"#),
];

const RUN: &str = r#"{
    "prompt_id": "ID", "target": {"type": "videos", "video_ids": ["ID"], "index_id": "ID"}, "video_segmentation_type": "fixed",
    "audio_segmentation_type": "fixed", "video_segment_duration": 30, "audio_segment_duration": 300, "processing_model": "TEXT",
    "enable_transcription": false, "enable_image_embedding": true
}"#;

/// Writes calls of one endpoint as the client does, and reads them as the playground does.
#[derive(Clone, Copy)]
pub struct Codec {
    /// The request, and all members of the call.
    write: fn(Value) -> Result<(Request, Value), serde_json::Error>,
    /// The members of the call.
    read: fn(Arguments) -> Result<Value, Refusal>,
}

impl Codec {
    pub const fn of<E: Endpoint>() -> Self {
        Self {
            write: |members| {
                let call: E = serde_json::from_value(members)?;
                Ok((Request::of(&call, None).unwrap(), serde_json::to_value(&call)?))
            },
            read: |arguments| Ok(serde_json::to_value(arguments.read::<E>()?)?),
        }
    }
}

/// Puts the awkward texts where their names are.
fn filled(value: Value) -> Value {
    let text = |text: String| match text.as_str() {
        "TEXT" => TEXT.to_owned(),
        "ID" => ID.to_owned(),
        _ => text,
    };
    match value {
        Value::String(string) => text(string).into(),
        Value::Array(items) => items.into_iter().map(filled).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (text(name), filled(value))).collect(),
        other => other,
    }
}

fn path_parameters(path: &str) -> Map<String, Value> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).map(|name| (name.to_owned(), ID.into())).collect()
}

#[tokio::test]
async fn every_endpoint_is_read_as_it_was_written() {
    let mut samples: BTreeMap<&str, &str> = NOUNS.iter().copied().flatten().chain(SAMPLES).copied().collect();
    let mut app = Router::new();
    for route in routes() {
        let (place, read) = (route.body, route.codec.read);
        let answer = async move |request: Incoming| -> (StatusCode, Bytes) {
            let (mut parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let arguments = match place {
                // How the fields of a form arrive is tested in `wire`.
                Body::Form(_) => Arguments::of_form(&mut parts, serde_json::from_slice(&body).unwrap()).await,
                _ => Arguments::of(place, &mut parts, &body).await,
            };
            match arguments.and_then(read) {
                Ok(members) => (StatusCode::OK, members.to_string().into()),
                Err(refusal) => (StatusCode::BAD_REQUEST, refusal.message().to_owned().into()),
            }
        };
        // Two methods of one path have a place each.
        app = app.route(&format!("/{}{}", route.method.as_str(), route.path), any(answer));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    for route in routes() {
        let method = route.method.as_str();
        let name = format!("{method} {}", route.path);
        let mut members = path_parameters(route.path);
        if let Some(sample) = samples.remove(name.as_str()) {
            let Value::Object(sample) = filled(serde_json::from_str(sample).unwrap()) else { panic!("{name}: no object") };
            members.extend(sample);
        }
        let members = Value::Object(members);
        let (request, sent) = (route.codec.write)(members.clone()).unwrap_or_else(|error| panic!("{name} needs a sample: {error}"));
        let mut http = super::client().request(method.parse().unwrap(), format!("{base}/{method}{}", request.target()));
        if let Some(body) = request.body() {
            http = http.body(body.clone());
        }
        if let Some(form) = request.form() {
            http = http.body(serde_json::to_vec(&form.fields).unwrap());
        }
        let answer = http.send().await.unwrap();
        let (status, body) = (answer.status(), answer.bytes().await.unwrap());
        assert_eq!(status, 200, "{name}: {}", String::from_utf8_lossy(&body));
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), sent, "{name}");
        // If a sample lacked a member or misspelt one, the test would check less than it seems to.
        assert_eq!(sent, members, "{name}: the sample is not whole");
    }
    assert!(samples.is_empty(), "no endpoint has these samples: {:?}", samples.keys());
}
