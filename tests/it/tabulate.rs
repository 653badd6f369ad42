//! A run as a table.

use serde_json::{Value, json};

use crate::support::{Answer, Server, Upstream, untouched};

const RUN: &str = "run_scene_catalogue_early_cinema";
const ALL: [&str; 2] = ["--toolsets", "runs"];

fn rows(answer: &Value) -> &Vec<Value> {
    answer["rows"].as_array().unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn a_run_is_tabulated_whole_page_by_page() {
    let run = untouched().with_key(&untouched().api_key, "GET", &format!("/prompt-runs/{RUN}"), None).json();
    let upstream = Upstream::before(&untouched().base_url);
    let mut seen: Vec<(String, String)> = Vec::new();
    let (mut cursor, mut pages) = (Value::Null, 0);
    loop {
        // Each page in a process of its own: the cursor holds all that is needed.
        let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &ALL);
        let given = json!({"run_id": RUN, "fields": ["mood", "entities[].name"], "limit": 37, "cursor": cursor});
        let (text, page) = server.ok("tabulate_prompt_run", given);
        assert!(text.contains("video_id,start_time,end_time,mood,entities[].name"), "{text}");
        assert!(rows(&page).len() <= 37 && rows(&page).iter().all(|row| row["values"]["mood"].is_string()), "{page}");
        seen.extend(rows(&page).iter().map(|row| (row["video_id"].to_string(), row["start_time"].to_string())));
        pages += 1;
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            assert!(text.contains("no more pages") && !text.contains("The run covers"), "{text}");
            break;
        }
    }
    let all = seen.len() as u64;
    seen.sort();
    seen.dedup();
    assert_eq!((all, seen.len() as u64), (run["completed_segments"].as_u64().unwrap(), all));
    let videos: std::collections::BTreeSet<_> = seen.iter().map(|(video, _)| video).collect();
    assert!(pages > 1 && videos.len() as u64 == run["total_videos"].as_u64().unwrap(), "{pages} {videos:?}");
    // A page costs a few requests: the run, its prompt, the media, and the results of each item.
    let asked = upstream.take().iter().filter(|seen| seen.target.contains("/results")).count();
    assert!(asked <= videos.len() + pages * 7, "{asked}");
}

#[test]
fn two_videos_make_one_table() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &ALL);
    let two = json!(["vid_great_train_robbery_1903", "vid_trip_to_the_moon_1902"]);
    let (text, table) = server.ok("tabulate_prompt_run", json!({"run_id": RUN, "video_ids": two, "fields": ["scene"], "limit": 200}));
    for video in two.as_array().unwrap() {
        assert!(rows(&table).iter().any(|row| row["video_id"] == *video), "{text}");
    }
    assert!(table.get("next_cursor").is_none() && table["total_rows"] == rows(&table).len(), "{table}");
    let (text, _) =
        server.ok("tabulate_prompt_run", json!({"run_id": RUN, "video_ids": two, "fields": ["mood", "nonsense"], "format": "lines"}));
    assert!(text.contains("@0-") && text.contains(" mood: ") && text.contains("No field of this run's prompt: nonsense"), "{text}");
    let (_, all) = server.ok("tabulate_prompt_run", json!({"run_id": RUN, "limit": 1}));
    let columns: Vec<_> = all["columns"].as_array().unwrap().iter().map(|column| column.as_str().unwrap()).collect();
    assert!(columns.contains(&"entities[].name") && !columns.contains(&"entities"), "{columns:?}");
    let text = server.error("tabulate_prompt_run", json!({"run_id": RUN, "cursor": "bm9uZQ"}));
    assert!(text.contains("`cursor` is not from a page of this run"), "{text}");
    let (_, page) = server.ok("tabulate_prompt_run", json!({"run_id": RUN, "limit": 1}));
    let other = json!({"run_id": "run_action_log_early_cinema", "cursor": page["next_cursor"]});
    assert!(server.error("tabulate_prompt_run", other).contains("not from a page of this run"));
    let text = server.error("tabulate_prompt_run", json!({"run_id": RUN, "fields": ["faces", "moods"], "limit": 2}));
    assert!(
        text.contains("No field of this run's prompt: faces, moods (did you mean `mood`?). Fields: ") && text.contains("mood string"),
        "{text}"
    );
}

