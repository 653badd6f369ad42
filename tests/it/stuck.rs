//! The overview: media that stand still are told of, and what failed lately, and what could not be read.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Answer, Playground, Server, Upstream, png, untouched};

/// An account that the API calls empty, without a price: unknown is not free.
#[test]
fn an_unknown_price_is_left_out_of_the_balance() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &[]);
    upstream.script(|seen| match seen.target.as_str() {
        "/prompt-runs/estimate" => {
            Answer::json(200, &json!({"estimated_mt": null, "sufficient_balance": false, "current_balance_mt": 0.0}))
        }
        _ => Answer::Pass,
    });
    let (text, facts) = server.ok("get_workflow_overview", json!({}));
    assert!(facts["counts"]["balance_low"] == 1 && text.contains("0 mt left") && !text.contains("costs 0 mt"), "{text}");
}

#[test]
fn media_are_stuck_only_once_they_have_stood_still() {
    let playground = Playground::alone(&[]);
    let index = playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": "Stills"}))).json()["index_id"].clone();
    let index = index.as_str().unwrap();
    let made = playground.with_form("/videos/upload", &[("title", "Just here"), ("index_id", index)], ("file", "a.png", &png()));
    let video = made.json()["video"]["video_id"].as_str().unwrap().to_owned();
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &[]);
    let told = |server: &mut Server, change: Value| {
        let target = format!("/indexes/{index}/videos");
        upstream.script(move |seen| {
            let change = change.clone();
            let write: Arc<dyn Fn(&mut Value) + Send + Sync> = Arc::new(move |body| {
                for row in body["data"].as_array_mut().into_iter().flatten() {
                    row.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
                }
            });
            if seen.target.starts_with(&target) { Answer::Changed(write, Vec::new()) } else { Answer::Pass }
        });
        let (text, facts) = server.ok("get_workflow_overview", json!({}));
        let line = text.lines().find(|line| line.contains(&video)).map(str::to_owned);
        assert_eq!(facts["counts"]["media_not_ready"], u64::from(line.is_some()), "{text}");
        line
    };
    let ago = |minutes: i64| (chrono::Utc::now() - chrono::Duration::minutes(minutes)).to_rfc3339();
    assert_eq!(told(&mut server, json!({})), None, "it came a moment ago");
    assert_eq!(told(&mut server, json!({"status": "processing", "created_at": ago(300), "updated_at": ago(2)})), None, "it moves");
    let line = told(&mut server, json!({"status": "processing", "created_at": ago(300), "updated_at": ago(40)})).unwrap();
    assert!(line.contains("\"Just here\" processing, unchanged for 40 min"), "{line}");
    let line = told(&mut server, json!({"created_at": ago(300)})).unwrap();
    assert!(line.contains("not_processed, unchanged for 5 h"), "{line}");
    let line = told(&mut server, json!({"status": "failed", "created_at": ago(0)})).unwrap();
    assert!(line.contains("failed, unchanged for 0 min"), "{line}");
}

/// Each part is optional, the runs as well, and what could not be read is said.
#[test]
fn an_overview_does_without_any_of_its_parts() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &[]);
    server.ok("get_key_info", json!({}));
    for (path, left_out) in [("/prompt-runs?", "runs ("), ("/prompt-runs/estimate", "balance ("), ("/webhooks", "webhooks (")] {
        let fails = Answer::json(403, &json!({"error": {"code": "no", "message": "no"}}));
        upstream.script(move |seen| if seen.target.starts_with(path) { fails.clone() } else { Answer::Pass });
        let (text, facts) = server.ok("get_workflow_overview", json!({}));
        assert!(text.contains("could not be read and are left out: ") && text.contains(left_out), "{path}: {text}");
        assert!(facts["counts"]["connectors_failing"].is_u64(), "{path}: {text}");
    }
    let fails = Answer::json(403, &json!({"error": {"code": "no", "message": "no"}}));
    upstream.script(move |seen| if seen.target.starts_with("/prompt-runs") { fails.clone() } else { Answer::Pass });
    let (text, _) = server.ok("list_prompts", json!({}));
    assert!(!text.contains("no run with results") && text.contains("listing runs failed"), "{text}");
}

#[test]
fn failures_are_told_of_with_their_time_and_for_some_days() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &[]);
    let (text, facts) = server.ok("get_workflow_overview", json!({}));
    assert!(
        facts["counts"]["runs_with_failures"] == 0 && text.contains("What failed more than 14 days ago is left out: 1 of the runs"),
        "{text}"
    );
    let overview = |server: &mut Server, change: Value| {
        upstream.script(move |seen| {
            let change = change.clone();
            let write: Arc<dyn Fn(&mut Value) + Send + Sync> = Arc::new(move |body| {
                for row in body.as_array_mut().into_iter().flatten().filter(|row| row["run_id"] == "run_scene_catalogue_damaged") {
                    row.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
                }
            });
            if seen.target.starts_with("/prompt-runs?") { Answer::Changed(write, Vec::new()) } else { Answer::Pass }
        });
        let (text, facts) = server.ok("get_workflow_overview", json!({}));
        (text.lines().find(|line| line.contains("run run_scene_catalogue_damaged")).unwrap_or_default().to_owned(), facts)
    };
    let day = (chrono::Utc::now() - chrono::Duration::days(2)).format("%Y-%m-%d").to_string();
    let at = format!("{day}T10:20:30Z");
    let (line, facts) = overview(&mut server, json!({"executed_at": at}));
    assert!(line.contains(&format!(", {day} 10:20")) && line.contains("diagnose_prompt_run"), "{line}");
    assert_eq!(facts["counts"]["runs_with_failures"], 1);
    let (line, facts) = overview(&mut server, json!({"executed_at": at, "status": null}));
    assert!(line.contains("state unknown") && line.contains("get_prompt_run_status") && !line.contains("wait_for"), "{line}");
    assert_eq!((&facts["counts"]["runs_in_unknown_state"], &facts["counts"]["runs_under_way"]), (&json!(1), &json!(0)));
}

/// An account of many indexes: the answer says of which ones it tells, and the newest are among them.
#[test]
fn where_nobody_looked_for_stuck_media_is_said() {
    let playground = Playground::alone(&[]);
    let make = |name: &str| playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": name}))).status;
    for name in ["One", "Two", "Three", "Four", "Five"] {
        assert!(make(name) < 300);
    }
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[]);
    let (text, facts) = server.ok("get_workflow_overview", json!({}));
    let note = facts["notes"].as_array().unwrap().iter().find_map(|note| note.as_str().filter(|note| note.starts_with("Of the media")));
    let note = note.unwrap_or_else(|| panic!("{text}"));
    assert!(note.contains("each of 3 of ") && note.contains("Five") && !note.contains("One"), "{note}");
    assert!(text.contains("list_videos reads the others"), "{text}");
}
