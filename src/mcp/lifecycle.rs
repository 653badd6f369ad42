//! When a session ends: end of input, signals, a closed output.

use std::{borrow::Cow, io, pin::pin, time::Duration};

use rmcp::{
    RoleServer, ServerHandler,
    model::{ClientNotification, ClientRequest, ErrorData, ProtocolVersion, RequestId, ServerConfig, ServerResult},
    service::{NotificationContext, RequestContext, ServerInitializeError, Service, serve_server_with_ct},
};
use tokio::{
    io::AsyncRead,
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use super::stdio::{Control, Stdio};

/// How long a session may go on once its end has begun.
#[derive(Debug, Clone, Copy)]
pub struct Grace {
    /// For running calls to answer after the end of input.
    pub input_closed: Duration,
    /// For running calls to answer after the first signal.
    pub stopped: Duration,
    /// For cut-off calls to answer, and then the same time again for writing these answers.
    pub settle: Duration,
}

impl Default for Grace {
    fn default() -> Self {
        // After a signal the session ends within `stopped` and twice `settle`. With the last lines of the log that takes less than 2 s.
        Self { input_closed: Duration::from_secs(8), stopped: Duration::from_millis(1_250), settle: Duration::from_millis(200) }
    }
}

/// Why a session ended. All but `Failed` are normal ends, exit code 0. An output that cannot be written is a failure, since the client may wait
/// for what should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The client closed our standard input.
    InputClosed,
    /// A signal stopped the session.
    Stopped,
    /// The client no longer reads our standard output.
    OutputClosed,
    /// The session could not go on; the text says why.
    Failed(String),
}

/// Requests to stop, one message each. The first starts the grace, the second ends the session at once. If the sender is gone, none will
/// come.
pub type Signals = mpsc::Receiver<Signal>;

/// Who wants this process to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A supervisor: SIGTERM.
    Terminate,
    /// A person: Ctrl-C, or SIGINT.
    Interrupt,
}

