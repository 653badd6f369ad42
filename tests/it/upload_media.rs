//! The tool `upload_media`, and the notice that goes before each call that makes the service process media.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{
    support::{Answer, Playground, Server, Upstream, shared},
    uploads::picture,
};

/// A server that may upload from a directory.
fn server(base_url: &str, key: &str, root: &Path) -> Server {
    let mut server = Server::with_key(base_url, key, &["--toolsets", "core,library", "--upload-root", root.to_str().unwrap()]);
    server.initialize();
    server
}

/// A directory with a picture.
fn root() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("sky.png"), picture()).unwrap();
    root
}

fn listed(playground: &Playground, index_id: &str) -> usize {
    let reply = playground.with_key(&playground.api_key, "GET", &format!("/indexes/{index_id}/videos"), None);
    reply.json()["data"].as_array().unwrap().len()
}

#[test]
fn a_file_is_uploaded_once_even_if_the_answer_is_lost() {
    let (playground, root) = (Playground::alone(&[]), root());
    let upstream = Upstream::before(&playground.base_url);
    let lost = std::sync::atomic::AtomicBool::new(false);
    upstream.script(move |seen| {
        let first = seen.target == "/workflow/upload" && !lost.swap(true, std::sync::atomic::Ordering::Relaxed);
        if first { Answer::lost() } else { Answer::Pass }
    });
    let mut server = server(&upstream.base_url, &playground.api_key, root.path());
    let arguments = json!({"file_path": "sky.png", "index_name": "Skies"});
    let params = json!({"name": "upload_media", "arguments": arguments, "_meta": {"progressToken": "p"}});
    let asked = server.ask("tools/call", params);
    let told = server.answer(asked)["result"].clone();
    let facts = &told["structuredContent"];
    assert_eq!((&facts["video"]["title"], &facts["destination"]["index_created"]), (&json!("sky"), &json!(true)), "{told}");
    let text = told["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("Uploaded \"sky\" as vid_") && text.contains("\"Skies\", made for it"), "{text}");
    assert_eq!(listed(&playground, facts["destination"]["index_id"].as_str().unwrap()), 1);
    let sent: Vec<_> = upstream.take().into_iter().filter(|seen| seen.target == "/workflow/upload").collect();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent[0].idempotency_key.is_some() && sent[0].idempotency_key == sent[1].idempotency_key, "{sent:?}");
    let steps: Vec<f64> = server.kept().iter().filter_map(|message| message["params"]["progress"].as_f64()).collect();
    assert!(!steps.is_empty() && steps.is_sorted_by(|a, b| a < b), "{steps:?}");

    // A key of the caller's own: the same call is the same upload, from another process too.
    let arguments = json!({"file_path": "sky.png", "index_name": "skies", "title": "Blue", "idempotency_key": "mine"});
    let (_, first) = server.ok("upload_media", arguments.clone());
    let mut other = self::server(&playground.base_url, &playground.api_key, root.path());
    let (_, second) = other.ok("upload_media", arguments);
    assert_eq!((&first["video_id"], &first["idempotency_key"]), (&second["video_id"], &json!("mine")), "{second}");
    assert_eq!(listed(&playground, first["destination"]["index_id"].as_str().unwrap()), 2);
}

#[test]
fn a_name_leads_to_one_index_and_makes_none_by_accident() {
    let (playground, root) = (Playground::alone(&[]), root());
    let flags = ["--toolsets", "library,workflow", "--upload-root", root.path().to_str().unwrap()];
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &flags);
    server.initialize();
    let upload = |name: &str| json!({"file_path": "sky.png", "index_name": name});
    for name in ["idx_early_cinema", "early  CINEMA"] {
        let (_, there) = server.ok("upload_media", upload(name));
        let destination = &there["destination"];
        assert_eq!((&destination["index_id"], &destination["index_created"]), (&json!("idx_early_cinema"), &json!(false)), "{name}");
    }
    for key in ["one", "two"] {
        server.ok("create_index", json!({"name": "Films", "idempotency_key": key}));
    }
    for (name, why) in [
        ("Early cinemaa", "did you mean idx_early_cinema \"Early cinema\"?"),
        ("idx_early_cinem", "did you mean idx_early_cinema"),
        ("all", "not to all"),
        ("films", "more than one index is named"),
    ] {
        for (tool, given) in [
            ("upload_media", upload(name)),
            (
                "attach_workflow_file",
                json!({"files": [{"download_url": "https://films.example/a.png", "file_id": "1"}], "index_name": name}),
            ),
        ] {
            let said = server.error(tool, given);
            assert!(said.contains(why), "{tool} {name}: {said}");
        }
    }
    let made = server
        .ok(
            "attach_workflow_file",
            json!({"files": [{"download_url": "https://films.example/a.png", "file_id": "1"}], "index_name": "News"}),
        )
        .0;
    assert!(made.contains("no index named \"News\" before"), "{made}");
}

