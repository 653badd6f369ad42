//! The account's owner. The commands that manage keys make their calls with a session token.
//!
//! The token is read from `VIDEOSEARCH_JWT` or a file, never from an argument, which other users of the machine can see.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

#[cfg(feature = "playground")]
use anyhow::bail;
use anyhow::{Context, anyhow};
use clap::Args;

use crate::{
    api::{Endpoint, Request},
    cli::{print, word::word},
    client::{Client, Deadline, Error, Limits, decode},
    config::Config,
    disk::{self, Whose},
    fence,
    gate::OwnerCall,
    key::{BaseUrl, SPELLINGS, SessionToken, placeholder},
};

/// The largest token file, in bytes.
const MAX_TOKEN_FILE: u64 = 32 * 1024;
/// How long one call may take, retries included. A person waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the account is, and who its owner is.
#[derive(Args, Clone, Debug, Default)]
pub struct Account {
    // A doc comment would want the variable in backticks, which a help does not.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        value_parser = super::typed::secret_file(),
        help_heading = "Account",
        help = "File that holds the session token; VIDEOSEARCH_JWT otherwise"
    )]
    pub jwt_file: Option<PathBuf>,
    /// Use a playground: the address of one, or the data directory of one that runs
    #[cfg(feature = "playground")]
    #[arg(long, global = true, value_name = "URL|DIR", help_heading = "Account")]
    pub playground: Option<String>,
}

/// An account whose keys can be managed.
pub struct Owner {
    client: Client,
    token: SessionToken,
    origin: String,
}

/// A session token and what named it.
struct Found {
    base: BaseUrl,
    token: SessionToken,
    origin: String,
}

impl Account {
    /// Whether a token or a playground was named. It need not be valid.
    pub fn is_named(&self) -> bool {
        self.names_playground() || self.jwt_file.is_some() || variable().is_some()
    }

    /// Whether a playground was named.
    #[cfg(feature = "playground")]
    pub fn names_playground(&self) -> bool {
        self.playground.is_some()
    }

    /// Whether a playground was named.
    #[cfg(not(feature = "playground"))]
    pub fn names_playground(&self) -> bool {
        let Self { jwt_file: _ } = self;
        false
    }

    /// Finds the account. Nothing is sent.
    pub fn open(&self, config: &Config) -> anyhow::Result<Owner> {
        let Found { base, token, origin } = self.find(config)?;
        fence::hide_token(&token);
        let limits = Limits { timeout: config.timeout, max_retries: config.max_retries, max_concurrency: config.max_concurrency };
        Ok(Owner { client: Client::new(base, limits), token, origin })
    }

    #[cfg(feature = "playground")]
    fn find(&self, config: &Config) -> anyhow::Result<Found> {
        match self.playground.as_deref() {
            None => self.at(config.base_url.clone()),
            Some(url) if url.contains("://") => self.at(of_playground(url)?),
            Some(directory) => of_directory(&super::typed::expanded(directory.into())),
        }
    }

    #[cfg(not(feature = "playground"))]
    fn find(&self, config: &Config) -> anyhow::Result<Found> {
        self.at(config.base_url.clone())
    }

    /// The account at an address, with the token that was named.
    fn at(&self, base: BaseUrl) -> anyhow::Result<Found> {
        if let Some(path) = &self.jwt_file {
            let (text, exposed) = read(path).with_context(|| format!("the file with the session token, {}", path.display()))?;
            let token = SessionToken::parse(&text).with_context(|| format!("the session token in {}", path.display()))?;
            if exposed {
                let shown = path.display().to_string();
                let note = "is open to other users of this machine, and its token can make keys. To stop that: chmod 600";
                print::note(format_args!("Note: {shown} {note} {}", word(&shown)));
            }
            return Ok(Found { base, token, origin: path.display().to_string() });
        }
        let (name, text) = variable().ok_or_else(|| {
            let remedy = "set VIDEOSEARCH_JWT, or name a file that holds it with --jwt-file (an API key cannot manage keys)";
            match unfilled() {
                Some(name) => anyhow!("no session token: {name} holds a placeholder that was not filled in; {remedy}"),
                None => anyhow!("no session token; {remedy}"),
            }
        })?;
        let token = SessionToken::parse(&text).with_context(|| format!("the session token in {name}"))?;
        Ok(Found { base, token, origin: name })
    }
}

