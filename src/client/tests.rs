use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use super::{
    stub::{Reply, Seen, Stub},
    *,
};
use crate::{
    api::{
        Endpoint, Request, Scope,
        ids::RunId,
        indexes::ListIndexes,
        runs::{CancelRun, ListRuns},
    },
    gate::{Authorised, Gate, Probe, Timestamp, Verdict},
    key::ApiKey,
};

const NOW: Timestamp = Timestamp::from_millis(1_000_000);
const LIST: ListIndexes = ListIndexes { include_defaults: None };

/// A key that is of no use anywhere.
fn key() -> ApiKey {
    ApiKey::parse(&format!("sk_live_{}", "7e57".repeat(12))).unwrap()
}

fn pass<E: Endpoint>(endpoint: &E, idempotency_key: Option<&str>) -> Authorised {
    let mut gate = Gate::new(key(), 1, None, false);
    gate.learn(&[(Probe::Scope(Scope::Write), Verdict::Held)], NOW);
    gate.authorise(Request::of(endpoint, idempotency_key.map(str::to_owned)).unwrap(), NOW).unwrap()
}

fn client(stub: &Stub, millis: u64, max_retries: u32) -> Client {
    Client::new(stub.base.clone(), Limits { timeout: Duration::from_millis(millis), max_retries, max_concurrency: 8 })
}

fn cancel() -> CancelRun {
    CancelRun { run_id: RunId::parse("r").unwrap() }
}

/// Gives this reply so many times, and then empty lists.
fn at_first(times: usize, reply: Reply) -> impl Fn(&Seen) -> Reply + Send + Sync {
    let left = AtomicUsize::new(times);
    move |_| if left.fetch_update(SeqCst, SeqCst, |n| n.checked_sub(1)).is_ok() { reply.clone() } else { Reply::json(200, "[]") }
}

fn limited(after: &str) -> Reply {
    Reply::Whole(429, vec![("retry-after", after.into())], Vec::new())
}

#[tokio::test]
async fn passing_trouble_is_overcome() {
    for reply in [Reply::html(500), Reply::error(503, "x"), limited("0"), Reply::Cut, Reply::Drop] {
        let stub = Stub::start(at_first(2, reply.clone())).await;
        let response = client(&stub, 5_000, 3).send(&pass(&LIST, None), &Deadline::default()).await.unwrap();
        assert_eq!((response.attempts, response.body.as_ref()), (3, b"[]".as_slice()), "{reply:?}");
        let seen = stub.take();
        assert_eq!(seen.len(), 3, "{reply:?}");
        assert_eq!(seen[0].header("x-api-key").map(str::len), Some(56));
        assert!(seen[0].header("user-agent").unwrap().starts_with("videosearch-mcp/"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_form_may_take_as_long_as_it_moves() {
    let base = crate::key::BaseUrl::parse("http://127.0.0.1:1/api").unwrap();
    let client = Client::new(base, Limits { timeout: Duration::from_secs(90), max_retries: 0, max_concurrency: 1 });
    let (watch, long) = (form::Watch::default(), Deadline::after(Duration::from_hours(1)));
    let sending = async {
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_mins(1)).await;
            watch.moved(1);
        }
        "sent"
    };
    assert_eq!(client.while_it_moves(sending, &watch, &long).await, Some("sent"));
    let began = tokio::time::Instant::now();
    assert_eq!(client.while_it_moves(std::future::pending::<()>(), &watch, &long).await, None);
    assert_eq!(began.elapsed().as_secs(), 90);
    // What the API answers after that has its own time, but without a form there is one time for all.
    let began = tokio::time::Instant::now();
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!((watch.used_by_answer(began).as_secs(), form::Watch::default().used_by_answer(began).as_secs()), (0, 60));
    // The deadline of the whole call holds in any case.
    let moving = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            watch.moved(1);
        }
    };
    assert_eq!(client.while_it_moves::<()>(moving, &watch, &Deadline::after(Duration::from_mins(5))).await, None);
}

