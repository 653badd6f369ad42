//! The settings of `http`. No client reads them, so they are judged apart from all others, by what `http` itself does with them.

use std::{io, net::SocketAddr, path::Path};

use super::{
    check::{Because, Finding, Judged},
    exam::Exam,
};
use crate::{
    cli::{Failure, http, word::word},
    config::{HttpAuth, HttpConfig},
    disk,
    http::{Allowed, bind, tokens::Tokens},
    tools::text,
};

/// What to do about a value that `http` refuses.
const REFUSED: &str = "Correct it or take it away; until then `http` does not start.";

/// Judges each setting of `http` that is set, also if the other settings under examination are those of a client's entry.
pub async fn settings(exam: &Exam) -> Vec<Finding> {
    let exam = exam.process();
    let (config, faults) = &exam.http;
    let mut findings: Vec<Finding> = faults.iter().map(|fault| Finding::fail(&fault.problem, REFUSED).about(&fault.setting)).collect();
    let Some(config) = config else { return findings };
    for name in HttpConfig::set(&|name| exam.variables.get(name).cloned()) {
        if faults.iter().all(|fault| fault.setting != name) {
            let found = judged(&name, config, exam).await.unwrap_or_else(|because| Finding::skipped(&because));
            findings.push(found.about(name));
        }
    }
    findings
}

/// Whether `http` has settings here and takes the keys of its callers, so that it needs none of its own.
pub fn callers_bring_keys(exam: &Exam) -> bool {
    let exam = exam.process();
    let set = HttpConfig::set(&|name| exam.variables.get(name).cloned());
    !set.is_empty() && exam.http.0.as_ref().is_some_and(|config| config.auth == HttpAuth::Key)
}

async fn judged(name: &str, config: &HttpConfig, exam: &Exam) -> Judged {
    let accepted = |value: &dyn std::fmt::Display, outcome: Result<(), String>| match outcome {
        Ok(()) => Finding::ok(value),
        Err(why) => Finding::fail(why, REFUSED),
    };
    let allowed = |hosts: &[String], origins: &[String]| Allowed::new(hosts, origins).map(drop).map_err(|fault| fault.to_string());
    Ok(match name.rsplit_once("_HTTP_").map(|(_, setting)| setting) {
        Some("LISTEN") => can_listen(&config.listen, None).await,
        Some("AUTH") => accepted(&how(config.auth), may_start(config)),
        Some("TOKEN_FILE") => return token_file(config, exam),
        Some("ALLOW_HOST") => accepted(&config.allow_hosts.join(", "), allowed(&config.allow_hosts, &[])),
        Some("ALLOW_ORIGIN") => accepted(&config.allow_origins.join(", "), allowed(&[], &config.allow_origins)),
        Some("MAX_PER_MINUTE") if config.max_per_minute == 0 => Finding::ok("no limit"),
        Some("MAX_PER_MINUTE") => Finding::ok(format!("{} requests of a caller in a minute", config.max_per_minute)),
        Some("METRICS") => match &config.metrics {
            Some(address) => can_listen(address, Some(&config.listen)).await,
            None => Finding::ok("none"),
        },
        Some("SHARED_STATE") => return shared_state(config, exam).await,
        _ => return Err("nothing is known to be wrong with it".into()),
    })
}

/// Whether `http` can listen at an address, also beside the other address where it listens. Nothing is accepted there.
async fn can_listen(address: &str, beside: Option<&str>) -> Finding {
    let work = async {
        let other = match beside {
            Some(beside) => bind(beside).await.ok(),
            None => None,
        };
        let bound = bind(address).await;
        (bound.map(drop), other.is_some())
    };
    let Ok((bound, beside_itself)) = tokio::time::timeout(disk::PATIENCE, work).await else {
        return Finding::fail(format!("{address}: the name is not resolved in time"), REFUSED);
    };
    let error = match bound {
        Ok(()) => return Finding::ok(address),
        Err(error) => error,
    };
    match (error.kind(), bind(address).await) {
        // Only `http` itself was in the way.
        (io::ErrorKind::AddrInUse, Ok(_)) if beside_itself => Finding::fail(format!("{address} is the address of --listen, too"), REFUSED),
        (io::ErrorKind::AddrInUse, _) => {
            let remedy = "If that is not `http` itself, end it or choose another address; until then `http` does not start.";
            Finding::warn(format!("something listens at {address} already"), remedy)
        }
        _ => Finding::fail(format!("cannot listen on {address}: {error}"), REFUSED),
    }
}

/// The word of the setting.
fn how(auth: HttpAuth) -> &'static str {
    match auth {
        HttpAuth::Key => "key",
        HttpAuth::TokenFile => "token-file",
        HttpAuth::None => "none",
    }
}

/// Whether `http` starts with this way of telling callers apart. Where a name leads that is no address, it finds out itself.
fn may_start(config: &HttpConfig) -> Result<(), String> {
    match (config.auth, config.listen.parse::<SocketAddr>()) {
        (HttpAuth::TokenFile, _) => http::named(config.token_file.as_ref()).map(|_| ()).map_err(told),
        (HttpAuth::None, Ok(address)) => http::may_ask_nobody(address.ip()).map_err(told),
        _ => Ok(()),
    }
}

fn told(failure: Failure) -> String {
    format!("{:#}", failure.reason())
}

/// Whether the tokens can be read. Their file is also that of `http token`, whatever else is set.
fn token_file(config: &HttpConfig, exam: &Exam) -> Judged {
    let Some(path) = &config.token_file else { return Err("it names no file".into()) };
    let (place, named) = (exam.shown(path), path.clone());
    let opened = disk::within(disk::PATIENCE, move || Tokens::open(&named));
    let why = match opened {
        None => format!("the token file {place}: its file system does not answer"),
        Some(Err(fault)) => fault.to_string(),
        Some(Ok(tokens)) if tokens.are_exposed() => {
            return Ok(Finding::warn(format!("others can read {place}"), format!("chmod 600 {}", word(&place))));
        }
        Some(Ok(tokens)) if tokens.count() == 0 => {
            return Ok(Finding::warn(
                format!("{place} has no token, so nobody is let in"),
                "Make one with `videosearch-mcp http token add NAME --scopes read`.",
            ));
        }
        Some(Ok(tokens)) => return Ok(Finding::ok(format!("{place}, with {}", text::count(tokens.count(), "token")))),
    };
    let remedy = "Correct it, or make one with `videosearch-mcp http token add NAME --scopes read`; until then `http` does not start \
                  with --auth token-file.";
    Ok(if config.auth == HttpAuth::TokenFile { Finding::fail(why, remedy) } else { Finding::warn(why, remedy) })
}

/// Whether the Redis can be used. Without it `http` starts, and does less. The address may hold a password, so it is not shown.
async fn shared_state(config: &HttpConfig, exam: &Exam) -> Judged {
    let Some(url) = &config.shared_state else { return Err("it names no Redis".into()) };
    let secret: Result<Option<&Path>, Because> = exam.config().map(|config| config.state_secret_file.as_deref());
    let redis = match http::shared(url, secret?) {
        Ok(redis) => redis,
        Err(failure) => return Ok(Finding::fail(told(failure), REFUSED)),
    };
    Ok(match redis.check().await {
        Ok(()) => Finding::ok("a Redis is there and can be written"),
        Err(error) => Finding::fail(error, "Start it, or correct the address; until then whatever costs or deletes is refused."),
    })
}
