//! Resources, in both eras: each is what its tool says, for the same requests and within the same scopes.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Value, json};
use videosearch_mcp::tools::resources;

use crate::support::{Answer, EVERYTHING, Playground, Server, Upstream, counted, example, modern, shared};

const RUN: &str = "run_scene_catalogue_early_cinema";

/// Reads a resource in one of the two eras. Gives the result, or the error.
fn read(server: &mut Server, uri: &str, is_modern: bool) -> Result<Value, Value> {
    let params = json!({"uri": uri});
    let mut answer = server.request("resources/read", if is_modern { modern(params) } else { params });
    if answer.get("error").is_some() { Err(answer["error"].take()) } else { Ok(answer["result"].take()) }
}

#[test]
fn a_resource_is_what_its_tool_says_for_the_same_requests() {
    // A playground of its own: runs of other tests would be looked at, too.
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &["--output", "lines", "--toolsets", "all"]);
    server.ok("get_key_info", json!({}));
    // Some requests are sent at the same time, so their order says nothing.
    let asked = || upstream.take().into_iter().map(|seen| seen.target).collect::<BTreeSet<_>>();
    for (tool, resource) in resources::all().filter(|(_, resource)| resource.variable().is_some() && !resource.is_table()) {
        let value = match tool.name {
            "show_moment" => "vid_great_train_robbery_1903@0-68".to_owned(),
            _ => example(tool)[resource.argument].as_str().unwrap().to_owned(),
        };
        // Once before, so that titles are known.
        server.call(tool.name, json!({resource.argument: value}));
        asked();
        let said = server.call(tool.name, json!({resource.argument: value}));
        let cost = asked();
        for is_modern in [false, true] {
            let result = read(&mut server, &resource.address(&value), is_modern).unwrap();
            assert_eq!(asked(), cost, "{}", tool.name);
            assert_eq!(result["contents"][0]["text"], said["content"][0]["text"], "{}", tool.name);
            assert_eq!(result["contents"][0]["uri"], resource.address(&value));
            assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(0), &json!("private")));
            assert_eq!(result["_meta"].is_object(), is_modern, "{result}");
        }
    }
}

#[test]
fn a_moment_has_its_picture_and_a_name_leads_to_its_thing() {
    let (_upstream, mut server) = counted(&[]);
    let moment = read(&mut server, "videosearch://moments/vid_great_train_robbery_1903@0-68", false).unwrap();
    assert_eq!(moment["contents"][1]["mimeType"], "image/jpeg");
    assert!(moment["contents"][1]["blob"].as_str().unwrap().starts_with("/9j/"));
    let by_name = read(&mut server, "videosearch://indexes/early%20CINEMA", true).unwrap();
    assert!(by_name["contents"][0]["text"].as_str().unwrap().contains("idx_early_cinema"), "{by_name}");
    let by_title = read(&mut server, "videosearch://videos/Metropolis", true).unwrap();
    assert!(by_title["contents"][0]["text"].as_str().unwrap().contains("vid_metropolis_1927"), "{by_title}");
}

#[test]
fn a_table_is_csv_alone_and_what_is_left_out_stands_beside_it() {
    let (_upstream, mut server) = counted(&[]);
    let uri = format!("videosearch://runs/{RUN}/table");
    let result = read(&mut server, &uri, false).unwrap();
    let content = &result["contents"][0];
    assert_eq!(content["mimeType"], "text/csv");
    let lines: Vec<&str> = content["text"].as_str().unwrap().lines().collect();
    assert!(lines[0].starts_with("video_id,start_time,end_time,scene,"), "{}", lines[0]);
    assert!(lines.len() > 50 && lines.iter().skip(1).all(|line| line.starts_with("vid_")), "{lines:?}");
    let remarks = &result["contents"][1];
    assert_eq!((&remarks["mimeType"], &remarks["uri"]), (&json!("text/plain"), &json!(uri)));
    let remarks = remarks["text"].as_str().unwrap();
    assert!(remarks.contains("Cut:") || remarks.contains("no more pages"), "{remarks}");
}