/// A cursor counts items of its own list of media: over another list it would skip some and repeat others.
#[test]
fn a_page_goes_on_over_the_same_media_only() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &ALL);
    let two = ["vid_great_train_robbery_1903", "vid_metropolis_1927"];
    let (_, page) = server.ok("tabulate_prompt_run", json!({"run_id": RUN, "video_ids": two, "fields": ["mood"], "limit": 3}));
    let next = |media: Value| {
        let mut given = json!({"run_id": RUN, "fields": ["mood"], "limit": 3, "cursor": page["next_cursor"]});
        given.as_object_mut().unwrap().extend(media.as_object().unwrap().clone());
        given
    };
    for other in [json!({}), json!({"video_ids": [two[1], two[0]]}), json!({"index_id": "Early cinema"})] {
        let text = server.error("tabulate_prompt_run", next(other.clone()));
        assert!(text.contains("`cursor` is from a page of other media"), "{other}: {text}");
    }
    let (text, second) = server.ok("tabulate_prompt_run", next(json!({"video_ids": two})));
    assert!(rows(&second).iter().all(|row| two.contains(&row["video_id"].as_str().unwrap())), "{text}");
    // Whoever names the index of the run names what the run is over.
    let (_, first) = server.ok("tabulate_prompt_run", json!({"run_id": RUN, "limit": 3}));
    server.ok("tabulate_prompt_run", json!({"run_id": RUN, "index_id": "Early cinema", "limit": 3, "cursor": first["next_cursor"]}));
}

#[test]
fn cells_are_quoted_and_errors_do_not_lose_rows() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &ALL);
    server.tools();
    upstream.script(|seen| {
        let path = seen.target.split('?').next().unwrap();
        match path.rsplit('/').next() {
            Some("results") if seen.target.contains("video_id=v2") => {
                Answer::json(400, &json!({"error": {"code": "broken", "message": "No."}}))
            }
            Some("results") if seen.target.contains("video_id=v0") => {
                Answer::json(404, &json!({"error": {"code": "resource_video_not_found", "message": "No."}}))
            }
            Some("results") => Answer::json(
                200,
                &json!({"data": [
                    {"run_id": "r", "video_id": "v1", "segment_id": "s1", "start_time": 0, "end_time": 1.5, "metadata": {"say": "=HYPERLINK(\"x\"), said\nhe", "n": -2, "tags": ["a", "b"]}},
                    {"run_id": "r", "video_id": "v1", "segment_id": "s2", "start_time": 1.5, "end_time": 2, "field_extraction_error": "no picture", "metadata": {}},
                ], "pagination": {"limit": 100, "has_more": false, "next_cursor": null}}),
            ),
            _ if path.starts_with("/prompts/") => Answer::json(404, &json!({"error": {"code": "resource_prompt_not_found", "message": "Gone."}})),
            _ if path.starts_with("/prompt-runs/") => {
                Answer::json(200, &json!({"run_id": "r", "prompt_id": "p", "status": "completed", "total_videos": 3}))
            }
            _ => Answer::Pass,
        }
    });
    let (text, table) = server.ok("tabulate_prompt_run", json!({"run_id": "r", "video_ids": ["v0", "v1", "v2"]}));
    // The prompt is gone, so the fields are those that the results have.
    assert_eq!(table["columns"], json!(["say", "n", "tags"]), "{text}");
    assert!(text.contains("\nv1,0,1.5,\"=HYPERLINK(\"\"x\"\"), said he\",-2,a; b\nv1,1.5,2,,,\n"), "{text}");
    assert!(text.contains("a spreadsheet may take them for formulas") && text.contains("1 segment failed"), "{text}");
    assert!(text.contains("Reading stopped early") && table["next_cursor"].is_string(), "{text}");
    let text = server.error("tabulate_prompt_run", json!({"run_id": "r"}));
    assert!(text.contains("give `index_id` or `video_ids`"), "{text}");
}

/// The record of a run over chosen videos does not name them. Its results do.
#[test]
fn a_run_over_chosen_videos_is_tabulated_whole() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &ALL);
    let whole = server.ok("tabulate_prompt_run", json!({"run_id": RUN, "fields": ["mood"], "limit": 200})).1;
    upstream.script(|seen| match seen.target.strip_prefix("/prompt-runs/") {
        Some(RUN) => Answer::Changed(std::sync::Arc::new(|run| run["run_context"] = json!({"target_type": "videos"})), Vec::new()),
        _ => Answer::Pass,
    });
    let (text, first) = server.ok("tabulate_prompt_run", json!({"run_id": RUN, "fields": ["mood"], "limit": 150}));
    let mut given = json!({"run_id": RUN, "fields": ["mood"], "limit": 150});
    let mut all = rows(&first).clone();
    if let Some(cursor) = first.get("next_cursor") {
        given["cursor"] = cursor.clone();
        all.extend(rows(&server.ok("tabulate_prompt_run", given).1).iter().cloned());
    }
    let handles = |rows: &[Value]| {
        rows.iter().map(|row| format!("{}@{}", row["video_id"], row["start_time"])).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(handles(&all), handles(rows(&whole)), "{text}");
    let text = server.error("tabulate_prompt_run", json!({"run_id": RUN, "fields": ["Mood"]}));
    assert!(text.contains("did you mean `mood`?"), "{text}");
}

