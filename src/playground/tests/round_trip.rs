//! The playground reads what a client writes, for every endpoint that is served.

use std::collections::BTreeSet;

use axum::{
    Router,
    body::{Bytes, to_bytes},
    extract::Request as Incoming,
    http::StatusCode,
    routing::any,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    api::{Endpoint, Request, indexes, keys, mcp, prompts, runs, search, segments, service, usage, videos},
    playground::{arguments::Arguments, routes::routes},
};

/// A text with every character that can cause trouble in a path, a query or JSON.
const TEXT: &str = "a b+c&d=e;f%2F\"\\/é 𝄞 <ü>?#[]\n";
/// The same for ids, which cannot have `/ \ ? # %`, control characters or spaces.
const ID: &str = "id&=+;é𝄞@0-1.5:~";

/// Notes which routes were tested.
#[derive(Default)]
struct Carried(BTreeSet<(&'static str, &'static str)>);

impl Carried {
    /// Writes a value as the client does, reads it as the playground does, and compares the two.
    async fn carry<E: Endpoint>(&mut self, members: Value) {
        let sent: E = serde_json::from_value(members.clone()).unwrap_or_else(|error| panic!("{}: {error}", E::PATH));
        let read = async |request: Incoming| -> (StatusCode, Bytes) {
            let (mut parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let read: Result<E, _> = match Arguments::of(E::BODY, &mut parts, &body).await {
                Ok(arguments) => arguments.read(),
                Err(refusal) => Err(refusal),
            };
            match read {
                Ok(read) => (StatusCode::OK, serde_json::to_vec(&read).unwrap().into()),
                Err(refusal) => (StatusCode::BAD_REQUEST, refusal.message().to_owned().into()),
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app: Router = Router::new().route(E::PATH, any(read));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await });
        let request = Request::of(&sent, None).unwrap();
        let mut http = super::client().request(E::METHOD.as_str().parse().unwrap(), format!("{base}{}", request.target()));
        if let Some(body) = request.body() {
            http = http.body(body.clone());
        }
        let answer = http.send().await.unwrap();
        let (status, body) = (answer.status(), answer.bytes().await.unwrap());
        serving.abort();
        assert_eq!(status, 200, "{} {}: {}", E::METHOD.as_str(), E::PATH, String::from_utf8_lossy(&body));
        let back: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(back, serde_json::to_value(&sent).unwrap(), "{} {}", E::METHOD.as_str(), E::PATH);
        // If a sample had a misspelt member, the test would check less than it seems to.
        assert_eq!(without_nulls(back), members, "{}", E::PATH);
        self.0.insert((E::METHOD.as_str(), E::PATH));
    }
}

fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    value
}

