//! The gate from outside: tool × scopes, ceilings, stale caches, upstreams that lie.

use std::collections::BTreeSet;

use serde_json::json;
use videosearch_mcp::{
    api::{Scope, Scopes},
    tools::{Effect, catalog},
};

use crate::support::{
    Answer, EVERYTHING, Playground, Seen, Server, Upstream, core_count, example, example_of, run, shared, text, upload_root,
};

/// What a key can hold: nothing less than a chain from `search` upwards, since each scope implies those below it.
fn chains() -> impl Iterator<Item = Scopes> {
    Scope::ALL.into_iter().map(|scope| Scopes::from_iter([scope]))
}

fn words(scopes: Scopes) -> Vec<&'static str> {
    scopes.iter().map(Scope::as_str).collect()
}

fn is_probe(seen: &Seen) -> bool {
    matches!(
        (seen.method.as_str(), seen.target.as_str()),
        ("GET", "/auth/validate" | "/indexes" | "/prompt-runs?limit=1") | ("POST", "/prompts/test-schema")
    ) || seen.method == "DELETE" && seen.target.starts_with("/webhooks/")
}

/// The main request of each tool: method and path as the catalog declares them, filled or not.
fn is_main_request(tool: &videosearch_mcp::tools::Tool, seen: &Seen) -> bool {
    let path = seen.target.split('?').next().unwrap();
    let (given, wanted): (Vec<_>, Vec<_>) = (path.split('/').collect(), tool.path.split('/').collect());
    let fits = given.len() == wanted.len() && given.iter().zip(&wanted).all(|(part, name)| name.starts_with('{') || part == name);
    seen.method == tool.method.as_str() && fits
}

/// A server that lists every tool, before an upstream that lets only probes pass. So nothing that a tool does has an effect.
fn closed(key: &str, flags: &[&str]) -> (Upstream, Server) {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| {
        if is_probe(seen) || seen.target == "/rate-limit/status" {
            Answer::Pass
        } else {
            Answer::json(400, &json!({"error": {"code": "stop_here", "message": "The call passed."}}))
        }
    });
    let server = Server::with_key(&upstream.base_url, key, &[&EVERYTHING[..], &["--upload-root", upload_root()], flags].concat());
    (upstream, server)
}

/// Calls every tool with a server and compares with what must be allowed.
/// The label of a server that changes nothing.
const READ_ONLY: &str = "read-only";

fn check((upstream, mut server): (Upstream, Server), allowed: Scopes, label: &str) {
    let listed: BTreeSet<String> = server.tools().into_iter().collect();
    for tool in catalog::all().filter(|tool| !catalog::is_pair(tool)) {
        assert!(tool.effect != Effect::Destroy || tool.scope() == Some(Scope::Admin), "{} deletes", tool.name);
        let may = tool.scope().is_none_or(|scope| allowed.allows(scope));
        if may && label == READ_ONLY && tool.effect != Effect::Read {
            // Its scope is enough, but it changes something.
            upstream.take();
            let answer = server.request("tools/call", json!({"name": tool.name, "arguments": example(tool)}));
            assert!(answer["error"]["message"].as_str().unwrap().contains("--read-only"), "{answer}");
            assert!(!listed.contains(tool.name) && upstream.take().is_empty(), "{}", tool.name);
            continue;
        }
        assert_eq!(listed.contains(tool.name), may, "{label}: {} listed", tool.name);
        upstream.take();
        let result = server.call(tool.name, example(tool));
        let text = result["content"][0]["text"].as_str().unwrap();
        let refused = text.contains("it needs the scope");
        assert_eq!(refused, !may, "{label}: {}: {text}", tool.name);
        let sent = upstream.take();
        if may {
            // A tool that deletes first reads what it would delete, and one that takes a handle, makes a link or keeps what was set
            // before first looks that up.
            // A download needs a directory first, and its own tests have one.
            let homeless = tool.name == "download_export" && text.contains("--download-dir");
            let any = (tool.effect == Effect::Destroy
                || ["show_moments", "get_video_link", "tabulate_prompt_run", "set_automation", "set_marker"].contains(&tool.name))
                && !sent.is_empty();
            assert!(
                any || homeless || tool.name == "get_key_info" || sent.iter().any(|seen| is_main_request(tool, seen)),
                "{label}: {} sent {sent:?}",
                tool.name
            );
        } else {
            let scope = tool.scope().unwrap();
            assert!(text.contains(&format!("it needs the scope {scope}")) && result["isError"] == true, "{text}");
            let unprobed: Vec<_> = sent.iter().filter(|seen| !is_probe(seen)).collect();
            assert!(unprobed.is_empty(), "{label}: {} sent {unprobed:?}", tool.name);
        }
    }
}

