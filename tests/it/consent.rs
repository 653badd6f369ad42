//! Who must agree to a call before anything happens, in both eras of the protocol, and what is not accepted as consent.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Answer, EVERYTHING, Era, Host, Playground, Server, Upstream, said, shared, yes};

const RUN: &str = r#"{"prompt_id": "prompt_action_log", "target": {"type": "videos", "video_ids": ["vid_great_train_robbery_1903"]}}"#;
const INDEX: &str = "idx_space_and_nature";
const INDEX_NAME: &str = "Space and nature";

/// Makes every estimate this one.
pub fn priced(upstream: &Upstream, mt: f64) {
    upstream.script(move |seen| match seen.target.as_str() {
        "/prompt-runs/estimate" => Answer::Changed(Arc::new(move |body| body["estimated_mt"] = json!(mt)), Vec::new()),
        _ => Answer::Pass,
    });
}

/// What was sent that changes something.
pub fn changes(upstream: &Upstream) -> Vec<String> {
    let changing = |seen: &crate::support::Seen| {
        seen.method != "GET"
            && !["/prompt-runs/estimate", "/videos/batch", "/videos/batch/segments"].contains(&seen.target.as_str())
            && !seen.target.contains("activity")
    };
    upstream.take().into_iter().filter(changing).map(|seen| format!("{} {}", seen.method, seen.target)).collect()
}

#[test]
fn a_person_agrees_and_types_the_name_of_an_index() {
    for era in [Era::Handshake, Era::Modern] {
        let playground = Playground::start(&[]);
        let upstream = Upstream::before(&playground.base_url);
        let mut host = Host::new(&upstream.base_url, &playground.api_key, era, &EVERYTHING);
        upstream.take();
        let (question, result) = host.call("delete_marker", &json!({"marker_id": "marker_last_shot"}), yes);
        let question = question.unwrap();
        assert!(question["message"].as_str().unwrap().contains("marker_last_shot") && result["isError"] != true, "{question} {result}");
        assert_eq!(changes(&upstream), ["DELETE /markers/marker_last_shot"], "{era:?}");

        let (question, result) = host.call("delete_index", &json!({"index_id": "space AND nature"}), |question| {
            assert_eq!(question["requestedSchema"]["required"], json!(["name"]), "{question}");
            json!({"action": "accept", "content": {"name": INDEX_NAME}})
        });
        let message = question.unwrap()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(INDEX_NAME) && message.contains("segments"), "{message}");
        assert!(result["isError"] != true && said(&result).contains(INDEX), "{result}");
        assert_eq!(changes(&upstream), [format!("DELETE /indexes/{INDEX}")], "{era:?}");
    }
}

#[test]
fn whatever_is_no_consent_sends_nothing() {
    let accept = |content: Value| json!({"action": "accept", "content": content});
    let replies = [
        (json!({"action": "decline"}), "the user declined"),
        (json!({"action": "cancel"}), "closed the question"),
        (accept(json!({})), "is not the name"),
        (accept(json!({"confirm": true})), "is not the name"),
        (accept(json!({"name": "space and nature"})), "is not the name"),
        (json!({"action": "accept"}), "is not the name"),
        (json!({"action": "maybe"}), "could not be asked"),
        (json!({}), "could not be asked"),
    ];
    for era in [Era::Handshake, Era::Modern] {
        let upstream = Upstream::before(&shared().base_url);
        let mut host = Host::new(&upstream.base_url, &shared().api_key, era, &EVERYTHING);
        upstream.take();
        for (reply, why) in &replies {
            let (question, result) = host.call("delete_index", &json!({"index_id": INDEX}), |_| reply.clone());
            assert!(question.is_some() && result["isError"] == true, "{era:?} {reply}: {result}");
            assert!(said(&result).contains(why) && said(&result).contains("Nothing was sent"), "{era:?} {reply}: {}", said(&result));
            assert!(changes(&upstream).is_empty(), "{era:?} {reply}");
        }
        let (_, result) = host.call(
            "delete_marker",
            &json!({"marker_id": "marker_last_shot"}),
            |_| json!({"action": "accept", "content": {"confirm": false}}),
        );
        assert!(said(&result).contains("the box was not ticked"), "{result}");
        // A model's own argument is no consent where a person can be asked.
        let (question, result) = host.call("delete_index", &json!({"index_id": INDEX, "confirm": "yes"}), |_| json!({"action": "decline"}));
        assert!(question.is_some() && said(&result).contains("declined"), "{result}");
        assert!(changes(&upstream).is_empty(), "{era:?}");
    }
    // A client that says it can ask, and answers with an error.
    let mut host = Host::new(&shared().base_url, &shared().api_key, Era::Handshake, &EVERYTHING);
    let id = host.server.ask("tools/call", json!({"name": "delete_index", "arguments": {"index_id": INDEX}}));
    let question = host.server.wait_for(|message| message["method"] == "elicitation/create");
    host.server.send(&json!({"jsonrpc": "2.0", "id": question["id"], "error": {"code": -32601, "message": "no such method"}}));
    let result = host.server.answer(id)["result"].clone();
    assert!(said(&result).contains("could not be asked: the client answered with the error -32601 no such method"), "{result}");
}

