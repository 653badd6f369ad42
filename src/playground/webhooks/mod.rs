//! Webhooks.

use rusqlite::Transaction;

use super::{
    Refusal,
    auth::Caller,
    mount::{Mount, Reply},
};
use crate::api::{keys::Message, webhooks::DeleteWebhook};

/// Mounts the operations on webhooks.
pub fn mount(mount: Mount) -> Mount {
    mount.write(delete_webhook)
}

/// This playground has no webhooks, so there is nothing to delete.
fn delete_webhook(_: &Caller, _: &Transaction<'_>, _: DeleteWebhook) -> Reply<Message> {
    Err(Refusal::not_found("webhook"))
}
