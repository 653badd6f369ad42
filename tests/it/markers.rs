//! Markers: set through the tools, shown wherever the description has a member for them, and removed again.

use serde_json::{Value, json};

use crate::{
    openapi::Check,
    support::{EVERYTHING, Playground, Server, untouched},
};

const VIDEO: &str = "vid_great_train_robbery_1903";
const SEGMENT: &str = "seg_great_train_robbery_1903_002";
const RUN: &str = "run_scene_catalogue_early_cinema";

/// Calls each operation once, for the comparison with the description.
pub fn calls(check: &mut Check<'_>) {
    check.ask("GET /markers", "/markers", None);
    let body = json!({"resource_type": "video", "resource_id": VIDEO, "note": "n"});
    let set = check.ask("PUT /markers", "/markers", Some(&body));
    check.ask("DELETE /markers/{marker_id}", &format!("/markers/{}", set["marker_id"].as_str().unwrap()), None);
}

#[test]
fn a_marker_is_shown_on_what_it_marks() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let (text, set) =
        server.ok("set_marker", json!({"resource_type": "segment", "resource_id": SEGMENT, "note": "cut här 🎬", "color": "red"}));
    let id = set["marker"]["marker_id"].as_str().unwrap().to_owned();
    assert!(text.contains("Marker set") && text.contains("cut här 🎬") && text.contains(&id), "{text}");
    server.ok("set_marker", json!({"resource_type": "segment", "resource_id": SEGMENT, "field_path": "mood", "note": "check the mood"}));
    for (kind, of) in [("video", VIDEO), ("prompt_run", RUN), ("prompt", "prompt_action_log"), ("index", "idx_early_cinema")] {
        server.ok("set_marker", json!({"resource_type": kind, "resource_id": of, "note": format!("on the {kind}")}));
    }

    let get = |path: &str| playground.with_key(&playground.api_key, "GET", path, None).json();
    let post = |path: &str, body: Value| playground.with_key(&playground.api_key, "POST", path, Some(&body)).json();
    let video = |shown: &Value| assert_eq!(shown["marker"]["note"], "on the video", "{shown}");
    video(&get(&format!("/videos/{VIDEO}")));
    video(
        &get("/indexes/idx_early_cinema/videos")["data"].as_array().unwrap().iter().find(|row| row["video_id"] == VIDEO).unwrap().clone(),
    );
    let batch = post("/videos/batch", json!({"video_ids": [VIDEO]}));
    video(&batch.as_array().unwrap()[0]);
    video(&get(&format!("/prompt-runs/{RUN}/videos/{VIDEO}/video-result")));
    let run = |shown: &Value| assert_eq!(shown["marker"]["note"], "on the prompt_run", "{shown}");
    run(&get(&format!("/prompt-runs/{RUN}")));
    let find = |rows: &Value| rows.as_array().unwrap().iter().find(|row| row["run_id"] == RUN).unwrap().clone();
    run(&find(&get("/prompt-runs")));
    run(&find(&get("/indexes/idx_early_cinema/prompt-runs")["data"]));
    run(&find(&get(&format!("/videos/{VIDEO}/prompt-runs"))));
    let segment = |rows: &Value, fields: &str| {
        let shown = rows.as_array().unwrap().iter().find(|row| row["segment_id"] == SEGMENT).unwrap();
        assert_eq!(shown["marker"]["color"], "red", "{shown}");
        assert_eq!(shown[fields]["mood"]["note"], "check the mood", "{shown}");
    };
    segment(&get(&format!("/videos/{VIDEO}/segments"))["data"], "metadata_markers");
    segment(&post("/videos/batch/segments", json!({"video_ids": [VIDEO]}))[0]["segments"], "metadata_markers");
    segment(&get(&format!("/prompt-runs/{RUN}/results?video_id={VIDEO}"))["data"], "extracted_metadata_markers");
    let hits = post("/indexes/idx_early_cinema/search", json!({"query": "a train is robbed", "top_k": 100}));
    segment(&hits, "extracted_metadata_markers");
    let condition = json!({"field": "people_count", "operator": "greater_equal", "type": "integer", "value": 0});
    let found = post("/search/filter/idx_early_cinema", json!({"conditions": [condition], "page_size": 100}));
    segment(&found["data"], "extracted_metadata_markers");

    // Setting it again changes what is given, and keeps the rest and its id.
    let (text, again) = server.ok("set_marker", json!({"resource_type": "segment", "resource_id": SEGMENT, "note": "other"}));
    assert_eq!((&again["marker"]["marker_id"], &again["marker"]["note"]), (&json!(id), &json!("other")));
    assert!(again["marker"]["color"] == "red" && text.contains("Its colour was kept, since none was given."), "{text}");
    let (text, again) = server.ok("set_marker", json!({"resource_type": "segment", "resource_id": SEGMENT, "color": "green"}));
    assert_eq!((&again["marker"]["color"], &again["marker"]["note"]), (&json!("green"), &json!("other")), "{text}");
    assert!(text.contains("Its note was kept, since none was given."), "{text}");
    let (text, list) = server.ok("list_markers", json!({}));
    assert_eq!(list["total_markers"], 7, "six and the one of the sample library: {text}");
    assert!(text.contains(&format!("{id} on segment {SEGMENT}, green: other")), "{text}");
}