/// The first variable with a session token. Empty ones and placeholders that a host did not fill in count as unset.
fn variable() -> Option<(String, String)> {
    SPELLINGS.iter().find_map(|prefix| {
        let name = format!("{prefix}JWT");
        let text = crate::config::variable(&name).filter(|text| !text.trim().is_empty() && !placeholder(text))?;
        Some((name, text))
    })
}

/// The first variable with a placeholder in place of a session token.
fn unfilled() -> Option<String> {
    let mut names = SPELLINGS.iter().map(|prefix| format!("{prefix}JWT"));
    names.find(|name| crate::config::variable(name).is_some_and(|text| placeholder(&text)))
}

/// A file's text, and whether others than its owner may use the file.
fn read(path: &Path) -> anyhow::Result<(String, bool)> {
    let content = disk::read_patiently(path, MAX_TOKEN_FILE, Whose::Users)?;
    let text = String::from_utf8(content.bytes).map_err(|_| anyhow!("it is not text"))?;
    Ok((text, disk::exposed(&content.metadata)))
}

/// The API of a playground: an address of this machine, to which the usual path is added where it has none.
#[cfg(feature = "playground")]
fn of_playground(url: &str) -> anyhow::Result<BaseUrl> {
    let base = BaseUrl::parse(url).context("--playground")?;
    if !base.is_loopback() {
        bail!("--playground: a playground is on this machine; --base-url names an API elsewhere");
    }
    match base.as_str().split_once("://") {
        Some((_, rest)) if !rest.contains('/') => {
            BaseUrl::parse(&format!("{}{}", base.as_str(), crate::playground::BASE_PATH)).context("--playground")
        }
        _ => Ok(base),
    }
}

/// The playground that serves a data directory now, with a token for it.
#[cfg(feature = "playground")]
fn of_directory(directory: &Path) -> anyhow::Result<Found> {
    use crate::playground;

    if !directory.is_dir() {
        bail!("--playground: {} is no directory; give the playground's address or its --data-dir", directory.display());
    }
    let address = playground::address(directory)?.ok_or_else(|| {
        anyhow!("no playground serves {}; start one with: videosearch-mcp playground --data-dir {0}", directory.display())
    })?;
    let token = playground::token(directory, Duration::from_mins(10))?;
    let origin = format!("the playground in {}", directory.display());
    Ok(Found { base: BaseUrl::parse(&address)?, token: SessionToken::parse(&token)?, origin })
}

impl Owner {
    /// The API's address.
    pub fn base(&self) -> &BaseUrl {
        self.client.base()
    }

    /// What named the token: a variable, a file, or a playground.
    pub fn token_origin(&self) -> &str {
        &self.origin
    }

    /// When the token says that it ends, in seconds since 1970.
    pub fn token_ends_at(&self) -> Option<i64> {
        self.token.ends_at()
    }

    /// Makes one call. The API takes no idempotency key here, so we send a change only once. If the call fails, [`Error::uncertain`] says
    /// whether the change may have happened.
    pub async fn call<E: Endpoint>(&self, endpoint: &E) -> Result<E::Output, Box<Error>> {
        let refused = |reason: String| Error::new(crate::client::Kind::Request(reason));
        let request = Request::of(endpoint, None).map_err(|error| refused(error.to_string()))?;
        let call = OwnerCall::new(request, &self.token)
            .map_err(|request| refused(format!("{} does not take a session token", request.template())))?;
        let response = self.client.send_as_owner(&call, &Deadline::after(PATIENCE)).await?;
        decode::<E>(&response)
    }
}
