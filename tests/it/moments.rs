//! Moments by title, by the id of a segment alone, and by what does not exist.

use serde_json::{Value, json};

use crate::{
    pictures::png,
    support::{Answer, Playground, Seen, Server, Upstream, shared},
};

const TITLE: &str = "The Great Train Robbery";
const VIDEO: &str = "vid_great_train_robbery_1903";
const OTHER: &str = "vid_safety_last_1923";
const SEGMENT: &str = "seg_great_train_robbery_1903_001";
const HANDLE: &str = "vid_great_train_robbery_1903@0-68";

/// A server that remembers no segment yet, and counts its requests.
fn fresh() -> (Upstream, Server) {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--output", "json"]);
    server.ok("get_key_info", json!({}));
    upstream.take();
    (upstream, server)
}

fn rows(server: &mut Server, moments: &Value) -> Vec<Value> {
    let result = server.call("show_moments", json!({"moments": moments}));
    assert_ne!(result["isError"], true, "{result}");
    result["structuredContent"]["moments"].as_array().unwrap().clone()
}

fn looked_up(upstream: &Upstream) -> usize {
    let listing = |seen: &Seen| seen.target.starts_with("/indexes");
    upstream.take().iter().filter(|seen| listing(seen)).count()
}

#[test]
fn a_segment_id_alone_has_title_time_and_text() {
    let (upstream, mut server) = fresh();
    // Alone, beside another video, and beside a moment of the same video.
    for moments in [json!([SEGMENT]), json!([format!("{OTHER}@0-5"), SEGMENT]), json!([format!("{VIDEO}@100-120"), SEGMENT])] {
        let (_upstream, mut server) = fresh();
        let row = rows(&mut server, &moments).pop().unwrap();
        assert_eq!((&row["moment"], &row["segment_id"]), (&json!(HANDLE), &json!(SEGMENT)), "{row}");
        assert!(row["video_name"].as_str().unwrap().starts_with(TITLE), "{row}");
        assert!(row["end_time"] == 68 && !row["content"].as_str().unwrap().is_empty() && row.get("error").is_none(), "{row}");
    }
    // What this process has shown needs no look-up.
    server.ok("search_videos", json!({"query": "a train robbery", "index_id": "idx_early_cinema", "top_k": 30}));
    upstream.take();
    assert_eq!(rows(&mut server, &json!([SEGMENT]))[0]["moment"], HANDLE);
    assert_eq!(looked_up(&upstream), 0);
}

#[test]
fn several_unknown_ids_are_looked_up_together() {
    let (upstream, mut server) = fresh();
    let one = rows(&mut server, &json!([SEGMENT])).len();
    let cost = looked_up(&upstream);
    let (upstream, mut server) = fresh();
    let ids = json!([SEGMENT, "seg_great_train_robbery_1903_002", "seg_safety_last_1923_001", "vid_blue_marble_1972"]);
    let all = rows(&mut server, &ids);
    assert_eq!((one, all.len(), looked_up(&upstream)), (1, 4, cost));
    assert!(all.iter().all(|row| row.get("error").is_none() && row["video_name"].is_string()), "{all:?}");
    assert_eq!(all[3]["video_id"], "vid_blue_marble_1972", "a picture has one moment, so its id names it");
}

#[test]
fn an_id_of_nothing_is_not_found() {
    let (_upstream, mut server) = fresh();
    let all = rows(&mut server, &json!([SEGMENT, "seg_nothing_1900_001", VIDEO]));
    let error = |row: usize| all[row]["error"].as_str().unwrap_or_default();
    assert!(error(0).is_empty() && error(1).contains("no segment and no video"), "{all:?}");
    assert!(error(2).contains("several segments"), "{all:?}");
    let text = server.error("show_moments", json!({"moments": ["seg_nothing_1900_001"]}));
    assert!(text.contains("seg_nothing_1900_001") && text.contains("no segment and no video"), "{text}");
}

#[test]
fn what_cannot_be_looked_up_is_not_called_missing() {
    let (upstream, mut server) = fresh();
    upstream.script(|seen| if seen.target.starts_with("/indexes") { Answer::html(404) } else { Answer::Pass });
    let text = server.error("show_moments", json!({"moments": ["seg_nothing_1900_001", format!("{TITLE}@1-2")]}));
    assert!(text.contains("seg_nothing_1900_001: it could not be looked up") && text.contains("could not be looked up"), "{text}");
    assert!(
        text.contains(&format!("the title \\\"{TITLE}\\\" could not be looked up")) && !text.contains("no segment and no video"),
        "{text}"
    );
}

#[test]
fn a_segment_that_no_list_has_still_shows_its_picture() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| match seen.target.as_str() {
        "/videos/segments/seg_of_an_old_run/thumbnail" => Answer::Fixed(200, vec![("content-type", "image/png".into())], png(8, 8)),
        _ => Answer::Pass,
    });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--output", "json"]);
    let all = rows(&mut server, &json!(["seg_of_an_old_run", SEGMENT]));
    assert!(all[0]["segment_id"] == "seg_of_an_old_run" && all[0].get("error").is_none() && all[0].get("moment").is_none(), "{all:?}");
}

