//! The entries of clients on this machine that start this program, each judged with its own settings.
//!
//! We execute nothing that a configuration names. We send an entry's key where its client would send it: all configurations that we read
//! are the user's own, and none belongs to a project.

use std::{
    cell::RefCell,
    collections::HashMap,
    ffi::OsString,
    path::{Path, PathBuf},
    pin::Pin,
    rc::Rc,
    time::Duration,
};

use super::{
    account,
    check::{Because, Finding, Judged, Verdict},
    exam::Exam,
    filled::{Filled, filled},
    form, key, network,
    program::{command, file_name, same_file},
    remote::Place,
    settings, together,
};
use tokio::sync::OnceCell;

use crate::{
    cli::{served_with, setup},
    disk::{self, ReadError, Whose},
    fence,
    hosts::{Entry, HOSTS, Host, MAX_BYTES, Platform, Surroundings},
    key::KeySource,
};

/// How long the judgement of an entry may take. They are judged together, and one that takes longer must not hide the others.
const LIMIT: Duration = Duration::from_secs(12);
/// A configuration with this word in it is about us.
const MARK: &str = "videosearch-mcp";
/// The variables that clients hand on from their own environment. All others must be in the entry.
const PASSED: [&str; 18] = [
    "HOME",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "USER",
    "TMPDIR",
    "APPDATA",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "SystemRoot",
    "TEMP",
    "USERNAME",
    "USERPROFILE",
];