#[tokio::test]
async fn writes_are_repeated_under_their_key_only() {
    for (reply, uncertain) in [(Reply::html(502), true), (Reply::Cut, true), (Reply::Drop, true), (limited("0"), false)] {
        let stub = Stub::start(at_first(1, reply.clone())).await;
        let error = client(&stub, 5_000, 3).send(&pass(&cancel(), None), &Deadline::default()).await.unwrap_err();
        assert_eq!((error.attempts, error.uncertain, stub.take().len()), (1, uncertain, 1), "{reply:?}");

        let stub = Stub::start(at_first(1, reply.clone())).await;
        client(&stub, 5_000, 3).send(&pass(&cancel(), Some("k:1")), &Deadline::default()).await.unwrap();
        let keys: Vec<_> = stub.take().iter().map(|seen| seen.header("idempotency-key").unwrap().to_owned()).collect();
        assert_eq!(keys, ["k:1", "k:1"], "{reply:?}");
    }
    let stub = Stub::start(|_| Reply::error(500, "x")).await;
    let error = client(&stub, 5_000, 1).send(&pass(&cancel(), Some("k:2")), &Deadline::default()).await.unwrap_err();
    assert_eq!((error.uncertain, error.idempotency_key.as_deref(), error.attempts), (true, Some("k:2"), 2));
}

#[tokio::test]
async fn what_stays_as_it_is_is_told_at_once() {
    let location = ("location", "https://elsewhere.example:8443/x?token=secret".to_owned());
    let stub = Stub::start(move |_| Reply::Whole(307, vec![location.clone()], Vec::new())).await;
    let error = client(&stub, 5_000, 3).send(&pass(&LIST, None), &Deadline::default()).await.unwrap_err();
    assert!(matches!(&error.kind, Kind::Redirect { origin: Some(origin) } if origin == "https://elsewhere.example:8443"));
    assert_eq!((error.status, stub.take().len()), (Some(307), 1));

    let stub = Stub::start(|_| limited("3600")).await;
    let error = client(&stub, 5_000, 3).send(&pass(&LIST, None), &Deadline::default()).await.unwrap_err();
    assert_eq!((error.retry_after, error.problem, error.attempts), (Some(Duration::from_hours(1)), None, 1));

    for status in [400, 401, 403, 404, 409, 422] {
        let stub = Stub::start(move |_| Reply::error(status, "some_code")).await;
        let error = client(&stub, 5_000, 3).send(&pass(&LIST, None), &Deadline::default()).await.unwrap_err();
        assert_eq!((error.status, error.code(), error.attempts), (Some(status), Some("some_code"), 1));
    }
}

#[tokio::test]
async fn silence_is_given_up_on() {
    let stub = Stub::start(|_| Reply::Hang).await;
    let error = client(&stub, 100, 1).send(&pass(&LIST, None), &Deadline::default()).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Timeout { .. }) && error.attempts == 2, "{error:?}");

    // A part of the answer came, so the API got the request, and asking again would only repeat the work. A second is enough for that part
    // on a busy machine.
    let stub = Stub::start(|_| Reply::Stall).await;
    let error = client(&stub, 1_000, 3).send(&pass(&LIST, None), &Deadline::default()).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Timeout { .. }) && error.attempts == 1 && error.status == Some(200), "{error:?}");

    let error = client(&stub, 5_000, 3).send(&pass(&LIST, None), &Deadline::after(Duration::ZERO)).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Deadline | Kind::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn a_call_that_is_dropped_ends_its_request() {
    let stub = Stub::start(|_| Reply::Hang).await;
    let client = Arc::new(client(&stub, 60_000, 0));
    let calling = Arc::clone(&client);
    let call = tokio::spawn(async move { calling.send(&pass(&LIST, None), &Deadline::default()).await.map(|_| ()) });
    while stub.take().is_empty() {
        tokio::task::yield_now().await;
    }
    call.abort();
    stub.abandoned.notified().await;
}

