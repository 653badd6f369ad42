//! The workflow facade and the searches beyond one index.

use serde_json::{Value, json};

use crate::{
    openapi::Check,
    support::{Playground, Server, Upstream, shared, untouched},
};

const VIDEO: &str = "vid_great_train_robbery_1903";
const RUN: &str = "run_scene_catalogue_early_cinema";
const OTHER_RUN: &str = "run_action_log_early_cinema";
const ALL: [&str; 2] = ["--toolsets", "all"];

/// Calls each operation of the facade, and the searches beyond one index.
pub fn calls(check: &mut Check<'_>) {
    let condition = json!({"field": "outdoor", "operator": "equals", "type": "boolean", "value": true});
    check.ask("POST /playground/search", "/playground/search", Some(&json!({"query": "train"})));
    check.ask("POST /search/filter/playground", "/search/filter/playground", Some(&json!({"conditions": [condition]})));
    check.ask("POST /search/multi-run", "/search/multi-run", Some(&json!({"query": "train", "run_ids": [RUN, OTHER_RUN]})));
    let found = check.ask("POST /workflow/search", "/workflow/search", Some(&json!({"query": "train", "limit": 2})));
    let cursor = found["pagination"]["next_cursor"].as_str().unwrap();
    check.ask("GET /workflow/search/page", &format!("/workflow/search/page?cursor={cursor}"), None);
    check.ask("GET /workflow/runs/{run_id}/results", &format!("/workflow/runs/{RUN}/results?view=both&limit=2"), None);
    let body = json!({"prompt_instruction": "Count the people", "video_ids": VIDEO});
    check.ask("POST /workflow/process", "/workflow/process", Some(&body));
}

fn server() -> Server {
    Server::with_key(&untouched().base_url, &untouched().api_key, &ALL)
}

fn rows<'a>(answer: &'a Value, member: &str) -> &'a Vec<Value> {
    answer[member].as_array().unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn without_media_outside_of_an_index_a_search_says_so() {
    let mut server = server();
    let condition = json!({"field": "outdoor", "operator": "equals", "type": "boolean", "value": "true"});
    for (tool, given) in [("search_playground", json!({"query": "train"})), ("filter_playground", json!({"conditions": [condition]}))] {
        let (text, found) = server.ok(tool, given);
        assert!(found["total_results"] == 0 && text.contains("There are no media without an index"), "{text}");
    }
    let text = server.error("filter_playground", json!({"conditions": [{"field": "a", "operator": "like", "type": "string"}]}));
    assert!(text.contains("conditions[0]") && text.contains("nothing was sent"), "{text}");
}

#[test]
fn several_runs_are_searched_at_once() {
    let mut server = server();
    let both = json!([RUN, OTHER_RUN]);
    let (text, all) = server.ok("search_runs", json!({"query": "a train is robbed", "run_ids": both, "aggregation": "all", "top_k": 3}));
    let runs = |found: &Value| {
        let row = |row: &Value| row["run_id"].as_str().unwrap_or_else(|| found["run_ids"][0].as_str().unwrap()).to_owned();
        rows(found, "results").iter().map(row).collect::<std::collections::BTreeSet<_>>().len()
    };
    assert!(rows(&all, "results").len() == 6 && runs(&all) == 2, "{text}");
    let (_, best) = server.ok("search_runs", json!({"query": "a train is robbed", "run_ids": both, "top_k": 3}));
    let handles: std::collections::BTreeSet<_> =
        rows(&best, "results").iter().map(|row| (row["video_id"].to_string(), row["start_time"].to_string())).collect();
    assert_eq!(handles.len(), rows(&best, "results").len(), "{best}");
    let (_, of_index) = server.ok("search_runs", json!({"query": "train", "index_id": "Early cinema", "aggregation": "weighted"}));
    assert!(!rows(&of_index, "results").is_empty(), "{of_index}");
    assert!(server.error("search_runs", json!({"query": "train"})).contains("give `run_ids` or `index_id`"));
}