#[test]
fn every_tool_with_every_kind_of_key() {
    for scopes in chains() {
        let (_, key) = shared().key(&words(scopes));
        check(closed(&key, &[]), scopes, &format!("key with {scopes}"));
    }
}

#[test]
fn a_key_without_any_scope_may_only_be_explained() {
    let playground = shared();
    // The API makes no key without scopes, so the upstream plays one.
    let upstream = Upstream::before(&playground.base_url);
    upstream.script(|seen| match seen.target.as_str() {
        "/auth/validate" | "/rate-limit/status" => Answer::Pass,
        _ => Answer::json(403, &json!({"error": {"code": "authorization_insufficient_scope", "message": "no"}})),
    });
    let server = Server::with_key(&upstream.base_url, &playground.api_key, &EVERYTHING);
    check((upstream, server), Scopes::NONE, "no scope");
}

#[test]
fn ceilings_only_take_away() {
    let (_, key) = shared().key(&["read"]);
    for ceiling in chains() {
        let list = words(ceiling).join(",");
        let both = Scopes::from_iter([Scope::Read]).closed().intersect(ceiling.closed());
        check(closed(&key, &["--scopes", &list]), both, &format!("read under {list}"));
    }
    let server = closed(&shared().api_key, &["--read-only", "--scopes", "admin,write"]);
    check(server, Scopes::from_iter([Scope::Search, Scope::Read]), READ_ONLY);
}

#[test]
fn a_refusal_says_what_is_needed_and_what_can_be_done() {
    let (_, key) = shared().key(&["search", "read"]);
    let mut server = Server::with_key(&shared().base_url, &key, &[]);
    server.tools();
    let text = server.error("execute_prompt", example_of("execute_prompt"));
    for part in ["needs the scope write", "this key holds: search, read", "Nothing was sent", "VIDEOSEARCH_API_KEY", "estimate_prompt_run"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_is_not_the_api_makes_scopes_unknown_and_takes_none_away() {
    let liars: [(&str, Answer); 6] = [
        ("403 page", Answer::html(403)),
        ("404 page", Answer::html(404)),
        ("200 page", Answer::html(200)),
        ("403 of another service", Answer::json(403, &json!({"message": "forbidden"}))),
        ("404 of a wrong base", Answer::json(404, &json!({"detail": "Not Found"}))),
        ("500", Answer::json(500, &json!({"error": {"code": "internal", "message": "oops"}}))),
    ];
    for (label, answer) in liars {
        let upstream = Upstream::scripted(move |_| answer.clone());
        let mut server = Server::start(
            &[],
            &[("VIDEOSEARCH_BASE_URL", &upstream.base_url), ("VIDEOSEARCH_API_KEY", &shared().api_key), ("VIDEOSEARCH_MAX_RETRIES", "0")],
        );
        server.initialize();
        assert_eq!(server.tools().len(), core_count(), "{label}: unknown scopes hide nothing");
        let text = server.error("list_indexes", json!({}));
        assert!(text.contains("could not be found out"), "{label}: {text}");
        assert!(upstream.take().iter().all(is_probe), "{label}");
        let (info, facts) = server.ok("get_key_info", json!({}));
        assert!(facts["scopes"].as_array().unwrap().iter().all(|row| row["standing"] == "unknown"), "{label}: {info}");
    }
}

#[test]
fn a_list_made_from_unknowns_may_not_be_kept() {
    let upstream = Upstream::scripted(|_| Answer::html(503));
    let mut server = Server::start(
        &[],
        &[("VIDEOSEARCH_BASE_URL", &upstream.base_url), ("VIDEOSEARCH_API_KEY", &shared().api_key), ("VIDEOSEARCH_MAX_RETRIES", "0")],
    );
    let listed = server.request("tools/list", crate::support::modern(json!({})));
    assert_eq!(listed["result"]["ttlMs"], 0);
}

#[test]
fn a_coded_403_shrinks_and_another_one_does_not() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &[]);
    assert_eq!(server.tools().len(), core_count());
    upstream.script(|seen| if seen.target == "/prompts?active_only=true&include_defaults=true" { Answer::html(403) } else { Answer::Pass });
    let text = server.error("list_prompts", json!({}));
    assert!(text.contains("403") && !text.contains("needs the scope"), "{text}");
    assert_eq!(server.tools().len(), core_count(), "a proxy's 403 takes nothing away");

    upstream.script(|seen| match seen.method.as_str() {
        "POST" if seen.target == "/prompt-runs/execute" => {
            Answer::json(403, &json!({"error": {"code": "authorization_insufficient_scope", "message": "no", "request_id": "r"}}))
        }
        _ => Answer::Pass,
    });
    let text = server.error("execute_prompt", example_of("execute_prompt"));
    assert!(text.contains("needs the scope write"), "{text}");
    server.wait_for(|message| message["method"] == "notifications/tools/list_changed");
    assert!(!server.tools().contains(&"execute_prompt".to_owned()));
    upstream.take();
    assert!(server.error("execute_prompt", example_of("execute_prompt")).contains("needs the scope write"));
    assert!(upstream.take().is_empty(), "a fresh refusal asks nobody");
}

