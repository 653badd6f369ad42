//! Questions to the library: sessions, answers over a stream, and streams that go wrong.

use serde_json::{Value, json};

use crate::{
    openapi::Check,
    support::{Answer, EVERYTHING, Playground, Server, Upstream, http, untouched},
};

const ASK: [&str; 2] = ["--toolsets", "chat"];

/// Calls each operation once, for the comparison with the description.
pub fn calls(check: &mut Check<'_>) {
    let session = check.ask("POST /chat/sessions", "/chat/sessions", None);
    let path = format!("/chat/sessions/{}", session["session_id"].as_str().unwrap());
    let turn = json!({"message": "a train"});
    check.ask("POST /chat/sessions/{session_id}/turns", &format!("{path}/turns"), Some(&turn));
    let playground = check.playground;
    let reply = playground.with_key(&playground.api_key, "POST", &format!("{path}/turns/stream"), Some(&turn));
    check.look("POST /chat/sessions/{session_id}/turns/stream", &reply);
    check.ask("GET /chat/sessions", "/chat/sessions", None);
    check.ask("GET /chat/sessions/{session_id}", &path, None);
    check.ask("GET /chat/sessions/{session_id}/turns", &format!("{path}/turns"), None);
    check.ask("DELETE /chat/sessions/{session_id}", &path, None);
}

/// The events of a stream: name and data.
fn events(body: &[u8]) -> Vec<(String, Value)> {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let read = |block: &str| {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned());
        Some((field("event:")?, serde_json::from_str(&field("data:")?).unwrap()))
    };
    text.split("\n\n").filter_map(read).collect()
}

/// A stream of these events.
fn stream(blocks: &str) -> Answer {
    Answer::Fixed(200, vec![("content-type", "text/event-stream".into())], blocks.as_bytes().to_vec())
}

fn is_stream(target: &str) -> bool {
    target.ends_with("/turns/stream")
}

#[test]
fn a_question_opens_a_session_and_another_goes_on_in_it() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &EVERYTHING);
    server.tools();
    upstream.take();
    let asked = json!({"message": "Où est-ce qu'un train est attaqué? 🚂 a train is robbed", "index_ids": ["Early cinema"]});
    let call = json!({"name": "ask_library", "arguments": asked, "_meta": {"progressToken": "p"}});
    let answer = server.request("tools/call", call);
    let (text, first) =
        (answer["result"]["content"][0]["text"].as_str().unwrap().to_owned(), answer["result"]["structuredContent"].clone());
    assert!(text.contains("No model speaks in the playground") && text.contains("vid_great_train_robbery_1903@"), "{text}");
    let cited = &first["citations"][0];
    let handle = cited["moment"].as_str().unwrap();
    assert!(text.contains(handle) && handle.starts_with(cited["video_id"].as_str().unwrap()), "{first}");
    assert!(cited["numbers"][0] == 1 && text.contains("\n[1]"), "{text}");
    let told: Vec<&Value> = server.kept().iter().filter(|message| message["method"] == "notifications/progress").collect();
    assert!(told.iter().any(|message| message["params"]["message"] == "tool call started: text_search"), "{told:?}");
    let sent: Vec<String> = upstream.take().into_iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect();
    let session = first["session_id"].as_str().unwrap();
    assert_eq!(sent.last().unwrap(), &format!("POST /chat/sessions/{session}/turns/stream"), "{sent:?}");

    let (_, second) = server.ok("ask_library", json!({"message": "a horse", "session_id": session}));
    assert_eq!(second["session_id"], session);
    let (text, turns) = server.ok("list_chat_turns", json!({"session_id": session}));
    assert_eq!((&turns["total_turns"], &turns["by_status"]["completed"]), (&json!(2), &json!(2)), "{text}");
    assert!(text.contains("Q: Où est-ce") && text.contains("Q: a horse A: No model speaks"), "{text}");
    let (text, _) = server.ok("get_chat_session", json!({"session_id": session}));
    assert!(text.contains("2 turns"), "{text}");
    assert_eq!(server.ok("list_chat_sessions", json!({})).1["total_sessions"], 2, "this one and the sample");
    // What is cited can be shown.
    server.ok("show_moment", json!({"video_id": handle}));
}

