//! What was used and what it costs, as the tools tell it.

use serde_json::{Value, json};

use crate::support::{Answer, Playground, Server, Upstream, run, untouched};

const USAGE: [&str; 2] = ["--toolsets", "core,usage"];

#[test]
fn searches_are_counted_and_told_everywhere_alike() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &USAGE);
    let minute = || chrono::Utc::now().timestamp() / 60;
    let first = minute();
    for _ in 0..3 {
        server.ok("search_videos", json!({"query": "train", "index_id": "idx_early_cinema"}));
    }
    let (text, usage) = server.ok("get_usage", json!({}));
    let metric = usage["metrics"].as_object().unwrap().keys().find(|name| name.contains("search")).unwrap().clone();
    assert_eq!(usage["metrics"][&metric], 3.0, "{usage}");
    assert!(text.contains(&format!("{metric} 3")) && !text.contains("total_"), "{text}");
    let (_, breakdown) = server.ok("get_usage_breakdown", json!({}));
    assert_eq!(breakdown["breakdown"][&metric], 3.0, "{breakdown}");
    let (text, history) = server.ok("get_usage_history", json!({"limit": 1}));
    assert_eq!(history["total_periods"], 1, "{text}");
    assert_eq!(history["periods"][0]["metrics"][&metric], 3.0, "{history}");
    for tool in ["get_usage_details", "get_usage_history"] {
        let (text, _) = server.ok(tool, json!({"limit": 5000}));
        assert!(text.contains("lowered from 5000 to the maximum of 1000"), "{tool}: {text}");
    }
    let (text, details) = server.ok("get_usage_details", json!({"metric_type": metric, "limit": 2}));
    assert_eq!(details["total_details"].as_u64().unwrap(), details["details"].as_array().unwrap().len() as u64);
    assert!(text.lines().skip(1).take(2).all(|line| line.contains(&metric)), "{text}");
    let (text, metrics) = server.ok("list_usage_metrics", json!({}));
    assert!(metrics["metrics"].as_array().unwrap().iter().any(|row| row["type"] == metric.as_str()), "{metrics}");
    assert!(text.contains(&metric), "{text}");
    for name in ["get_rate_limits", "refresh_rate_limits"] {
        let (text, limits) = server.ok(name, json!({}));
        let used = limits["categories"]["search"]["minute_used"].as_u64().unwrap();
        // The API counts by minutes of the clock, and one may have ended since.
        assert!(used == 3 || (used < 3 && minute() != first), "{limits}");
        assert!(text.contains(&format!("Rate limit search: {} of 60 left this minute", 60 - used)), "{text}");
    }
}

#[test]
fn a_period_that_ends_today_says_so() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &USAGE);
    let before = chrono::Utc::now();
    let (text, facts) = server.ok("get_usage_breakdown", json!({}));
    let month = before.format("%Y-%m-01").to_string();
    let heading = |at: chrono::DateTime<chrono::Utc>| format!("Usage from {month} until {}", at.format("%Y-%m-%d"));
    assert!(text.starts_with(&heading(before)) || text.starts_with(&heading(chrono::Utc::now())), "{text}");
    assert!(facts["period_start"].as_str().unwrap().starts_with(&month), "{facts}");
    let (text, _) = server.ok("get_usage_breakdown", json!({"start_date": "2026-01-01", "end_date": "2026-01-31"}));
    assert!(text.starts_with("Usage from 2026-01-01 to before 2026-02-01: "), "{text}");
    let (text, _) = server.ok("get_usage_breakdown", json!({"start_date": "2026-01-05T09:30:00Z", "end_date": "2026-01-31"}));
    assert!(text.starts_with("Usage from 2026-01-05 09:30 UTC to before 2026-02-01: "), "{text}");
}