#[test]
fn missing_forbidden_and_impossible_are_told_apart() {
    let (upstream, mut server) = counted(&["--scopes", "search"]);
    let code = |answer: Result<Value, Value>| answer.unwrap_err()["code"].as_i64().unwrap();
    for (uri, old, new) in [
        ("videosearch://nothing", -32002, -32602),
        ("https://example.com/", -32002, -32602),
        ("", -32002, -32602),
        ("videosearch://videos/vid_metropolis_1927", -32600, -32600),
        ("videosearch://runs/x/table", -32600, -32600),
    ] {
        assert_eq!(code(read(&mut server, uri, false)), old, "{uri}");
        assert_eq!(code(read(&mut server, uri, true)), new, "{uri}");
    }
    assert!(upstream.take().is_empty(), "what is refused sends nothing");
    let refused = read(&mut server, "videosearch://videos/vid_metropolis_1927", false).unwrap_err();
    assert!(refused["message"].as_str().unwrap().contains("needs the scope read"), "{refused}");

    let (upstream, mut server) = counted(&["--exclude-tools", "get_prompt"]);
    assert_eq!(code(read(&mut server, "videosearch://videos/vid_none", false)), -32002);
    assert_eq!(code(read(&mut server, "videosearch://videos/vid_none", true)), -32602);
    assert_eq!(code(read(&mut server, "videosearch://videos/..", false)), -32602, "this is no id");
    assert_eq!(code(read(&mut server, "videosearch://indexes/all", true)), -32602, "this is no single index");
    upstream.take();
    for other in ["x@y-z", "Metropolis", "vid_metropolis_1927", "seg_1", "vid_metropolis_1927@9-3"] {
        let refused = read(&mut server, &format!("videosearch://moments/{other}"), true).unwrap_err();
        assert!(refused["code"] == -32602 && refused["message"].as_str().unwrap().contains("no handle"), "{other}: {refused}");
        assert!(upstream.take().is_empty(), "{other}");
    }
    let off = read(&mut server, "videosearch://prompts/prompt_action_log", false).unwrap_err();
    assert_eq!(off["code"], -32600);
    assert!(off["message"].as_str().unwrap().contains("--exclude-tools") && upstream.take().is_empty(), "{off}");
    upstream.script(|_| Answer::json(500, &json!({"error": {"code": "internal", "message": "no"}})));
    assert_eq!(code(read(&mut server, "videosearch://prompts/prompt_action_log", true)), -32600);
    assert_eq!(code(read(&mut server, "videosearch://runs/run_x", true)), -32603);
}

/// A host drops what it takes for gone.
#[test]
fn a_404_that_is_not_the_apis_does_not_say_that_something_is_gone() {
    let (upstream, mut server) = counted(&["--toolsets", "all"]);
    upstream.script(|_| Answer::html(404));
    for uri in [
        "videosearch://indexes/idx_early_cinema",
        "videosearch://videos/vid_nosferatu_1922",
        "videosearch://moments/vid_nosferatu_1922@0-10",
        "videosearch://prompts/prompt_action_log",
        "videosearch://runs/run_scene_catalogue_early_cinema",
        "videosearch://runs/run_scene_catalogue_early_cinema/table",
    ] {
        for is_modern in [false, true] {
            let error = read(&mut server, uri, is_modern).unwrap_err();
            assert_eq!(error["code"], -32603, "{uri}: {error}");
        }
    }
    let text = server.error("tabulate_prompt_run", json!({"run_id": RUN}));
    assert!(text.contains("not with an error of the API's own form"), "{text}");
    // The run is there, but its record does not say what it is over. An address cannot say it either.
    upstream.script(|seen| {
        if seen.target.starts_with("/prompt-runs/") {
            Answer::json(200, &json!({"run_id": "run_bare", "status": "completed", "run_context": {}}))
        } else {
            Answer::Pass
        }
    });
    let error = read(&mut server, "videosearch://runs/run_bare/table", false).unwrap_err();
    let told = "An address has no place for `index_id` or `video_ids`; tabulate_prompt_run run_id=run_bare does.";
    assert!(error["code"] == -32603 && error["message"].as_str().unwrap().contains(told), "{error}");
}

