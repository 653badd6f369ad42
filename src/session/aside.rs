//! Work with files, on threads of its own.
//!
//! A file system whose server is gone keeps whoever asks it, for ever. So nothing here is waited for without a limit, neither by a call nor by
//! the end of the process, which the threads of the runtime would hold up.

use std::{sync::LazyLock, thread, time::Duration};

use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

/// Threads that may be kept at once. Further work waits for a place, within its own limit.
const MOST_THREADS: usize = 4;
/// What a thread needs at most, in bytes: it reads a small file and parses it.
const STACK: usize = 512 << 10;

/// Does a piece of work aside, and waits for it so long.
pub(super) async fn aside<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    static PLACES: LazyLock<std::sync::Arc<Semaphore>> = LazyLock::new(|| std::sync::Arc::new(Semaphore::new(MOST_THREADS)));
    let done = async {
        let place = PLACES.clone().acquire_owned().await.ok()?;
        let (done, outcome) = oneshot::channel();
        start(move || {
            let _place = place;
            // Nobody may be waiting any more.
            let _ = done.send(work());
        })
        .ok()?;
        outcome.await.ok()
    };
    timeout(limit, done).await.ok().flatten()
}

/// Starts a piece of work that nobody waits for.
pub(super) fn start(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    thread::Builder::new().name("files".into()).stack_size(STACK).spawn(work).map(drop)
}
