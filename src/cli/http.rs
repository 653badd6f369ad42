//! `http`: MCP over HTTP for many callers.

use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tokio_util::sync::CancellationToken;

use super::{Failure, Ready, link, print};
use crate::{
    files::Files,
    http::{self, Allowed, Auth, Callers, Maker, Service},
    mcp::{lifecycle, streamable},
    telemetry,
};

/// Arguments of `http`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    pub stage: super::Stage,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", env = "VIDEOSEARCH_HTTP_LISTEN", hide_env_values = true, default_value = "127.0.0.1:8080")]
    listen: String,
    /// How callers show who they are
    #[arg(long, value_enum, env = "VIDEOSEARCH_HTTP_AUTH", hide_env_values = true, default_value = "key")]
    auth: How,
    /// Host that requests may name, beside this machine; may be repeated
    #[arg(long = "allow-host", value_name = "HOST", env = "VIDEOSEARCH_HTTP_ALLOW_HOST", hide_env_values = true, value_delimiter = ',')]
    allow_hosts: Vec<String>,
    /// Origin of web pages that may call, beside those of this machine; may be repeated
    #[arg(
        long = "allow-origin",
        value_name = "ORIGIN",
        env = "VIDEOSEARCH_HTTP_ALLOW_ORIGIN",
        hide_env_values = true,
        value_delimiter = ','
    )]
    allow_origins: Vec<String>,
}

/// How callers show who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum How {
    /// With an API key of their own, as X-API-Key or as a bearer token
    Key,
    /// Not at all; only where nobody but this machine can connect
    None,
}

/// Serves until a signal comes.
pub fn run(arguments: Arguments, ready: Ready) -> Result<(), Failure> {
    telemetry::take_panics();
    let allowed = Allowed::new(&arguments.allow_hosts, &arguments.allow_origins).map_err(Failure::usage)?;
    super::runtime()?.block_on(serve(&arguments, allowed, &ready))
}

async fn serve(arguments: &Arguments, allowed: Allowed, ready: &Ready) -> Result<(), Failure> {
    let mut signals = lifecycle::signals()?;
    let (listener, bound) = http::bind(&arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}; --listen takes another address", arguments.listen))?;
    let auth = match arguments.auth {
        How::Key => Auth::Key,
        How::None if bound.ip().is_loopback() => Auth::Nobody,
        How::None => {
            let problem = "--auth none is for loopback only, since everybody who reaches the server could use its key";
            return Err(Failure::usage(anyhow::anyhow!(problem)));
        }
    };
    let control = streamable::control();
    let maker = Maker {
        // Files and secrets of this machine are its owner's. Callers with keys of their own are somebody else.
        files: if matches!(auth, Auth::Key) { Files::default() } else { Files::new(&ready.config) },
        selection: ready.selection,
        form: ready.form(),
        control: control.clone(),
        cut_off: CancellationToken::new(),
    };
    let (session, playground_key) = link::opened(&ready.config).await.map_err(|error| anyhow::anyhow!("the playground: {error}"))?;
    let callers = Callers::open(session, auth, maker).await?;
    let service = Arc::new(Service::new(callers, allowed, control));
    let url = format!("http://{bound}{}", http::PATH);
    print::note(format_args!("videosearch-mcp serves MCP at {url}"));
    #[cfg(feature = "playground")]
    if let Some(key) = playground_key {
        print::with_secret(serde_json::json!({"url": url, "api_key": key}))?;
    }
    let stop = CancellationToken::new();
    let serving = http::serve(listener, service, stop.clone());
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => return Ok(()),
        _ = signals.recv() => stop.cancel(),
    }
    tokio::select! {
        () = &mut serving => {}
        // A second signal ends it at once.
        Some(()) = signals.recv() => {}
    }
    Ok(())
}