/// Gives each page of results four times, with other times.
fn four_times(body: &mut Value) {
    let rows = body["data"].as_array().unwrap().clone();
    let again = (0..4).flat_map(|n| {
        rows.iter().cloned().map(move |mut row| {
            row["start_time"] = json!(row["start_time"].as_f64().unwrap() + 0.1 * f64::from(n));
            row
        })
    });
    body["data"] = again.collect();
}

#[test]
fn a_table_that_is_cut_says_so_in_itself_and_names_the_call_that_reads_on() {
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    upstream.script(|seen| {
        let path = seen.target.split('?').next().unwrap();
        if path.ends_with("/results") { Answer::Changed(Arc::new(four_times), Vec::new()) } else { Answer::Pass }
    });
    let mut server = Server::with_key(&upstream.base_url, &playground.api_key, &[]);
    let all = 4 * server.ok("get_prompt_run_status", json!({"run_id": RUN})).1["operations"]["total_segments"].as_u64().unwrap();
    let result = read(&mut server, &format!("videosearch://runs/{RUN}/table"), false).unwrap();
    let table = result["contents"][0]["text"].as_str().unwrap();
    let (rows, mark) = table.rsplit_once('\n').unwrap();
    let mut seen: Vec<String> = rows.lines().skip(1).map(|line| line.splitn(3, ',').take(2).collect::<Vec<_>>().join(",")).collect();
    let call = format!("use_read_tool tabulate_prompt_run run_id={RUN} cursor=");
    let told = format!("\"CUT: only the first {} rows of a run of {} segments; the rest: {call}", seen.len(), all / 4);
    assert!(mark.starts_with(&told), "{mark}");
    let header = rows.lines().next().unwrap();
    assert_eq!(mark.matches(',').count(), header.matches(',').count(), "{mark}");
    let remarks = result["contents"][1]["text"].as_str().unwrap();
    let (_, cursor) = remarks.rsplit_once(&format!("\nMore: {call}")).unwrap_or_else(|| panic!("{remarks}"));
    let mut cursor = json!(cursor.lines().next().unwrap());
    while !cursor.is_null() {
        let arguments = json!({"run_id": RUN, "cursor": cursor, "limit": 500, "fields": ["scene", "mood"]});
        let page = server.ok("use_read_tool", json!({"name": "tabulate_prompt_run", "arguments": arguments})).1;
        let rows = page["rows"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| format!("{},{}", row["video_id"].as_str().unwrap(), row["start_time"])));
        cursor = page["next_cursor"].clone();
    }
    assert_eq!(seen.len() as u64, all, "every row came");
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len() as u64, all, "and came once");
}

#[test]
fn an_address_that_is_cut_names_the_call_that_reads_on() {
    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| match seen.target.split('?').next().unwrap() {
        "/indexes/idx_early_cinema/videos" => {
            let more = |body: &mut Value| body["pagination"] = json!({"limit": 50, "has_more": true, "next_cursor": "50"});
            Answer::Changed(Arc::new(more), Vec::new())
        }
        "/videos/vid_metropolis_1927" => {
            let many = |body: &mut Value| {
                // The sample's own run is the oldest. Other tests may have started others. A larger answer would not be read whole.
                let mut oldest = body["processing_status"].as_array().unwrap().last().unwrap().clone();
                let kept = ["run_id", "prompt_id", "status", "total_segments", "successful_segments"];
                oldest.as_object_mut().unwrap().retain(|name, _| kept.contains(&name.as_str()));
                body["processing_status"] = std::iter::repeat_n(oldest, 900).collect();
            };
            Answer::Changed(Arc::new(many), Vec::new())
        }
        _ => Answer::Pass,
    });
    for (toolsets, way) in [("core", ""), ("usage,catalog", "use_read_tool ")] {
        let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &["--toolsets", toolsets]);
        let index = read(&mut server, "videosearch://indexes/early%20CINEMA", false).unwrap();
        let told = format!("\nMore: {way}list_videos index_id=idx_early_cinema cursor=50");
        assert!(index["contents"][0]["text"].as_str().unwrap().contains(&told), "{index}");
        let video = read(&mut server, "videosearch://videos/vid_metropolis_1927", true).unwrap();
        let told = format!("; {way}get_video video_id=vid_metropolis_1927 from_row=");
        assert!(video["contents"][0]["text"].as_str().unwrap().contains(&told), "{video}");
    }
}