#[test]
fn a_start_without_network_lists_what_was_known_and_allows_nothing() {
    let state = tempfile::tempdir().unwrap();
    let state = state.path().to_str().unwrap();
    let (_, key) = shared().key(&["search"]);
    let upstream = Upstream::before(&shared().base_url);
    let environment = [
        ("VIDEOSEARCH_BASE_URL", upstream.base_url.as_str()),
        ("VIDEOSEARCH_API_KEY", &key),
        ("VIDEOSEARCH_STATE_DIR", state),
        ("VIDEOSEARCH_MAX_RETRIES", "0"),
    ];
    let mut first = Server::start(&[], &environment);
    first.initialize();
    let listed = first.tools();
    assert!(listed.len() < core_count() && listed.iter().any(|name| name == "search_videos"), "{listed:?}");
    upstream.wait_for(|seen| seen.target == "/prompts/test-schema");
    first.ok("list_indexes", json!({}));
    assert!(first.finish().0.success());
    let files: Vec<_> = std::fs::read_dir(state).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(!files[0].display().to_string().contains(&key));
    let kept = std::fs::read_to_string(&files[0]).unwrap();
    assert!(!kept.contains("sk_live") && !kept.contains(&key[key.len() - 8..]), "{kept}");

    upstream.script(|_| Answer::html(503));
    let mut second = Server::start(&[], &environment);
    second.initialize();
    assert_eq!(second.tools(), listed, "what was known is listed");
    // It may still be writing down what it learnt.
    assert!(second.finish().0.success());

    // Knowledge of more than an hour ago still makes the list, and no longer lets a call pass.
    let mut facts: serde_json::Value = serde_json::from_str(&kept).unwrap();
    for fact in facts["scopes"].as_array_mut().unwrap() {
        fact["at"] = json!(fact["at"].as_u64().unwrap() - 2 * 3600 * 1000);
    }
    std::fs::write(&files[0], facts.to_string()).unwrap();
    let mut third = Server::start(&[], &environment);
    third.initialize();
    assert_eq!(third.tools(), listed);
    assert!(third.error("list_indexes", json!({})).contains("could not be found out"));
}