#[test]
fn the_pages_of_a_search_are_frozen_and_not_counted_again() {
    let playground = Playground::start(&[]);
    let searches = || {
        let usage = playground.with_key(&playground.api_key, "GET", "/usage", None).json();
        usage["metrics"]["search_queries"]["value"].as_f64().or_else(|| usage["metrics"]["search_queries"].as_f64()).unwrap_or_default()
    };
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &ALL);
    let (text, first) = server.ok("search_media", json!({"query": "train", "limit": 4}));
    assert_eq!((rows(&first, "data").len(), first["mode"].as_str()), (4, Some("vector")), "{first}");
    assert!(text.contains("More: cursor=") && first["pagination"]["has_more"] == true, "{text}");
    let counted = searches();
    // Another process goes on where this one stopped.
    let mut other = Server::with_key(&playground.base_url, &playground.api_key, &ALL);
    let (_, second) = other.ok("search_media", json!({"cursor": first["next_cursor"]}));
    let ids = |page: &Value| rows(page, "data").iter().map(|row| (row["video_id"].clone(), row["start_time"].clone())).collect::<Vec<_>>();
    assert!(rows(&second, "data").len() == 4 && ids(&first).iter().all(|id| !ids(&second).contains(id)), "{second}");
    assert_eq!(ids(&other.ok("search_media", json!({"cursor": first["next_cursor"]})).1), ids(&second));
    assert!((searches() - counted).abs() < 1e-9, "reading a page is no search");
    let text = other.error("search_media", json!({"cursor": "wfs_none.4"}));
    assert!(text.contains("invalid_cursor"), "{text}");
}

#[test]
fn media_are_searched_by_words_or_by_filters_in_one_place() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &ALL);
    let filter =
        json!([{"field": "people_count", "operator": "greater_than", "value": 3}, {"field": "outdoor", "value": true, "type": "boolean"}]);
    let (text, found) = server.ok("search_media", json!({"filters": filter, "prompt_run_ids": [RUN]}));
    assert!(found["mode"] == "condition" && !rows(&found, "data").is_empty(), "{text}");
    for row in rows(&found, "data") {
        assert!(row["values"]["people_count"].as_u64().unwrap() > 3 && row["values"]["outdoor"] == true, "{row}");
    }
    let (_, whole) = server.ok("search_media", json!({"query": "train", "result_level": "video", "index_name": "early cinema"}));
    assert!(rows(&whole, "data").iter().all(|row| row["result_type"] == "video"), "{whole}");
    let (text, none) =
        server.ok("search_media", json!({"filters": [{"field": "mood", "value": "no such mood"}], "index_id": "Early cinema"}));
    assert!(
        rows(&none, "data").is_empty() && text.contains("It looked at ") && text.contains("Values of `mood` are, for example: "),
        "{text}"
    );
    upstream.take();
    for (given, told) in [
        (json!({}), "either `query` or `filters`"),
        (json!({"query": "a", "filters": filter}), "either `query` or `filters`"),
        (json!({"query": "a", "video_ids": [VIDEO], "index_name": "x"}), "exclude one another"),
        (json!({"query": "a", "cursor": "c"}), "stands alone"),
        (json!({"filters": [{"field": "a", "operator": "is_empty", "value": 1}]}), "filters[0]"),
    ] {
        let text = server.error("search_media", given.clone());
        assert!(text.contains(told) && text.contains("nothing was sent"), "{given}: {text}");
    }
    let sent = upstream.take();
    assert!(sent.is_empty(), "{sent:?}");
}

#[test]
fn media_are_processed_once_per_key() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &ALL);
    let given = json!({"prompt_instruction": "Count the people", "video_ids": [VIDEO, VIDEO], "index_id": "Early cinema",
        "segmentation_mode": "fixed", "idempotency_key": "once"});
    let (text, started) = server.ok("process_media", given.clone());
    assert!(started["prompt_generated_inline"] == true && text.contains("Idempotency key: once"), "{text}");
    assert_eq!(server.ok("process_media", given).1["run_id"], started["run_id"]);
    let run =
        playground.with_key(&playground.api_key, "GET", &format!("/prompt-runs/{}", started["run_id"].as_str().unwrap()), None).json();
    assert_eq!((&run["video_segmentation_type"], &run["video_segment_duration"]), (&json!("fixed"), &json!(10)), "{run}");
    assert_eq!(run["total_videos"], 1);
    for (given, told) in [
        (json!({"prompt_id": "p", "prompt_instruction": "x"}), "either `prompt_id` or `prompt_instruction`"),
        (json!({}), "either `prompt_id` or `prompt_instruction`"),
        (json!({"prompt_id": "p", "fixed_segment_duration_seconds": 5}), "fixed only"),
        (json!({"prompt_id": "p", "import_job_id": "j", "video_ids": [VIDEO]}), "excludes"),
        (json!({"prompt_id": "prompt_action_log", "index_name": "no such index"}), "no index `no such index`"),
        (json!({"prompt_id": "prompt_action_log", "import_job_id": "none"}), "resource_import_job_not_found"),
    ] {
        let text = server.error("process_media", given.clone());
        assert!(text.contains(told), "{given}: {text}");
    }
}