#[test]
fn nothing_is_read_that_the_user_did_not_allow() {
    let (root, elsewhere) = (root(), root());
    let upstream = Upstream::before(&shared().base_url);
    let mut server = server(&upstream.base_url, &shared().api_key, root.path());
    server.ok("list_indexes", json!({}));
    upstream.take();
    let outside = elsewhere.path().join("sky.png");
    std::fs::write(root.path().join("notes.txt"), "x").unwrap();
    for (path, why) in [(outside.to_str().unwrap(), "not below"), ("none.png", "no file"), ("notes.txt", "ending"), ("", "file_path")] {
        let said = server.error("upload_media", json!({"file_path": path}));
        assert!(said.contains(why), "{path}: {said}");
    }
    let both = server.error("upload_media", json!({"file_path": "sky.png", "index_id": "idx_early_cinema", "index_name": "X"}));
    assert!(both.contains("not both"), "{both}");
    let mut bare = Server::with_key(&upstream.base_url, &shared().api_key, &["--toolsets", "library"]);
    bare.initialize();
    let said = bare.error("upload_media", json!({"file_path": "sky.png"}));
    assert!(said.contains("VIDEOSEARCH_UPLOAD_ROOTS"), "{said}");
    let sent: Vec<_> = upstream.take().into_iter().filter(|seen| seen.method == "POST" && seen.target.contains("upload")).collect();
    assert!(sent.is_empty(), "{sent:?}");
}

/// A call that starts a run, so that the service processes media.
fn start() -> Value {
    json!({"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_gertie_the_dinosaur_1914"]}, "idempotency_key": "k"})
}

#[test]
fn processing_is_announced_before_the_call() {
    let playground = Playground::alone(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &[]);
    let (announced, called) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&announced);
    let count = move |_: &mut Value| {
        counted.fetch_add(1, Ordering::SeqCst);
    };
    upstream.on_notice(Answer::Changed(Arc::new(count), Vec::new()));
    let (before, counted) = (Arc::clone(&announced), Arc::clone(&called));
    upstream.script(move |seen| {
        if seen.target == "/prompt-runs/execute" {
            counted.fetch_add(1, Ordering::SeqCst);
            assert_eq!(before.load(Ordering::SeqCst), counted.load(Ordering::SeqCst), "the notice comes first");
        }
        Answer::Pass
    });
    for n in 1..4 {
        let mut given = start();
        given["idempotency_key"] = json!(n.to_string());
        server.ok("execute_prompt", given);
        assert_eq!((announced.load(Ordering::SeqCst), called.load(Ordering::SeqCst)), (n, n));
    }
}

#[test]
fn the_notice_says_what_begins() {
    let (playground, root) = (Playground::alone(&[]), root());
    let upstream = Upstream::before(&playground.base_url);
    let mut server = server(&upstream.base_url, &playground.api_key, root.path());
    for (tool, arguments, operation) in
        [("execute_prompt", start(), "process_media"), ("upload_media", json!({"file_path": "sky.png"}), "upload_media")]
    {
        server.ok(tool, arguments);
        let notice = upstream.wait_for_notice();
        assert_eq!(
            (&notice["surface"], &notice["reason"], &notice["operation"]),
            (&json!("sdk"), &json!("processing_intent"), &json!(operation))
        );
        let id: Vec<usize> = notice["event_id"].as_str().unwrap().split('-').map(str::len).collect();
        assert_eq!(id, [8, 4, 4, 4, 12], "{notice}");
        // The real API takes it as it is.
        let reply = playground.with_key(&playground.api_key, "POST", "/auth/processing-activity", Some(&notice));
        assert_eq!(reply.status, 200, "{}", reply.json());
    }
}

#[test]
fn a_notice_that_fails_is_in_nobodys_way() {
    let (playground, root) = (Playground::alone(&[]), root());
    let upstream = Upstream::before(&playground.base_url);
    let mut server = server(&upstream.base_url, &playground.api_key, root.path());
    let refusal = |status, code| Answer::json(status, &json!({"error": {"code": code, "message": "No."}}));
    let failures = [
        Answer::Hang,
        refusal(500, "internal"),
        refusal(401, "authentication_invalid_api_key"),
        refusal(403, "authorization_insufficient_scope"),
    ];
    for failure in failures {
        upstream.on_notice(failure);
        server.ok("execute_prompt", start());
        upstream.wait_for_notice();
    }
    // Neither the key nor its scopes are doubted.
    server.ok("list_indexes", json!({}));
    assert!(server.tools().contains(&"execute_prompt".to_owned()));
}

#[test]
fn media_without_an_index_are_found_by_title() {
    let (playground, root) = (Playground::alone(&[]), root());
    let mut server = server(&playground.base_url, &playground.api_key, root.path());
    let id = server.ok("upload_media", json!({"file_path": "sky.png", "title": "Loose still"})).1["video_id"].clone();
    let (text, found) = server.ok("get_video", json!({"video_id": "Loose still"}));
    assert_eq!(found["video_id"], id, "{text}");
    let text = server.error("get_video", json!({"video_id": "Nothing of the kind"}));
    assert!(text.contains("list_playground_videos shows what is in no index"), "{text}");
}

#[test]
fn an_index_is_not_called_new_if_nobody_could_look() {
    let (playground, root) = (Playground::alone(&[]), root());
    let upstream = Upstream::before(&playground.base_url);
    upstream.script(|seen| {
        let broken = seen.target.starts_with("/indexes");
        if broken { Answer::json(500, &json!({"error": {"code": "internal", "message": "no"}})) } else { Answer::Pass }
    });
    let mut server = Server::with_key(
        &upstream.base_url,
        &playground.api_key,
        &["--toolsets", "workflow", "--upload-root", root.path().to_str().unwrap()],
    );
    let files = json!([{"download_url": "https://files.example/a.mp4", "file_id": "a", "file_name": "a.mp4", "mime_type": "video/mp4"}]);
    let result = server.call("attach_workflow_file", json!({"files": files, "index_name": "Early cinema"}));
    assert!(!result.to_string().contains("There was no index named"), "{result}");
    let text = server.error("attach_workflow_file", json!({"files": files, "index_name": "all"}));
    assert!(text.contains("not to all"), "{text}");
}