#[test]
fn every_success_of_the_validation_says_that_the_key_is_live() {
    let bodies: [&[u8]; 4] = [b"", b"ok", b"{}", b"null"];
    for answer in bodies.map(|body| Answer::Fixed(if body.is_empty() { 204 } else { 200 }, Vec::new(), body.to_vec())) {
        let upstream = Upstream::scripted(move |seen| match seen.target.as_str() {
            "/auth/validate" => answer.clone(),
            _ => Answer::html(503),
        });
        let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--max-retries", "0"]);
        assert_eq!(server.ok("get_key_info", json!({})).1["valid"], "yes");
    }
}

#[test]
fn what_waiting_cannot_mend_is_not_tried_again() {
    let elsewhere = vec![("location", "https://sign-in.example".to_owned())];
    // An address of the API without its path.
    let nowhere = Answer::json(404, &json!({"error": {"code": "endpoint_not_found", "message": "There is no such endpoint."}}));
    for answer in [Answer::Fixed(302, elsewhere, Vec::new()), Answer::html(200), Answer::html(418), nowhere] {
        let upstream = Upstream::scripted(move |_| answer.clone());
        let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--max-retries", "0"]);
        let text = server.error("list_indexes", json!({}));
        assert!(text.contains("trying again rarely helps") && !text.contains("Try again in a moment"), "{text}");
    }
}

#[test]
fn no_server_starts_without_a_limit_that_nobody_filled_in() {
    for limit in ["VIDEOSEARCH_SCOPES", "VIDEOSEARCH_READ_ONLY", "VIDEOSEARCH_EXCLUDE_TOOLS", "VIDEOVECTOR_READ_ONLY"] {
        for unfilled in ["${user_config.x}", "$X", ""] {
            for arguments in [&["--playground"][..], &["call", "create_index", r#"{"name": "x"}"#, "--playground"]] {
                let told = run(arguments, &[(limit, unfilled), ("VIDEOSEARCH_TIMEOUT", unfilled)]);
                assert_eq!(told.status.code(), Some(2), "{limit}={unfilled}: {told:?}");
                assert!(text(&told.stderr).contains(limit), "{told:?}");
            }
        }
    }
}

/// Whoever puts a new key into another place changes nothing, since that place is not read.
#[test]
fn what_is_told_of_a_new_key_names_the_place_that_is_read() {
    let home = tempfile::tempdir().unwrap();
    let (_, key) = shared().key(&["search"]);
    std::fs::write(home.path().join("key"), &key).unwrap();
    let (at_home, path) = (home.path().to_str().unwrap(), home.path().join("key"));
    let (path, base) = (path.to_str().unwrap(), shared().base_url.as_str());
    let file = format!("Put the new key into ~{}key; it is noticed without a restart.", std::path::MAIN_SEPARATOR);
    let variable = |name: &str| format!("Set {name} to the new key in the environment that this server is started with, and restart it.");
    let common = [("HOME", at_home), ("USERPROFILE", at_home), ("VIDEOSEARCH_BASE_URL", base)];
    for (arguments, given, told) in [
        (vec!["--api-key-file", path], vec![("VIDEOSEARCH_API_KEY", key.as_str())], file.clone()),
        (vec![], vec![("VIDEOVECTOR_API_KEY_FILE", path)], file),
        (vec![], vec![("VIDEOSEARCH_API_KEY", key.as_str())], variable("VIDEOSEARCH_API_KEY")),
        (vec![], vec![("VIDEO_VECTOR_API_KEY", key.as_str())], variable("VIDEO_VECTOR_API_KEY")),
    ] {
        let mut server = Server::start(&arguments, &[&common[..], &given].concat());
        server.initialize();
        let refused = server.error("list_prompts", json!({}));
        let resource = server.request("resources/read", json!({"uri": "videosearch://runs/run_x"})).to_string();
        let about = server.ok("get_key_info", json!({})).0;
        let prompt = server.request("prompts/get", json!({"name": "choose_scopes", "arguments": {"task": "t"}})).to_string();
        for said in [refused, resource, about, prompt] {
            let said = said.replace("\\\\", "\\");
            assert!(said.contains(&told) && !said.contains("set it as"), "{given:?}: {said}");
        }
    }
}
