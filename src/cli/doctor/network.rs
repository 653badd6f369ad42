//! The way to the API: its address, proxies, name, connection, encryption, and whether it is the API that answers.

use std::path::Path;

use super::{
    check::{Because, Finding, Judged},
    exam::Exam,
    greeting::judge,
};
use crate::{
    client::{Blocked, Certificate, Peer, Route},
    key::BaseUrl,
};

/// We call a clock wrong if it differs by this many seconds or more.
const CLOCK: i64 = 60;

/// Where the API is.
pub fn base(exam: &Exam) -> Judged {
    let base = exam.base()?;
    let text = base.as_str();
    if text == BaseUrl::DEFAULT {
        return Ok(Finding::ok(format!("{text} (the default)")));
    }
    let path = text.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap_or_default();
    if path.ends_with("/api/v2") && path.matches("/api/v2").count() == 1 {
        return Ok(Finding::ok(format!("{text} (not the default)")));
    }
    let remedy = format!("Make it end in /api/v2, as {} does.", BaseUrl::DEFAULT);
    let what = if path.contains("/api/v2") { "has more in its path than /api/v2" } else { "has no /api/v2 at its end" };
    Ok(Finding::warn(format!("{text} {what}"), remedy))
}

/// Which proxy applies.
pub async fn proxy(exam: &Exam) -> Judged {
    let reach = exam.reach().await?;
    Ok(match &reach.route {
        Route::Direct => match ["HTTP_PROXY", "http_proxy"].iter().find(|name| exam.variable(name).is_some()) {
            Some(name) => Finding::ok(format!("none is set for https; {name} is for plain http only")),
            None => Finding::ok("none is set for https"),
        },
        Route::Loopback => Finding::ok("never used for this machine"),
        Route::Proxy { variable, peer } => Finding::ok(format!("{variable} applies: {}", at(peer))),
        Route::Excepted { variable } => Finding::ok(format!("{variable} is set, but NO_PROXY excepts {}", reach.peer.host)),
        Route::Unreadable { variable } => Finding::warn(
            format!("{variable} is not the address of a proxy, and is ignored"),
            format!("Correct {variable}, as in http://proxy.example:3128, or take it away."),
        ),
    })
}

fn at(peer: &Peer) -> String {
    let host = if peer.host.contains(':') { format!("[{}]", peer.host) } else { peer.host.clone() };
    format!("{host}:{}", peer.port)
}

/// Where the trusted root certificates come from.
pub async fn certificates(exam: &Exam) -> Judged {
    if !exam.base()?.is_https() {
        return Err("plain HTTP to this machine".into());
    }
    let mut named = Vec::new();
    for (name, wanted) in [("SSL_CERT_FILE", "file"), ("SSL_CERT_DIR", "directory")] {
        let Some(value) = exam.variable(name) else { continue };
        let place = exam.shown(Path::new(value));
        let missing = match wanted {
            "file" => !Path::new(value).is_file(),
            _ => !value.split(if cfg!(windows) { ';' } else { ':' }).any(|part| Path::new(part).is_dir()),
        };
        if missing {
            let found = format!("{name} names {place}, where there is no {wanted}");
            let remedy = format!("Correct {name}, or take it away to trust the system's certificates.");
            // Some systems have certificates in a place that no variable names.
            let needed = matches!(exam.reach().await?.answered, Some(Err(Blocked::Setup(_) | Blocked::Certificate(_))));
            return Ok(if needed { Finding::fail(found, remedy) } else { Finding::warn(found, remedy) });
        }
        named.push(format!("{name} = {place}"));
    }
    Ok(Finding::ok(if named.is_empty() { "those of the system".to_owned() } else { named.join(", ") }))
}

/// The host that we look up and connect to, as messages name it.
fn whose(route: &Route, peer: &Peer) -> String {
    match route {
        Route::Proxy { variable, .. } => format!("the proxy {} ({variable})", at(peer)),
        _ => at(peer),
    }
}

/// Whether the name has an address.
pub async fn dns(exam: &Exam) -> Judged {
    let reach = exam.reach().await?;
    let host = &reach.peer.host;
    if host.parse::<std::net::IpAddr>().is_ok() {
        return Err(Because(format!("{host} is an address")));
    }
    Ok(match (&reach.resolved, &reach.route) {
        (Ok(1), _) => Finding::ok(format!("{host} has an address")),
        (Ok(many), _) => Finding::ok(format!("{host} has {many} addresses")),
        (Err(reason), Route::Proxy { variable, .. }) => {
            Finding::fail(format!("the proxy's name {host} is not resolved: {reason}"), format!("Correct {variable}, or take it away."))
        }
        (Err(reason), Route::Loopback) => Finding::fail(
            format!("{host} is not resolved: {reason}"),
            "Correct the name in this machine's file of hosts, or write 127.0.0.1 into the base URL instead of it.",
        ),
        (Err(reason), _) => Finding::fail(
            format!("{host} is not resolved: {reason}"),
            "Check that this machine is online, and that the base URL is spelt correctly.",
        ),
    })
}