/// A period that is not understood must not be answered with another one.
#[test]
fn a_period_is_read_or_refused() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &USAGE);
    let (text, month) = server.ok("get_usage_breakdown", json!({"start_date": "2026-01", "end_date": "2026-01"}));
    assert!(text.starts_with("Usage from 2026-01-01 to before 2026-02-01: "), "{text}");
    assert_eq!(
        server.ok("get_usage_breakdown", json!({"start_date": "20260101", "end_date": "2026-01-31"})).1["breakdown"],
        month["breakdown"]
    );
    server.ok("get_usage_history", json!({"start_date": "2026-01-05T14:00", "end_date": "2026-01-05 15:00:00+0100"}));
    upstream.take();
    for (tool, given, part) in [
        ("get_usage_breakdown", json!({"start_date": "January 2026"}), "wants a date like 2026-01-31 or a time like 2026-01-31T14:00:00Z"),
        ("get_usage_details", json!({"end_date": "-7d"}), "`end_date` wants a date like 2026-01-31"),
        (
            "get_usage_breakdown",
            json!({"from": "2026-01-01", "to": "2026-01-31"}),
            "`from` (did you mean `start_date`?), `to` (did you mean `end_date`?)",
        ),
        ("get_usage_history", json!({"month": "2026-01"}), "did you mean `start_date`?"),
        ("get_usage", json!({"month": "2026-01"}), "get_usage_history has earlier months"),
        ("get_usage_details", json!({"max_results": 3}), "did you mean `limit`?"),
        (
            "estimate_prompt_run",
            json!({"prompt_id": "p", "target": {"type": "playground"}, "max_mt": 500}),
            "execute_prompt and others that cost take `max_mt`",
        ),
    ] {
        let text = server.error(tool, given.clone());
        assert!(text.contains(part), "{given}: {text}");
    }
    assert!(upstream.take().iter().all(|seen| !seen.target.starts_with("/usage")), "nothing was sent");
    let (text, none) = server.ok("get_usage_details", json!({"metric_type": "tokens"}));
    assert!(none["total_details"] == 0 && text.contains("`tokens` is no metric") && text.contains("Metrics: "), "{text}");
}

#[test]
fn what_is_deleted_is_no_longer_stored() {
    let playground = Playground::alone(&[]);
    let stored = || {
        let usage = playground.with_key(&playground.api_key, "GET", "/usage", None).json();
        (usage["metrics"]["storage_bytes"].as_f64().unwrap(), usage["metrics"]["ingested_bytes"].as_f64().unwrap())
    };
    let wave = [b"RIFF\x24\0\0\0WAVEfmt ".as_slice(), &[0; 200]].concat();
    #[expect(clippy::cast_precision_loss, reason = "it is 216")]
    let size = wave.len() as f64;
    let made = playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": "Sounds"}))).json();
    let index = made["index_id"].as_str().unwrap();
    let alone = playground.upload("a.wav", &wave)["video_id"].as_str().unwrap().to_owned();
    let within = playground.with_form("/videos/upload", &[("title", "b"), ("index_id", index)], ("file", "b.wav", &wave));
    assert_eq!(within.status, 201, "{}", within.json());
    assert_eq!(stored(), (2.0 * size, 2.0 * size));
    for path in [format!("/videos/{alone}"), format!("/indexes/{index}")] {
        assert_eq!(playground.with_key(&playground.api_key, "DELETE", &path, None).status, 202, "{path}");
        // Once more changes nothing.
        playground.with_key(&playground.api_key, "DELETE", &path, None);
    }
    assert_eq!(stored(), (0.0, 2.0 * size), "what came in stays counted");
}

#[test]
fn the_prices_are_those_of_the_estimates() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &USAGE);
    let (text, prices) = server.ok("get_pricing", json!({}));
    let estimate = |server: &mut Server, model: &str| {
        let target = json!({"type": "videos", "video_ids": ["vid_great_train_robbery_1903"]});
        let given = json!({"prompt_id": "prompt_scene_catalogue", "target": target, "processing_model": model});
        server.ok("estimate_prompt_run", given).1["breakdown"]["model_factor"].clone()
    };
    for model in prices["processing_models"].as_array().unwrap() {
        let name = model["processing_model"].as_str().unwrap();
        assert!(text.contains(name), "{text}");
        assert_eq!(model["model_factor"], estimate(&mut server, name), "{name}");
    }
}

