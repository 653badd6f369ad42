//! What is stored of a delivery, and when it is tried again.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::subscription::Subscription;
use crate::{
    api::{events::ProcessingEvent, webhooks::Delivery},
    playground::{
        Refusal, random,
        store::records::{self, Record, Which},
        time::{Millis, SECOND, now, rfc3339},
    },
};

/// The version of the payload's form.
const API_VERSION: &str = "2024-01";
/// How often a delivery is tried before it counts as failed. The API's own number is not known.
const MOST_ATTEMPTS: u32 = 6;
/// How long it is until the second attempt, without the jitter. Each further wait is four times as long.
const FIRST_WAIT: Millis = 2 * SECOND;
/// After this time an attempt without an outcome counts as lost, and the delivery is due again. It is longer than an attempt can take.
const LOST_AFTER: Millis = 30 * SECOND;
/// The most deliveries that are kept of one webhook. The oldest ones that are through go first.
const MOST_KEPT: u32 = 500;

/// A delivery.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sending {
    /// What the API shows.
    pub delivery: Delivery,
    /// How many attempts are left.
    pub left: u32,
    /// When it is tried next. While an attempt is under way, when that counts as lost.
    pub next: Option<Millis>,
}

impl Record for Sending {
    const KIND: &'static str = "webhook_delivery";

    fn id(&self) -> &str {
        &self.delivery.delivery_id
    }

    fn state(&self) -> Option<&str> {
        Some(&self.delivery.status)
    }

    fn parent(&self) -> Option<&str> {
        Some(&self.delivery.webhook_id)
    }

    fn due(&self) -> Option<Millis> {
        self.next
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The status of the receiver's answer.
    pub status: Option<u16>,
    /// The beginning of its body.
    pub body: Option<String>,
    /// Why it is a failure. `None` if the receiver took the delivery.
    pub error: Option<String>,
}

impl Sending {
    /// A delivery of an event that is due at once.
    pub fn of(webhook_id: &str, event: &ProcessingEvent) -> Result<Self, Refusal> {
        let now = now();
        let delivery = Delivery {
            delivery_id: random::id("dlv_")?,
            webhook_id: webhook_id.to_owned(),
            event_type: event.event_type.clone(),
            status: "pending".to_owned(),
            created_at: Some(rfc3339(now)),
            payload: Some(payload(event)),
            ..Delivery::default()
        };
        Ok(Self { delivery, left: MOST_ATTEMPTS, next: Some(now) })
    }

    /// Notes that an attempt begins.
    pub fn begin(&mut self, now: Millis) {
        self.left = self.left.saturating_sub(1);
        self.next = Some(now + LOST_AFTER);
        self.delivery.status = "processing".into();
        self.delivery.attempts += 1;
        self.delivery.last_attempt_at = Some(rfc3339(now));
        self.delivery.next_retry_at = None;
    }

    /// Notes how an attempt ended. `jitter` is from 0 to 1.
    pub fn end(&mut self, outcome: Outcome, now: Millis, jitter: f64) {
        let failed = outcome.error.is_some();
        self.delivery.response_status_code = outcome.status;
        self.delivery.response_body = outcome.body;
        self.delivery.error_message = outcome.error;
        self.next = if failed && self.left > 0 { Some(now + wait(MOST_ATTEMPTS - self.left, jitter)) } else { None };
        self.delivery.next_retry_at = self.next.map(rfc3339);
        self.delivery.completed_at = self.next.is_none().then(|| rfc3339(now));
        self.delivery.status = match (failed, self.next) {
            (false, _) => "delivered",
            (true, Some(_)) => "retrying",
            (true, None) => "failed",
        }
        .into();
    }