#[tokio::test]
async fn bodies_are_bounded_each_and_together() {
    let big = |mib: usize| [b"[".as_slice(), &vec![b' '; (mib << 20) - 2], b"]"].concat();
    for reply in [Reply::Whole(200, Vec::new(), big(17)), Reply::Chunked(big(17))] {
        let stub = Stub::start(move |_| reply.clone()).await;
        let error = client(&stub, 60_000, 3).send(&pass(&LIST, None), &Deadline::default()).await.unwrap_err();
        assert!(matches!(error.kind, Kind::TooLarge { limit } if limit == 16 << 20) && error.attempts == 1, "{error:?}");
    }
    // Six bodies reserve 16 MiB each, and only four fit at once. The others have to wait, but must not wait for each other.
    let stub = Stub::start(move |_| Reply::Chunked(big(2))).await;
    let client = Arc::new(client(&stub, 60_000, 0));
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move { client.send(&pass(&LIST, None), &Deadline::default()).await.map(|response| response.body) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().as_ref(), b"[]");
    }
}

#[tokio::test]
async fn no_connection_is_named_with_its_cause() {
    let base = Stub::start(|_| Reply::Hang).await.end().await;
    let limits = Limits { timeout: Duration::from_secs(5), max_retries: 3, max_concurrency: 1 };
    let error = Client::new(base, limits).send(&pass(&cancel(), Some("k")), &Deadline::default()).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Connect(_)) && !error.uncertain && error.may_pass(), "{error:?}");
    // Windows tries a closed port again for longer than it may take to connect.
    assert!(error.to_string().contains("refused") || cfg!(windows) && error.to_string().contains("time"), "{error:?}");
}