#[test]
fn a_state_holds_for_its_own_call_once() {
    let upstream = Upstream::before(&shared().base_url);
    let mut host = Host::new(&upstream.base_url, &shared().api_key, Era::Modern, &EVERYTHING);
    let given = json!({"marker_id": "marker_last_shot"});
    let state = |host: &mut Host| {
        let params = host.params("delete_marker", &given);
        host.server.request("tools/call", params)["result"]["requestState"].clone()
    };
    let agreed = json!({"action": "accept", "content": {"confirm": true}});
    let first = state(&mut host);
    let mut changed = first.as_str().unwrap().to_owned();
    let last = changed.pop().unwrap();
    changed.insert(10, last);
    let other = json!({"marker_id": "marker_other"});
    upstream.take();
    // A state that is not ours is a fault of the client, so it gets an error of the protocol.
    for odd in [changed.as_str(), "", "x", &format!("{}-TAMPERED", first.as_str().unwrap())] {
        let error = host.again_whole("delete_marker", &given, &json!(odd), &agreed)["error"].clone();
        let told = error["message"].as_str().unwrap();
        assert!(error["code"] == -32602 && told.contains("not issued by this server, or it was changed"), "{odd}: {error}");
        assert!(upstream.take().is_empty(), "{odd}");
    }
    for (tool, arguments, state, why) in [
        ("delete_marker", &other, first.clone(), "issued for other arguments"),
        ("delete_chat_session", &json!({"session_id": "marker_last_shot"}), first.clone(), "issued for another tool"),
    ] {
        let result = host.again(tool, arguments, &state, &agreed);
        assert!(result["isError"] == true && said(&result).contains(why), "{why}: {result}");
        assert!(upstream.take().is_empty(), "{why}");
    }
    let declined = host.again("delete_marker", &given, &first, &json!({"action": "decline"}));
    assert!(said(&declined).contains("declined"), "{declined}");
    let reused = host.again("delete_marker", &given, &first, &agreed);
    assert!(said(&reused).contains("used already") && said(&reused).contains("`requestState` and `inputResponses`"), "{reused}");
    assert!(upstream.take().is_empty());
    // Without the reply the question is put again, and the state still holds.
    let second = state(&mut host);
    let mut params = host.params("delete_marker", &given);
    params["requestState"] = second;
    let again = host.server.request("tools/call", params)["result"].clone();
    assert_eq!(again["resultType"], "input_required", "{again}");
    assert!(changes(&upstream).is_empty());
}

