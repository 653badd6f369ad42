//! The state that a connection's reader, writer, handlers and life cycle share.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rmcp::model::{JsonRpcMessage, RequestId, ServerJsonRpcMessage, ServerRequest};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::Notify,
};
use tokio_util::sync::CancellationToken;

use super::{
    refusal::{Refusal, write_answer, write_question},
    requests::Requests,
};
use crate::fence;

/// A write buffer with more bytes than this is freed once it is written.
const KEEP: usize = 256 * 1024;
/// The number of `EIO`, on all systems with such numbers.
const IO_FAILED: i32 = 5;

/// How much one connection may keep in memory.
///
/// At a limit the connection stops reading but goes on answering. Nothing is lost: the client has to wait because its own pipe is full. The
/// defaults are larger than what calls may queue (64 running and 4,096 waiting, 32 MiB of arguments). So a client that sends a flood of
/// calls hears that the server is busy before it has to wait.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest accepted line in bytes, without its line feed.
    pub line: usize,
    /// Messages waiting to be written.
    pub unwritten: usize,
    /// Bytes waiting to be written.
    pub unwritten_bytes: usize,
    /// Requests taken in and not yet answered.
    pub requests: usize,
    /// Bytes of the lines those requests came in.
    pub request_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line: 16 << 20, unwritten: 256, unwritten_bytes: 8 << 20, requests: 6_144, request_bytes: 40 << 20 }
    }
}

/// What handlers may read of the connection they serve, and wait for. Clones share one state.
#[derive(Debug, Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limits: Limits,
    state: Mutex<State>,
    /// Wakes the writer.
    queued: Notify,
    /// Wakes whoever waits for room or for the last answer.
    changed: Notify,
    closing: CancellationToken,
    stopping: CancellationToken,
    output_closed: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    requests: Requests,
    /// Lines not yet taken by the writer.
    out: Vec<u8>,
    /// Messages in `out` and in the batch being written.
    unwritten: usize,
    /// Bytes of the batch being written.
    writing: usize,
    closed: bool,
    /// Why the output could not be written, unless it was only closed.
    unwritable: Option<String>,
}

impl Control {
    pub(in crate::mcp) fn new(limits: Limits) -> Self {
        Self {
            shared: Arc::new(Shared {
                limits,
                state: Mutex::default(),
                queued: Notify::new(),
                changed: Notify::new(),
                closing: CancellationToken::new(),
                stopping: CancellationToken::new(),
                output_closed: CancellationToken::new(),
            }),
        }
    }

    /// Cancelled as soon as no further input will be read: at the end of standard input, at a signal, and when the
    /// output is closed. Subscriptions end now; calls still have their time of grace.
    pub fn closing(&self) -> &CancellationToken {
        &self.shared.closing
    }

    /// Cancelled when a signal asks the server to stop, and when the output is closed. Calls should end now and drop
    /// their upstream requests.
    pub fn stopping(&self) -> &CancellationToken {
        &self.shared.stopping
    }

    /// Waits until there is room for another answer. Returns at once if there is.
    ///
    /// Calls wait here before they do their work. Otherwise a client that does not read could fill the memory with answers. Cancel-safe.
    pub async fn room(&self) {
        self.until(State::has_room).await;
    }

    pub(in crate::mcp) fn limits(&self) -> Limits {
        self.shared.limits
    }

    pub(in crate::mcp) fn output_closed(&self) -> &CancellationToken {
        &self.shared.output_closed
    }

    /// Why the output could not be written. `None` if it could, and if the client only does not read any more.
    pub(in crate::mcp) fn unwritable(&self) -> Option<String> {
        self.lock().unwritable.clone()
    }

    /// Waits until another request may be read: there is room for its answer and not too many are under way.
    pub(in crate::mcp) async fn readable(&self) {
        self.until(|state, limits| {
            state.has_room(limits) && state.requests.len() < limits.requests && state.requests.bytes() < limits.request_bytes
        })
        .await;
    }

    /// Waits until every awaited request is answered and every answer written.
    pub(in crate::mcp) async fn idle(&self) {
        self.until(|state, _| state.requests.awaited() == 0 && state.unwritten == 0).await;
    }

    /// Waits until everything queued is written, or the output is closed.
    pub(in crate::mcp) async fn written(&self) {
        self.until(|state, _| state.unwritten == 0).await;
    }

    /// Tells handlers to end: no more input, no more time.
    pub(in crate::mcp) fn stop(&self) {
        self.shared.closing.cancel();
        self.shared.stopping.cancel();
    }

    /// Takes no more messages. The writer ends once the queue is empty.
    pub(in crate::mcp) fn close(&self) {
        self.lock().closed = true;
        self.shared.queued.notify_one();
        self.shared.changed.notify_waiters();
    }

    /// Looks at or changes the table of requests.
    pub(in crate::mcp) fn requests<T>(&self, act: impl FnOnce(&mut Requests) -> T) -> T {
        let result = act(&mut self.lock().requests);
        self.shared.changed.notify_waiters();
        result
    }

