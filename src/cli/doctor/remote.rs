//! `doctor --url`: looks at a server over HTTP as a client sees it. It sends no key there.

use std::time::Duration;

use serde_json::json;
use tokio::sync::OnceCell;

use super::{
    check::{Because, Finding, Group, Judged},
    exam::Exam,
    row::{Check, Run},
};
use crate::{
    cli::word::word,
    client::{Blocked, Certificate, Seen, check_route, look},
    key::{BaseUrl, BaseUrlError},
    tools::text,
};

/// The most characters of an answer that are repeated.
const MOST_TOLD: usize = 200;

/// The checks, in the order of the table.
pub static CHECKS: &[Check] = &[
    Check { name: "connection", group: Group::Remote, run: Run::Wait(|exam| Box::pin(connection(exam))) },
    Check { name: "health", group: Group::Remote, run: Run::Wait(|exam| Box::pin(health(exam))) },
    Check { name: "readiness", group: Group::Remote, run: Run::Wait(|exam| Box::pin(readiness(exam))) },
    Check { name: "callers", group: Group::Remote, run: Run::Wait(|exam| Box::pin(callers(exam))) },
];

/// How long the address of a client's entry may take. There may be several.
const ENTRY: Duration = Duration::from_secs(3);

/// A server over HTTP.
pub struct Place {
    /// Its address.
    url: BaseUrl,
    /// The address without its last part. Health and readiness are beside the protocol.
    site: BaseUrl,
    reached: OnceCell<Finding>,
    health: OnceCell<Result<Seen, String>>,
}

impl Place {
    /// A server at an address.
    pub fn new(text: &str) -> Result<Self, String> {
        let url = BaseUrl::parse(text).map_err(|fault| match fault {
            BaseUrlError::Malformed => "it is not an absolute URL such as https://mcp.example.com/mcp".to_owned(),
            fault => fault.to_string(),
        })?;
        let site = url.as_str().rsplit_once('/').filter(|(site, _)| !site.ends_with('/')).map_or(url.as_str(), |(site, _)| site);
        let site = BaseUrl::parse(site).map_err(|fault| fault.to_string())?;
        Ok(Self { url, site, reached: OnceCell::new(), health: OnceCell::new() })
    }

    fn host(&self) -> &str {
        self.site.as_str().split('/').nth(2).unwrap_or_default()
    }

    async fn reached(&self) -> &Finding {
        self.reached.get_or_init(|| self.reach()).await
    }

    async fn reach(&self) -> Finding {
        let report = check_route(&self.site).await;
        let host = self.host();
        let spelt = "Check that the address is spelt correctly, and that this machine is in the right network.";
        if let Err(reason) = &report.resolved {
            return Finding::fail(format!("{host} is not resolved: {reason}"), spelt);
        }
        let took = match &report.connected {
            Some(Ok(took)) => took.as_millis(),
            Some(Err(reason)) => {
                return Finding::fail(format!("no connection to {host}: {reason}"), "Start the server, or correct the port.");
            }
            None => return Finding::fail(format!("no connection to {host}"), spelt),
        };
        match &report.answered {
            Some(Ok(_)) => Finding::ok(format!("connected to {host} in {took} ms")),
            Some(Err(Blocked::Certificate(Certificate::Expired))) => {
                Finding::fail(format!("the certificate of {host} has expired"), "The server's operator has to renew it.")
            }
            Some(Err(Blocked::Certificate(Certificate::UnknownIssuer))) => Finding::fail(
                format!("the certificate of {host} is from an unknown issuer"),
                "If your company issues its own, set SSL_CERT_FILE to a file with its root certificate, here and for the client.",
            ),
            Some(Err(Blocked::NotTls)) => {
                Finding::fail(format!("{host} does not speak TLS"), "The server has no TLS of its own: put a proxy in front of it.")
            }
            Some(Err(_)) | None => Finding::fail(format!("{host} did not answer in HTTP"), "Check the scheme and the port of the address."),
        }
    }

    /// Whether such a server lives there. What is wrong is told without the path, which may be secret.
    pub async fn lives(&self) -> Result<(), Finding> {
        let health = async { (self.reached().await.clone(), self.health().await) };
        match tokio::time::timeout(ENTRY, health).await {
            Ok((_, Ok(seen))) if seen.status == 200 && seen.text == "alive" => Ok(()),
            Ok((reached, _)) if !reached.passes() => Err(reached),
            Err(_) => Err(Finding::fail("the server at its address does not answer", "Start the server, or correct the address.")),
            Ok(_) => Err(Finding::warn(
                format!("{} answers, but beside the address no /healthz of a videosearch-mcp server does", self.host()),
                "`videosearch-mcp doctor --url ADDRESS` says more.",
            )),
        }
    }