#[test]
fn a_token_is_the_way_where_nobody_can_be_asked() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    let given = json!({"marker_id": "marker_last_shot"});
    let (plan, facts) = server.plan("delete_marker", given.clone());
    let token = facts["confirm"].as_str().unwrap().to_owned();
    assert!(plan.contains("Nothing was deleted yet") && plan.contains(&token), "{plan}");
    let with = |token: &str| json!({"marker_id": "marker_last_shot", "confirm": token});
    let changed = token.replace(|c: char| c == token.chars().nth(30).unwrap(), "-");
    upstream.take();
    for (tool, arguments, why) in [
        ("delete_marker", with("yes"), "not issued by this server, or it was changed"),
        ("delete_marker", with(&changed), "not issued by this server, or it was changed"),
        ("delete_marker", json!({"marker_id": "marker_last_shot", "confirm": true}), "not issued by this server, or it was changed"),
        ("delete_marker", json!({"marker_id": "marker_other", "confirm": token}), "issued for other arguments"),
        ("delete_connector", json!({"connector_id": "conn_sample_bucket", "confirm": token}), "issued for another tool"),
    ] {
        let refusal = server.error(tool, arguments);
        assert!(refusal.contains(why) && refusal.contains("Nothing was sent"), "{refusal}");
        assert!(upstream.take().is_empty(), "{why}");
    }
    // A token of another process, and then one of another key in the same process.
    let mut other = Server::with_key(&upstream.base_url, &shared().api_key, &EVERYTHING);
    assert!(other.error("delete_marker", with(&token)).contains("not issued by this server"));
}

#[test]
fn processes_with_one_secret_accept_each_others_tokens_once() {
    let playground = Playground::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "a secret of a test that is long enough\n").unwrap();
    let flag = format!("--state-secret-file={}", secret.display());
    let state = format!("--state-dir={}", dir.path().join("state").display());
    let arguments = [&EVERYTHING[..], &[flag.as_str(), state.as_str()]].concat();
    let start = |key: &str| Server::with_key(&playground.base_url, key, &arguments);
    let (mut one, mut two) = (start(&playground.api_key), start(&playground.api_key));
    let (_, plan) = one.plan("delete_marker", json!({"marker_id": "marker_last_shot"}));
    let confirmed = json!({"marker_id": "marker_last_shot", "confirm": plan["confirm"]});
    let (_, other_key) = playground.key(&["admin"]);
    assert!(start(&other_key).error("delete_marker", confirmed.clone()).contains("issued for another API key"));
    two.ok("delete_marker", confirmed.clone());
    assert!(one.error("delete_marker", confirmed.clone()).contains("used already"));
    assert!(start(&playground.api_key).error("delete_marker", confirmed).contains("used already"), "also after a restart");
    std::fs::write(&secret, "short").unwrap();
    assert!(
        start(&playground.api_key)
            .error("delete_connector", json!({"connector_id": "conn_sample_bucket"}))
            .contains("at least 32 characters")
    );
}

#[test]
fn the_setting_says_what_somebody_must_agree_to() {
    let run = || serde_json::from_str::<Value>(RUN).unwrap();
    // Which calls are asked for: a cheap run, a dear run, a new webhook, a deletion.
    let table = [("auto", [false, true, false, true]), ("cost", [true, true, false, true]), ("always", [true; 4]), ("never", [false; 4])];
    let webhook = json!({"name": "Runs", "url": "https://receiver.example/videovector", "events": ["prompt_run.completed"]});
    for (confirm, expected) in table {
        for era in [Era::Handshake, Era::Modern] {
            let playground = Playground::start(&[]);
            let upstream = Upstream::before(&playground.base_url);
            let arguments = [&EVERYTHING[..], &["--confirm", confirm]].concat();
            let mut host = Host::new(&upstream.base_url, &playground.api_key, era, &arguments);
            upstream.take();
            let mut asked = Vec::new();
            upstream.take();
            for (mt, tool, arguments) in [
                (99.5, "execute_prompt", run()),
                (100.5, "execute_prompt", run()),
                (0.0, "create_webhook", webhook.clone()),
                (0.0, "delete_marker", json!({"marker_id": "marker_last_shot"})),
            ] {
                let mut arguments = arguments;
                arguments["idempotency_key"] = json!(format!("{confirm} {mt}"));
                if tool == "delete_marker" {
                    arguments.as_object_mut().unwrap().remove("idempotency_key");
                }
                priced(&upstream, mt);
                let (question, result) = host.call(tool, &arguments, yes);
                assert!(result["isError"] != true, "{confirm} {era:?} {tool}: {result}");
                asked.push(question.is_some());
            }
            assert_eq!(asked, expected, "{confirm} {era:?}");
            assert_eq!(changes(&upstream).len(), 4, "{confirm} {era:?}: each is done once");
        }
    }
}

