use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use super::*;
use crate::{
    api::{
        ids::RunId,
        indexes::ListIndexes,
        problem::code::{INSUFFICIENT_SCOPE, INVALID_KEY},
        prompts::ListPrompts,
        runs::{CancelRun, ListRuns},
    },
    client::stub::{Reply, Seen, Stub},
    config::Flags,
    gate::{KeyState, RefusalCause},
    key::Renewal,
};

const LIST: ListIndexes = ListIndexes { include_defaults: None };
const RUNS: ListRuns = ListRuns { limit: Some(5) };

/// A key of the usual form that is of no use anywhere.
fn key_text(digit: char) -> String {
    format!("sk_live_{}", String::from(digit).repeat(48))
}

fn session(base: &BaseUrl, source: KeySource, env: &[(&str, &str)]) -> Session {
    let env: HashMap<&str, &str> = env.iter().copied().collect();
    let config = Config::resolve(&Flags::default(), &|name| env.get(name).map(|value| (*value).to_owned())).unwrap();
    Session::new(&config, Link::Fixed(base.clone(), source))
}

/// A session whose key is in a variable, so that it cannot change.
fn fixed(stub: &Stub, env: &[(&str, &str)]) -> Session {
    let source = KeySource::Variable { name: "VIDEOSEARCH_API_KEY".into(), key: ApiKey::parse(&key_text('a')) };
    session(&stub.base, source, env)
}

fn from_file(stub: &Stub, path: &Path) -> Session {
    session(&stub.base, KeySource::File { path: path.to_owned(), named_by: "--api-key-file".into() }, &[])
}

fn key_file(dir: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = dir.path().join("key");
    std::fs::write(&path, text).unwrap();
    path
}