#[test]
fn the_same_key_asks_only_once() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let asked = json!({"message": "a train", "session_id": "chat_sample", "idempotency_key": "k1"});
    let first = server.ok("ask_library", asked.clone()).1;
    let again = server.ok("ask_library", asked).1;
    assert_eq!(first["turn_id"], again["turn_id"]);
    assert_eq!(server.ok("list_chat_turns", json!({"session_id": "chat_sample"})).1["total_turns"], 2);
    let other = server.error("ask_library", json!({"message": "a horse", "session_id": "chat_sample", "idempotency_key": "k1"}));
    assert!(other.contains("idempotency_request_mismatch"), "{other}");
    // On the wire the key may stand in the body or in either header.
    let url = format!("{}/chat/sessions/chat_sample/turns", playground.base_url);
    let key = ("x-api-key", playground.api_key.as_str());
    for (header, path) in
        [("x-idempotency-key", "/stream"), ("idempotency-key", "/stream"), ("x-idempotency-key", ""), ("idempotency-key", "")]
    {
        let name = format!("{header}{path}");
        let ask = || http("POST", &format!("{url}{path}"), &[key, (header, &name)], Some(&json!({"message": "a dog"})));
        let turn = |reply: &crate::support::Reply| match path {
            "" => reply.json()["turn"]["turn_id"].clone(),
            _ => events(&reply.body).last().unwrap().1["turn"]["turn_id"].clone(),
        };
        let (first, second) = (ask(), ask());
        assert!(turn(&first).is_string() && turn(&first) == turn(&second), "{name}");
        if path == "/stream" {
            let names = |reply: &crate::support::Reply| events(&reply.body).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
            assert_eq!(names(&first), ["turn_started", "agent_state", "tool_call_started", "tool_call_result", "turn_completed"]);
            assert_eq!(names(&second), ["turn_resumed", "turn_completed"]);
        }
    }
}

#[test]
fn a_question_whose_session_was_deleted_opens_another_one() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &[&EVERYTHING[..], &["--confirm", "never"]].concat());
    let question = json!({"message": "Where is a train robbed?", "idempotency_key": "own"});
    let (_, first) = server.ok("ask_library", question.clone());
    server.ok("delete_chat_session", json!({"session_id": first["session_id"]}));
    let told = server.error("ask_library", question.clone());
    assert!(told.contains("the same call again opens another one"), "{told}");
    let (_, second) = server.ok("ask_library", question);
    assert_ne!(second["session_id"], first["session_id"]);
}

#[test]
fn a_session_is_deleted_after_a_second_call_with_its_turns() {
    let playground = Playground::start(&[]);
    // The API asks for no more than `search` here. This server asks for more, as for all that deletes.
    let (_, key) = playground.key(&["write"]);
    let mut server = Server::with_key(&playground.base_url, &key, &EVERYTHING);
    assert!(!server.tools().contains(&"delete_chat_session".to_owned()));
    let refused = server.error("delete_chat_session", json!({"session_id": "chat_sample"}));
    assert!(refused.contains("it needs the scope admin") && refused.contains("Nothing was sent"), "{refused}");
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &ASK);
    assert!(!server.tools().contains(&"delete_chat_session".to_owned()), "without --allow-destructive");
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    assert!(server.tools().contains(&"delete_chat_session".to_owned()));
    let (text, plan) = server.plan("delete_chat_session", json!({"session_id": "chat_sample"}));
    assert!(text.contains("\"Trains\"") && text.contains("and its 1 turn") && text.contains("Nothing was deleted yet"), "{text}");
    server.ok("delete_chat_session", json!({"session_id": "chat_sample", "confirm": plan["confirm"]}));
    for tool in ["get_chat_session", "list_chat_turns", "delete_chat_session"] {
        let missing = server.error(tool, json!({"session_id": "chat_sample"}));
        assert!(missing.contains("resource_session_not_found") && missing.contains("list_chat_sessions"), "{tool}: {missing}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let path = "/chat/sessions/chat_sample/turns";
    let ask = |path: &str, body: Value| untouched().with_key(&untouched().api_key, "POST", path, Some(&body));
    for (body, status) in [
        (json!({}), 422),
        (json!({"message": " \n"}), 422),
        (json!({"message": "x".repeat(8001)}), 422),
        (json!({"message": "x", "scope": {"index_ids": ["idx_none"]}}), 404),
        (json!({"message": "x", "scope": {"prompt_run_ids": ["run_none"]}}), 404),
        (json!({"message": "x", "scope": {"index_ids": "idx_early_cinema"}}), 422),
    ] {
        for path in [path.to_owned(), format!("{path}/stream")] {
            let reply = ask(&path, body.clone());
            assert_eq!(reply.status, status, "{path} {body}: {}", reply.json());
        }
    }
    let missing = ask("/chat/sessions/none/turns/stream", json!({"message": "x"}));
    assert_eq!((missing.status, missing.json()["error"]["code"].as_str()), (404, Some("resource_session_not_found")));
    assert_eq!(ask("/chat/sessions", json!({"title": "t".repeat(201)})).status, 422);
}

#[test]
fn an_api_without_streams_is_asked_for_the_whole_answer() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &ASK);
    server.tools();
    let refusals: [fn() -> Answer; 4] = [
        || Answer::json(404, &json!({"detail": "Not Found"})),
        || Answer::json(405, &json!({"error": {"code": "method_not_allowed", "message": "m"}})),
        || Answer::json(200, &json!({"turn": {}})),
        || Answer::html(501),
    ];
    for refusal in refusals {
        upstream.script(move |seen| if is_stream(&seen.target) { refusal() } else { Answer::Pass });
        upstream.take();
        let (text, answer) = server.ok("ask_library", json!({"message": "a train", "session_id": "chat_sample"}));
        assert!(text.contains("No model speaks") && answer["finished"] == true, "{text}");
        let whole = upstream.take().into_iter().find(|seen| seen.target.ends_with("/turns")).unwrap();
        assert!(whole.idempotency_key.unwrap().starts_with("chat-turn:"));
    }
}

