//! Webhooks: who wants to know of which events, and the deliveries to them.
//!
//! [`enqueue`] writes a delivery for each webhook that wants an event, in the transaction of the event. This folder must not know what the
//! events mean. Start with [`mount`]. `subscription` has the rules of a webhook, `delivery` says when a delivery is
//! tried again, and `send` is the task that calls the receivers.

mod delivery;
mod post;
mod seed;
mod send;
mod subscription;

use std::sync::Arc;

use rusqlite::Transaction;
use serde_json::json;

use self::{delivery::Sending, subscription::Subscription};
use super::{
    ACCOUNT, Refusal,
    auth::Caller,
    cursor::page_size,
    mount::{Mount, Reply},
    random,
    search::distinct,
    service::Service,
    store::{
        Store, library,
        records::{self, Which},
        repeats,
    },
    time::{now, rfc3339},
};
use crate::api::{
    events::ProcessingEvent,
    ids::IndexId,
    keys::Message,
    page::Rows,
    webhooks::{
        CreateWebhook, DELIVERY_STATES, DeleteWebhook, Delivery, EVENTS, GetDelivery, GetWebhook, ListDeliveries, ListWebhookEvents,
        ListWebhooks, RetryDelivery, RotateSecret, RotatedSecret, Settable, TestResult, TestWebhook, UpdateWebhook, Webhook,
        WebhookWithSecret,
    },
};

pub use delivery::enqueue;
pub use post::Post;
pub use seed::seed;
pub use send::keep as keep_sending;

const MOST_ROWS: u32 = 100;
const DEFAULT_ROWS: u32 = 50;

/// Mounts the operations on webhooks.
pub fn mount(mount: Mount) -> Mount {
    mount
        .write(create_webhook)
        .created()
        .read(list_webhooks)
        .read(list_events)
        .read(get_webhook)
        .write(update_webhook)
        .write(delete_webhook)
        .write(rotate_secret)
        .outward(test_webhook)
        .read(list_deliveries)
        .read(get_delivery)
        .write(retry_delivery)
}

