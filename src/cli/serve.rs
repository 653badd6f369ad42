//! `serve`: MCP over stdio.

use std::io::{IsTerminal, stdin};

use super::{Failure, Ready, link, print};
use crate::mcp::{
    Server,
    lifecycle::{self, Ended, Grace},
    stdio,
};

/// Serves until stdin ends, stdout is closed or a signal comes. Nothing is read from disk or network before the handshake is answered.
pub fn run(ready: Ready) -> Result<(), Failure> {
    if stdin().is_terminal() {
        print::note(
            "videosearch-mcp speaks MCP over stdin and stdout and is meant to be started by an MCP client; waiting for its messages. Try --help, or Ctrl-D to end.",
        );
    }
    let ended = super::runtime()?.block_on(async {
        let (transport, control) = stdio::standard();
        let form = ready.form();
        let session = link::session(&ready.config);
        let server = Server::new(session, ready.selection, form, control);
        anyhow::Ok(lifecycle::serve(server, transport, lifecycle::signals()?, Grace::default()).await)
    })?;
    match ended {
        // A read of stdin may still be pending on a thread of its own, and would keep the process alive.
        #[expect(clippy::exit, reason = "the serving command owns the process, and all its work is done")]
        Ended::InputClosed | Ended::Stopped | Ended::OutputClosed => std::process::exit(0),
        Ended::Failed(reason) => Err(anyhow::anyhow!(reason).into()),
    }
}
