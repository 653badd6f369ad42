//! How clients hear that a list has changed. Which resources and prompts there are follows from the tools, so one look serves all lists.

use std::sync::{Mutex, PoisonError};

use rmcp::{
    RoleServer,
    service::{Peer, SubscriptionContext},
};

use crate::tools::Offer;

/// The names of the tools that were listed last. A client is told of a change only if they differ.
#[derive(Default)]
pub struct Listed(Mutex<Option<Vec<&'static str>>>);

/// The names of the tools that can be listed.
pub fn names(offer: &Offer) -> Vec<&'static str> {
    offer.tools().map(|tool| tool.name).collect()
}

impl Listed {
    /// Remembers what is listed.
    pub fn keep(&self, offer: &Offer) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(names(offer));
    }

    /// Remembers what could be listed, if nothing was listed before.
    pub fn begin(&self, offer: &Offer) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| names(offer));
    }

    /// Whether the tools to list now differ from those listed last. Remembers the new ones.
    pub fn changed(&self, offer: &Offer) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = last.as_mut() else { return false };
        let now = names(offer);
        let differs = *before != now;
        *before = now;
        differs
    }
}

/// Tells a client that shook hands. `false` if it is gone.
pub async fn tell(peer: &Peer<RoleServer>) -> bool {
    peer.notify_tool_list_changed().await.is_ok()
        && peer.notify_resource_list_changed().await.is_ok()
        && peer.notify_prompt_list_changed().await.is_ok()
}

/// Tells a client that listens, of the lists that it wants to hear of. `false` if it is gone.
pub async fn tell_listener(subscription: &SubscriptionContext) -> bool {
    let (sink, wanted) = (subscription.sink(), subscription.accepted());
    (wanted.tools_list_changed != Some(true) || sink.notify_tool_list_changed().await.is_ok())
        && (wanted.resources_list_changed != Some(true) || sink.notify_resource_list_changed().await.is_ok())
        && (wanted.prompts_list_changed != Some(true) || sink.notify_prompt_list_changed().await.is_ok())
}