#[test]
fn without_a_person_the_setting_leads_to_a_second_call() {
    let mut run = serde_json::from_str::<Value>(RUN).unwrap();
    let dear = |confirm: &str| {
        let playground = Playground::start(&[]);
        let upstream = Upstream::before(&playground.base_url);
        priced(&upstream, 250.0);
        let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &[&EVERYTHING[..], &["--confirm", confirm]].concat());
        server.ok("get_key_info", json!({}));
        upstream.take();
        (playground, upstream, server)
    };
    let (_playground, upstream, mut server) = dear("auto");
    assert_eq!(server.ok("execute_prompt", run.clone()).1["started"], true, "as in the contract");
    assert_eq!(changes(&upstream).len(), 1);

    for confirm in ["cost", "always"] {
        let (_playground, upstream, mut server) = dear(confirm);
        let listed = server.request("tools/list", json!({}));
        let has = |name: &str| {
            let tools = listed["result"]["tools"].as_array().unwrap().iter();
            tools.clone().find(|tool| tool["name"] == name).unwrap()["inputSchema"]["properties"].get("confirm").is_some()
        };
        assert_eq!((has("execute_prompt"), has("create_webhook"), has("list_videos")), (true, confirm == "always", false), "{confirm}");
        let result = server.call("execute_prompt", run.clone());
        let plan = said(&result);
        assert!(plan.contains("Estimated cost: 250 mt") && plan.contains("balance") && plan.contains("Nothing was started yet"), "{plan}");
        assert!(
            result["isError"] == true && result.get("structuredContent").is_none(),
            "a plan is not what the output schema promises: {result}"
        );
        assert!(changes(&upstream).is_empty());
        run["confirm"] = json!(plan.rsplit_once("confirm=").unwrap().1.lines().next().unwrap());
        assert_eq!(server.ok("execute_prompt", run.clone()).1["started"], true);
        assert_eq!(changes(&upstream).len(), 1);
        run.as_object_mut().unwrap().remove("confirm");
    }
    let (_playground, upstream, mut server) = dear("always");
    let result = server.call("create_s3_connector", json!({"name": "Films", "bucket": "films", "region": "eu-central-1", "aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "not-a-real-secret"}));
    let plan = said(&result);
    assert!(plan.contains("bucket: films") && plan.contains("(given, not shown)") && !plan.contains("not-a-real-secret"), "{plan}");
    assert!(changes(&upstream).is_empty(), "{plan}");
}

#[test]
fn the_price_is_locked() {
    let run = serde_json::from_str::<Value>(RUN).unwrap();
    for era in [Era::Handshake, Era::Modern] {
        let playground = Playground::start(&[]);
        let upstream = Upstream::before(&playground.base_url);
        priced(&upstream, 200.0);
        let mut host = Host::new(&upstream.base_url, &playground.api_key, era, &[]);
        upstream.take();
        let (question, result) = host.call("execute_prompt", &run, |question| {
            priced(&upstream, 200.5);
            yes(question)
        });
        assert!(question.unwrap()["message"].as_str().unwrap().contains("Estimated cost: 200 mt"));
        assert!(said(&result).contains("200 mt were agreed to, and it is estimated at 200.5 mt now"), "{era:?}: {result}");
        assert!(changes(&upstream).is_empty(), "{era:?}");
        let (_, result) = host.call("execute_prompt", &run, |question| {
            priced(&upstream, 150.0);
            yes(question)
        });
        assert!(result["isError"] != true, "a lower price is fine: {result}");
        assert_eq!(changes(&upstream), ["POST /prompt-runs/execute"], "{era:?}");
    }
}

#[test]
fn a_price_that_becomes_known_is_asked_about_anew() {
    let run = serde_json::from_str::<Value>(RUN).unwrap();
    let unpriced = |upstream: &Upstream| {
        upstream.script(|seen| match seen.target.as_str() {
            "/prompt-runs/estimate" => Answer::json(200, &json!({"success": true})),
            _ => Answer::Pass,
        });
    };
    for era in [Era::Handshake, Era::Modern] {
        let playground = Playground::start(&[]);
        let upstream = Upstream::before(&playground.base_url);
        unpriced(&upstream);
        let mut host = Host::new(&upstream.base_url, &playground.api_key, era, &[]);
        upstream.take();
        let (question, result) = host.call("execute_prompt", &run, |question| {
            priced(&upstream, 200.5);
            yes(question)
        });
        let question = question.unwrap()["message"].as_str().unwrap().to_owned();
        assert!(question.contains("the API named none") && !question.contains("balance"), "{question}");
        assert!(said(&result).contains("known now") && said(&result).contains("200.5 mt"), "{era:?}: {result}");
        assert!(said(&result).contains("the user will be asked anew") && !said(&result).contains("`confirm`"), "{era:?}: {result}");
        assert!(changes(&upstream).is_empty(), "{era:?}");
        // Nothing became known, so what was agreed to holds.
        unpriced(&upstream);
        let (_, result) = host.call("execute_prompt", &run, yes);
        assert!(result["isError"] != true, "{era:?}: {result}");
    }
}

#[test]
fn a_plan_through_the_catalog_pair_says_how_to_go_on_there() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--allow-destructive"]);
    let arguments = json!({"marker_id": "marker_last_shot"});
    let call = json!({"name": "delete_marker", "arguments": arguments});
    let (text, facts) = server.plan("use_write_tool", call);
    assert!(text.contains("call use_write_tool again within 5 minutes with name delete_marker"), "{text}");
    let seal = facts["confirm"].as_str().unwrap();
    assert_eq!((text.matches(seal).count(), facts.to_string().matches(seal).count()), (1, 1), "{text} {facts}");
    let confirmed = json!({"name": "delete_marker", "arguments": {"marker_id": "marker_last_shot", "confirm": seal}});
    server.ok("use_write_tool", confirmed);
}

#[test]
fn a_question_ends_with_its_call() {
    let mut host = Host::new(&shared().base_url, &shared().api_key, Era::Handshake, &EVERYTHING);
    let id = host.server.ask("tools/call", json!({"name": "delete_index", "arguments": {"index_id": INDEX}}));
    let question = host.server.wait_for(|message| message["method"] == "elicitation/create");
    host.server.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}));
    let taken_back = host.server.wait_for(|message| message["method"] == "notifications/cancelled");
    assert_eq!(taken_back["params"]["requestId"], question["id"], "{taken_back}");
    // An answer that comes too late, or to a question that never was, does nothing.
    for id in [question["id"].clone(), json!(4711), json!("x")] {
        host.server.send(&json!({"jsonrpc": "2.0", "id": id, "result": {"action": "accept", "content": {"name": INDEX_NAME}}}));
    }
    let (_, facts) = host.server.ok("list_indexes", json!({}));
    assert!(facts.to_string().contains(INDEX), "{facts}");
    // The client goes away while a question is open: the process ends all the same.
    host.server.ask("tools/call", json!({"name": "delete_index", "arguments": {"index_id": INDEX}}));
    host.server.wait_for(|message| message["method"] == "elicitation/create");
    let (status, rest, _) = host.server.finish();
    assert!(status.success() && rest.iter().any(|message| message.to_string().contains("closed its input")), "{rest:?}");
}

