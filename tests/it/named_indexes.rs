//! Indexes by their names: whose name it is may change at any time, and nothing is changed on the word of a name from before.

use serde_json::{Value, json};

use crate::support::{EVERYTHING, Playground, Server, Upstream};

/// Makes an index as a colleague would: its id.
fn by_colleague(playground: &Playground, name: &str) -> String {
    let made = playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": name})));
    assert_eq!(made.status, 201, "{}", made.json());
    made.json()["index_id"].as_str().unwrap().to_owned()
}

/// Refuses a name and tells both ids.
fn assert_is_shared(said: &str, name: &str, ids: [&str; 2]) {
    let told = said.contains(&format!("more than one index is named \"{name}\"")) && ids.iter().all(|id| said.contains(id));
    assert!(told && said.contains("give the id of the one you mean"), "{said}");
}

#[test]
fn what_this_process_makes_is_known_at_once() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let first = by_colleague(&playground, "Reels");
    server.ok("list_videos", json!({"index_id": "Reels"}));
    let (text, made) = server.ok("create_index", json!({"name": "REELS "}));
    let second = made["index"]["index_id"].as_str().unwrap().to_owned();
    let note = text.lines().find(|line| line.contains("More than one index is named")).unwrap_or_else(|| panic!("{text}"));
    assert!(note.contains(&first) && note.contains(&second) && made.to_string().contains("More than one index"), "{text}");
    for tool in ["list_videos", "get_index", "delete_index"] {
        assert_is_shared(&server.error(tool, json!({"index_id": "Reels"})), "Reels", [&first, &second]);
    }
    let (text, _) = server.ok("create_index", json!({"name": "Something else"}));
    assert!(!text.contains("More than one"), "{text}");
    let hook = json!({"name": "Twin", "url": "https://receiver.example/", "events": ["prompt_run.completed"]});
    assert!(!server.ok("create_webhook", hook.clone()).0.contains("More than one"));
    assert!(server.ok("create_webhook", hook).0.contains("More than one webhook is named \"Twin\" now: whk_"));
}

#[test]
fn a_name_from_before_decides_no_change() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &EVERYTHING);
    let run = |name: &str| json!({"prompt_id": "prompt_action_log", "target": {"type": "index", "index_id": name}});
    let by_id = |name: &str| json!({"index_id": name});
    let film = |name: &str| json!({"title": "A reel", "video_uri": "gs://films/reel.mp4", "index_id": name});
    let calls: [(&str, &dyn Fn(&str) -> Value, &str); 4] = [
        ("delete_index", &by_id, "Clips"),
        ("create_video", &film, "Shorts"),
        ("execute_prompt", &run, "Trailers"),
        ("execute_prompt", &run, "Old trailers"),
    ];
    for (tool, arguments, name) in calls {
        let first = by_colleague(&playground, name);
        server.ok("list_videos", json!({"index_id": name}));
        let second = by_colleague(&playground, name);
        upstream.take();
        server.ok("list_videos", json!({"index_id": name}));
        let seen = upstream.take();
        assert!(seen.iter().all(|seen| !seen.target.starts_with("/indexes?")), "a read goes on with what it knows: {seen:?}");
        assert_is_shared(&server.error(tool, arguments(name)), name, [&first, &second]);
        let seen = upstream.take();
        assert_eq!(seen.iter().filter(|seen| seen.target.starts_with("/indexes?")).count(), 1, "{tool}: {seen:?}");
        assert!(tool != "execute_prompt" || seen.len() == 1, "{seen:?}");
        let left = playground.with_key(&playground.api_key, "GET", "/indexes", None).json().to_string();
        assert!(left.contains(&first) && left.contains(&second), "{left}");
    }
}

#[test]
fn no_index_takes_the_word_all_away() {
    let playground = Playground::start(&[]);
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("a.png"), crate::support::png()).unwrap();
    let more = ["--confirm", "always", "--upload-root", root.path().to_str().unwrap()];
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[&EVERYTHING[..], &more].concat());
    for name in ["all", " ALL "] {
        let said = server.error("create_index", json!({"name": name}));
        assert!(said.contains("means all indexes wherever an index is named"), "nobody is asked about it: {said}");
    }
    let searches = |server: &mut Server| {
        let (_, found) = server.ok("search_videos", json!({"query": "clock", "index_id": "all", "top_k": 3}));
        let (_, media) = server.ok("search_media", json!({"query": "clock", "index_name": "All", "limit": 3}));
        (found["hits"].clone(), media["data"].clone())
    };
    let before = searches(&mut server);
    let index = by_colleague(&playground, "All");
    server.ok("list_indexes", json!({}));
    assert_eq!(searches(&mut server), before);
    assert_eq!(server.ok("list_videos", json!({"index_id": index})).1["index_id"], index.as_str());
    for (tool, arguments, why) in [
        ("list_videos", json!({"index_id": "all"}), "one index at a time"),
        ("delete_index", json!({"index_id": "ALL"}), "one index at a time"),
        ("get_index", json!({"index_id": "All"}), "one index at a time"),
    ] {
        let said = server.error(tool, arguments);
        assert!(said.contains(why) && said.contains(&index), "{tool}: {said}");
    }
    let values = |typed: &str| {
        let template = json!({"type": "ref/resource", "uri": "videosearch://indexes/{index}"});
        json!({"ref": template, "argument": {"name": "index", "value": typed}})
    };
    let completion = server.request("completion/complete", values("al"));
    assert_eq!(completion["result"]["completion"]["values"], json!([index]), "{completion}");
}
