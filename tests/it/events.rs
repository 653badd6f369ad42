//! The stream of events, and the tool that follows it.

use serde_json::{Value, json};

use crate::{
    openapi::Check,
    support::{Answer, Playground, Server, Upstream, http, shared},
};

const WORKFLOW: [&str; 2] = ["--toolsets", "workflow"];
const STREAM: &str = "/processing/events/stream";

/// Calls the operation once. The stream of a run that has ended ends, too.
pub fn calls(check: &mut Check<'_>) {
    check.ask("GET /processing/events/stream", &format!("{STREAM}?run_id=run_scene_catalogue_damaged"), None);
}

/// Starts a run over one short item: its id.
fn start() -> String {
    let target = json!({"type": "videos", "video_ids": ["vid_arrival_of_a_train_1896"]});
    let body = json!({"prompt_id": "prompt_action_log", "target": target});
    let made = shared().with_key(&shared().api_key, "POST", "/prompt-runs/execute", Some(&body));
    made.json()["run_id"].as_str().unwrap_or_else(|| panic!("{}", made.json())).to_owned()
}

#[test]
fn a_run_is_followed_to_its_end_and_can_be_taken_up_anywhere() {
    let run = start();
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &WORKFLOW);
    let id = server.ask("tools/call", json!({"name": "watch_processing", "arguments": {"run_id": run}, "_meta": {"progressToken": "p"}}));
    let watched = server.answer(id)["result"]["structuredContent"].clone();
    let events = watched["events"].as_array().unwrap().clone();
    let kinds: Vec<&str> = events.iter().map(|event| event["event_type"].as_str().unwrap()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"prompt_run.started"), Some(&"prompt_run.completed")), "{watched}");
    assert_eq!((&watched["finished"], watched["total_events"].as_u64()), (&json!(true), Some(kinds.len() as u64)));
    assert_eq!(watched["last_event_id"], events.last().unwrap()["event_id"]);
    let steps = server.kept().iter().filter(|message| message["method"] == "notifications/progress").count();
    assert_eq!(steps, kinds.len(), "one notification for each event");
    // Taken up after any event, the rest comes and nothing else.
    for (place, event) in events.iter().enumerate().take(2) {
        let (_, rest) = server.ok("watch_processing", json!({"run_id": run, "after": event["event_id"]}));
        assert_eq!(rest["events"].as_array().unwrap()[..], events[place + 1..], "after event {place}");
    }
    // After an event that nobody knows, all come again, and the answer says so.
    let (text, again) = server.ok("watch_processing", json!({"run_id": run, "after": "evt_nobody_knows"}));
    assert_eq!(again["total_events"].as_u64(), Some(kinds.len() as u64), "{text}");
    assert!(text.contains("does not know the event `evt_nobody_knows`") && text.contains("may repeat some"), "{text}");
    assert_eq!(again["last_event_id"], watched["last_event_id"]);
    let (text, _) = server.ok("watch_processing", json!({"run_id": run, "after": watched["last_event_id"]}));
    assert!(!text.contains("does not know"), "{text}");
    // A video's events are a part of them.
    let (_, of_video) = server.ok("watch_processing", json!({"run_id": run, "video_id": "vid_arrival_of_a_train_1896"}));
    assert!(of_video["events"].as_array().unwrap().iter().all(|event| event["video_id"] == "vid_arrival_of_a_train_1896"), "{of_video}");
}

