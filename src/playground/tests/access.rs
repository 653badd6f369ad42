//! Who may do what, and in which order the playground refuses requests.

use serde_json::json;

use super::{Answer, As, Local, Options, send};
use crate::api::{Access, Method, Scope, Scopes};

/// Whether a caller passed the scope check.
fn passed(answer: &Answer) -> bool {
    assert!(answer.status != 401, "{answer:?}");
    !(answer.status == 403 && answer.code() == "authorization_insufficient_scope")
}

/// A path of the endpoint, with ids that cannot exist.
fn nowhere(template: &str) -> String {
    template.split('/').map(|part| if part.starts_with('{') { "none" } else { part }).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_set_of_scopes_opens_exactly_the_endpoints_that_it_implies() {
    let local = Local::start(Options::default()).await;
    for bits in 0..16_u8 {
        let held: Scopes = Scope::ALL.into_iter().enumerate().filter(|(i, _)| bits & (1 << i) != 0).map(|(_, scope)| scope).collect();
        // The API makes no key without scopes, so we make that one in the store.
        let key =
            local.handle.store().write(move |tx| crate::playground::store::keys::create(tx, "set", &held.iter().collect::<Vec<_>>(), None));
        let key = key.await.unwrap().key.0;
        for route in crate::playground::routes::routes() {
            let Access::Scope(needed) = route.access else { continue };
            // A stream that was opened has no end.
            if route.path.ends_with("/events/stream") && held.iter().max().is_some_and(|held| held >= needed) {
                continue;
            }
            let answer = send(local.request(As::Key(&key), route.method, &nowhere(route.path))).await;
            let strongest = held.iter().max();
            assert_eq!(passed(&answer), strongest.is_some_and(|held| held >= needed), "{held} on {} {}", route.method.as_str(), route.path);
        }
    }
}

#[tokio::test]
async fn scope_is_tested_before_the_lookup_and_before_the_arguments() {
    let local = Local::start(Options::default()).await;
    let (reader, admin) = (local.key_with(&[Scope::Read]).await, local.key_with(&[Scope::Admin]).await);
    let webhook = "/webhooks/whk_00000000000000000000000000000000";
    let refused = local.delete(As::Key(&reader), webhook).await;
    assert_eq!((refused.status, refused.code()), (403, "authorization_insufficient_scope"));
    assert_eq!(refused.body["error"]["details"]["required_scope"], "admin");
    let absent = local.delete(As::Key(&admin), webhook).await;
    assert_eq!((absent.status, absent.code()), (404, "resource_webhook_not_found"));
    let searcher = local.key_with(&[Scope::Search]).await;
    let unreadable = local.request(As::Key(&searcher), Method::Post, "/mcp/playground").body("not json");
    assert_eq!(send(unreadable).await.status, 403);
    let unreadable = local.request(As::Key(&reader), Method::Post, "/mcp/playground").body("not json");
    assert_eq!(send(unreadable).await.status, 422);
}

#[tokio::test]
async fn credentials_are_taken_where_they_belong() {
    let local = Local::start(Options::default()).await;
    let (key, token) = (local.key(), local.token());
    let status = async |caller, path| local.get(caller, path).await.status;
    assert_eq!(status(As::Token(&token), "/api-keys").await, 200);
    assert_eq!(status(As::Token(&token), "/mcp/tools").await, 200);
    assert_eq!(status(As::Token(&token), "/rate-limit/status").await, 200);
    assert_eq!(status(As::Token(&token), "/auth/validate").await, 401);
    assert_eq!(status(As::Key(&key), "/auth/validate").await, 204);
    assert_eq!(status(As::Nobody, "/usage/metric-types").await, 200);
    for path in ["/auth/validate", "/api-keys", "/mcp/tools", "/rate-limit/status", "/usage"] {
        for (caller, name) in [
            (As::Nobody, "nobody"),
            (As::Key("sk_live_0"), "bad key"),
            (As::Token("x.y.z"), "bad token"),
            (As::Token(&key), "key as bearer"),
        ] {
            assert_eq!(status(caller, path).await, 401, "{name} on {path}");
        }
    }
    for path in ["/api-keys", "/mcp/config"] {
        let answer = local.get(As::Key(&key), path).await;
        assert_eq!((answer.status, answer.code()), (403, "session_token_required"));
        assert!(answer.body["error"]["message"].as_str().unwrap().contains("API key cannot manage keys"));
    }
    let both = |key: &str| local.request(As::Token(&token), Method::Get, "/mcp/tools").header("X-API-Key", key);
    assert_eq!(send(both(&key)).await.status, 200);
    assert_eq!(send(both("sk_live_wrong")).await.status, 401);
}

#[tokio::test]
async fn the_start_key_holds_what_was_asked_for() {
    let narrow = Options { start_scopes: [Scope::Search].into_iter().collect(), ..Options::default() };
    let local = Local::start(narrow).await;
    assert_eq!(local.get(As::Key(&local.key()), "/usage").await.status, 403);
    let answer = local.post(As::Key(&local.key()), "/api-keys", json!({"name": "x"})).await;
    assert_eq!(answer.status, 403);
}