#[test]
fn a_turn_in_place_of_a_stream_is_the_answer_and_nothing_is_asked_twice() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &ASK);
    server.tools();
    for (turn, told, finished) in [
        (json!({"turn_id": "t", "session_id": "s", "status": "completed", "answer": "THE ANSWER"}), "THE ANSWER", true),
        (json!({"turn": {"turn_id": "t", "status": "completed", "assistant_message": {"content": "IT"}}}), "IT", true),
        (json!({"turn_id": "t", "status": "processing"}), "The answer is not finished", false),
    ] {
        upstream.script(move |seen| match seen.method.as_str() {
            "POST" => Answer::json(200, &turn),
            _ => Answer::json(200, &json!([])),
        });
        upstream.take();
        let (text, answer) = server.ok("ask_library", json!({"message": "a train", "session_id": "chat_sample"}));
        assert!(text.starts_with(told) && answer["finished"] == finished, "{text}");
        let posts: Vec<_> = upstream.take().into_iter().filter(|seen| seen.method == "POST").collect();
        assert!(posts.len() == 1 && is_stream(&posts[0].target), "{posts:?}");
        assert!(posts[0].idempotency_key.as_deref().is_some_and(|key| key.starts_with("chat-turn:")), "{posts:?}");
    }
}

#[test]
fn a_stream_that_breaks_off_is_taken_up_and_asks_only_once() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &ASK);
    server.tools();
    let cut = "event: turn_started\ndata: {\"turn_id\": \"turn_x\"}\n\nevent: turn_comp";
    for first in [stream(cut), Answer::PassThen(Box::new(stream(cut))), stream(""), stream(": beat\n\n")] {
        let count = std::sync::atomic::AtomicUsize::new(0);
        upstream.script(move |seen| {
            if is_stream(&seen.target) && count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 {
                first.clone()
            } else {
                Answer::Pass
            }
        });
        let before = server.ok("list_chat_turns", json!({"session_id": "chat_sample"})).1["total_turns"].as_u64().unwrap();
        let (text, _) = server.ok("ask_library", json!({"message": "a train", "session_id": "chat_sample"}));
        assert!(text.contains("No model speaks"), "{text}");
        let after = server.ok("list_chat_turns", json!({"session_id": "chat_sample"})).1["total_turns"].as_u64().unwrap();
        assert_eq!(after, before + 1);
    }
}