    /// Makes it due again, with all its attempts. One that is due anyway stays as it is.
    pub fn again(&mut self, now: Millis) {
        if !matches!(self.delivery.status.as_str(), "pending" | "processing") {
            self.left = MOST_ATTEMPTS;
            self.next = Some(now);
            self.delivery.status = "pending".into();
            self.delivery.next_retry_at = None;
            self.delivery.completed_at = None;
        }
    }
}

/// The body that a receiver gets.
pub fn payload(event: &ProcessingEvent) -> Map<String, Value> {
    let payload = json!({
        "id": event.event_id,
        "event": event.event_type,
        "data": event.payload,
        "api_version": API_VERSION,
        "created_at": event.created_at,
    });
    payload.as_object().cloned().unwrap_or_default()
}

/// How long to wait after so many attempts: 2, 8, 32, 128 and 512 seconds, and up to half as long again.
fn wait(attempts: u32, jitter: f64) -> Millis {
    let wait = FIRST_WAIT << (2 * attempts.saturating_sub(1)).min(20);
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a fraction of some minutes, in milliseconds")]
    let more = (wait as f64 / 2.0 * jitter.clamp(0.0, 1.0)) as Millis;
    wait + more
}

/// Adds a delivery for each webhook that wants to know of an event. Call it in the transaction of the event.
pub fn enqueue(connection: &Connection, event: &ProcessingEvent) -> Result<(), Refusal> {
    for subscription in records::list::<Subscription>(connection, &Which::default())? {
        if subscription.record.wants(event) {
            records::insert(connection, &Sending::of(subscription.record.id(), event)?)?;
            forget(connection, subscription.record.id())?;
        }
    }
    Ok(())
}

/// Removes the oldest deliveries of a webhook that are through, if there are too many.
fn forget(connection: &Connection, webhook_id: &str) -> Result<(), Refusal> {
    connection
        .prepare_cached(
            "DELETE FROM records WHERE kind = ?1 AND parent = ?2 AND due IS NULL AND seq <=
             (SELECT seq FROM records WHERE kind = ?1 AND parent = ?2 ORDER BY seq DESC LIMIT 1 OFFSET ?3)",
        )?
        .execute(rusqlite::params![Sending::KIND, webhook_id, MOST_KEPT])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sending() -> Sending {
        let event = ProcessingEvent { event_id: "evt_1".into(), event_type: "media.created".into(), ..ProcessingEvent::default() };
        Sending::of("whk_1", &event).unwrap()
    }

    fn refused() -> Outcome {
        Outcome { status: Some(500), body: Some("no".into()), error: Some("the receiver answered 500".into()) }
    }

    #[test]
    fn waits_grow_fourfold_with_jitter() {
        assert_eq!([1, 2, 3, 4, 5].map(|attempts| wait(attempts, 0.0) / SECOND), [2, 8, 32, 128, 512]);
        assert_eq!(wait(1, 1.0), 3 * SECOND);
    }

    #[test]
    fn a_delivery_is_retried_until_it_has_no_attempt_left() {
        let mut sending = sending();
        for attempt in 1..=MOST_ATTEMPTS {
            let now = Millis::from(attempt) * 1_000_000;
            sending.begin(now);
            assert_eq!((sending.delivery.status.as_str(), sending.next), ("processing", Some(now + LOST_AFTER)));
            sending.end(refused(), now, 0.5);
            let last = attempt == MOST_ATTEMPTS;
            assert_eq!(sending.delivery.status, if last { "failed" } else { "retrying" });
            assert_eq!((sending.next.is_none(), sending.delivery.completed_at.is_some()), (last, last));
        }
        assert_eq!(sending.delivery.attempts, u64::from(MOST_ATTEMPTS));
        sending.again(7);
        assert_eq!((sending.delivery.status.as_str(), sending.next, sending.left), ("pending", Some(7), MOST_ATTEMPTS));
    }

    #[test]
    fn a_delivery_that_was_taken_is_through() {
        let mut sending = sending();
        sending.begin(0);
        sending.end(Outcome { status: Some(204), ..Outcome::default() }, 1, 0.0);
        let delivery = &sending.delivery;
        assert_eq!((delivery.status.as_str(), delivery.response_status_code, sending.next), ("delivered", Some(204), None));
        assert!(delivery.error_message.is_none() && delivery.completed_at.is_some());
    }
}
