//! Where several machines share what they learn about keys: Redis.

use std::{pin::Pin, sync::Arc};

use crate::{ledger::Redis, session::Shelf};

/// A shelf in Redis.
pub struct Shared(pub Arc<Redis>);

impl Shelf for Shared {
    fn recall(&self, name: String) -> Pin<Box<dyn Future<Output = Option<Vec<u8>>> + Send + '_>> {
        Box::pin(async move { self.0.recall(&name).await })
    }

    fn keep(&self, name: String, content: Vec<u8>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move { self.0.keep(&name, &content).await })
    }
}
