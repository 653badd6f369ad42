//! `serve`: MCP over stdio.

use std::{
    io::{IsTerminal, stdin},
    thread,
    time::Duration,
};

use super::{Failure, Ready, link};
use crate::{
    consent::Rules,
    files::Files,
    mcp::{
        Server,
        lifecycle::{self, Ended, Grace},
        stdio::{self, Control},
    },
    telemetry,
};

/// The longest time from the first signal to the end of the process, whatever still runs. It is longer than the [`Grace`] of a session.
const LAST_RESORT: Duration = Duration::from_millis(2_200);

/// Serves until stdin ends, stdout is closed or a signal comes. The handshake waits for nothing from disk or network.
pub fn run(ready: Ready) -> Result<(), Failure> {
    telemetry::take_panics();
    if stdin().is_terminal() {
        telemetry::say(
            "videosearch-mcp speaks MCP over stdin and stdout and is meant to be started by an MCP client; waiting for its messages. Try --help, or Ctrl-D to end.",
        );
    }
    let ended = super::runtime()?.block_on(async {
        let (transport, control) = stdio::standard();
        tokio::spawn(end_anyway(control.clone()));
        let form = ready.form();
        let session = link::session(&ready.config);
        let rules = Rules::new(&ready.config);
        rules.seals.look_ahead();
        let server = Server::new(session, Files::new(&ready.config), rules, ready.selection, form, control);
        anyhow::Ok(Box::pin(lifecycle::serve(server, transport, lifecycle::signals()?, Grace::default())).await)
    })?;
    match ended {
        Ended::InputClosed | Ended::Stopped | Ended::OutputClosed => Ok(()),
        Ended::Failed(reason) => Err(anyhow::anyhow!(reason).into()),
    }
}

/// Ends the process some time after it was told to stop, even if something keeps the session or the runtime from ending.
async fn end_anyway(control: Control) {
    control.stopping().cancelled().await;
    let watch = thread::Builder::new().name("end".to_owned()).spawn(|| {
        thread::sleep(LAST_RESORT);
        #[expect(clippy::exit, reason = "the serving command owns the process, and its time is over")]
        std::process::exit(0)
    });
    if let Err(error) = watch {
        tracing::debug!(%error, "nothing watches over the end of the process");
    }
}
