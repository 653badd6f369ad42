//! Work with files, on threads of its own.
//!
//! A file system whose server is gone never answers. So a call waits for a file up to a limit only, and the end of the process does not
//! wait for files at all. It would wait for the runtime's own threads, so we use others.

use std::{sync::LazyLock, thread, time::Duration};

use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

/// How many threads `aside` may use at once. Further work waits for a place, within its own limit.
const MOST_THREADS: usize = 4;
/// The stack of a thread in bytes. A thread only reads or writes a small file.
const STACK: usize = 512 << 10;

/// Does some work on a thread of its own, and waits for it at most `limit`. `None` if it is not done by then.
pub async fn aside<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    static PLACES: LazyLock<std::sync::Arc<Semaphore>> = LazyLock::new(|| std::sync::Arc::new(Semaphore::new(MOST_THREADS)));
    let done = async {
        let place = PLACES.clone().acquire_owned().await.ok()?;
        let (done, outcome) = oneshot::channel();
        start(move || {
            let _place = place;
            // The caller may have stopped waiting.
            let _ = done.send(work());
        })
        .ok()?;
        outcome.await.ok()
    };
    timeout(limit, done).await.ok().flatten()
}

/// Starts some work on a thread of its own, and does not wait for it.
pub fn start(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    thread::Builder::new().name("files".into()).stack_size(STACK).spawn(work).map(drop)
}
