//! Makes a session from settings: with the API, or with a playground in this process.

#[cfg(feature = "playground")]
use crate::session::Opening;
use crate::{
    config::Config,
    session::{Link, Session},
};

/// The session that the settings describe. It opens nothing before its first use.
pub fn session(config: &Config) -> Session {
    Session::new(config, link(config))
}

/// The session that the settings describe, and the key of its playground if there is one. The playground runs already.
#[cfg(feature = "http")]
pub async fn opened(config: &Config) -> Result<(Session, Option<String>), String> {
    #[cfg(feature = "playground")]
    if config.playground {
        let (opened, key) = open(options(config)).await?;
        let opening = Opening::by(Box::new(move || Box::pin(async move { Ok(opened) })));
        return Ok((Session::new(config, Link::Lazy(opening)), Some(key)));
    }
    #[cfg(not(feature = "playground"))]
    std::future::ready(()).await;
    Ok((session(config), None))
}

fn link(config: &Config) -> Link {
    #[cfg(feature = "playground")]
    if config.playground {
        return Link::Lazy(Opening::by(opener(config)));
    }
    Link::Fixed(config.base_url.clone(), config.key.clone())
}

/// Opens a playground as the settings describe it.
#[cfg(feature = "playground")]
fn opener(config: &Config) -> crate::session::Opener {
    let options = options(config);
    Box::new(move || Box::pin(async { Ok(open(options).await?.0) }))
}

#[cfg(feature = "playground")]
fn options(config: &Config) -> crate::playground::Options {
    let (buckets, enforce_limits) = (config.buckets.clone(), config.enforce_limits);
    crate::playground::Options {
        buckets,
        enforce_limits,
        program: Some(program()),
        tools: page_tools,
        ..crate::playground::Options::default()
    }
}

/// This program, also if an update has put another one in its place.
#[cfg(feature = "playground")]
pub fn program() -> std::path::PathBuf {
    if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { std::env::current_exe().unwrap_or_default() }
}

/// Starts a playground on a loopback port of its own, in memory, with a key that holds all scopes. Gives the text of that key, too.
#[cfg(feature = "playground")]
async fn open(options: crate::playground::Options) -> Result<(crate::session::Opened, String), String> {
    use crate::{
        key::{ApiKey, BaseUrl},
        playground,
    };

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| error.to_string())?;
    let handle = playground::start(options, listener).await.map_err(|error| error.to_string())?;
    let base = BaseUrl::parse(handle.base_url()).map_err(|error| error.to_string())?;
    let text = handle.api_key().to_owned();
    let key = ApiKey::parse(&text).map_err(|error| error.to_string())?;
    Ok(((base, key, Box::new(handle)), text))
}

/// The tools as the playground's pages about MCP have them: those that are one call of the API.
#[cfg(feature = "playground")]
pub fn page_tools() -> Vec<crate::playground::PageTool> {
    use crate::tools::{Effect, catalog};

    let tools = catalog::with_families().filter(|(_, tool)| !tool.composed && !tool.path.is_empty());
    tools
        .map(|(family, tool)| crate::playground::PageTool {
            name: tool.name,
            category: family.name,
            description: tool.description().to_owned(),
            reads: tool.effect == Effect::Read,
            method: tool.method,
            path: tool.path,
        })
        .collect()
}
