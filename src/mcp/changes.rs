//! Tells a client when its lists change: which tools, resources and prompts there are follows from what the key holds. Indexes are resources,
//! too, so whatever makes or deletes one changes the list, and so does a look that finds others than before.

use std::sync::PoisonError;

use rmcp::{
    RoleServer,
    service::{Peer, SubscriptionContext},
};

use super::Server;

impl Server {
    /// Tells a client with a handshake, until it is gone.
    pub(super) async fn tell_changes(self, peer: Peer<RoleServer>) {
        let (mut changes, mut indexes) = (self.0.session.changes(), self.0.memory.index_changes());
        loop {
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                Ok(()) = indexes.changed() => {
                    if peer.notify_resource_list_changed().await.is_err() {
                        return;
                    }
                    continue;
                }
                () = self.0.control.closing().cancelled() => return,
            }
            if self.list_changed()
                && (peer.notify_tool_list_changed().await.is_err()
                    || peer.notify_resource_list_changed().await.is_err()
                    || peer.notify_prompt_list_changed().await.is_err())
            {
                return;
            }
        }
    }

    /// Tells a subscriber, until the subscription ends.
    pub(super) async fn follow(&self, subscription: &SubscriptionContext) {
        let (mut changes, mut indexes) = (self.0.session.changes(), self.0.memory.index_changes());
        let mut names: Vec<_> = self.offer().tools().map(|tool| tool.name).collect();
        loop {
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                Ok(()) = indexes.changed() => {
                    let wanted = subscription.accepted().resources_list_changed == Some(true);
                    if wanted && subscription.sink().notify_resource_list_changed().await.is_err() {
                        return;
                    }
                    continue;
                }
                () = subscription.cancelled() => return,
                () = self.0.control.closing().cancelled() => return,
            }
            let now: Vec<_> = self.offer().tools().map(|tool| tool.name).collect();
            if now == names {
                continue;
            }
            names = now;
            let (sink, wanted) = (subscription.sink(), subscription.accepted());
            let gone = wanted.tools_list_changed == Some(true) && sink.notify_tool_list_changed().await.is_err()
                || wanted.resources_list_changed == Some(true) && sink.notify_resource_list_changed().await.is_err()
                || wanted.prompts_list_changed == Some(true) && sink.notify_prompt_list_changed().await.is_err();
            if gone {
                return;
            }
        }
    }

    /// Whether the tools to list now differ from those listed last. Remembers the new ones.
    fn list_changed(&self) -> bool {
        let mut last = self.0.last_list.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = last.as_mut() else { return false };
        let now: Vec<_> = self.offer().tools().map(|tool| tool.name).collect();
        if *before == now {
            return false;
        }
        *before = now;
        true
    }
}