/// The person at the terminal is the person behind `call`.
#[cfg(unix)]
#[test]
fn the_command_line_asks_at_the_terminal() {
    let ask = |tool: &str, arguments: Value, typed: &str| {
        let mut command = crate::support::program();
        command.args(["call", tool, &arguments.to_string(), "--playground", "--allow-destructive"]);
        let output = crate::support::at_terminal(command, typed);
        (output.status.success(), crate::support::text(&output.stdout), crate::support::text(&output.stderr))
    };
    let marker = json!({"marker_id": "marker_last_shot"});
    let (done, said, shown) = ask("delete_marker", marker.clone(), "y\n");
    assert!(done && !said.is_empty() && shown.contains("marker_last_shot") && shown.contains("Go ahead?"), "{said} {shown}");
    let (done, _, shown) = ask("delete_marker", marker, "\n");
    assert!(!done && shown.contains("the user declined"), "{shown}");
    let index = json!({"index_id": INDEX});
    let (done, _, shown) = ask("delete_index", index.clone(), "space\n");
    assert!(!done && shown.contains("Type its exact name") && shown.contains("is not the name"), "{shown}");
    let (done, said, shown) = ask("delete_index", index, &format!("{INDEX_NAME}\n"));
    assert!(done && said.contains(INDEX), "{said} {shown}");
}

