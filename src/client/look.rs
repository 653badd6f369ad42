//! Looks at an MCP server over HTTP, without a key: doctor asks whether it lives, is ready, and lets anybody in.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, WWW_AUTHENTICATE};
use tokio::time::timeout;

use super::transport::{Transport, causes};
use crate::key::BaseUrl;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);
/// The most bytes of an answer that are kept.
const MOST: usize = 200;

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The HTTP status.
    pub status: u16,
    /// Whether it says how to show who calls.
    pub challenges: bool,
    /// The beginning of the body.
    pub text: String,
}

/// Reads a page, or posts a message of MCP.
pub async fn look(base: &BaseUrl, path: &str, message: Option<String>) -> Result<Seen, String> {
    let transport = Transport::new(base.clone());
    let client = transport.client().await?;
    let url = base.below(path);
    let request = match message {
        None => client.get(url),
        Some(message) => client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .body(message),
    };
    let asked = async {
        let mut response = request.send().await.map_err(|error| causes(&error))?;
        let (status, challenges) = (response.status().as_u16(), response.headers().contains_key(WWW_AUTHENTICATE));
        let mut body = Vec::new();
        while body.len() < MOST
            && let Ok(Some(chunk)) = response.chunk().await
        {
            body.extend_from_slice(&chunk);
        }
        body.truncate(MOST);
        Ok(Seen { status, challenges, text: String::from_utf8_lossy(&body).trim().to_owned() })
    };
    timeout(ANSWER, asked).await.unwrap_or_else(|_| Err(format!("no answer within {} s", ANSWER.as_secs())))
}