#[test]
fn a_title_stands_for_its_video() {
    let (_upstream, mut server) = fresh();
    let by_title = format!("{TITLE}@60-67");
    let moment = server.call("show_moment", json!({"video_id": by_title}));
    assert_eq!(moment["structuredContent"]["segment_id"], SEGMENT, "{moment}");
    let all = rows(&mut server, &json!([by_title, format!("{OTHER}@0-5"), "No Such Film@1-2", "the great train ROBBERY@0:01-0:02"]));
    assert!(all[0]["segment_id"] == SEGMENT && all[3]["segment_id"] == SEGMENT, "{all:?}");
    assert!(all[2]["error"].as_str().unwrap().contains("no video `No Such Film`"), "{all:?}");
    for tool in ["search_videos_by_image", "multimodal_search"] {
        let (text, facts) = server.ok(tool, json!({"like": by_title, "index_id": "idx_early_cinema", "top_k": 3}));
        assert!(facts["results"].as_array().unwrap().iter().all(|hit| hit["segment_id"] != SEGMENT), "{text}");
        assert!(facts["notes"].to_string().contains("was taken for"), "{text}");
        let text = server.error(tool, json!({"like": "No Such Film@1-2", "index_id": "idx_early_cinema"}));
        assert!(text.contains("No Such Film"), "{text}");
    }
}

#[test]
fn a_link_that_fails_does_not_hide_the_next_one() {
    for first in [json!({"thumbnail_uri": "LINK/gone.png"}), json!({"thumbnail_data": "no base64!"})] {
        let upstream = Upstream::before(&shared().base_url);
        let root = upstream.base_url.clone();
        upstream.script(move |seen: &Seen| match seen.target.as_str() {
            target if target.ends_with("/thumbnail") => {
                let body = first.to_string().replace("LINK", &root);
                Answer::Fixed(200, vec![("content-type", "application/json".into())], body.into_bytes())
            }
            target if target.ends_with("/gone.png") => Answer::html(404),
            target if target.ends_with("/there.png") => Answer::Fixed(200, vec![("content-type", "image/png".into())], png(8, 8)),
            target if target.contains("/segments?") => {
                let link = format!("{root}/there.png");
                Answer::Changed(
                    std::sync::Arc::new(move |page: &mut Value| {
                        for segment in page["data"].as_array_mut().unwrap() {
                            segment["thumbnail_uri"] = json!(link);
                        }
                    }),
                    Vec::new(),
                )
            }
            _ => Answer::Pass,
        });
        let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
        let result = server.call("show_moment", json!({"video_id": HANDLE}));
        assert!(result["content"].as_array().unwrap().iter().any(|block| block["type"] == "image"), "{result}");
    }
}

#[test]
fn ids_that_exist_and_do_not_go_together_are_told_so_at_once() {
    let (upstream, mut server) = fresh();
    let elsewhere = "run_scene_catalogue_american_life";
    for (tool, given) in [
        ("get_video_segments", json!({"video_id": VIDEO, "run_id": elsewhere})),
        ("get_prompt_run_results", json!({"run_id": elsewhere, "video_id": VIDEO})),
        ("get_prompt_run_video_result", json!({"run_id": elsewhere, "video_id": VIDEO})),
        ("show_moment", json!({"video_id": HANDLE, "run_id": elsewhere})),
    ] {
        let text = server.error(tool, given);
        let reason = text.contains("This run does not cover that video.") && text.contains(&format!("{VIDEO} exists, but"));
        assert!(reason && !text.contains("taken for") && !text.contains("Did you mean"), "{tool}: {text}");
        let sent = upstream.take();
        assert!(sent.len() <= 3, "{tool}: {sent:?}");
    }
}

#[test]
fn a_range_that_no_segment_shares_shows_none() {
    let (upstream, mut server) = fresh();
    // It lies in the gap between two segments, and touches both.
    let text = server.error("show_moment", json!({"video_id": "vid_metropolis_1927@480-800"}));
    assert!(text.contains("has no segment at 8:00-13:20"), "{text}");
    let all = rows(&mut server, &json!([HANDLE, "vid_metropolis_1927@480-800", "vid_metropolis_1927@9-3"]));
    assert!(all[0].get("error").is_none() && all[1]["error"].as_str().unwrap().contains("no segment at"), "{all:?}");
    assert!(all[2]["error"].as_str().unwrap().contains("the start first"), "{all:?}");
    upstream.take();
    for broken in ["vid_metropolis_1927@3700-3660", "vid_metropolis_1927@10", "vid_metropolis_1927@61:00"] {
        let text = server.error("show_moment", json!({"video_id": broken}));
        assert!(text.contains("is no range") && text.contains("`time`"), "{text}");
    }
    assert!(upstream.take().is_empty(), "that needs no look-up");
}