/// The API, for a key that holds these scopes and has no data.
fn api(seen: &Seen, held: &[Scope]) -> Reply {
    let needed = match (seen.method.as_str(), seen.target.split('?').next().unwrap()) {
        (_, "/auth/validate") => return Reply::Whole(204, Vec::new(), Vec::new()),
        ("POST", _) => Scope::Write,
        (_, "/indexes") => Scope::Search,
        _ => Scope::Read,
    };
    if !held.contains(&needed) {
        return Reply::error(403, INSUFFICIENT_SCOPE);
    }
    match needed {
        Scope::Write => Reply::json(200, r#"{"valid":true,"run_id":"r"}"#),
        _ => Reply::json(200, "[]"),
    }
}

fn targets(stub: &Stub) -> Vec<String> {
    let mut targets: Vec<String> = stub.take().into_iter().map(|seen| seen.target).collect();
    targets.sort();
    targets
}

fn deadline() -> Deadline {
    Deadline::default()
}

#[tokio::test]
async fn nothing_happens_before_the_first_use() {
    let opened = Arc::new(AtomicUsize::new(0));
    let stub = Stub::start(|seen| api(seen, &Scope::ALL)).await;
    let (base, count) = (stub.base.clone(), Arc::clone(&opened));
    let opener: Opener = Box::new(move || {
        Box::pin(async move {
            count.fetch_add(1, SeqCst);
            Ok((base, ApiKey::parse(&key_text('a')).unwrap(), Box::new(()) as Box<dyn Any + Send + Sync>))
        })
    });
    let config = Config::resolve(&Flags { playground: Some(true), ..Flags::default() }, &|_| None).unwrap();
    let session = Session::new(&config, Link::Lazy(Opening::by(opener)));
    assert_eq!((session.beliefs().generation(), opened.load(SeqCst), stub.take().len()), (0, 0, 0));
    let (one, two) = (deadline(), deadline());
    let (first, second) = tokio::join!(session.call(&LIST, &one), session.call(&LIST, &two));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(opened.load(SeqCst), 1);
}

#[tokio::test]
async fn a_list_asks_for_everything_and_a_call_for_its_own_scope() {
    let stub = Stub::start(|seen| api(seen, &[Scope::Search, Scope::Read])).await;
    let beliefs = fixed(&stub, &[]).settle(Duration::from_secs(10)).await;
    assert_eq!(beliefs.held().to_string(), "search, read");
    assert!(!beliefs.lists(Scope::Write) && matches!(beliefs.key(), KeyState::Live(_)));
    assert_eq!(targets(&stub), ["/auth/validate", "/indexes", "/prompt-runs?limit=1", "/prompts/test-schema"]);

    for status in [404, 422] {
        let trouble = Stub::start(move |_| Reply::error(status, "some_code")).await;
        let error = fixed(&trouble, &[]).ensure(Scope::Search, &deadline()).await.unwrap_err();
        assert!(matches!(error, CallError::Refused(refusal) if matches!(refusal.cause, RefusalCause::Unverified(_))));
        assert_eq!(targets(&trouble), ["/indexes"], "trouble is not asked for three times more");
    }

    // A refusal names the scopes that the key holds, so we ask about all of them.
    let session = fixed(&stub, &[]);
    match session.ensure(Scope::Write, &deadline()).await {
        Err(CallError::Refused(refusal)) => {
            assert_eq!((refusal.held.to_string(), refusal.unknown.to_string()), ("search, read".into(), "none".into()));
        }
        other => panic!("{other:?}"),
    }
    assert!(session.may(Scope::Read, &deadline()).await && !session.may(Scope::Write, &deadline()).await);
}

#[tokio::test]
async fn a_flood_of_first_calls_asks_once() {
    let stub = Stub::start(|seen| api(seen, &Scope::ALL)).await;
    let session = fixed(&stub, &[]);
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { session.ensure(Scope::Search, &deadline()).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(targets(&stub).iter().filter(|target| *target == "/indexes").count(), 1);
}

#[tokio::test]
async fn what_is_not_the_api_leaves_everything_unknown() {
    let replies = [
        Reply::html(403),
        Reply::html(404),
        Reply::html(200),
        Reply::json(200, r#"{"status":"ok"}"#),
        Reply::json(403, r#"{"detail":"Forbidden"}"#),
        Reply::html(401),
        Reply::Whole(302, vec![("location", "https://login.example/".into())], Vec::new()),
    ];
    for reply in replies {
        let script = reply.clone();
        let stub = Stub::start(move |_| script.clone()).await;
        let session = fixed(&stub, &[]);
        let beliefs = session.settle(Duration::from_secs(10)).await;
        assert_eq!((beliefs.held().to_string(), beliefs.unknowns().to_string()), ("none".into(), "search, read, write, admin".into()));
        assert!(Scope::ALL.into_iter().all(|scope| beliefs.lists(scope)), "{reply:?}");
        assert!(matches!(session.ensure(Scope::Search, &deadline()).await, Err(CallError::Refused(_))), "{reply:?}");
    }
}

#[tokio::test]
async fn a_key_replaced_while_it_is_rejected_is_found_and_the_call_repeated_once() {
    // If the scope is not known yet, the API rejects the probe, else the call itself.
    for known in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let path = key_file(&dir, &key_text('a'));
        let (file, old_is_live) = (path.clone(), Arc::new(Mutex::new(known)));
        let live = Arc::clone(&old_is_live);
        let stub = Stub::start(move |seen| {
            if seen.header("x-api-key") == Some(&key_text('b')) || *live.lock().unwrap() {
                return api(seen, &Scope::ALL);
            }
            std::fs::write(&file, key_text('b')).unwrap();
            Reply::error(401, INVALID_KEY)
        })
        .await;
        let session = from_file(&stub, &path);
        if known {
            session.settle(Duration::from_secs(10)).await;
            *old_is_live.lock().unwrap() = false;
        }
        stub.take();
        session.call(&RUNS, &deadline()).await.unwrap();
        let with_old = stub.take().iter().filter(|seen| seen.header("x-api-key") == Some(&key_text('a'))).count();
        assert_eq!((with_old, session.beliefs().generation()), (1, 2), "known: {known}");
        assert!(matches!(session.key_report().await.state, KeyState::Live(_)));
    }
}

#[tokio::test]
async fn a_rejected_key_in_a_file_is_waited_for_once_by_all() {
    let dir = tempfile::tempdir().unwrap();
    let path = key_file(&dir, &key_text('a'));
    let stub = Stub::start(|_| Reply::error(401, INVALID_KEY)).await;
    let session = from_file(&stub, &path);
    let (one, two) = (deadline(), deadline());
    let (first, second) = tokio::join!(session.call(&LIST, &one), session.call(&RUNS, &two));
    for result in [first.map(drop), second.map(drop)] {
        assert!(matches!(result, Err(CallError::Key(KeyProblem::Rejected { renewal: Renewal::File(_), .. }))), "{result:?}");
    }
    stub.take();
    // The next look finds the new key, and calls go on.
    std::fs::write(&path, format!("{}\n", key_text('b'))).unwrap();
    session.state().looked = None;
    let _ = session.call(&LIST, &deadline()).await;
    assert_eq!(stub.take()[0].header("x-api-key"), Some(key_text('b').as_str()));
}

#[tokio::test]
async fn a_dead_key_rests_and_a_doubtful_rejection_does_not() {
    for (code, asked_again) in [(INVALID_KEY, false), ("invalid_api_key", true)] {
        let stub = Stub::start(move |_| Reply::error(401, code)).await;
        let session = fixed(&stub, &[]);
        for _ in 0..2 {
            let error = session.call(&LIST, &deadline()).await.unwrap_err();
            assert!(matches!(&error, CallError::Key(KeyProblem::Rejected { renewal: Renewal::Variable(_), .. })), "{code}: {error:?}");
            assert!(error.to_string().contains("aaaa") && !error.to_string().contains("aaaaa"));
        }
        assert_eq!(stub.take().len(), if asked_again { 2 } else { 1 }, "{code}");
    }
    let bad = Arc::new(Mutex::new(true));
    let still = Arc::clone(&bad);
    let stub = Stub::start(move |seen| if *still.lock().unwrap() { Reply::error(401, "other") } else { api(seen, &Scope::ALL) }).await;
    let session = fixed(&stub, &[]);
    assert!(session.call(&LIST, &deadline()).await.is_err());
    *bad.lock().unwrap() = false;
    session.call(&LIST, &deadline()).await.unwrap();
    assert!(matches!(session.beliefs().key(), KeyState::Live(_)));
}

#[tokio::test]
async fn a_coded_403_shrinks_and_another_one_does_not() {
    let reply = Arc::new(Mutex::new(Reply::html(403)));
    let script = Arc::clone(&reply);
    let stub = Stub::start(move |seen| {
        if seen.target.starts_with("/prompts?") { script.lock().unwrap().clone() } else { api(seen, &[Scope::Search, Scope::Read]) }
    })
    .await;
    let session = fixed(&stub, &[]);
    session.settle(Duration::from_secs(10)).await;
    let mut changes = session.changes();
    changes.mark_unchanged();
    let list = ListPrompts { active_only: Some(true), include_defaults: None };
    assert!(matches!(session.call(&list, &deadline()).await, Err(CallError::Upstream(error)) if error.status == Some(403)));
    assert!(session.beliefs().held().contains(Scope::Read) && !changes.has_changed().unwrap());

    *reply.lock().unwrap() = Reply::error(403, INSUFFICIENT_SCOPE);
    match session.call(&list, &deadline()).await {
        Err(CallError::Refused(refusal)) => assert_eq!((refusal.needed, refusal.held.to_string()), (Scope::Read, "search".into())),
        other => panic!("{other:?}"),
    }
    changes.changed().await.unwrap();
    assert!(!session.beliefs().held().contains(Scope::Read) && session.beliefs().held().contains(Scope::Search));
    stub.take();
    assert!(session.call(&list, &deadline()).await.is_err());
    assert!(stub.take().is_empty(), "refused here");
}

#[tokio::test]
async fn ceilings_are_refused_without_asking() {
    let stub = Stub::start(|seen| api(seen, &Scope::ALL)).await;
    let session = fixed(&stub, &[("VIDEOSEARCH_READ_ONLY", "true")]);
    match session.ensure(Scope::Write, &deadline()).await {
        Err(CallError::Refused(refusal)) => assert_eq!(refusal.cause, RefusalCause::Ceiling),
        other => panic!("{other:?}"),
    }
    assert!(stub.take().is_empty());
}

#[tokio::test]
async fn what_changes_something_carries_an_idempotency_key() {
    let stub = Stub::start(|seen| api(seen, &Scope::ALL)).await;
    let session = fixed(&stub, &[]);
    let cancel = CancelRun { run_id: RunId::parse("r").unwrap() };
    let (_, made) = session.call_keyed(&cancel, None, &deadline()).await.unwrap();
    let (_, given) = session.call_keyed(&cancel, Some(" mine "), &deadline()).await.unwrap();
    session.call(&cancel, &deadline()).await.unwrap();
    assert_eq!(given, "mine");
    assert!(made.strip_prefix("prompt-run-cancel:").is_some_and(|digits| digits.len() == 32), "{made}");
    let sent: Vec<_> = stub.take().iter().filter_map(|seen| seen.header("idempotency-key").map(str::to_owned)).collect();
    assert_eq!((sent.len(), &sent[0], &sent[1]), (3, &made, &given));
    assert!(sent[2].starts_with("prompt-run-cancel:") && sent[2] != made);
    let long = "k".repeat(256);
    for bad in ["schlüssel", "a\u{1}b", long.as_str()] {
        assert!(
            matches!(session.call_keyed(&cancel, Some(bad), &deadline()).await, Err(CallError::Upstream(error)) if error.attempts == 0)
        );
    }
}

#[tokio::test]
async fn without_a_key_calls_say_what_to_set() {
    let stub = Stub::start(|_| Reply::Hang).await;
    let session = session(&stub.base, KeySource::Missing { placeholders: vec!["VIDEOVECTOR_API_KEY".into()] }, &[]);
    assert_eq!(session.settle(Duration::from_secs(10)).await.generation(), 0);
    match session.call(&LIST, &deadline()).await {
        Err(CallError::Key(problem)) => {
            assert!(problem.to_string().contains("VIDEOVECTOR_API_KEY") && problem.remedy().contains("VIDEOSEARCH_API_KEY_FILE"));
        }
        other => panic!("{other:?}"),
    }
    assert!(stub.take().is_empty());
}

#[tokio::test]
async fn a_half_written_or_vanished_file_keeps_the_old_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = key_file(&dir, &key_text('a'));
    let stub = Stub::start(|seen| api(seen, &Scope::ALL)).await;
    let session = from_file(&stub, &path);
    session.call(&LIST, &deadline()).await.unwrap();
    for text in ["", "sk_live_0123", "two\nlines"] {
        std::fs::write(&path, text).unwrap();
        session.state().looked = None;
        session.call(&LIST, &deadline()).await.unwrap();
    }
    std::fs::remove_file(&path).unwrap();
    session.state().looked = None;
    session.call(&LIST, &deadline()).await.unwrap();
    assert_eq!(session.beliefs().generation(), 1);
    std::fs::write(&path, key_text('b')).unwrap();
    session.state().looked = None;
    session.call(&LIST, &deadline()).await.unwrap();
    assert_eq!(session.beliefs().generation(), 2);
}

#[tokio::test]
async fn a_caller_has_their_key_at_once_and_what_was_learnt_of_it_without_a_look() {
    let dir = tempfile::tempdir().unwrap();
    let stub = Stub::start(|seen| api(seen, &[Scope::Search])).await;
    let root =
        session(&stub.base, KeySource::Missing { placeholders: Vec::new() }, &[("VIDEOSEARCH_STATE_DIR", dir.path().to_str().unwrap())]);
    let key = ApiKey::parse(&key_text('c')).unwrap();
    let first = root.beside(Some(key.clone()), None, None).await.unwrap();
    assert!(!first.is_accepted());
    first.settle(Duration::from_secs(10)).await;
    assert_eq!((first.is_accepted(), stub.take().len()), (true, 4));
    let again = root.beside(Some(key), None, None).await.unwrap();
    assert!(again.is_accepted() && again.beliefs().held().contains(Scope::Search), "an earlier caller asked");
    for session in [first, again] {
        assert!(session.state().look.is_none(), "a crowd of callers would be a crowd of threads");
    }
}