#[test]
fn without_a_terminal_a_second_process_needs_the_secret_of_the_first() {
    let playground = Playground::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "a secret of a test that is long enough\n").unwrap();
    let state = dir.path().join("state");
    let call = |arguments: Value, secret: Option<&std::path::Path>| {
        let mut environment = vec![("VIDEOSEARCH_BASE_URL", playground.base_url.as_str()), ("VIDEOSEARCH_API_KEY", &playground.api_key)];
        environment.push(("VIDEOSEARCH_STATE_DIR", state.to_str().unwrap()));
        if let Some(secret) = secret {
            environment.push(("VIDEOSEARCH_STATE_SECRET_FILE", secret.to_str().unwrap()));
        }
        crate::support::run(&["call", "delete_marker", &arguments.to_string(), "--allow-destructive", "--output", "json"], &environment)
    };
    let marker = |confirm: Option<&Value>| json!({"marker_id": "marker_last_shot", "confirm": confirm});
    let alone = call(marker(None), None);
    assert!(!alone.status.success() && crate::support::text(&alone.stderr).contains("VIDEOSEARCH_STATE_SECRET_FILE"));
    let useless: Value = serde_json::from_slice(&alone.stdout).unwrap();
    assert_eq!((&useless["error"], &useless["code"]), (&json!(true), &json!("not_agreed")), "{useless}");
    assert!(useless.get("confirm").is_none() && !useless.to_string().contains("confirm="), "{useless}");
    let plan: Value = serde_json::from_slice(&call(marker(None), Some(&secret)).stdout).unwrap();
    let done = call(marker(plan.get("confirm")), Some(&secret));
    assert!(done.status.success(), "{}", crate::support::text(&done.stdout));
    let again = call(marker(plan.get("confirm")), Some(&secret));
    assert!(!again.status.success() && crate::support::text(&again.stdout).contains("used already"));
}

#[test]
fn what_was_agreed_to_is_what_is_deleted() {
    for era in [Era::Handshake, Era::Modern] {
        let playground = Playground::start(&[]);
        let upstream = Upstream::before(&playground.base_url);
        let mut host = Host::new(&upstream.base_url, &playground.api_key, era, &EVERYTHING);
        let add = || playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": "Two"}))).json();
        let index = add()["index_id"].as_str().unwrap().to_owned();
        let name = |_: &Value| json!({"action": "accept", "content": {"name": "Two"}});
        upstream.take();
        let video = json!({"title": "A reel", "video_uri": "gs://films/reel.mp4", "index_id": index});
        let (_, result) = host.call("delete_index", &json!({"index_id": "Two"}), |question| {
            assert_eq!(playground.with_key(&playground.api_key, "POST", "/videos", Some(&video)).status, 201);
            name(question)
        });
        assert!(said(&result).contains("has changed since it was agreed to"), "{era:?}: {result}");
        assert!(changes(&upstream).is_empty(), "{era:?}");
        // A name that could be an id is one.
        let (_, result) = host.call("delete_index", &json!({"index_id": "Two"}), name);
        assert!(result["isError"] != true && changes(&upstream) == [format!("DELETE /indexes/{index}")], "{era:?}: {result}");
    }
}

