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
    let (buckets, enforce_limits) = (config.buckets.clone(), config.enforce_limits);
    let options = crate::playground::Options { buckets, enforce_limits, tools: page_tools, ..crate::playground::Options::default() };
    Box::new(move || Box::pin(open(options)))
}

/// Starts a playground on a loopback port of its own, in memory, with a key that holds all scopes.
#[cfg(feature = "playground")]
async fn open(options: crate::playground::Options) -> Result<crate::session::Opened, String> {
    use crate::{
        key::{ApiKey, BaseUrl},
        playground,
    };

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| error.to_string())?;
    let handle = playground::start(options, listener).await.map_err(|error| error.to_string())?;
    let base = BaseUrl::parse(handle.base_url()).map_err(|error| error.to_string())?;
    let key = ApiKey::parse(handle.api_key()).map_err(|error| error.to_string())?;
    Ok((base, key, Box::new(handle)))
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