#[tokio::test]
async fn errors_carry_the_request_id_and_never_the_key() {
    let body = |key: &str| format!(r#"{{"error":{{"code":"c","message":"bad {key}","details":{{"sent":"{key}"}}}}}}"#);
    let stub = Stub::start(move |seen| {
        Reply::Whole(400, vec![("x-correlation-id", "id-7".into())], body(seen.header("x-api-key").unwrap()).into_bytes())
    })
    .await;
    let error = client(&stub, 5_000, 0).send(&pass(&LIST, None), &Deadline::default()).await.unwrap_err();
    assert_eq!(error.request_id.as_deref(), Some("id-7"));
    assert!(!format!("{error:?} {error}").contains("7e57") && error.to_string().contains("bad [key]"), "{error:?}");
}

#[tokio::test]
async fn a_request_id_that_repeats_the_key_loses_it() {
    let in_body = |key: &str| format!(r#"{{"error":{{"code":"c","message":"m","request_id":"r-{key}"}}}}"#);
    let no_error = |_: &str| "{}".to_owned();
    let cases: [(u16, &dyn Fn(&str) -> String); 4] = [(400, &in_body), (400, &|_| "<html>".to_owned()), (302, &no_error), (200, &no_error)];
    for (status, body) in cases {
        let key = key();
        let (header, body) = (format!("r-{}", key.expose()), body(key.expose()));
        let stub = Stub::start(move |_| Reply::Whole(status, vec![("x-request-id", header.clone())], body.clone().into_bytes())).await;
        let error = match client(&stub, 5_000, 0).send(&pass(&LIST, None), &Deadline::default()).await {
            Err(error) => error,
            Ok(response) => decode::<ListIndexes>(&response).unwrap_err(),
        };
        assert_eq!(error.request_id.as_deref(), Some("r-[key]"), "{status}");
    }
}

#[tokio::test]
async fn a_used_up_quota_is_not_asked_for_again_and_other_limits_are() {
    for (code, attempts) in [
        ("resource_quota_exceeded", 1),
        ("resource_rate_quota_exceeded", 1),
        ("llm_daily_budget_exceeded", 1),
        ("llm_user_budget_exceeded", 1),
        ("rate_limit_exceeded", 2),
        ("quota_check_busy", 2),
    ] {
        let stub = Stub::start(move |_| Reply::error(429, code)).await;
        let error = client(&stub, 5_000, 1).send(&pass(&LIST, None), &Deadline::default()).await.unwrap_err();
        assert_eq!((error.attempts, stub.take().len()), (attempts, usize::try_from(attempts).unwrap()), "{code}");
    }
}

#[tokio::test]
async fn an_answer_that_may_be_missing_may_be_empty() {
    /// An operation whose answer is optional.
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Maybe {}
    impl Endpoint for Maybe {
        type Output = Option<crate::api::run::PromptRun>;
        const METHOD: crate::api::Method = crate::api::Method::Get;
        const PATH: &'static str = "/maybe";
        const ACCESS: crate::api::Access = crate::api::Access::Scope(Scope::Read);
    }
    for status in [200, 202, 204] {
        let stub = Stub::start(move |_| Reply::Whole(status, Vec::new(), Vec::new())).await;
        let response = client(&stub, 5_000, 0).send(&pass(&Maybe {}, None), &Deadline::default()).await.unwrap();
        assert!(matches!(decode::<Maybe>(&response), Ok(None)), "{status}");
        let error = decode::<ListIndexes>(&response).unwrap_err();
        assert!(matches!(error.kind, Kind::Empty), "{status}: {error:?}");
    }
}

#[tokio::test]
async fn answers_of_another_shape_are_errors_that_name_the_place() {
    for (status, body, path) in [
        (200, "[{\"run_id\":true},{\"run_id\":false}]", Some("[0].run_id")),
        (200, "{\"rows\":[]}", Some(".")),
        (200, "[", Some("[0]")),
        (200, "", None),
    ] {
        let stub = Stub::start(move |_| Reply::json(status, body)).await;
        let list = ListRuns { limit: None };
        let response = client(&stub, 5_000, 0).send(&pass(&list, None), &Deadline::default()).await.unwrap();
        let error = decode::<ListRuns>(&response).unwrap_err();
        match (&error.kind, path) {
            (Kind::Decode { path: found, .. }, Some(path)) => assert_eq!(found, path, "{body}"),
            (Kind::Empty, None) => {}
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn pictures_are_fetched_without_the_key_and_within_bounds() {
    let stub = Stub::start(|seen| match seen.target.as_str() {
        "/moved" => Reply::Whole(302, vec![("location", "/ok".into())], Vec::new()),
        "/huge" => Reply::Whole(200, Vec::new(), vec![0; (4 << 20) + 1]),
        "/endless" => Reply::Chunked(vec![0; (4 << 20) + 1]),
        _ => Reply::Whole(200, vec![("content-type", "image/png".into())], b"png".to_vec()),
    })
    .await;
    let client = client(&stub, 5_000, 0);
    let link = |path: &str| format!("{}{path}", stub.base);
    let (kind, bytes) = client.picture(&link("/ok"), &Deadline::default()).await.unwrap();
    assert_eq!((kind.as_str(), bytes.as_ref()), ("image/png", b"png".as_slice()));
    assert_eq!(stub.take()[0].header("x-api-key"), None);
    assert!(matches!(client.picture(&link("/moved"), &Deadline::default()).await, Err(PictureError::Status(302))));
    assert!(matches!(client.picture(&link("/huge"), &Deadline::default()).await, Err(PictureError::TooLarge)));
    assert!(matches!(client.picture(&link("/endless"), &Deadline::default()).await, Err(PictureError::TooLarge)));
    assert!(matches!(client.picture("https://10.0.0.1/x", &Deadline::default()).await, Err(PictureError::Forbidden)));
}