#[test]
fn a_handle_is_taken_for_the_id_of_a_segment() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &["--output", "json"]);
    let shown = |server: &mut Server, given: Value| server.ok("show_moment", given).1["segment_id"].clone();
    for given in [
        json!({"segment_id": HANDLE}),
        json!({"video_id": VIDEO, "segment_id": HANDLE}),
        json!({"video_id": HANDLE, "segment_id": SEGMENT}),
    ] {
        assert_eq!(shown(&mut server, given.clone()), SEGMENT, "{given}");
    }
    for given in
        [json!({"video_id": OTHER, "segment_id": HANDLE}), json!({"video_id": HANDLE, "segment_id": "seg_great_train_robbery_1903_004"})]
    {
        let text = server.error("show_moment", given);
        assert!(text.contains("name different moments"), "{text}");
    }
}

#[test]
fn what_an_id_is_of_is_told_and_the_videos_are_listed_once() {
    let (upstream, mut server) = fresh();
    let text = server.error("get_video", json!({"video_id": "run_scene_catalogue_early_cinema"}));
    assert!(text.contains("run_scene_catalogue_early_cinema looks like the id of a run"), "{text}");
    let text = server.error("wait_for_export", json!({"export_id": "run_x"}));
    assert!(text.contains("`export_id`: run_x looks like the id of a run"), "{text}");
    upstream.take();
    server.error("show_moment", json!({"video_id": "nonsense"}));
    let mut listed: Vec<String> = upstream.take().into_iter().map(|seen| seen.target).filter(|to| to.starts_with("/indexes")).collect();
    let all = listed.len();
    listed.sort();
    listed.dedup();
    assert_eq!(listed.len(), all, "{listed:?}");
}

#[test]
fn titles_are_taken_where_many_ids_are() {
    let (_upstream, mut server) = fresh();
    let (_, found) = server.ok("get_videos", json!({"video_ids": ["Metropolis", VIDEO]}));
    assert!(found["total_videos"] == 2 && found.get("missing_video_ids").is_none(), "{found}");
    let (_, found) = server.ok("get_videos", json!({"video_ids": format!("{VIDEO}, {OTHER}")}));
    assert_eq!(found["total_videos"], 2, "{found}");
}

#[test]
fn an_argument_that_an_answer_shows_to_be_wrong_was_not_refused_before_anything_was_sent() {
    let (_upstream, mut server) = fresh();
    let given = json!({"run_id": "run_scene_catalogue_early_cinema", "index_id": "American life"});
    let text = server.error("tabulate_prompt_run", given);
    assert!(text.contains("belongs to the index") && !text.contains("nothing was sent"), "{text}");
}

#[test]
fn what_cannot_be_read_is_not_called_empty() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| match seen.target.as_str() {
        "/videos/batch/segments" => Answer::html(404),
        target if target.starts_with(&format!("/videos/{OTHER}/segments")) => {
            Answer::json(500, &json!({"error": {"code": "internal_error", "message": "boom"}}))
        }
        _ => Answer::Pass,
    });
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--output", "json", "--max-retries", "0"]);
    let all = rows(&mut server, &json!([HANDLE, format!("{OTHER}@0-5"), format!("{OTHER}@300-310")]));
    assert!(all[0].get("error").is_none(), "{all:?}");
    for row in &all[1..] {
        let error = row["error"].as_str().unwrap();
        assert!(error.contains("internal_error") && !error.contains("no segments"), "{row}");
    }
}

#[test]
fn a_moment_that_was_found_shows_what_was_found_there() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all", "--confirm", "never"]);
    let search = json!({"query": "in the crypt Hutter finds a rotten coffin", "index_id": "Early cinema", "top_k": 1});
    let (_, found) = server.ok("search_videos", search);
    let hit = found["results"][0].clone();
    let handle = format!("{}@{}-{}", hit["video_id"].as_str().unwrap(), hit["start_time"], hit["end_time"]);
    // A later run over the same film, which says less.
    let made = json!({"name": "Counts", "prompt_text": "Count the people.", "json_schema": {"type": "object",
        "properties": {"people_count": {"type": "integer"}}}});
    let prompt = server.ok("create_prompt", made).1["prompt"]["prompt_id"].clone();
    let run = json!({"prompt_id": prompt, "target": {"type": "videos", "video_ids": [hit["video_id"]]}});
    let run_id = server.ok("execute_prompt", run).1["run_id"].clone();
    assert_eq!(server.ok("wait_for_prompt_run", json!({"run_id": run_id})).1["status"], "completed");
    let beside = json!({"moments": [format!("{OTHER}@0-5"), handle]});
    for (tool, call) in
        [("show_moment", json!({"video_id": handle})), ("show_moments", json!({"moments": [handle]})), ("show_moments", beside)]
    {
        let (said, _) = server.ok(tool, call);
        assert!(said.contains("coffin"), "{tool}: {said}");
    }
    let (said, _) = server.ok("show_moment", json!({"video_id": handle, "run_id": run_id}));
    assert!(said.contains("people_count") && !said.contains("coffin"), "{said}");
}