    /// Queues a message from rmcp. An answer ends its request, even if it cannot be written as JSON.
    ///
    /// # Errors
    /// `BrokenPipe` once the connection takes no more messages. `Unsupported` for a request that is no question to a person: this server
    /// sends none, so the program does without the code that writes them. Another error if a notification cannot be written as JSON.
    pub(in crate::mcp) fn send(&self, message: &ServerJsonRpcMessage) -> io::Result<()> {
        match message {
            JsonRpcMessage::Response(response) => {
                self.queue(|out| write_answer(out, Some(&response.id), "result", &response.result), Some(&response.id))
            }
            JsonRpcMessage::Error(error) => {
                self.queue(|out| write_answer(out, error.id.as_ref(), "error", &error.error), error.id.as_ref())
            }
            JsonRpcMessage::Notification(notification) => self.queue(|out| serde_json::to_writer(out, notification), None),
            JsonRpcMessage::Request(request) => match &request.request {
                ServerRequest::ElicitRequest(question) => self.queue(|out| write_question(out, &request.id, &question.params), None),
                _ => Err(io::ErrorKind::Unsupported.into()),
            },
        }
    }

    /// Queues a refusal to a line that never became a request.
    ///
    /// # Errors
    /// `BrokenPipe` once the connection takes no more messages.
    pub(in crate::mcp) fn refuse(&self, refusal: &Refusal) -> io::Result<()> {
        self.queue(|out| refusal.write(out), None)
    }

    /// Answers a request whose handler panicked, which rmcp would leave unanswered.
    pub(in crate::mcp) fn crashed(&self, id: &RequestId) {
        if !self.requests(|open| open.wants_answer(id)) {
            self.requests(|open| open.answered(id));
            return;
        }
        let refusal = Refusal::internal(id.clone(), "the server failed while it handled this request");
        if let Err(error) = self.queue(|out| refusal.write(out), Some(id)) {
            tracing::debug!(%error, "a crashed request stays unanswered");
        }
    }

    fn queue(&self, message: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>, answered: Option<&RequestId>) -> io::Result<()> {
        let result = {
            let mut state = self.lock();
            if let Some(id) = answered {
                state.requests.answered(id);
            }
            if state.closed { Err(io::ErrorKind::BrokenPipe.into()) } else { state.push(message, answered) }
        };
        self.shared.queued.notify_one();
        if answered.is_some() {
            self.shared.changed.notify_waiters();
        }
        result
    }

    /// Writes what is queued, many messages per write, until the connection is closed or the output fails.
    pub(in crate::mcp) async fn write<W: AsyncWrite + Unpin>(self, mut output: W) {
        let mut batch = Vec::new();
        while let Some(messages) = self.take(&mut batch).await {
            let result = match output.write_all(&batch).await {
                Ok(()) => output.flush().await,
                failed => failed,
            };
            if let Err(error) = result {
                tracing::debug!(%error, "standard output is closed");
                if !is_end(&error) {
                    self.lock().unwritable = Some(format!("the output could not be written: {error}"));
                }
                self.fail();
                return;
            }
            batch.clear();
            if batch.capacity() > KEEP {
                batch = Vec::new();
            }
            let mut state = self.lock();
            state.unwritten = state.unwritten.saturating_sub(messages);
            state.writing = 0;
            drop(state);
            self.shared.changed.notify_waiters();
        }
        if let Err(error) = output.shutdown().await {
            tracing::debug!(%error, "standard output could not be shut down");
        }
    }

    /// Swaps the queue into the empty `batch`. Gives the number of messages, or `None` if no more will come.
    async fn take(&self, batch: &mut Vec<u8>) -> Option<usize> {
        loop {
            {
                let mut state = self.lock();
                if !state.out.is_empty() {
                    std::mem::swap(&mut state.out, batch);
                    state.writing = batch.len();
                    return Some(state.unwritten);
                }
                if state.closed {
                    return None;
                }
            }
            self.shared.queued.notified().await;
        }
    }

    /// Ends the connection because nobody reads its output any more.
    pub(in crate::mcp) fn fail(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.out = Vec::new();
        state.unwritten = 0;
        state.writing = 0;
        drop(state);
        self.shared.output_closed.cancel();
        self.stop();
        self.shared.changed.notify_waiters();
    }

    async fn until(&self, done: impl Fn(&State, &Limits) -> bool) {
        if done(&self.lock(), &self.shared.limits) {
            return;
        }
        loop {
            // Registered before the state is looked at, so that no change in between is missed.
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if done(&self.lock(), &self.shared.limits) {
                return;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a write failed because nobody reads any more. With a terminal that is gone, the system says that input and output failed.
fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted)
        || cfg!(unix) && error.raw_os_error() == Some(IO_FAILED)
}

impl State {
    fn has_room(&self, limits: &Limits) -> bool {
        self.closed || (self.unwritten < limits.unwritten && self.out.len() + self.writing < limits.unwritten_bytes)
    }

    fn push(&mut self, message: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>, answered: Option<&RequestId>) -> io::Result<()> {
        let before = self.out.len();
        if let Err(error) = message(&mut self.out) {
            tracing::error!(%error, "a message could not be written as JSON");
            self.out.truncate(before);
            let Some(id) = answered else { return Err(error.into()) };
            let refusal = Refusal::internal(id.clone(), "the answer could not be written as JSON");
            refusal.write(&mut self.out)?;
        }
        fence::json_line(&mut self.out, before);
        self.out.push(b'\n');
        self.unwritten += 1;
        Ok(())
    }
}