/// An upstream whose run names no media, and whose results name these, or fail with this status.
fn over_chosen(upstream: &Upstream, results: Result<&[&str], u16>) {
    let results = results.map(|videos| json!({"data": videos.iter().map(|video| json!({"video_id": video})).collect::<Vec<_>>()}));
    upstream.script(move |seen| match seen.target.strip_prefix("/prompt-runs/") {
        Some(RUN) => Answer::Changed(std::sync::Arc::new(|run| run["run_context"] = json!({"target_type": "videos"})), Vec::new()),
        Some(target) if target.ends_with("/failed-segments") => Answer::json(
            200,
            &json!({"run_id": RUN, "failed_segments": 1, "videos": [{"video_id": "vid_metropolis_1927", "segments": [{"segment_id": "s"}]}]}),
        ),
        None if seen.target.starts_with("/workflow/runs/") => match &results {
            Ok(results) => Answer::json(200, &json!({"run_id": RUN, "status": "completed", "unfiltered": results})),
            Err(status) => Answer::json(*status, &json!({"error": {"code": "no_such_thing", "message": "No."}})),
        },
        _ => Answer::Pass,
    });
}

#[test]
fn a_part_of_the_media_is_not_taken_for_all() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &[&ALL[..], &["--max-retries", "0"]].concat());
    for (status, said) in [(404, "give `index_id` or `video_ids`"), (500, "no_such_thing")] {
        over_chosen(&upstream, Err(status));
        let text = server.error("tabulate_prompt_run", json!({"run_id": RUN, "fields": ["mood"]}));
        assert!(text.contains(said), "{status}: {text}");
    }
    over_chosen(&upstream, Ok(&["vid_great_train_robbery_1903"]));
    let (text, _) = server.ok("tabulate_prompt_run", json!({"run_id": RUN, "fields": ["mood"], "limit": 500}));
    assert!(text.contains(" items, and rows of 2 were found. Give `index_id`"), "{text}");
}

#[test]
fn a_page_goes_on_while_further_media_get_results() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &ALL);
    let (one, two) = ("vid_great_train_robbery_1903", "vid_trip_to_the_moon_1902");
    over_chosen(&upstream, Ok(&[one]));
    let (_, first) = server.ok("tabulate_prompt_run", json!({"run_id": RUN, "fields": ["mood"], "limit": 1}));
    let next = json!({"run_id": RUN, "fields": ["mood"], "limit": 500, "cursor": first["next_cursor"]});
    over_chosen(&upstream, Ok(&[one, two]));
    let (text, rest) = server.ok("tabulate_prompt_run", next.clone());
    assert!([one, two].iter().all(|video| rows(&rest).iter().any(|row| row["video_id"] == *video)), "{text}");
    over_chosen(&upstream, Ok(&[two, one]));
    let text = server.error("tabulate_prompt_run", next);
    assert!(text.contains("begin again without it") && !text.contains("give the same"), "{text}");
}

#[test]
fn a_run_takes_its_own_index_by_name() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &ALL);
    for name in ["early CINEMA", "idx_early_cinema"] {
        let (text, table) = server.ok("tabulate_prompt_run", json!({"run_id": RUN, "index_id": name, "limit": 2}));
        assert_eq!(rows(&table).len(), 2, "{text}");
    }
    let text = server.error("tabulate_prompt_run", json!({"run_id": RUN, "index_id": "American life"}));
    assert!(text.contains("(idx_early_cinema), not to idx_american_life"), "{text}");
}

#[test]
fn a_field_of_whole_items_is_told_from_one_that_there_is_not() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &["--toolsets", "all"]);
    let said = server.error("tabulate_prompt_run", json!({"run_id": "run_scene_catalogue_early_cinema", "fields": ["summary"]}));
    assert!(said.contains("summary (it is one of whole items, which get_run_matches with result_level=video reads)"), "{said}");
}

/// Whoever redirects the output has a file of CSV, and reads on stderr what else there is to say.
#[test]
fn the_table_is_alone_on_stdout() {
    let environment = [("VIDEOSEARCH_BASE_URL", untouched().base_url.as_str()), ("VIDEOSEARCH_API_KEY", untouched().api_key.as_str())];
    let given = json!({"run_id": RUN, "fields": ["mood", "people_count"], "limit": 2}).to_string();
    let ran = crate::support::run(&["call", "tabulate_prompt_run", &given], &environment);
    let (table, said) = (crate::support::text(&ran.stdout), crate::support::text(&ran.stderr));
    let lines: Vec<&str> = table.lines().collect();
    assert!(ran.status.success() && lines.len() == 3 && lines[0] == "video_id,start_time,end_time,mood,people_count", "{table} {said}");
    assert!(lines.iter().all(|line| line.matches(',').count() >= 4), "{table}");
    assert!(said.contains("2 rows of run") && said.contains("More: cursor="), "{said}");
}