#[test]
fn garbage_in_a_stream_is_passed_over_and_its_error_is_told() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &ASK);
    server.tools();
    let ask = json!({"message": "a train", "session_id": "chat_sample"});
    let odd = "\u{feff}: hi\r\n\r\ndata: no json\n\nevent: agent_state\ndata: [1]\n\nevent: \u{202e}x\ndata: {}\n\nid\ndata\n\n\
               event: turn_completed\ndata: {\"status\": \"completed\",\ndata:  \"assistant_message\": [{\"text\": \"It is\\nthere\u{202e}.\"}], \
               \"result_sets\": {\"a\": [{\"video_id\": \"v 1\", \"start\": 1, \"end\": 2.5}]}}\n\nevent: late\ndata: {}\n\n";
    upstream.script(move |_| stream(odd));
    let (text, answer) = server.ok("ask_library", ask.clone());
    assert!(text.starts_with("It is there.") && !text.contains('\u{202e}'), "{text}");
    assert_eq!(answer["citations"].as_array().unwrap().len(), 1, "{answer}");

    let failed = "event: error\ndata: {\"error\": {\"code\": \"agent_failed\", \"message\": \"the agent lost its way\"}}\n\n";
    upstream.script(move |_| stream(failed));
    let told = server.call("ask_library", ask.clone());
    assert_eq!(told["isError"], true, "{told}");
    let told = told["content"][0]["text"].as_str().unwrap().to_owned();
    assert!(told.contains("could not answer") && told.contains("the agent lost its way"), "{told}");

    // A refusal is told at once, with the session that was opened for the question.
    upstream.script(|seen| {
        if is_stream(&seen.target) {
            Answer::json(429, &json!({"error": {"code": "llm_daily_budget_exceeded", "message": "no more today"}}))
        } else {
            Answer::Pass
        }
    });
    upstream.take();
    let told = server.error("ask_library", json!({"message": "a train"}));
    assert!(told.contains("llm_daily_budget_exceeded") && told.contains("ask again with session_id=chat_"), "{told}");
    assert_eq!(upstream.take().iter().filter(|seen| is_stream(&seen.target)).count(), 1);

    // An event without an end is too long, and the turn cannot be found either.
    let endless = format!("event: turn_started\ndata: {{}}\n\ndata: {}", "x".repeat(3 << 20));
    upstream.script(move |seen| if is_stream(&seen.target) { stream(&endless) } else { Answer::json(200, &json!([])) });
    let (text, answer) = server.ok("ask_library", ask);
    assert!(text.contains("not finished") && text.contains("list_chat_turns") && answer["finished"] == false, "{text}");
    let key = answer["idempotency_key"].as_str().unwrap_or_else(|| panic!("{answer}"));
    assert!(key.starts_with("chat-turn") && text.contains(&format!("idempotency_key={key} takes it up")), "{text}");
}

#[test]
fn the_latest_answer_is_told_whole_where_there_are_only_lines() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &["--toolsets", "chat", "--output", "lines"]);
    server.tools();
    let words = format!("{}the end.", "A long answer. ".repeat(60));
    let said = words.clone();
    upstream.script(move |_| {
        let turn = |id: &str, at: &str, words: &str| {
            let cited = json!([{"video_id": "v", "start_time": 1.0, "end_time": 2.0}]);
            json!({"turn_id": id, "status": "completed", "created_at": at, "user_message": "Q", "assistant_message": {"content": words, "citations": cited}})
        };
        Answer::json(200, &json!([turn("2", "2026-01-02", &said), turn("1", "2026-01-01", "short")]))
    });
    let result = server.call("list_chat_turns", json!({"session_id": "chat_sample"}));
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.contains(&format!("The latest answer: {words}\nThe latest answer cites [1] v@1-2")), "{text}");
}

#[test]
fn what_nobody_knows_is_listed_with_what_was_chosen() {
    let told = |arguments: &[&str]| {
        let ended = crate::support::run(arguments, &[]);
        assert!(ended.status.success() && ended.stderr.is_empty(), "{}", crate::support::text(&ended.stderr));
        crate::support::text(&ended.stdout)
    };
    let text = told(&["playground", "--explain"]);
    let rows: Value = serde_json::from_str(&told(&["playground", "--explain", "--json"])).unwrap();
    let rows = rows.as_array().unwrap();
    assert!(rows.len() > 20, "{text}");
    for row in rows {
        let line = format!("  {}:\n    {}.", row["unknown"].as_str().unwrap(), row["chosen"].as_str().unwrap());
        assert!(text.contains(&line) && text.contains(&format!("\n{}\n", row["topic"].as_str().unwrap())), "{line}");
    }
}

#[test]
fn a_question_about_what_is_not_there_opens_no_session() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let before = server.ok("list_chat_sessions", json!({})).1["total_sessions"].clone();
    let text = server.error("ask_library", json!({"message": "a train", "index_ids": ["Nope"]}));
    assert!(text.contains("no index `Nope`") && text.contains("Indexes there are: "), "{text}");
    let text = server.error("ask_library", json!({"message": "a train", "run_ids": ["run_scene_catalogue_early_cinem"]}));
    assert!(text.contains("Did you mean run_scene_catalogue_early_cinema"), "{text}");
    assert_eq!(server.ok("list_chat_sessions", json!({})).1["total_sessions"], before);
    server.ok("ask_library", json!({"message": "a train", "index_ids": "all"}));
}