#[tokio::test]
async fn every_endpoint_is_read_as_it_was_written() {
    let mut carried = Carried::default();
    let none = || json!({});
    let texts = || json!([TEXT, "", "2"]);
    let run = || json!({"run_id": ID});
    let video = || json!({"video_id": ID});
    let page = |id: &str| json!({id: ID, "limit": 7, "cursor": TEXT});

    carried.carry::<service::ValidateKey>(none()).await;
    carried.carry::<service::AnnounceProcessing>(json!({"event_id": TEXT, "surface": "sdk", "reason": TEXT, "operation": TEXT})).await;
    carried.carry::<service::DeleteWebhook>(json!({"webhook_id": ID})).await;
    carried.carry::<keys::CreateKey>(json!({"name": TEXT, "scopes": ["search", "admin"], "expires_in_days": 365})).await;
    carried.carry::<keys::ListKeys>(none()).await;
    carried.carry::<keys::GetKey>(json!({"key_id": ID})).await;
    carried.carry::<keys::RotateKey>(json!({"key_id": ID})).await;
    carried.carry::<keys::RevokeKey>(json!({"key_id": ID})).await;
    carried.carry::<keys::DeleteKey>(json!({"key_id": ID})).await;

    carried.carry::<indexes::ListIndexes>(json!({"include_defaults": false})).await;
    carried.carry::<indexes::GetIndex>(json!({"index_id": ID})).await;
    carried.carry::<indexes::ListIndexVideos>(page("index_id")).await;
    carried.carry::<runs::ListIndexRuns>(page("index_id")).await;
    carried
        .carry::<search::TextSearch>(
            json!({"index_id": ID, "query": TEXT, "top_k": 100, "search_fields": texts(), "run_ids": texts(), "index_ids": []}),
        )
        .await;
    carried
        .carry::<search::ImageSearch>(json!({"index_id": ID, "image_data": TEXT, "top_k": 1, "run_ids": [], "index_ids": texts()}))
        .await;
    carried
        .carry::<search::MultimodalSearch>(json!({
            "index_id": ID, "text_query": TEXT, "image_data": "", "top_k": 3, "text_weight": 0.1, "image_weight": 0.9,
            "search_fields": texts(), "run_ids": texts(), "index_ids": texts(),
        }))
        .await;
    let conditions = json!([
        {"field": "a.b[].c", "operator": "equals", "value": TEXT, "type": "string"},
        {"field": "n", "operator": "less_equal", "value": -1.5e-7, "type": "number"},
        {"field": "l", "operator": "is_empty", "type": "array"},
        {"field": "b", "operator": "equals", "value": null, "type": "boolean"},
    ]);
    carried
        .carry::<search::FilterSearch>(
            json!({"index_id": ID, "conditions": conditions, "page_size": 5, "cursor": TEXT, "run_ids": texts(), "index_ids": texts()}),
        )
        .await;

    carried.carry::<videos::GetVideo>(video()).await;
    carried.carry::<videos::BatchVideos>(json!({"video_ids": texts()})).await;
    carried.carry::<videos::BatchStatus>(json!({"video_ids": texts()})).await;
    carried.carry::<videos::ListVideoRuns>(json!({"video_id": ID, "limit": 200})).await;
    carried.carry::<segments::ListSegments>(json!({"video_id": ID, "run_id": TEXT, "latest_run": true, "limit": 1, "cursor": TEXT})).await;
    carried.carry::<segments::BatchSegments>(json!({"video_ids": texts(), "targets": [{"video_id": TEXT, "run_id": TEXT}]})).await;
    carried.carry::<segments::GetThumbnail>(json!({"segment_id": ID})).await;

    carried.carry::<prompts::ListPrompts>(json!({"active_only": false, "include_defaults": true})).await;
    carried.carry::<prompts::GetPrompt>(json!({"prompt_id": ID})).await;
    carried
        .carry::<prompts::TestSchema>(json!({"json_schema": {"type": "object", TEXT: [1, null]}, "sample_data": {TEXT: {"": -0.5}}}))
        .await;

    let request = json!({
        "prompt_id": ID, "target": {"type": "videos", "video_ids": [ID], "index_id": ID}, "video_segmentation_type": "fixed",
        "audio_segmentation_type": "fixed", "video_segment_duration": 30, "audio_segment_duration": 300, "processing_model": TEXT,
        "enable_transcription": false, "enable_image_embedding": true,
    });
    carried.carry::<runs::EstimateRun>(request.clone()).await;
    carried.carry::<runs::ExecuteRun>(request).await;
    carried.carry::<runs::ListRuns>(json!({"limit": 200})).await;
    carried.carry::<runs::GetRun>(run()).await;
    carried.carry::<runs::CancelRun>(run()).await;
    carried
        .carry::<runs::ListResults>(json!({"run_id": ID, "video_id": TEXT.replace(['/', '\\', '?', '#', '%', ' ', '\n'], "_"), "limit": 9}))
        .await;
    carried.carry::<runs::GetVideoResult>(json!({"run_id": ID, "video_id": ID})).await;
    carried.carry::<runs::GetFailedSegments>(run()).await;
    carried.carry::<runs::ListModelCalls>(run()).await;
    carried.carry::<runs::RetrySegment>(json!({"run_id": ID, "video_id": "v", "segment_id": ID})).await;
    carried.carry::<runs::GetSegmentRetry>(json!({"run_id": ID, "video_id": "v", "segment_id": "s", "retry_id": ID})).await;

    carried.carry::<mcp::GetMcpStatus>(none()).await;
    carried.carry::<mcp::GetMcpConfig>(json!({"platform": TEXT})).await;
    carried.carry::<mcp::ListMcpTools>(none()).await;
    carried.carry::<mcp::RunMcpTool>(json!({"tool_name": TEXT, "arguments": {TEXT: [TEXT, 1, {"x": null}]}})).await;
    carried.carry::<usage::GetUsage>(none()).await;
    carried.carry::<usage::GetUsageHistory>(json!({"start_date": "2026-01-01", "end_date": TEXT, "limit": 3})).await;
    carried
        .carry::<usage::ListUsageDetails>(
            json!({"metric_type": TEXT, "start_date": "2026-01-01T00:00:00+02:00", "end_date": TEXT, "limit": 3}),
        )
        .await;
    carried.carry::<usage::GetUsageBreakdown>(json!({"start_date": TEXT, "end_date": TEXT})).await;
    carried.carry::<usage::ListMetricTypes>(none()).await;
    carried.carry::<usage::GetRateLimits>(none()).await;
    carried.carry::<usage::RefreshRateLimits>(none()).await;
    carried.carry::<usage::GetPricing>(none()).await;

    let served: BTreeSet<_> = routes().iter().map(|route| (route.method.as_str(), route.path)).collect();
    assert_eq!(carried.0, served);
}
