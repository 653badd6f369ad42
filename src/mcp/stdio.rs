//! The stdio transport: JSON-RPC lines over any pair of byte streams.

use std::{io, ops::Range};

use rmcp::{
    RoleServer,
    model::{
        ClientJsonRpcMessage, ClientNotification, ClientRequest, JsonRpcError, JsonRpcMessage, JsonRpcResponse, ServerJsonRpcMessage,
        ServerNotification,
    },
    transport::Transport,
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::line::{Admission, Cut, Lines, Refusal, parse};
pub use super::line::{Control, Limits};
use crate::streams;

/// An rmcp transport that answers what rmcp would drop. It stops reading before its memory grows too far.
///
/// It never reports the end of its input to rmcp, because rmcp would then give running calls a fixed time. It cancels [`Control::closing`]
/// instead, and [`serve`](super::lifecycle::serve) decides how long they have.
pub struct Stdio<R> {
    lines: Lines<R>,
    control: Control,
    /// Whether rmcp has opened the session. Before that, a notification would end it.
    opened: bool,
}

/// The transport over this process's standard input and output, with the default limits.
///
/// Call it once, inside a tokio runtime.
pub fn standard() -> (Stdio<streams::Input>, Control) {
    let (stdio, control) = connect(streams::input(), streams::output(), Limits::default());
    let watched = control.clone();
    tokio::spawn(async move {
        streams::output_closed().await;
        watched.fail();
    });
    (stdio, control)
}

/// A transport over `input` and `output`. Spawns the task that writes; call it inside a tokio runtime.
pub fn connect<R, W>(input: R, output: W, limits: Limits) -> (Stdio<R>, Control)
where
    R: AsyncRead + Unpin + Send + 'static,
    W: AsyncWrite + Unpin + Send + 'static,
{
    let control = Control::new(limits);
    tokio::spawn(control.clone().write(output));
    let stdio = Stdio { lines: Lines::new(input, limits.line), control: control.clone(), opened: false };
    (stdio, control)
}

impl<R: AsyncRead + Unpin + Send> Stdio<R> {
    pub(super) fn control(&self) -> &Control {
        &self.control
    }

    /// Turns a piece of input into a message for rmcp, if it holds one. If it cannot be read, the client gets a refusal.
    fn take(&mut self, cut: Cut) -> Option<ClientJsonRpcMessage> {
        let outcome = match cut {
            Cut::Line(line) => self.read(line),
            Cut::TooLong(id) => {
                let limit = self.control.limits().line >> 20;
                Err(Refusal::unreadable(id, format!("the line is longer than {limit} MiB and was skipped; send less in one request")))
            }
            Cut::End => {
                self.control.closing().cancel();
                Ok(None)
            }
        };
        let message = match outcome {
            Ok(message) => message?,
            Err(refusal) => {
                // The client would take an answer under the id of a running call for that call's answer.
                let in_use = refusal.found().is_some_and(|id| self.control.requests(|open| open.contains(id)));
                let refusal = if in_use { refusal.without_id() } else { refusal };
                if let Err(error) = self.control.refuse(&refusal) {
                    tracing::debug!(%error, "a refusal stays unsent");
                }
                return None;
            }
        };
        if let JsonRpcMessage::Request(request) = &message {
            self.opened |= matches!(request.request, ClientRequest::InitializeRequest(_));
        }
        Some(message)
    }

    fn read(&self, line: Range<usize>) -> Result<Option<ClientJsonRpcMessage>, Refusal> {
        let line = self.lines.bytes(line);
        match parse(line)? {
            Some(message) => self.admit(message, line.len()),
            None => Ok(None),
        }
    }

    fn admit(&self, message: ClientJsonRpcMessage, bytes: usize) -> Result<Option<ClientJsonRpcMessage>, Refusal> {
        match &message {
            JsonRpcMessage::Request(request) => {
                let listens = matches!(request.request, ClientRequest::SubscriptionsListenRequest(_));
                let reason = match self.control.requests(|open| open.admit(&request.id, bytes, listens)) {
                    Admission::Admitted => return Ok(Some(message)),
                    Admission::IdInUse => "this id is in use by a request that is not answered yet",
                    Admission::TooManySubscriptions => "too many subscriptions are open; cancel one first",
                };
                return Err(Refusal::invalid(Some(request.id.clone()), reason));
            }
            _ if !self.opened => {
                tracing::debug!("dropped a message that came before the first request");
                return Ok(None);
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) = &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.control.requests(|open| open.cancelled(id));
                }
            }
            JsonRpcMessage::Response(JsonRpcResponse { id, .. }) | JsonRpcMessage::Error(JsonRpcError { id: Some(id), .. }) => {
                if !self.control.requests(|open| open.replied(id)) {
                    tracing::debug!("dropped an answer to a question that is not open");
                    return Ok(None);
                }
            }
            JsonRpcMessage::Error(_) => return Ok(None),
        }
        Ok(Some(message))
    }
}

impl<R: AsyncRead + Unpin + Send + 'static> Transport<RoleServer> for Stdio<R> {
    type Error = io::Error;

    fn send(&mut self, item: ServerJsonRpcMessage) -> impl Future<Output = io::Result<()>> + Send + 'static {
        match &item {
            JsonRpcMessage::Request(request) => self.control.requests(|open| open.asked(&request.id)),
            JsonRpcMessage::Notification(notification) => {
                if let ServerNotification::CancelledNotification(cancelled) = &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.control.requests(|open| open.replied(id));
                }
            }
            _ => {}
        }
        let queued = self.control.send(&item);
        // A message that answers nothing waits until the client reads. An answer does not wait, since its call is over.
        let unasked = matches!(item, JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_));
        let control = self.control.clone();
        async move {
            queued?;
            if unasked {
                control.room().await;
            }
            Ok(())
        }
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        // Before its service loop runs, rmcp answers each request before it asks for the next message. So a request that is open here was
        // given to the service loop, and that loop takes notifications.
        self.opened |= self.control.requests(|open| open.len() > 0);
        loop {
            self.control.readable().await;
            // Without this, all lines in the buffer would be handed over before any handler gets a turn.
            tokio::task::coop::consume_budget().await;
            let cut = self.lines.next().await;
            if self.control.stopping().is_cancelled() {
                return std::future::pending().await;
            }
            let ended = cut == Cut::End;
            if let Some(message) = self.take(cut) {
                return Some(message);
            }
            if ended {
                return std::future::pending().await;
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.control.close();
        Ok(())
    }
}
