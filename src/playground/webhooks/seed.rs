//! A webhook that every new store has, so that lists are not empty. It is paused, so nothing is sent.

use rusqlite::Connection;

use super::{
    delivery::{Outcome, Sending},
    subscription::{self, Subscription},
};
use crate::{
    api::{events::ProcessingEvent, webhooks::Webhook},
    playground::{
        ACCOUNT, Refusal,
        store::records,
        time::{Millis, SECOND, rfc3339},
    },
};

/// When it was created: 2026-01-05, 12:00 UTC.
const CREATED: Millis = 1_767_614_400_000;
const WEBHOOK: &str = "whk_sample";

/// Adds the webhook with one delivery that succeeded and one that failed.
pub fn seed(connection: &Connection) -> Result<(), Refusal> {
    let webhook = Webhook {
        webhook_id: WEBHOOK.into(),
        name: "Sample receiver".into(),
        url: "https://receiver.example/videovector".into(),
        events: vec!["prompt_run.completed".into(), "prompt_run.failed".into()],
        status: "paused".into(),
        created_at: Some(rfc3339(CREATED)),
        updated_at: Some(rfc3339(CREATED)),
        ..Webhook::default()
    };
    let mut subscription = Subscription { webhook, secret: subscription::secret()?, key: None };
    let taken = Outcome { status: Some(200), body: Some("ok".into()), error: None };
    let refused = Outcome { status: Some(503), body: Some("busy".into()), error: Some("the receiver answered 503".into()) };
    for (name, run, outcome, at) in [
        ("prompt_run.completed", "run_scene_catalogue_early_cinema", taken, CREATED + 60 * SECOND),
        ("prompt_run.failed", "run_scene_catalogue_damaged", refused, CREATED + 120 * SECOND),
    ] {
        let event = ProcessingEvent {
            event_id: format!("evt_sample_{run}"),
            event_type: name.into(),
            user_id: Some(ACCOUNT.into()),
            run_id: Some(run.into()),
            created_at: Some(rfc3339(at)),
            payload: serde_json::json!({"run_id": run}).as_object().cloned(),
            ..ProcessingEvent::default()
        };
        let failed = outcome.error.is_some();
        let mut sending = Sending::of(WEBHOOK, &event)?;
        sending.delivery.delivery_id = format!("dlv_sample_{}", if failed { "failed" } else { "delivered" });
        sending.delivery.created_at = Some(rfc3339(at));
        while sending.next.is_some() {
            sending.begin(at);
            sending.end(outcome.clone(), at, 0.0);
            if failed { subscription.failed(at) } else { subscription.succeeded(at) }
        }
        records::insert(connection, &sending)?;
    }
    records::insert(connection, &subscription).map(drop)
}