/// The addresses of both lists, and the names of the prompts.
fn listed(server: &mut Server, is_modern: bool) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for (method, rows, member) in [
        ("resources/list", "resources", "uri"),
        ("resources/templates/list", "resourceTemplates", "uriTemplate"),
        ("prompts/list", "prompts", "name"),
    ] {
        let answer = server.request(method, if is_modern { modern(json!({})) } else { json!({}) });
        let result = &answer["result"];
        assert!(result["ttlMs"].is_u64() && result["cacheScope"] == "private", "{answer}");
        out.extend(result[rows].as_array().unwrap().iter().map(|row| row[member].as_str().unwrap().to_owned()));
        let beyond = server.request(method, json!({"cursor": "x"}));
        assert_eq!(beyond["error"]["code"], -32602, "{beyond}");
    }
    out
}

#[test]
fn the_lists_hold_what_this_key_can_read() {
    for is_modern in [false, true] {
        let (_upstream, mut server) = counted(&["--scopes", "search"]);
        let few = listed(&mut server, is_modern);
        let expected = ["choose_scopes", "find_and_cite", "videosearch://guide", "videosearch://key"];
        assert_eq!(few.iter().collect::<Vec<_>>(), expected, "a key with the scope search");
        let (_upstream, mut server) = counted(&[]);
        let all = listed(&mut server, is_modern);
        for uri in ["videosearch://guide", "videosearch://indexes/idx_early_cinema", "videosearch://runs/{run}/table", "audit_costs"] {
            assert!(all.contains(uri), "{uri}: {all:?}");
        }
        // Every listed resource can be read.
        for uri in all.iter().filter(|uri| uri.starts_with("videosearch://") && !uri.contains('{')) {
            let result = read(&mut server, uri, is_modern).unwrap();
            assert!(!result["contents"][0]["text"].as_str().unwrap().is_empty(), "{uri}");
        }
    }
}

#[test]
fn a_list_without_the_indexes_is_not_to_be_kept() {
    let (upstream, mut server) = counted(&[]);
    server.ok("get_key_info", json!({}));
    let mut list = |is_modern: bool| {
        let params = if is_modern { modern(json!({})) } else { json!({}) };
        server.request("resources/list", params)["result"].clone()
    };
    upstream.script(|seen| {
        let page = Answer::Fixed(200, vec![("content-type", "text/html".into())], b"<html>".to_vec());
        if seen.target.starts_with("/indexes") { page } else { Answer::Pass }
    });
    assert_eq!([false, true].map(|is_modern| list(is_modern)["ttlMs"].clone()), [0, 0]);
    upstream.script(|_| Answer::Pass);
    let whole = list(true);
    assert!(whole["ttlMs"].as_u64() > Some(0) && whole.to_string().contains("idx_early_cinema"), "{whole}");
}

#[test]
fn the_guide_is_about_this_key() {
    let (_upstream, mut server) = counted(&["--scopes", "search"]);
    let guide = read(&mut server, "videosearch://guide", false).unwrap()["contents"][0]["text"].as_str().unwrap().to_owned();
    let library = guide.split("## library").nth(1).unwrap().split("##").next().unwrap();
    assert!(library.contains("Listed: list_indexes.") && library.contains("by this server's configuration: list_videos"), "{library}");
    assert!(library.contains("Switched off: delete_index"), "{library}");
    let how = guide.split("# What this key can do").next().unwrap();
    assert!(how.contains("search_videos finds moments") && !how.contains("show_moment") && !how.contains("execute_prompt"), "{how}");
    assert!(guide.contains("Scopes that it holds: search.") && guide.contains("is not to use: read, write, admin."), "{guide}");
}