#[test]
fn what_is_marked_is_named_as_everywhere() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all"]);
    let mut mark = |kind: &str, of: &str| server.call("set_marker", json!({"resource_type": kind, "resource_id": of, "note": "n"}));
    for (kind, given, marked) in [
        ("segment", format!("{VIDEO}@0-68"), "seg_great_train_robbery_1903_001"),
        ("video", format!("{VIDEO}@10-60"), VIDEO),
        ("index", "early CINEMA".to_owned(), "idx_early_cinema"),
    ] {
        let result = mark(kind, &given);
        assert_eq!(result["structuredContent"]["marker"]["resource_id"], marked, "{result}");
    }
    for (kind, given, part) in [
        ("video", "The Great Train Robbery", VIDEO),
        ("prompt", "Action log", "prompt_action_log"),
        ("segment", "vid_none@10-60", "resource_video_not_found"),
        // The marker of another segment would be lost.
        ("segment", &format!("{VIDEO}@10-60"), "no segment at just 0:10-1:00; the nearest is seg_great_train_robbery_1903_001"),
        ("segment", &format!("{VIDEO}@90000-90001"), "the nearest is"),
    ] {
        let result = mark(kind, given);
        assert!(result["isError"] == true && result.to_string().contains(part), "{given}: {result}");
    }
}

#[test]
fn a_marker_is_removed_after_a_second_call() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let (text, plan) = server.plan("delete_marker", json!({"marker_id": "marker_last_shot"}));
    assert!(text.contains("Nothing was deleted yet") && text.contains("famous last shot"), "{text}");
    assert_eq!(server.ok("list_markers", json!({})).1["total_markers"], 1);
    let (said, _) = server.ok("delete_marker", json!({"marker_id": "marker_last_shot", "confirm": plan["confirm"]}));
    assert!(said.contains("what: marker marker_last_shot"), "it has no name: {said}");
    assert_eq!(server.ok("list_markers", json!({})).1["total_markers"], 0);
    let refused = server.error("delete_marker", json!({"marker_id": "marker_last_shot"}));
    assert!(refused.contains("there are no markers"), "{refused}");
    let reply = playground.with_key(&playground.api_key, "DELETE", "/markers/marker_last_shot", None);
    assert_eq!((reply.status, reply.json()["error"]["code"].as_str()), (404, Some("resource_marker_not_found")));
}

#[test]
fn markers_of_older_runs_are_spoken_of_where_there_may_be_some() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &EVERYTHING);
    let (text, _) = server.plan("delete_index", json!({"index_id": "idx_space_and_nature"}));
    assert!(text.contains("1 run loses its results") && !text.contains("older runs"), "{text}");
}

#[test]
fn a_marker_goes_with_what_it_marks() {
    let playground = Playground::start(&[]);
    let ask = |method: &str, path: &str, body: Option<&Value>| playground.with_key(&playground.api_key, method, path, body);
    let still = playground.upload("a.png", &crate::support::png());
    let video = still["video_id"].as_str().unwrap();
    let prompt = json!({"name": "Two\nlines", "prompt_text": "Say how it looks.", "json_schema": {"type": "object", "properties": {"a": {"type": "string"}}}});
    let prompt = ask("POST", "/prompts", Some(&prompt)).json();
    assert_eq!(prompt["name"], "Two lines", "{prompt}");
    let prompt = prompt["prompt_id"].as_str().unwrap();
    let segment = format!("seg_{}_001", video.strip_prefix("vid_").unwrap());
    for (kind, id) in [("video", video), ("prompt", prompt), ("segment", &segment)] {
        let set = ask("PUT", "/markers", Some(&json!({"resource_type": kind, "resource_id": id, "note": "n"})));
        assert_eq!(set.status, 200, "{kind}: {}", set.json());
    }
    assert_eq!(ask("DELETE", &format!("/videos/{video}"), None).status, 202);
    assert_eq!(ask("DELETE", &format!("/prompts/{prompt}"), None).status, 200);
    let left = ask("GET", "/markers", None).json();
    assert_eq!(left.as_array().unwrap().len(), 1, "that of the sample library: {left}");
}

#[test]
fn what_cannot_be_marked_is_refused() {
    let playground = untouched();
    let put = |body: Value| playground.with_key(&playground.api_key, "PUT", "/markers", Some(&body));
    for (body, status) in [
        (json!({"resource_type": "video", "resource_id": "vid_none", "note": "n"}), 404),
        (json!({"resource_type": "segment", "resource_id": VIDEO, "note": "n"}), 404),
        (json!({"resource_type": "video", "resource_id": VIDEO}), 422),
        (json!({"resource_type": "video", "resource_id": VIDEO, "note": " \n"}), 422),
        (json!({"resource_type": "video", "resource_id": VIDEO, "note": "n".repeat(2001)}), 422),
        (json!({"resource_type": "video", "resource_id": VIDEO, "color": "c".repeat(33)}), 422),
        (json!({"resource_type": "index", "resource_id": "idx_early_cinema", "field_path": "a", "note": "n"}), 422),
        (json!({"resource_type": "planet", "resource_id": "mars", "note": "n"}), 422),
        (json!({"resource_type": "video", "resource_id": "../../keys", "note": "n"}), 422),
    ] {
        let reply = put(body.clone());
        assert_eq!(reply.status, status, "{body}: {}", reply.json());
    }
}

#[test]
fn a_name_for_an_id_and_another_kind_are_named_as_that() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &["--toolsets", "markers"]);
    let mut mark = |kind: &str, of: &str| server.error("set_marker", json!({"resource_type": kind, "resource_id": of, "note": "n"}));
    let text = mark("video", "Safety Last! (1923)");
    assert!(
        text.contains("it takes the id of a video, and `Safety Last! (1923)` is a name") && text.contains("vid_safety_last_1923"),
        "{text}"
    );
    let text = mark("segment", "vid_metropolis_1927");
    assert!(text.contains("vid_metropolis_1927 looks like the id of a video"), "{text}");
}
