//! `doctor`: finds out why the server does not work.
//!
//! [`CHECKS`] is the table of checks. A check is a row and a function. The function judges facts. The [`exam::Exam`] finds out each fact
//! once, when a check first needs it. All checks run at the same time. A check that depends on something that failed is skipped and says
//! so. So one fault gives one red line.
//!
//! It changes nothing, executes no command that a configuration names, and prints no secret. It must not repair anything: it tells the user
//! what to do. To add a check, write its function in the file of its group, and its row here.
//!
//! Start with [`CHECKS`], then `exam`. `report` makes what people and programs see.

mod account;
mod check;
mod clients;
mod consent;
mod exam;
mod filled;
mod form;
mod greeting;
#[cfg(feature = "http")]
mod http;
mod key;
mod names;
mod network;
mod place;
mod program;
mod remote;
mod report;
mod row;
mod server;
mod settings;

use std::{future::poll_fn, pin::Pin, task::Poll, time::Duration};

use anyhow::anyhow;
use clap::Args;

use super::{Failure, print};
use crate::config::Flags;
use check::{Finding, Group};
use exam::Exam;
pub use names::warn_of_misspelt;
use report::Row;
use row::{Check, Run};

/// How long a check may take. They run together, so this bounds the whole.
const LIMIT: Duration = Duration::from_secs(14);

/// Arguments of `doctor`.
#[derive(Args)]
pub struct Arguments {
    /// Print JSON for scripts
    #[arg(long)]
    json: bool,
    /// Address of a server over HTTP to look at, instead of what a client would start here; no key is sent there
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    pub(super) stage: super::Stage,
}

/// All checks, in the order of the table.
static CHECKS: &[Check] = &[
    Check { name: "settings", group: Group::Settings, run: Run::Now(|exam| Ok(settings::understood(exam))) },
    Check { name: "variable names", group: Group::Settings, run: Run::Now(|exam| Ok(settings::names(exam))) },
    Check { name: "toolsets", group: Group::Settings, run: Run::Now(settings::toolsets) },
    Check { name: "state directory", group: Group::Settings, run: Run::Now(settings::state) },
    Check { name: "directories", group: Group::Settings, run: Run::Now(settings::directories) },
    Check { name: "confirmations", group: Group::Settings, run: Run::Wait(|exam| Box::pin(consent::confirmations(exam))) },
    Check { name: "media tools", group: Group::Settings, run: Run::Now(settings::media) },
    #[cfg(feature = "http")]
    Check { name: "http", group: Group::Http, run: Run::Each(|exam| Box::pin(http::settings(exam))) },
    Check { name: "key source", group: Group::Key, run: Run::Now(key::source) },
    Check { name: "key file", group: Group::Key, run: Run::Now(key::file) },
    Check { name: "key form", group: Group::Key, run: Run::Now(key::form) },
    Check { name: "key expiry", group: Group::Key, run: Run::Wait(|exam| Box::pin(key::expiry(exam))) },
    Check { name: "base URL", group: Group::Network, run: Run::Now(network::base) },
    Check { name: "proxy", group: Group::Network, run: Run::Wait(|exam| Box::pin(network::proxy(exam))) },
    Check { name: "certificates", group: Group::Network, run: Run::Wait(|exam| Box::pin(network::certificates(exam))) },
    Check { name: "DNS", group: Group::Network, run: Run::Wait(|exam| Box::pin(network::dns(exam))) },
    Check { name: "TCP", group: Group::Network, run: Run::Wait(|exam| Box::pin(network::tcp(exam))) },
    Check { name: "TLS", group: Group::Network, run: Run::Wait(|exam| Box::pin(network::tls(exam))) },
    Check { name: "API", group: Group::Api, run: Run::Wait(|exam| Box::pin(network::api(exam))) },
    Check { name: "clock", group: Group::Api, run: Run::Wait(|exam| Box::pin(network::clock(exam))) },
    Check { name: "key accepted", group: Group::Api, run: Run::Wait(|exam| Box::pin(account::accepted(exam))) },
    Check { name: "scopes", group: Group::Api, run: Run::Wait(|exam| Box::pin(account::scopes(exam))) },
    Check { name: "ceiling", group: Group::Api, run: Run::Now(account::ceiling) },
    Check { name: "handshake 2025-11-25", group: Group::Server, run: Run::Wait(|exam| Box::pin(server::with_initialize(exam))) },
    Check { name: "handshake 2026-07-28", group: Group::Server, run: Run::Wait(|exam| Box::pin(server::without_initialize(exam))) },
    Check { name: "tools", group: Group::Server, run: Run::Wait(|exam| Box::pin(account::tools(exam))) },
    Check { name: "clients", group: Group::Clients, run: Run::Each(|exam| Box::pin(clients::entries(exam))) },
];

/// Runs all checks and prints what they found. Exit code 0 only if a client started now would work, and `http` too if it has settings here.
pub fn run(arguments: &Arguments, flags: Flags) -> Result<(), Failure> {
    let mut exam = Exam::of_this_process(flags);
    let checks = if let Some(url) = &arguments.url {
        exam.place = Some(remote::Place::new(url).map_err(|fault| Failure::usage(anyhow!("--url: {fault}")))?);
        remote::CHECKS
    } else {
        exam = clients::adopted(exam);
        CHECKS
    };
    let rows = super::runtime()?.block_on(examine(checks, &exam));
    let report = report::Report::new(rows, &exam);
    if arguments.json { print::out(report.json()) } else { print::painted(&report.table(print::colours())) }?;
    if report.ok() { Ok(()) } else { Err(Failure::Told) }
}

async fn examine(checks: &'static [Check], exam: &Exam) -> Vec<Row> {
    let checks = checks.iter().map(|check| -> Pin<Box<dyn Future<Output = Vec<Row>> + '_>> { Box::pin(examined(check, exam)) });
    together(checks.collect()).await.into_iter().flatten().collect()
}

async fn examined(check: &'static Check, exam: &Exam) -> Vec<Row> {
    if exam.starts_none && matches!(check.group, Group::Key | Group::Network | Group::Api | Group::Server) {
        let why = "the clients here connect to a server at an address, and start none";
        return vec![Row { check, finding: Finding::skipped(&why.into()) }];
    }
    let one = |judged: check::Judged| vec![judged.unwrap_or_else(|because| Finding::skipped(&because))];
    let outcome = match check.run {
        Run::Now(run) => Ok(one(run(exam))),
        Run::Wait(run) => tokio::time::timeout(LIMIT, run(exam)).await.map(one),
        Run::Each(run) => tokio::time::timeout(LIMIT, run(exam)).await,
    };
    let late = |_| {
        let found = format!("not finished within {} s", LIMIT.as_secs());
        vec![Finding::fail(found, "Run it again; if it stays like this, something on the way to the API does not answer.")]
    };
    outcome.unwrap_or_else(late).into_iter().map(|finding| Row { check, finding }).collect()
}

/// Waits for all of these at once.
async fn together<T>(mut futures: Vec<Pin<Box<dyn Future<Output = T> + '_>>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (future, place) in futures.iter_mut().zip(&mut done) {
            if place.is_none()
                && let Poll::Ready(outcome) = future.as_mut().poll(cx)
            {
                *place = Some(outcome);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