#[test]
fn it_is_offered_where_it_is_asked_for() {
    let names = |toolsets: &[&str]| Server::with_key(&untouched().base_url, &untouched().api_key, toolsets).tools();
    assert!(!names(&[]).contains(&"get_usage".to_owned()), "the default is the core");
    assert!(names(&["--toolsets", "usage"]).iter().all(|name| name == "get_key_info" || name != "search_videos"));
    for toolsets in [&USAGE[..], &["--toolsets", "usage"], &["--toolsets", "all"], &["--tools", "get_usage"]] {
        assert!(names(toolsets).contains(&"get_usage".to_owned()), "{toolsets:?}");
    }
    let environment = [("VIDEOSEARCH_BASE_URL", untouched().base_url.as_str()), ("VIDEOSEARCH_API_KEY", &untouched().api_key)];
    let ended = run(&["call", "get_pricing"], &environment);
    assert!(ended.status.success(), "a tool that is called by its name need not be switched on");
}

#[test]
fn answers_that_nobody_promised_are_told_as_they_are() {
    let answers: [(&str, Value, &str); 5] = [
        ("get_usage", json!({"nothing": null}), "nothing was used"),
        ("get_usage_history", json!({"periods": null}), "Usage of 0 periods"),
        ("get_usage_details", json!({"data": [{"event_id": "e", "metric_type": "m\u{202e}", "value": 2.5}], "pagination": null}), "m 2.5"),
        ("get_rate_limits", json!({"categories": {}}), "Rate limits"),
        ("get_pricing", json!({"plans": [{"name": "pro", "price": 9}], "nothing": null}), "plans: [{\"name\":\"pro\",\"price\":9}]"),
    ];
    for (tool, body, expect) in answers {
        let upstream = Upstream::before(&untouched().base_url);
        let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &USAGE);
        server.tools();
        upstream.script(move |_| Answer::json(200, &body));
        let (text, _) = server.ok(tool, json!({}));
        assert!(text.contains(expect), "{tool}: {text}");
    }
}

/// A list without pages that is full may be a part.
#[test]
fn a_list_that_is_full_says_that_there_may_be_more() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &["--toolsets", "all"]);
    let of_webhook = |limit: u32| json!({"webhook_id": "whk_sample", "limit": limit});
    for (tool, full, not_full, more) in [
        ("list_exports", json!({"limit": 1}), json!({"limit": 100}), "at most 100"),
        ("list_import_jobs", json!({"limit": 1}), json!({}), "at most 200"),
        ("list_webhook_deliveries", of_webhook(1), of_webhook(100), "at most 100, or ask for one status"),
        ("get_usage_history", json!({"limit": 1}), json!({"limit": 1_000}), "a higher limit"),
    ] {
        let (text, facts) = server.ok(tool, full);
        assert!(text.contains("There may be more: ask with a higher limit") && text.contains(more), "{tool}: {text}");
        assert!(facts["notes"].to_string().contains("There may be more"), "{tool}: {facts}");
        assert!(!server.ok(tool, not_full).0.contains("There may be more"), "{tool}");
    }
    // Nobody said how many, and the API lists only so many then.
    let record = |n: usize| json!({"timestamp": format!("2026-01-01T00:00:{n:02}Z"), "metric_type": "m", "value": 1.0, "unit": "mt"});
    for (count, is_full) in [(99, false), (100, true)] {
        let records: Value = (0..count).map(record).collect();
        upstream.script(move |_| Answer::json(200, &records));
        let (text, _) = server.ok("get_usage_details", json!({}));
        assert_eq!(text.contains("a higher limit, at most 1000, or for one metric or a shorter period"), is_full, "{text}");
    }
}