#[test]
fn the_matches_of_a_run_are_paged_over_all_its_videos() {
    let mut server = server();
    let (text, first) = server.ok("get_run_matches", json!({"run_id": RUN, "limit": 3}));
    assert!(rows(&first, "results").len() == 3 && text.contains("filtered_cursor="), "{text}");
    let (_, second) = server.ok("get_run_matches", json!({"run_id": RUN, "limit": 3, "filtered_cursor": first["filtered_cursor"]}));
    assert_ne!(first["results"][0]["segment_id"], second["results"][0]["segment_id"]);
    let (_, both) = server.ok("get_run_matches", json!({"run_id": RUN, "view": "both", "limit": 2, "video_id": VIDEO}));
    // Nothing is selected in this run, so both lists are the same.
    assert!(rows(&both, "results").len() == 2 && both["notes"].to_string().contains("stand here once"), "{both}");
    assert!(rows(&both, "results").iter().all(|row| row["video_id"] == VIDEO));
    let (_, whole) = server.ok("get_run_matches", json!({"run_id": RUN, "result_level": "video"}));
    assert!(rows(&whole, "results").iter().all(|row| row.get("segment_id").is_none()), "{whole}");
}

#[test]
fn no_cursor_leads_past_rows_that_were_cut() {
    let mut server = server();
    let (text, cut) = server.ok("search_media", json!({"query": "train", "limit": 50, "detail": "full"}));
    assert!(cut["truncated"] == true && cut.get("next_cursor").is_none() && cut.get("pagination").is_none(), "{text}");
    let (text, cut) = server.ok("get_run_matches", json!({"run_id": RUN, "limit": 50}));
    assert!(cut["truncated"] == true && cut.get("filtered_cursor").is_none() && !text.contains("filtered_cursor"), "{text}");
    let (text, rest) = server.ok("get_run_matches", json!({"run_id": RUN, "limit": 50, "from_row": cut["next_row"]}));
    assert!(rest["filtered_cursor"].is_string() && text.contains("filtered_cursor="), "{text}");
}

#[test]
fn a_later_page_of_a_search_is_not_called_weak() {
    let mut server = server();
    let (_, first) = server.ok("search_media", json!({"query": "train horses people river valley", "limit": 3}));
    let (text, second) = server.ok("search_media", json!({"cursor": first["next_cursor"]}));
    assert!(rows(&second, "data").iter().all(|row| row.get("weak").is_none()) && !text.contains("No close match"), "{text}");
}

#[test]
fn all_indexes_are_no_filter() {
    let mut server = server();
    let (_, jobs) = server.ok("list_import_jobs", json!({"index_id": "all"}));
    let (_, every) = server.ok("list_import_jobs", json!({}));
    assert_eq!((&jobs["total_jobs"], jobs["filter"].get("index_id")), (&every["total_jobs"], None), "{jobs}");
}

#[test]
fn filters_that_find_nothing_are_explained_by_their_fields() {
    let mut server = server();
    for (filter, part) in [
        (json!({"field": "nope", "value": 20}), "`nope` is no field of these runs"),
        (json!({"field": "people_count", "value": "many"}), "`people_count` is an integer: there `equals` takes a whole number."),
        (json!({"field": "objects", "value": "train"}), "`objects` is an array, to which `equals` does not apply: use item_equals."),
        (json!({"field": "mood", "value": "Zzz"}), "Values of `mood` are, for example: "),
    ] {
        let (text, none) = server.ok("search_media", json!({"filters": [filter]}));
        assert!(text.contains(part) && text.contains("It looked at ") && !text.contains('{'), "{text}");
        assert!(none["notes"].to_string().contains(&part[..20]), "{none}");
    }
    let said = server.error("search_media", json!({"filters": [{"field": "mood", "operator": "like", "value": "x"}]}));
    assert!(said.contains("`filters[0]`: ") && said.contains("`operator` may not be `like`") && said.contains("item_contains"), "{said}");
}