#[test]
fn a_stream_that_breaks_off_is_taken_up_where_it_broke() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &WORKFLOW);
    server.tools();
    let event = |id: &str, kind: &str| {
        let data = json!({"event_id": id, "event_type": kind, "run_id": "r", "created_at": "2026-01-05T09:00:00.000Z"});
        format!(": a comment\n\nid: {id}\nevent: {kind}\ndata: {data}\n\n")
    };
    let stream = |body: String| Answer::Fixed(200, vec![("content-type", "text/event-stream".to_owned())], body.into_bytes());
    let (one, two) = (event("e1", "prompt_run.started"), event("e2", "prompt_run.completed"));
    upstream.take();
    upstream.script(move |seen| match (seen.target.starts_with(STREAM), seen.last_event_id.as_deref()) {
        (true, None) => stream(one.clone()),
        (true, Some("e1")) => stream(two.clone()),
        (true, other) => panic!("{other:?}"),
        (false, _) => Answer::json(200, &json!({"run_id": "r", "status": "processing"})),
    });
    let (text, watched) = server.ok("watch_processing", json!({"run_id": "r"}));
    let ids: Vec<&Value> = watched["events"].as_array().unwrap().iter().map(|event| &event["event_id"]).collect();
    assert_eq!((ids, &watched["finished"]), (vec![&json!("e1"), &json!("e2")], &json!(true)), "{text}");
    let opened = upstream.take().iter().filter(|seen| seen.target.starts_with(STREAM)).count();
    assert_eq!(opened, 2);
}

#[test]
fn a_stream_of_nothing_says_so_and_a_stranger_is_refused() {
    let quiet = Playground::start(&[]);
    let mut server = Server::with_key(&quiet.base_url, &quiet.api_key, &WORKFLOW);
    let (text, watched) = server.ok("watch_processing", json!({"index_id": "American life", "max_wait_seconds": 0}));
    // An index that does not exist would look as quiet.
    assert!(server.error("watch_processing", json!({"index_id": "Films", "max_wait_seconds": 0})).contains("no index `Films`"));
    assert!(watched["total_events"] == 0 && text.contains("Nothing happened"), "{text}");
    let url = format!("{}{STREAM}?run_id=none", shared().base_url);
    let reply = http("GET", &url, &[("x-api-key", &shared().api_key)], None);
    assert_eq!((reply.status, &reply.json()["error"]["code"]), (404, &json!("resource_run_not_found")));
}

#[test]
fn a_video_is_looked_up_before_it_is_watched() {
    let mut server = Server::with_key(&shared().base_url, &shared().api_key, &WORKFLOW);
    assert!(server.error("watch_processing", json!({"video_id": "vid_nope", "max_wait_seconds": 0})).contains("does not exist"));
    let (text, _) = server.ok("watch_processing", json!({"video_id": "Metropolis", "max_wait_seconds": 0, "after": "evt_nobody_knows"}));
    assert!(text.contains("`Metropolis` was taken for vid_metropolis_1927"), "{text}");
    // To go on means to watch the same.
    assert!(!text.contains("To go on") || text.contains(" video_id=vid_metropolis_1927."), "{text}");
}

#[test]
fn a_run_whose_state_nobody_knows_is_not_watched_after_its_stream_has_ended() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &WORKFLOW);
    server.tools();
    let data = json!({"event_id": "e1", "event_type": "prompt_run.started", "run_id": "r", "created_at": "2026-01-05T09:00:00.000Z"});
    let stream = format!("id: e1\nevent: prompt_run.started\ndata: {data}\n\n");
    upstream.take();
    upstream.script(move |seen| {
        if seen.target.starts_with(STREAM) {
            return Answer::Fixed(200, vec![("content-type", "text/event-stream".to_owned())], stream.clone().into_bytes());
        }
        Answer::json(200, &json!({"run_id": "r", "status": "archived"}))
    });
    let (text, watched) = server.ok("watch_processing", json!({"run_id": "r"}));
    assert_eq!((&watched["total_events"], &watched["finished"]), (&json!(1), &json!(false)), "{text}");
    assert!(text.contains("a state that this server does not know: \"archived\"") && text.contains("after=e1"), "{text}");
    assert!(!text.contains("has ended"), "{text}");
    assert_eq!(upstream.take().iter().filter(|seen| seen.target.starts_with(STREAM)).count(), 1);
}