    /// The answer about its health, if anything answers there.
    async fn health(&self) -> Result<&Seen, Because> {
        if !self.reached().await.passes() {
            return Err("there is no connection".into());
        }
        let seen = self.health.get_or_init(|| look(&self.site, "/healthz", None)).await;
        seen.as_ref().map_err(|reason| Because(reason.clone()))
    }
}

/// Whether a server of ours says that all of its places are taken.
#[cfg(feature = "http")]
fn is_full(seen: &Seen) -> bool {
    seen.status == 503 && seen.text == crate::http::BUSY
}

#[cfg(feature = "http")]
fn full() -> Finding {
    Finding::fail(
        "a videosearch-mcp server lives there, and all of its places are taken",
        "Try again in a minute. If it stays like this, look where the connections come from, or run more replicas.",
    )
}

fn place(exam: &Exam) -> Result<&Place, Because> {
    exam.place.as_ref().ok_or_else(|| "no address was given".into())
}

/// Whether something answers there.
async fn connection(exam: &Exam) -> Judged {
    Ok(place(exam)?.reached().await.clone())
}

/// Whether it is this program.
async fn health(exam: &Exam) -> Judged {
    let place = place(exam)?;
    let seen = place.health().await?;
    Ok(match seen.status {
        200 if seen.text == "alive" => Finding::ok("a videosearch-mcp server lives there"),
        #[cfg(feature = "http")]
        503 if is_full(seen) => full(),
        403 => Finding::fail(
            format!("the server does not take {} for a name of its own", place.host()),
            format!("Start it with --allow-host {}", word(place.host())),
        ),
        status => Finding::fail(
            format!("{}/healthz is not that of a videosearch-mcp server: it answers {status}", place.site),
            "Correct the address. It ends in /mcp, and a proxy must pass on /healthz and /readyz beside it.",
        ),
    })
}

/// Whether it is ready for calls.
async fn readiness(exam: &Exam) -> Judged {
    let place = place(exam)?;
    if !health(exam).await?.passes() {
        return Err("it is not known to be this program".into());
    }
    Ok(match look(&place.site, "/readyz", None).await {
        Ok(Seen { status: 200, .. }) => Finding::ok("it is ready: the API answers"),
        #[cfg(feature = "http")]
        Ok(Seen { text, .. }) if text == crate::http::NO_KEY => Finding::fail(
            format!("it is not ready: {text}, so every call fails"),
            "Whoever runs it has to give it a key that works; `videosearch-mcp doctor` there, with its settings, tells what is wrong.",
        ),
        #[cfg(feature = "http")]
        Ok(seen) if is_full(&seen) => full(),
        Ok(Seen { status, text, .. }) => Finding::fail(
            format!("it is not ready ({status}): {}", text::line(&text, MOST_TOLD)),
            "Try again. If it stays like this, run `videosearch-mcp doctor` where the server runs, with its settings.",
        ),
        Err(reason) => Finding::fail(format!("nothing was answered: {reason}"), "Try again later."),
    })
}

/// Whether it lets in only those who show who they are.
async fn callers(exam: &Exam) -> Judged {
    let place = place(exam)?;
    if !health(exam).await?.passes() {
        return Err("it is not known to be this program".into());
    }
    let client = json!({"name": "doctor", "version": env!("CARGO_PKG_VERSION")});
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}).to_string();
    Ok(match look(&place.url, "", Some(message)).await {
        Ok(Seen { status: 401, challenges: true, .. }) => Finding::ok("each caller has to send a key or a token"),
        Ok(Seen { status: status @ (401 | 403 | 407), challenges: false, .. }) => Finding::fail(
            format!("something before the server refuses the request ({status})"),
            "A proxy may ask for a sign-in of its own, which a client of MCP cannot do.",
        ),
        #[cfg(feature = "http")]
        Ok(seen) if is_full(&seen) => full(),
        Ok(Seen { status: 200, .. }) if place.url.is_loopback() => {
            Finding::ok("everybody on this machine may call, without a key or a token")
        }
        Ok(Seen { status: 200, .. }) => Finding::warn(
            "everybody who reaches it may call, without a key or a token",
            "Start it with --auth key or --auth token-file, unless what is before it checks who calls.",
        ),
        Ok(Seen { status, .. }) => {
            Finding::fail(format!("{} does not speak MCP: it answers {status}", place.url), "Correct the address. It ends in /mcp.")
        }
        Err(reason) => Finding::fail(format!("nothing was answered: {reason}"), "Try again later."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_is_beside_the_protocol() {
        for (url, site) in [
            ("https://mcp.example.com/mcp", "https://mcp.example.com"),
            ("https://example.com/films/mcp", "https://example.com/films"),
            ("http://127.0.0.1:8080/mcp", "http://127.0.0.1:8080"),
            ("https://mcp.example.com", "https://mcp.example.com"),
        ] {
            assert_eq!(Place::new(url).unwrap().site.as_str(), site, "{url}");
        }
        assert!(Place::new("http://mcp.example.com/mcp").is_err());
    }
}