#[test]
fn the_name_to_be_typed_is_the_one_that_is_shown() {
    let playground = Playground::start(&[]);
    let mut host = Host::new(&playground.base_url, &playground.api_key, Era::Handshake, &EVERYTHING);
    for (name, shown) in [("L".repeat(200), "L".repeat(200)), ("Caf\u{e9}\u{200b}  X".to_owned(), "Caf\u{e9} X".to_owned())] {
        let made = playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": name}))).json();
        let index = made["index_id"].as_str().unwrap_or_else(|| panic!("{made}"));
        let (question, result) =
            host.call("delete_index", &json!({"index_id": index}), |_| json!({"action": "accept", "content": {"name": shown}}));
        let message = question.unwrap()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(&shown) && result["isError"] != true, "{message}\n{result}");
    }
}

#[test]
fn a_name_that_is_stored_in_parts_is_typed_as_keyboards_write_it() {
    for era in [Era::Handshake, Era::Modern] {
        let playground = Playground::start(&[]);
        let mut host = Host::new(&playground.base_url, &playground.api_key, era, &EVERYTHING);
        for (name, typed) in [("Mo\u{308}in", "M\u{f6}in"), ("M\u{f6}in", "Mo\u{308}in")] {
            let made = playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": name}))).json();
            let arguments = json!({"index_id": made["index_id"]});
            let other = host.call("delete_index", &arguments, |_| json!({"action": "accept", "content": {"name": "Moin"}})).1;
            assert!(said(&other).contains("is not the name"), "{other}");
            let result = host.call("delete_index", &arguments, |_| json!({"action": "accept", "content": {"name": typed}})).1;
            assert!(result["isError"] != true, "{era:?} {name:?}: {result}");
        }
    }
}

#[test]
fn a_price_that_is_not_known_any_more_has_not_risen() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    priced(&upstream, 200.0);
    let mut host = Host::new(&upstream.base_url, &playground.api_key, Era::Handshake, &[]);
    let run = serde_json::from_str::<Value>(RUN).unwrap();
    let (_, result) = host.call("execute_prompt", &run, |question| {
        upstream.script(|seen| match seen.target.as_str() {
            "/prompt-runs/estimate" => Answer::json(200, &json!({"success": true})),
            _ => Answer::Pass,
        });
        yes(question)
    });
    let told = said(&result);
    assert!(told.contains("the API names no price now; 200 mt were agreed to") && !told.contains("risen"), "{told}");
}

#[test]
fn what_was_agreed_to_for_a_name_holds_for_the_id_that_it_means() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    // A name that no id can be, and one that could be an id.
    for name in ["Two words", "Two"] {
        for by_id_first in [true, false] {
            let made = playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": name}))).json();
            let (by_id, by_name) = (made["index_id"].clone(), json!(name.to_uppercase()));
            let (first, second) = if by_id_first { (by_id, by_name) } else { (by_name, by_id) };
            let (_, plan) = server.plan("delete_index", json!({"index_id": first}));
            let other = server.error("delete_index", json!({"index_id": INDEX, "confirm": plan["confirm"]}));
            assert!(other.contains("issued for other arguments"), "{other}");
            server.ok("delete_index", json!({"index_id": second, "confirm": plan["confirm"]}));
        }
    }
    // The name belongs to another index by now.
    let add = || playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": "Moved"}))).json();
    let first = add();
    let (_, plan) = server.plan("delete_index", json!({"index_id": "Moved"}));
    playground.with_key(&playground.api_key, "DELETE", &format!("/indexes/{}", first["index_id"].as_str().unwrap()), None);
    let second = add();
    for moved in [json!("Moved"), second["index_id"].clone()] {
        let refused = server.error("delete_index", json!({"index_id": moved, "confirm": plan["confirm"]}));
        let why = if moved == "Moved" { "has changed since it was agreed to" } else { "issued for other arguments" };
        assert!(refused.contains(why) && refused.contains("Nothing was sent"), "{refused}");
    }
}