/// Whether a connection can be made.
pub async fn tcp(exam: &Exam) -> Judged {
    let reach = exam.reach().await?;
    let whose = whose(&reach.route, &reach.peer);
    Ok(match (&reach.connected, &reach.route) {
        (None, _) => return Err("the name is not resolved".into()),
        (Some(Ok(took)), _) => Finding::ok(format!("connected to {whose} in {} ms", took.as_millis())),
        (Some(Err(reason)), Route::Proxy { variable, .. }) => Finding::fail(
            format!("no connection to {whose}: {reason}"),
            format!("Correct {variable}, or take it away if no proxy is needed."),
        ),
        (Some(Err(reason)), Route::Loopback) => Finding::fail(
            format!("no connection to {whose}: {reason}"),
            "Nothing listens there: start what should, or correct the base URL.",
        ),
        (Some(Err(reason)), _) => Finding::fail(
            format!("no connection to {whose}: {reason}"),
            "A firewall may block it: ask for outgoing access to it, or set HTTPS_PROXY if this network needs a proxy.",
        ),
    })
}

/// Whether the connection is encrypted, and leads to the right server.
pub async fn tls(exam: &Exam) -> Judged {
    let base = exam.base()?;
    if !base.is_https() {
        return Err("plain HTTP to this machine".into());
    }
    let reach = exam.reach().await?;
    let Some(answered) = &reach.answered else { return Err("there is no connection".into()) };
    let host = || base.as_str().split('/').nth(2).unwrap_or_default().to_owned();
    let blocked = match answered {
        Ok(_) | Err(Blocked::Broken(_)) => return Ok(Finding::ok("the certificate is good")),
        Err(Blocked::Silence(_)) => return Err("nothing answered".into()),
        Err(blocked) => blocked,
    };
    if certificates(exam).await.is_ok_and(|finding| !finding.passes()) {
        return Err("there are no certificates to trust".into());
    }
    let intercepted = if cfg!(any(windows, target_os = "macos")) {
        "If this network inspects TLS, add its root certificate to those that the system trusts; else the address is wrong."
    } else {
        "If this network inspects TLS, set SSL_CERT_FILE to a file with its root certificate; else the address is wrong."
    };
    Ok(match blocked {
        Blocked::Certificate(Certificate::Expired) => Finding::fail(
            format!("the certificate of {} has expired", host()),
            "Check this machine's clock; if it is right, the server's owner has to renew the certificate.",
        ),
        Blocked::Certificate(Certificate::NotYetValid) => {
            Finding::fail(format!("the certificate of {} is not valid yet", host()), "Set this machine's clock.")
        }
        Blocked::Certificate(Certificate::UnknownIssuer) => {
            Finding::fail(format!("the certificate of {} is from an unknown issuer", host()), intercepted)
        }
        Blocked::Certificate(Certificate::OtherHost) => Finding::fail(
            format!("the certificate is for another host than {}", host()),
            "Correct the host in the base URL, or what redirects its name.",
        ),
        Blocked::Certificate(Certificate::Other(reason)) => {
            Finding::fail(format!("the certificate of {} is not accepted: {reason}", host()), intercepted)
        }
        Blocked::NotTls => Finding::fail(
            format!("{} does not speak TLS on this port", host()),
            "Correct the port in the base URL; for a server on this machine without TLS, write http://.",
        ),
        Blocked::Setup(reason) => Finding::fail(
            format!("no certificates to trust: {reason}"),
            "Install the system's CA certificates (the package ca-certificates), or correct SSL_CERT_FILE.",
        ),
        Blocked::Connection(reason) => {
            let remedy = match &reach.route {
                Route::Proxy { variable, .. } => {
                    format!("The proxy of {variable} may refuse the host or want a password: check its address.")
                }
                _ => "Something on the way may cut encrypted connections; try another network.".to_owned(),
            };
            Finding::fail(format!("no encrypted connection to {}: {reason}", host()), remedy)
        }
        Blocked::Silence(_) | Blocked::Broken(_) => return Err("nothing answered".into()),
    })
}

/// Whether it is the API that answers.
pub async fn api(exam: &Exam) -> Judged {
    let base = exam.base()?;
    let reach = exam.reach().await?;
    match &reach.answered {
        None => Err("there is no connection".into()),
        Some(Ok(greeting)) => Ok(judge(greeting, base)),
        Some(Err(Blocked::Silence(waited))) => {
            let found = format!("no answer within {} s", waited.as_secs());
            Ok(Finding::fail(found, "Try again later; if it stays like this, check the base URL and what is on the way to it."))
        }
        Some(Err(Blocked::Broken(reason))) => {
            Ok(Finding::fail(format!("the connection broke before an answer: {reason}"), "Check the scheme and the port of the base URL."))
        }
        Some(Err(_)) => Err("there is no encrypted connection".into()),
    }
}

/// Whether this machine's clock agrees with the API's.
pub async fn clock(exam: &Exam) -> Judged {
    let Some(ahead) = exam.greeting().await?.clock_ahead else { return Err("the answer has no date".into()) };
    if ahead.abs() < CLOCK {
        return Ok(Finding::ok("agrees with the API's"));
    }
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    let far = match ahead.abs() {
        seconds @ ..120 => format!("{seconds} seconds"),
        seconds @ 120..7200 => format!("{} minutes", seconds / 60),
        seconds @ 7200..172_800 => format!("{} hours", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    };
    let found = format!("this machine's clock is {far} {side} the API's; expiry dates and certificates are judged wrongly");
    Ok(Finding::warn(found, "Set this machine's clock, best by switching on time synchronisation."))
}
