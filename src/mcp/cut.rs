//! Work that is cut off when nobody waits for it any more, or when the server is being stopped.

use std::{pin::pin, time::Duration};

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::stdio::Control;
use crate::tools;

/// How long work may take to say what may have happened, once the server is being stopped.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Why work was cut off.
#[derive(Debug, thiserror::Error)]
pub enum Cut {
    /// The client cancelled it, or went away.
    #[error("the request was cancelled")]
    Cancelled,
    /// The server is being stopped.
    #[error("the server is being shut down")]
    Stopped,
}

/// Does some work, unless it is cut off. Dropping the work aborts its requests to the API; what is about to change something there says
/// first what may have happened.
pub async fn unless_cut<T>(control: &Control, cancelled: &CancellationToken, work: impl Future<Output = T>) -> Result<T, Cut> {
    let mut work = pin!(tools::until(control.stopping().clone(), work));
    tokio::select! {
        done = work.as_mut() => Ok(done),
        () = cancelled.cancelled() => Err(Cut::Cancelled),
        () = control.stopping().cancelled() => timeout(LAST_WORDS, work).await.map_err(|_| Cut::Stopped),
    }
}