/// Samples for `tests/round_trip.rs`.
#[cfg(test)]
pub const SAMPLES: super::tests::round_trip::Samples = &[
    ("POST /webhooks", r#"{"name": "TEXT", "url": "TEXT", "events": ["TEXT", ""], "index_ids": ["ID"], "metadata": {"TEXT": [1.5]}}"#),
    (
        "PATCH /webhooks/{webhook_id}",
        r#"{"name": "TEXT", "url": "TEXT", "events": ["TEXT"], "index_ids": [], "status": "paused", "metadata": {"TEXT": null}}"#,
    ),
    ("GET /webhooks/{webhook_id}/deliveries", r#"{"status": "TEXT", "limit": 7}"#),
];

/// Creates a webhook. The id follows from the idempotency key: if the webhook was deleted, the same request makes it again under the same
/// id, with a new secret.
fn create_webhook(caller: &Caller, tx: &Transaction<'_>, call: CreateWebhook) -> Reply<WebhookWithSecret> {
    let name = subscription::checked_name(&call.name)?;
    subscription::check_url(&call.url)?;
    subscription::check_metadata(call.metadata.as_ref())?;
    let events = subscription::checked_events(call.events)?;
    let index_ids = call.index_ids.map(|ids| existing(tx, ids, &[])).transpose()?;
    let key = caller.idempotency_key.clone();
    let webhook_id = match &key {
        Some(key) => random::id_of("whk_", &format!("{}\n{key}", caller.account)),
        None => random::id("whk_")?,
    };
    // The API forgets a key after some time. Its webhook may still be there.
    let taken = records::find::<Subscription>(tx, &webhook_id)?.is_some();
    let created = Some(rfc3339(now()));
    let webhook = Webhook {
        webhook_id: if taken { random::id("whk_")? } else { webhook_id },
        name,
        url: call.url,
        events,
        index_ids,
        status: Settable::Active.as_str().to_owned(),
        created_at: created.clone(),
        updated_at: created,
        metadata: call.metadata,
        ..Webhook::default()
    };
    let subscription = Subscription { webhook, secret: subscription::secret()?, key };
    records::insert(tx, &subscription)?;
    Ok(WebhookWithSecret { webhook: subscription.webhook, secret: subscription.secret })
}

/// Ids as they are stored. Refuses one of an index that does not exist, as all calls do that write, unless it is among those that were
/// there before: an index may have been deleted since.
fn existing(tx: &Transaction<'_>, ids: Vec<IndexId>, before: &[String]) -> Reply<Vec<String>> {
    let ids = distinct(&ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    for id in ids.iter().filter(|id| !before.contains(id)) {
        library::index(tx, id)?.ok_or_else(|| Refusal::not_found("index").with("index_id", id.as_str()))?;
    }
    Ok(ids)
}

async fn list_webhooks(_: Caller, store: Store, _: ListWebhooks) -> Reply<Rows<Webhook>> {
    store
        .read(|connection| {
            let found = records::list::<Subscription>(connection, &Which::default())?;
            Ok(Rows::all(found.into_iter().map(|stored| stored.record.webhook).collect()))
        })
        .await
}

async fn list_events(_: Caller, _: Store, _: ListWebhookEvents) -> Reply<Rows<String>> {
    Ok(Rows::all(EVENTS.map(str::to_owned).into()))
}

async fn get_webhook(_: Caller, store: Store, call: GetWebhook) -> Reply<Webhook> {
    store.read(move |connection| Ok(records::get::<Subscription>(connection, call.webhook_id.as_str())?.webhook)).await
}

/// Changes the members that are given. A webhook that is set to active starts without failures, and what waited for it is sent.
fn update_webhook(_: &Caller, tx: &Transaction<'_>, call: UpdateWebhook) -> Reply<Webhook> {
    let mut subscription: Subscription = records::get(tx, call.webhook_id.as_str())?;
    let webhook = &mut subscription.webhook;
    if let Some(name) = call.name {
        webhook.name = subscription::checked_name(&name)?;
    }
    if let Some(url) = call.url {
        subscription::check_url(&url)?;
        webhook.url = url;
    }
    if let Some(events) = call.events {
        webhook.events = subscription::checked_events(events)?;
    }
    if let Some(index_ids) = call.index_ids {
        webhook.index_ids = Some(existing(tx, index_ids, webhook.index_ids.as_deref().unwrap_or_default())?);
    }
    if let Some(status) = call.status {
        if status == Settable::Active && webhook.status != Settable::Active.as_str() {
            webhook.failure_count = 0;
        }
        webhook.status = status.as_str().into();
    }
    if let Some(metadata) = call.metadata {
        subscription::check_metadata(Some(&metadata))?;
        webhook.metadata = Some(metadata);
    }
    webhook.updated_at = Some(rfc3339(now()));
    records::update(tx, &subscription)?;
    Ok(subscription.webhook)
}

/// Deletes a webhook, its deliveries, and the memory of the request that created it.
fn delete_webhook(_: &Caller, tx: &Transaction<'_>, call: DeleteWebhook) -> Reply<Message> {
    // One that cannot be read is deleted all the same.
    let key = records::get::<Subscription>(tx, call.webhook_id.as_str()).ok().and_then(|subscription| subscription.key);
    records::delete::<Subscription>(tx, call.webhook_id.as_str())?;
    records::delete_of::<Sending>(tx, call.webhook_id.as_str())?;
    if let Some(key) = key {
        repeats::forget(tx, ACCOUNT, &key, call.webhook_id.as_str())?;
    }
    Ok(Message { message: "Webhook deleted".to_owned() })
}

fn rotate_secret(_: &Caller, tx: &Transaction<'_>, call: RotateSecret) -> Reply<RotatedSecret> {
    let mut subscription: Subscription = records::get(tx, call.webhook_id.as_str())?;
    subscription.secret = subscription::secret()?;
    subscription.webhook.updated_at = Some(rfc3339(now()));
    records::update(tx, &subscription)?;
    Ok(RotatedSecret { webhook_id: subscription.webhook.webhook_id, new_secret: subscription.secret })
}

/// Sends a test event, whatever the state of the webhook is, and does not count how it ends. A receiver that fails is no error of the call.
async fn test_webhook(service: Arc<Service>, _: Caller, call: TestWebhook) -> Reply<TestResult> {
    let webhook_id = call.webhook_id.to_string();
    let subscription: Subscription = service.store.read(move |connection| records::get(connection, &webhook_id)).await?;
    let event = ProcessingEvent {
        event_id: random::id("evt_")?,
        event_type: "test".to_owned(),
        created_at: Some(rfc3339(now())),
        payload: json!({"webhook_id": call.webhook_id, "message": "This is a test."}).as_object().cloned(),
        ..ProcessingEvent::default()
    };
    let outcome = service.post.send(&subscription, "test", &delivery::payload(&event), None).await;
    Ok(TestResult { success: outcome.error.is_none(), status_code: outcome.status, error: outcome.error })
}

async fn list_deliveries(_: Caller, store: Store, call: ListDeliveries) -> Reply<Rows<Delivery>> {
    let limit = page_size::<ListDeliveries>("limit", call.limit, DEFAULT_ROWS, MOST_ROWS)?;
    if call.status.as_ref().is_some_and(|status| !DELIVERY_STATES.contains(&status.as_str())) {
        return Err(Refusal::argument(["query", "status"], format!("Input should be one of: {}", DELIVERY_STATES.join(", ")), "enum"));
    }
    store
        .read(move |connection| {
            let webhook_id = call.webhook_id.as_str();
            records::get::<Subscription>(connection, webhook_id)?;
            let which = Which { parent: Some(webhook_id), state: call.status.as_deref(), limit: Some(limit), ..Which::default() };
            let found = records::list::<Sending>(connection, &which)?;
            Ok(Rows::all(found.into_iter().map(|stored| stored.record.delivery).collect()))
        })
        .await
}

async fn get_delivery(_: Caller, store: Store, call: GetDelivery) -> Reply<Delivery> {
    store.read(move |connection| Ok(records::get::<Sending>(connection, call.delivery_id.as_str())?.delivery)).await
}

/// Makes a delivery due again. If its webhook is paused or disabled, it waits until that is active.
fn retry_delivery(_: &Caller, tx: &Transaction<'_>, call: RetryDelivery) -> Reply<Delivery> {
    let mut sending: Sending = records::get(tx, call.delivery_id.as_str())?;
    sending.again(now());
    records::update(tx, &sending)?;
    Ok(sending.delivery)
}
