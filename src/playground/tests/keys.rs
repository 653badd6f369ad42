//! Creates, uses, rotates, revokes and deletes a key, in the order of the guide.

use serde_json::json;

use super::{As, Local, Options};
use crate::playground::time::now;

#[tokio::test]
async fn a_key_is_created_used_rotated_revoked_and_deleted() {
    let local = Local::start(Options::default()).await;
    let token = local.token();
    let ask = json!({"name": "Search integration", "scopes": ["read", "search"], "expires_in_days": 90});
    let made = local.post(As::Token(&token), "/api-keys", ask).await;
    assert_eq!(made.status, 201);
    let (first_id, first) = (made.body["key_id"].as_str().unwrap(), made.body["key"].as_str().unwrap());
    assert!(first.len() == 56 && first.starts_with("sk_live_"));
    assert!(first[8..].bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    assert_eq!(made.body["scopes"], json!(["read", "search"]));
    assert_eq!(made.body["is_active"], true);
    assert!(first.starts_with(made.body["key_prefix"].as_str().unwrap()));

    let validate = "/auth/validate";
    let live = local.get(As::Key(first), validate).await;
    assert_eq!((live.status, live.body.is_null()), (204, true));
    let shown = local.get(As::Token(&token), &format!("/api-keys/{first_id}")).await;
    assert!(shown.body["last_used_at"].is_string() && shown.body.get("key").is_none());

    let rotated = local.request(As::Token(&token), crate::api::Method::Post, &format!("/api-keys/{first_id}/rotate"));
    let rotated = super::send(rotated).await;
    assert_eq!((rotated.status, &rotated.body["old_key_id"]), (200, &json!(first_id)));
    let new = &rotated.body["new_key"];
    assert_eq!((&new["name"], &new["scopes"], &new["expires_at"]), (&made.body["name"], &made.body["scopes"], &made.body["expires_at"]));
    let (second_id, second) = (new["key_id"].as_str().unwrap(), new["key"].as_str().unwrap());
    assert_ne!(first, second);
    let dead = local.get(As::Key(first), validate).await;
    assert_eq!((dead.status, dead.code()), (401, "authentication_invalid_api_key"));
    assert_eq!(local.get(As::Key(second), validate).await.status, 204);
    let again = local.post(As::Token(&token), &format!("/api-keys/{first_id}/rotate"), json!({})).await;
    assert_eq!((again.status, again.code()), (409, "api_key_revoked"));

    let path = format!("/api-keys/{second_id}");
    let revoked = local.post(As::Token(&token), &format!("{path}/revoke"), json!({})).await;
    assert_eq!((revoked.status, &revoked.body["is_active"]), (200, &json!(false)));
    let repeated = local.post(As::Token(&token), &format!("{path}/revoke"), json!({})).await;
    assert_eq!((repeated.status, &repeated.body["revoked_at"]), (200, &revoked.body["revoked_at"]));
    assert_eq!(local.get(As::Key(second), validate).await.status, 401);
    let listed = local.get(As::Token(&token), "/api-keys").await;
    let row = listed.body.as_array().unwrap().iter().find(|key| key["key_id"] == second_id).unwrap();
    assert!(row["revoked_at"].is_string() && row.get("key").is_none());

    let deleted = local.delete(As::Token(&token), &path).await;
    assert!(deleted.status == 200 && deleted.body["message"].is_string());
    for gone in [local.get(As::Token(&token), &path).await, local.delete(As::Token(&token), &path).await] {
        assert_eq!((gone.status, gone.code()), (404, "resource_api_key_not_found"));
    }
    assert_eq!(local.get(As::Key(second), validate).await.status, 401);
}

#[tokio::test]
async fn a_key_past_its_time_answers_401_and_cannot_be_rotated() {
    let local = Local::start(Options::default()).await;
    let token = local.token();
    let made = local.post(As::Token(&token), "/api-keys", json!({"name": "short", "expires_in_days": 1})).await;
    let (id, key) = (made.body["key_id"].as_str().unwrap().to_owned(), made.body["key"].as_str().unwrap());
    assert_eq!(local.get(As::Key(key), "/auth/validate").await.status, 204);
    let expire = id.clone();
    let sql = "UPDATE api_keys SET expires_at = ?2 WHERE key_id = ?1";
    local.handle.store().write(move |tx| Ok(tx.execute(sql, rusqlite::params![expire, now() - 1])?)).await.unwrap();
    assert_eq!(local.get(As::Key(key), "/auth/validate").await.status, 401);
    let rotated = local.post(As::Token(&token), &format!("/api-keys/{id}/rotate"), json!({})).await;
    assert_eq!((rotated.status, rotated.code()), (409, "api_key_expired"));
    assert_eq!(local.get(As::Token(&token), &format!("/api-keys/{id}")).await.body["is_active"], false);
}

#[tokio::test]
async fn keys_are_refused_with_the_reason() {
    let local = Local::start(Options::default()).await;
    let token = local.token();
    for (body, place) in [
        (json!({}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": "x".repeat(101)}), "name"),
        (json!({"name": "x", "scopes": []}), "scopes"),
        (json!({"name": "x", "scopes": ["root"]}), "scopes"),
        (json!({"name": "x", "expires_in_days": 0}), "expires_in_days"),
        (json!({"name": "x", "expires_in_days": 366}), "expires_in_days"),
    ] {
        let answer = local.post(As::Token(&token), "/api-keys", body.clone()).await;
        assert_eq!((answer.status, &answer.body["detail"][0]["loc"][1]), (422, &json!(place)), "{body}");
    }
    let plain = local.post(As::Token(&token), "/api-keys", json!({"name": "plain"})).await;
    assert_eq!((&plain.body["scopes"], plain.body["expires_at"].is_null()), (&json!(["read"]), true));
}
