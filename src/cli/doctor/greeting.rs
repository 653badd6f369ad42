//! What the answer to a request without a key says of the way to the API.

use std::time::Duration;

use super::check::Finding;
use crate::{client::Greeting, key::BaseUrl};

/// We call an answer slow if it takes longer.
const SLOW: Duration = Duration::from_secs(2);

/// Judges the answer to a request without a key. The API refuses such a request, in its own JSON format.
pub fn judge(greeting: &Greeting, base: &BaseUrl) -> Finding {
    let Greeting { status, code, is_page, redirect, elapsed, .. } = greeting;
    let address = format!("Correct the base URL; the API's own is {}.", BaseUrl::DEFAULT);
    match status {
        300..=399 => {
            let to = redirect.as_deref().map(|origin| format!(" to {origin}")).unwrap_or_default();
            let found = format!("it answers {status}, a redirect{to}, which is not followed: the key would go with it");
            Finding::fail(found, "Set the base URL to where the API is; on a guest network, sign in first.")
        }
        404 => {
            let path = if base.as_str().ends_with("/api/v2") { "" } else { ": its path should end in /api/v2" };
            Finding::fail(format!("nothing of the API is at this path (404){path}"), address)
        }
        500..=599 => {
            let code = code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
            Finding::fail(format!("the API, or something before it, is in trouble: it answers {status}{code}"), "Try again later.")
        }
        _ if *is_page => {
            let found = format!("a web page answers ({status}), not the API: a proxy, a sign-in page or another server");
            Finding::fail(found, format!("Sign in to the network or the proxy first. {address}"))
        }
        401 | 403 | 429 if code.is_some() => answers(*elapsed),
        200..=299 => {
            // A server that answers like this would take any key.
            Finding::fail(format!("it accepts a request without a key ({status}), but the API does not"), address)
        }
        _ => Finding::fail(format!("it answers {status}, not in the API's form"), address),
    }
}

fn answers(elapsed: Duration) -> Finding {
    let took = elapsed.as_millis();
    if elapsed > SLOW {
        return Finding::warn(format!("the API answers, but slowly ({took} ms)"), "If it stays slow, check the network or the proxy.");
    }
    Finding::ok(format!("it answers in {took} ms"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::check::Verdict;

    #[test]
    fn only_the_api_refuses_in_its_own_words() {
        let base = BaseUrl::parse(BaseUrl::DEFAULT).unwrap();
        let judged = |status, code: Option<&str>, is_page, millis| {
            let code = code.map(str::to_owned);
            let elapsed = Duration::from_millis(millis);
            judge(&Greeting { status, code, is_page, redirect: None, clock_ahead: None, elapsed }, &base).verdict
        };
        for (status, code, is_page, millis, expect) in [
            (401, Some("authentication_missing_api_key"), false, 300, Verdict::Ok),
            (429, Some("rate_limit_exceeded"), false, 300, Verdict::Ok),
            (401, Some("authentication_missing_api_key"), false, 3_000, Verdict::Warn),
            (401, None, false, 300, Verdict::Fail),
            (401, None, true, 300, Verdict::Fail),
            (200, None, true, 300, Verdict::Fail),
            (204, None, false, 300, Verdict::Fail),
            (302, None, false, 300, Verdict::Fail),
            (404, Some("http_404"), false, 300, Verdict::Fail),
            (503, Some("down"), false, 300, Verdict::Fail),
        ] {
            assert_eq!(judged(status, code, is_page, millis), expect, "{status} {code:?}");
        }
    }
}
