//! Sends deliveries when they are due.
//!
//! A delivery is marked as under way before it is sent, and its outcome is stored after that. If the process ends in between, the next start
//! sends it again: a receiver may get a delivery twice, and never not at all.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OptionalExtension};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    delivery::{Outcome, Sending},
    post::{self, Label, Post},
    subscription::Subscription,
};
use crate::playground::{
    Refusal,
    store::{
        Store, clock,
        records::{self, Record, Which},
    },
    time::{Millis, now},
};

/// How many receivers are called at once.
const MOST_AT_ONCE: usize = 8;

/// The webhooks that are being called. Each is called for one delivery at a time, so that its events come in order as long as it takes them.
#[derive(Clone, Default)]
struct Busy(Arc<Mutex<HashSet<String>>>);

impl Busy {
    fn set(&self) -> MutexGuard<'_, HashSet<String>> {
        // Each change of the set is complete, so a panic elsewhere leaves it usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is to be sent now, and when the next delivery is due.
type Due = (Vec<(Sending, Subscription)>, Option<Millis>);

/// Sends whatever is due, until the playground stops. While nothing is due, it does nothing.
pub async fn keep(store: Store, post: Arc<Post>, stopping: CancellationToken) {
    let mut changes = store.changes();
    let (busy, mut under_way) = (Busy::default(), JoinSet::new());
    if let Err(refusal) = store.write(|tx| recover(tx)).await {
        tracing::error!(%refusal, "deliveries of the last start could not be taken up");
    }
    loop {
        changes.mark_unchanged();
        let (room, taken) = (MOST_AT_ONCE.saturating_sub(under_way.len()), busy.set().clone());
        let mut failed = false;
        let (due, next) = match store.write(move |tx| take(tx, &taken, room)).await {
            Ok(found) => found,
            Err(refusal) => {
                tracing::error!(%refusal, "the deliveries that are due could not be read");
                failed = true;
                (Vec::new(), Some(now() + clock::AFTER_FAILURE))
            }
        };
        for (sending, subscription) in due {
            // Only now is it stored that it is under way.
            busy.set().insert(subscription.id().to_owned());
            let (store, post, busy) = (store.clone(), Arc::clone(&post), busy.clone());
            under_way.spawn(async move {
                deliver(&store, &post, sending, &subscription).await;
                busy.set().remove(subscription.id());
            });
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            // After a failure, time must pass: others that fail wake this, and this would wake them.
            changed = changes.changed(), if !failed => if changed.is_err() { return },
            Some(_) = under_way.join_next() => {}
            () = clock::sleep_until(next) => {}
        }
    }
}

/// Makes deliveries due at once that were under way when the last process ended, before those that are due since: they were made earlier.
fn recover(connection: &Connection) -> Result<(), Refusal> {
    let lost = Which { state: Some("processing"), ..Which::default() };
    for mut sending in records::list::<Sending>(connection, &lost)?.into_iter().map(|stored| stored.record) {
        sending.next = Some(0);
        records::update(connection, &sending)?;
    }
    Ok(())
}

/// Marks deliveries that are due as under way, at most `room` and one for each webhook that is not busy. Deliveries to a webhook that is not
/// active wait until it is.
fn take(connection: &Connection, busy: &HashSet<String>, room: usize) -> Result<Due, Refusal> {
    let now = now();
    let active = Which { state: Some("active"), ..Which::default() };
    let mut firsts: Vec<(Millis, String, Subscription)> = Vec::new();
    for subscription in records::list::<Subscription>(connection, &active)?.into_iter().map(|stored| stored.record) {
        let first = connection
            .prepare_cached("SELECT due, id FROM records WHERE kind = ?1 AND parent = ?2 AND due IS NOT NULL ORDER BY due, seq LIMIT 1")?
            .query_row([Sending::KIND, subscription.id()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        firsts.extend(first.map(|(at, delivery_id)| (at, delivery_id, subscription)));
    }
    firsts.sort_by_key(|(at, ..)| *at);
    let (mut due, mut next) = (Vec::new(), None);
    for (at, delivery_id, subscription) in firsts {
        if busy.contains(subscription.id()) || due.len() >= room {
            continue;
        }
        if at > now {
            next = next.or(Some(at));
            continue;
        }
        let mut sending: Sending = records::get(connection, &delivery_id)?;
        sending.begin(now);
        records::update(connection, &sending)?;
        due.push((sending, subscription));
    }
    Ok((due, next))
}

/// Makes one attempt and stores how it ended.
async fn deliver(store: &Store, post: &Post, sending: Sending, subscription: &Subscription) {
    let delivery = &sending.delivery;
    let label = Label { delivery_id: &delivery.delivery_id, attempt: delivery.attempts };
    let payload = delivery.payload.clone().unwrap_or_default();
    let outcome = post.send(subscription, &delivery.event_type, &payload, Some(label)).await;
    let delivery_id = delivery.delivery_id.clone();
    if let Err(refusal) = store.write(move |tx| finish(tx, &delivery_id, outcome)).await {
        tracing::error!(%refusal, "the outcome of a delivery could not be stored; it will be sent again");
    }
}

fn finish(connection: &Connection, delivery_id: &str, outcome: Outcome) -> Result<(), Refusal> {
    // Somebody may have deleted the webhook meanwhile.
    let Some(mut sending) = records::find::<Sending>(connection, delivery_id)? else { return Ok(()) };
    let mut subscription: Subscription = records::get(connection, &sending.delivery.webhook_id)?;
    let now = now();
    if outcome.error.is_some() {
        subscription.failed(now);
    } else {
        subscription.succeeded(now);
    }
    sending.end(outcome, now, post::jitter()?);
    records::update(connection, &sending)?;
    records::update(connection, &subscription)
}