/// What a client's file says.
enum Said {
    /// It starts us.
    Entry { host: &'static Host, name: String, place: PathBuf, line: usize, entry: Entry },
    /// It names us, but it cannot be read.
    Unreadable { host: &'static Host, place: PathBuf, reason: String },
    /// It cannot be opened, so we do not know whether it names us.
    Closed { host: &'static Host, place: PathBuf, reason: String },
}

/// An entry with the settings that it gives the server.
struct Subject {
    exam: Exam,
    /// Whether the client asks its user for the key.
    asked: bool,
    /// A variable of this environment that the entry refers to and that is not set.
    unset: Option<String>,
}

/// What the API said of each key that an entry has, by what tells one from another. Several entries may have the same one.
type Asked = RefCell<HashMap<String, Rc<OnceCell<Vec<Finding>>>>>;

/// The settings to examine: those of this process. If it has no key and was given no flag, those of a client's entry: the first entry with a
/// key, else the first. A shell seldom has the settings that a client gives, and hands none of its own on to one.
pub fn adopted(mut exam: Exam) -> Exam {
    let bare = matches!(exam.config().map(|config| &config.key), Ok(KeySource::Missing { placeholders }) if placeholders.is_empty());
    if !bare || !exam.faults.is_empty() || settings::names(&exam).verdict != Verdict::Ok {
        return exam;
    }
    let entries = read(&exam);
    let is_remote = |said: &Said| matches!(said, Said::Entry { entry, .. } if entry.url.is_some());
    let is_plain =
        super::server::arguments(&exam.flags).is_empty() && !exam.variables.keys().any(|name| name.starts_with("VIDEOSEARCH_HTTP_"));
    exam.starts_none = is_plain && !entries.is_empty() && entries.iter().all(is_remote);
    let mut candidates: Vec<(String, Exam)> = entries.into_iter().filter_map(|said| candidate(said, &exam)).collect();
    let Some(first) = candidates.first() else { return exam };
    // Whoever gives flags wants to know about these, except for those of the log.
    if super::server::arguments(&exam.flags).iter().any(|flag| !flag.to_string_lossy().starts_with("--log")) {
        let with_key = candidates.iter().find(|(_, inner)| inner.key().is_ok()).unwrap_or(first);
        exam.elsewhere = Some(with_key.0.clone());
        return exam;
    }
    let first = candidates.iter().position(|(_, inner)| inner.key().is_ok()).unwrap_or(0);
    let (title, mut inner) = candidates.swap_remove(first);
    inner.adopted = Some((title, Box::new(exam)));
    inner
}

/// An entry that its client starts, if we can know its settings here.
fn candidate(said: Said, exam: &Exam) -> Option<(String, Exam)> {
    let Said::Entry { host, name, entry, .. } = said else { return None };
    let known = !off(&entry) && entry.url.is_none() && command(&entry, exam).is_ok_and(|program| program.is_some());
    match subject(&entry, host, exam) {
        Ok(Subject { exam: inner, asked: false, unset: None }) if known => Some((title(host, &name), inner)),
        _ => None,
    }
}

/// Judges all entries.
pub async fn entries(exam: &Exam) -> Vec<Finding> {
    let asked = Asked::default();
    let all = read(exam.process()).into_iter();
    let findings =
        together(all.map(|said| -> Pin<Box<dyn Future<Output = Finding> + '_>> { Box::pin(finding(said, exam, &asked)) }).collect());
    let findings = findings.await;
    if findings.is_empty() {
        let why = "no client's configuration names videosearch-mcp; `videosearch-mcp setup CLIENT` adds it";
        return vec![Finding::skipped(&why.into())];
    }
    findings
}

async fn finding(said: Said, exam: &Exam, asked: &Asked) -> Finding {
    match said {
        Said::Unreadable { host, place, reason } => {
            let place = exam.shown(&place);
            let found = format!("{place} names this server, but it cannot be read: {reason}");
            Finding::warn(found, format!("Correct {place}. Until then, {} may ignore the whole file.", host.title)).about(host.title)
        }
        Said::Closed { host, place, reason } => {
            let place = exam.shown(&place);
            let found = format!("the configuration {place} cannot be read, so its entries are not known: {reason}");
            let remedy = format!("Make {place} a file that this user can read; {} may have the same trouble.", host.title);
            Finding::warn(found, remedy).about(host.title)
        }
        Said::Entry { host, name, place, line, entry } => {
            let judged = match &exam.adopted {
                Some((adopted, _)) if *adopted == title(host, &name) => {
                    let form = form::told(exam, host);
                    Ok(Finding::ok(format!("starts this binary; its settings are those examined above; {form}")))
                }
                _ => tokio::time::timeout(LIMIT, judge(&entry, host, exam, asked)).await.unwrap_or_else(|_| {
                    let found = format!("what it connects to gives no answer within {} s", LIMIT.as_secs());
                    Ok(Finding::fail(found, "Check the addresses in it, and what is on the way there."))
                }),
            };
            let finding = judged.unwrap_or_else(|because| Finding::skipped(&because));
            let remedy = finding.remedy.clone().map(|remedy| format!("{remedy} It is at {}, line {line}.", exam.shown(&place)));
            Finding { remedy, ..finding }.about(title(host, &name))
        }
    }
}

fn title(host: &Host, name: &str) -> String {
    format!("{}: {name}", host.title)
}

/// Reads the configurations of all known clients.
fn read(exam: &Exam) -> Vec<Said> {
    let look = |name: &str| exam.variables.get(name).cloned();
    let around = Surroundings { platform: Platform::HERE, env: &look, exists: &|path| path.exists() };
    let wrote = setup::wrote();
    let mut out = Vec::new();
    for host in HOSTS {
        let Some(place) = host.config_file(&around) else { continue };
        let text = match content(&place) {
            Ok(text) => text,
            Err(ReadError::Missing) => continue,
            Err(error) => {
                out.push(Said::Closed { host, place, reason: error.to_string() });
                continue;
            }
        };
        match host.read(&text) {
            Ok(servers) => out.extend(servers.into_iter().filter_map(|found| {
                // The address of a server tells nobody whose it is.
                let ours = |entry: &Entry| starts_us(entry) || entry.url.is_some() && wrote(&place, &found.name);
                let entry = found.entry.filter(ours)?;
                Some(Said::Entry { host, name: found.name, place: place.clone(), line: found.line, entry })
            })),
            Err(fault) if text.contains(MARK) => out.push(Said::Unreadable { host, place, reason: fault.to_string() }),
            Err(_) => {}
        }
    }
    out
}

/// Whether an entry starts this program, even under another name.
fn starts_us(entry: &Entry) -> bool {
    entry.is_ours() || std::env::current_exe().is_ok_and(|here| same_file(Path::new(&entry.command), &here))
}

/// A configuration's text. We read it even if it has broken UTF-8.
fn content(place: &Path) -> Result<String, ReadError> {
    let content = disk::read_patiently(place, MAX_BYTES, Whose::Users)?;
    Ok(String::from_utf8_lossy(&content.bytes).into_owned())
}

async fn judge(entry: &Entry, host: &'static Host, exam: &Exam, asked: &Asked) -> Judged {
    if off(entry) {
        return Err("it is switched off there".into());
    }
    if let Some(url) = &entry.url {
        return Ok(remote(url, entry, host, exam.process()).await);
    }
    let program = match command(entry, exam.process()) {
        Ok(program) => program,
        Err(finding) => return Ok(*finding),
    };
    let Some(program) = program else {
        return Err(Because(format!("it starts through {}, and doctor executes no command of a configuration", file_name(&entry.command))));
    };
    let subject = match subject(entry, host, exam.process()) {
        Ok(subject) => subject,
        Err(reason) => return Ok(Finding::fail(format!("the server refuses its arguments: {reason}"), "Correct the arguments.")),
    };
    let inner = &subject.exam;
    if let Ok(key) = inner.key() {
        fence::hide(&key);
    }
    if let Some(variable) = &subject.unset {
        let found = format!("it refers to the variable {variable}, which is not set here");
        return Ok(Finding::warn(found, format!("Set {variable} where {} is started.", host.title)));
    }
    let mut findings = vec![program];
    findings.extend([settings::understood(inner), settings::names(inner)]);
    if !subject.asked {
        let now: [fn(&Exam) -> Judged; 5] = [settings::toolsets, settings::directories, key::source, key::file, key::form];
        findings.extend(now.iter().filter_map(|check| check(inner).ok()));
    }
    if let Some(who) = identity(inner).filter(|_| findings.iter().all(|finding| finding.verdict != Verdict::Fail)) {
        if identity(exam).as_ref() == Some(&who) {
            // It was asked about above.
            findings.extend(account::accepted(exam).await);
        } else {
            let said = Rc::clone(asked.borrow_mut().entry(who).or_default());
            findings.extend(said.get_or_init(|| answers(inner, exam)).await.iter().cloned());
        }
    }
    let worst = |verdict| findings.iter().find(|finding| finding.verdict == verdict).cloned();
    if let Some(finding) = worst(Verdict::Fail).or_else(|| worst(Verdict::Warn)) {
        return Ok(finding);
    }
    let key = match (subject.asked, inner.config().map(|config| &config.key)) {
        (true, _) => "the client asks for the key".to_owned(),
        (_, Ok(KeySource::File { path, .. })) => format!("the key file {} is readable", inner.shown(path)),
        (_, Ok(KeySource::Variable { .. })) => "the key is in the entry".to_owned(),
        _ => "with the playground".to_owned(),
    };
    Ok(Finding::ok(format!("starts this binary; {key}; {}", form::told(inner, host))))
}

/// Judges an entry for an address, as far as that is possible without a key. Only the host is shown: the rest may contain a token.
async fn remote(url: &str, entry: &Entry, host: &Host, exam: &Exam) -> Finding {
    let place = match Place::new(url.split('?').next().unwrap_or_default()) {
        Ok(place) => place,
        Err(fault) => return Finding::fail(format!("its address cannot be used: {fault}"), "Correct the address."),
    };
    if let Err(finding) = place.lives().await {
        return finding;
    }
    match entry.needed_variables().into_iter().find(|name| exam.variable(name).is_none()) {
        Some(unset) => {
            let found = format!("it connects to a server and sends the variable {unset}, which is not set here");
            Finding::warn(found, format!("Set {unset} where {} is started.", host.title))
        }
        None => Finding::ok("connects to a videosearch-mcp server at an address, which answers"),
    }
}

/// Whether the user has switched the entry off.
fn off(entry: &Entry) -> bool {
    let is = |name: &str, value: bool| entry.extra.get(name).and_then(serde_json::Value::as_bool) == Some(value);
    is("disabled", true) || is("enabled", false)
}

/// Asks the API about an entry's key, if that is another key or another API than the one under examination.
async fn answers(inner: &Exam, exam: &Exam) -> Vec<Finding> {
    let mut judged = Vec::new();
    let same_api = matches!((inner.base(), exam.base()), (Ok(inner), Ok(outer)) if inner == outer);
    if !same_api {
        // For the same API, the checks of the network have told this already.
        judged.extend([network::dns(inner).await, network::tcp(inner).await, network::tls(inner).await, network::api(inner).await]);
    }
    judged.push(account::accepted(inner).await);
    judged.into_iter().filter_map(Result::ok).collect()
}

/// What tells one key at one API from another.
fn identity(exam: &Exam) -> Option<String> {
    Some(exam.key().ok()?.fingerprint(exam.base().ok()?))
}

/// The settings with which the client would start the server: those of its entry, and what clients hand on.
fn subject(entry: &Entry, host: &Host, exam: &Exam) -> Result<Subject, String> {
    let flags = served_with(&entry.args)?;
    let passed = |name: &OsString| name.to_str().is_some_and(|name| PASSED.contains(&name));
    let mut environment: Vec<(OsString, OsString)> = exam.environment.iter().filter(|(name, _)| passed(name)).cloned().collect();
    let (mut asked, mut unset) = (false, None);
    for (name, value) in &entry.env {
        let value = match filled(value, host, exam) {
            Filled::With(value) => value,
            Filled::Asked => {
                asked |= name.ends_with("API_KEY");
                continue;
            }
            Filled::Unset(variable) => {
                unset = Some(variable);
                continue;
            }
        };
        environment.retain(|(known, _)| known != name.as_str());
        environment.push((name.into(), value.into()));
    }
    Ok(Subject { exam: Exam::new(flags, environment), asked, unset })
}