/// Starts to watch SIGTERM and SIGINT (Ctrl-C where there are no signals). Call it inside a tokio runtime.
///
/// # Errors
/// The operating system refused to install a handler.
pub fn signals() -> io::Result<Signals> {
    let (sender, receiver) = mpsc::channel(2);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::spawn(async move {
            loop {
                let signal = tokio::select! {
                    _ = terminate.recv() => Signal::Terminate,
                    _ = interrupt.recv() => Signal::Interrupt,
                };
                if sender.send(signal).await.is_err() {
                    return;
                }
            }
        });
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if sender.send(Signal::Interrupt).await.is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

/// Serves `handler` over `transport` until the session ends, and says why it ended.
///
/// After the end of input, running calls have [`Grace::input_closed`] to answer. After a signal they have [`Grace::stopped`]. A closed
/// output or a second signal ends the session at once. Handlers learn of the end through the [`Control`] they were built with. Calls that
/// take longer are cancelled. A call that ignores the cancellation keeps running, so the program should end its process when this returns.
pub async fn serve<H, R>(handler: H, transport: Stdio<R>, signals: Signals, grace: Grace) -> Ended
where
    H: ServerHandler,
    R: AsyncRead + Unpin + Send + 'static,
{
    let control = transport.control().clone();
    let ended = served(handler, transport, &control, signals, grace).await;
    control.unwritable().map_or(ended, Ended::Failed)
}

async fn served<H, R>(handler: H, transport: Stdio<R>, control: &Control, mut signals: Signals, grace: Grace) -> Ended
where
    H: ServerHandler,
    R: AsyncRead + Unpin + Send + 'static,
{
    let cut_off = CancellationToken::new();
    let service = Tracked { handler, control: control.clone() };
    let mut session = pin!(run(service, transport, cut_off.clone()));

    let mut ended = tokio::select! {
        biased;
        () = control.output_closed().cancelled() => Ended::OutputClosed,
        () = control.closing().cancelled() => Ended::InputClosed,
        () = requested(&mut signals) => Ended::Stopped,
        failure = &mut session => return settle_failure(failure, control, grace).await,
    };
    let mut deadline = Instant::now()
        + match ended {
            Ended::InputClosed => grace.input_closed,
            Ended::Stopped => grace.stopped,
            Ended::OutputClosed | Ended::Failed(_) => Duration::ZERO,
        };
    if ended == Ended::Stopped {
        control.stop();
    }
    loop {
        tokio::select! {
            biased;
            () = control.output_closed().cancelled() => {
                ended = Ended::OutputClosed;
                break;
            }
            () = requested(&mut signals) => {
                if std::mem::replace(&mut ended, Ended::Stopped) == Ended::Stopped {
                    cut_off.cancel();
                    return ended;
                }
                control.stop();
                deadline = deadline.min(Instant::now() + grace.stopped);
            }
            () = control.idle() => break,
            () = sleep_until(deadline) => break,
            failure = &mut session => return settle_failure(failure, control, grace).await,
        }
    }
    if ended == Ended::InputClosed {
        // Calls that change something say what may have happened.
        control.stop();
        let _ = timeout(2 * grace.settle, control.idle()).await;
    }
    cut_off.cancel();
    if ended != Ended::OutputClosed {
        // Subscriptions and cut-off calls send their last answers. Then the client gets time to read them.
        if timeout(grace.settle, &mut session).await.is_err() {
            tracing::debug!("a handler outlasted the session");
        }
        control.close();
        if timeout(grace.settle, control.written()).await.is_err() {
            tracing::debug!("the client stopped reading before its last answers");
        }
    }
    ended
}

async fn settle_failure(failure: String, control: &Control, grace: Grace) -> Ended {
    control.stop();
    control.close();
    if timeout(grace.settle, control.written()).await.is_err() {
        tracing::debug!("the client stopped reading before the reason of the end");
    }
    if control.output_closed().is_cancelled() { Ended::OutputClosed } else { Ended::Failed(failure) }
}

async fn requested(signals: &mut Signals) {
    if signals.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Runs rmcp's service to its end, and says why it ended. It ends when `cut_off` is cancelled or when something fails.
async fn run<H: ServerHandler, R>(service: Tracked<H>, transport: Stdio<R>, cut_off: CancellationToken) -> String
where
    R: AsyncRead + Unpin + Send + 'static,
{
    match serve_server_with_ct(service, transport, cut_off).await {
        Ok(running) => match running.waiting().await {
            Ok(reason) => format!("the protocol loop ended: {reason:?}"),
            Err(error) => format!("the protocol loop failed: {error}"),
        },
        Err(ServerInitializeError::Cancelled) => "the session ended before its first request".to_owned(),
        Err(error) => format!("the handshake failed: {error}"),
    }
}

/// A handler that also tells the transport when each request ends, and answers a request whose handler panicked.
struct Tracked<H> {
    handler: H,
    control: Control,
}

impl<H: ServerHandler> Service<RoleServer> for Tracked<H> {
    async fn handle_request(&self, request: ClientRequest, context: RequestContext<RoleServer>) -> Result<ServerResult, ErrorData> {
        let _handled = Handled { id: context.id.clone(), control: &self.control };
        self.handler.handle_request(request, context).await
    }

    async fn handle_notification(
        &self,
        notification: ClientNotification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.handler.handle_notification(notification, context).await
    }

    fn get_info(&self) -> ServerConfig {
        ServerHandler::get_info(&self.handler)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        ServerHandler::supported_protocol_versions(&self.handler)
    }
}

/// Reports the end of a handler when it is dropped, also by a panic.
struct Handled<'a> {
    id: RequestId,
    control: &'a Control,
}

impl Drop for Handled<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.control.crashed(&self.id);
        } else {
            self.control.requests(|open| open.handled(&self.id));
        }
    }
}