#[test]
fn both_eras_are_told_when_a_scope_is_lost() {
    let upstream = Upstream::before(&shared().base_url);
    let mut server = Server::with_key(&upstream.base_url, &shared().api_key, &[]);
    server.request("prompts/list", json!({}));
    let filter = json!({"notifications": {"promptsListChanged": true, "resourcesListChanged": true}});
    let listening = server.ask("subscriptions/listen", modern(filter));
    server.wait_for(|message| message["method"] == "notifications/subscriptions/acknowledged");
    upstream.script(|seen| {
        if seen.target.starts_with("/videos") {
            Answer::json(403, &json!({"error": {"code": "authorization_insufficient_scope", "message": "no"}}))
        } else {
            Answer::Pass
        }
    });
    server.error("get_video", json!({"video_id": "vid_metropolis_1927"}));
    for method in ["notifications/resources/list_changed", "notifications/prompts/list_changed"] {
        let about = |message: &Value| message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].clone();
        server.wait_for(|message| message["method"] == method && about(message).is_null());
        server.wait_for(|message| message["method"] == method && about(message) == listening);
    }
}

#[test]
fn both_eras_are_told_of_other_indexes_and_then_see_them() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING);
    let listening = server.ask("subscriptions/listen", modern(json!({"notifications": {"resourcesListChanged": true}})));
    server.wait_for(|message| message["method"] == "notifications/subscriptions/acknowledged");
    let told = |server: &mut Server| {
        let about = |message: &Value| message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].clone();
        let is_list = |message: &Value| message["method"] == "notifications/resources/list_changed";
        server.wait_for(|message| is_list(message) && about(message).is_null());
        server.wait_for(|message| is_list(message) && about(message) == listening);
    };
    // What a client sees that asks after it was told, and what is suggested.
    let shows = |server: &mut Server, title: &str| {
        let listed = server.request("resources/list", json!({}));
        let listed = listed["result"]["resources"].as_array().unwrap().iter().any(|resource| resource["title"] == title);
        let variable = json!({"name": "index", "value": title});
        let template = json!({"type": "ref/resource", "uri": "videosearch://indexes/{index}"});
        let suggested = server.request("completion/complete", json!({"ref": template, "argument": variable}));
        assert_eq!(suggested["result"]["completion"]["values"] == json!([title]), listed, "{suggested}");
        listed
    };
    assert!(!shows(&mut server, "New films"));
    let made = server.ok("create_index", json!({"name": "New films"})).1;
    told(&mut server);
    assert!(shows(&mut server, "New films"));
    let index = made["index"]["index_id"].clone();
    let plan = server.plan("delete_index", json!({"index_id": index})).1;
    server.ok("delete_index", json!({"index_id": index, "confirm": plan["confirm"]}));
    told(&mut server);
    assert!(!shows(&mut server, "New films"));
    let files = json!([{"download_url": "http://127.0.0.1:9/a.mp4", "file_id": "a"}]);
    server.ok("attach_workflow_file", json!({"files": files, "index_name": "Attached films"}));
    told(&mut server);
    assert!(shows(&mut server, "Attached films"));
    // What a look at the list finds is news, too.
    playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": "Films of a colleague"})));
    server.ok("list_indexes", json!({}));
    told(&mut server);
    assert!(shows(&mut server, "Films of a colleague"));
}

#[test]
fn the_guide_and_the_key_say_what_needs_consent_and_what_may_be_spent() {
    let limits = ["--confirm", "cost", "--max-mt-per-run", "1000", "--max-mt-per-day", "5000"];
    let (_upstream, mut server) = counted(&limits);
    let guide = read(&mut server, "videosearch://guide", true).unwrap()["contents"][0]["text"].as_str().unwrap().to_owned();
    let key = server.ok("get_key_info", json!({})).0;
    for text in [guide, key] {
        let line = "Consent: cost: whatever deletes or costs. Spending: at most 1000 mt a run; at most 5000 mt a day (0 mt spent today).";
        assert!(text.contains(line), "{text}");
    }
}
