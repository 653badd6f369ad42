//! What the four searches answer: what hits say, and what an answer without hits says.

use serde_json::{Value, json};

use crate::support::{Answer, Playground, Server, Upstream, modern, untouched};

const INDEX: &str = "idx_early_cinema";
const RUN: &str = "run_scene_catalogue_early_cinema";
const ELSEWHERE: &str = "run_scene_catalogue_american_life";

fn server() -> Server {
    Server::with_key(&untouched().base_url, &untouched().api_key, &[])
}

/// A server whose requests are counted, with all that is asked about the key behind it.
fn counted(arguments: &[&str]) -> (Upstream, Server) {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, arguments);
    server.ok("get_key_info", json!({}));
    upstream.take();
    (upstream, server)
}

fn filter(run: &str, field: &str, operator: &str, kind: &str, value: Value) -> Value {
    let mut condition = json!({"field": field, "operator": operator, "type": kind});
    if !value.is_null() {
        condition["value"] = value;
    }
    json!({"index_id": INDEX, "run_ids": [run], "conditions": [condition]})
}

fn notes(structured: &Value) -> String {
    let notes = structured["notes"].as_array().cloned().unwrap_or_default();
    notes.iter().map(|note| note.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_empty_filter_says_why() {
    let (upstream, mut server) = counted(&[]);
    let kinds = [
        (
            filter(RUN, "time_of_day", "equals", "string", json!("night")),
            "`time_of_day` is no field of these runs. Fields: scene string, objects array",
        ),
        (filter(RUN, "Mood", "contains", "string", json!("calm")), "did you mean `mood`?"),
        (filter(RUN, "peopel_count", "greater_than", "integer", json!(3)), "did you mean `people_count`?"),
        (filter(RUN, "name", "contains", "string", json!("rope")), "did you mean `entities[].name`?"),
        (filter(RUN, "entities.name", "contains", "string", json!("rope")), "write `entities[].name`"),
        (filter(RUN, "summary", "contains", "string", json!("train")), "`summary` is extracted once per video"),
        (
            filter(RUN, "objects", "contains", "string", json!("rope")),
            "`objects` is an array, not a string: use type array with item_contains",
        ),
        (filter(RUN, "objects", "equals", "string", json!("rope")), "use type array with item_equals"),
        (filter(RUN, "mood", "item_contains", "array", json!("calm")), "`mood` is a string, not an array: use type string with contains"),
        (
            filter(RUN, "people_count", "equals", "string", json!("4")),
            "`people_count` is an integer, not a string: use type integer with equals",
        ),
        (filter(RUN, "outdoor", "equals", "string", json!("true")), "`outdoor` is a boolean, not a string: use type boolean with equals"),
        (filter(RUN, "outdoor", "equals", "integer", json!(1)), "`outdoor` is a boolean, not an integer"),
        (filter(RUN, "entities", "item_contains", "array", json!("rope")), "`entities` is a list of objects: use one of entities[].name"),
        (
            filter(RUN, "people_count", "greater_than", "integer", json!(100_000)),
            "Looked at 102 segments of 10 videos; none meets the condition.",
        ),
        (filter(RUN, "mood", "equals", "string", json!("giggly")), "Values of `mood` are, for example: "),
    ];
    for (arguments, said) in kinds {
        upstream.take();
        let (text, structured) = server.ok("filter_videos", arguments.clone());
        assert!(text.starts_with("0 hits"), "{arguments}: {text}");
        assert!(text.contains(said), "{arguments}: {text}");
        assert!(notes(&structured).contains(said), "{structured}");
        assert!(upstream.take().len() <= 4, "{arguments}");
    }
    // What was read once is remembered.
    upstream.take();
    server.ok("filter_videos", filter(RUN, "mood", "item_contains", "array", json!("calm")));
    assert_eq!(upstream.take().len(), 1);
    // Whether results have a field that the prompt does not have is asked each time.
    server.ok("filter_videos", filter(RUN, "time_of_day", "equals", "string", json!("night")));
    assert_eq!(upstream.take().len(), 2);
}

#[test]
fn search_fields_and_runs_that_cannot_match_are_named_by_each_search() {
    let mut server = server();
    for tool in ["search_videos", "multimodal_search"] {
        let query = if tool == "search_videos" { "query" } else { "text_query" };
        let mut ask = |more: Value| {
            let mut arguments = json!({"index_id": INDEX, query: "train"});
            arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let (text, structured) = server.ok(tool, arguments);
            assert_eq!(structured["total_results"], 0, "{tool}: {text}");
            assert!(notes(&structured).lines().all(|note| text.contains(note)), "{text}");
            text
        };
        assert!(ask(json!({"search_fields": ["scen"]})).contains("`scen` is no field of these runs; did you mean `scene`?"));
        assert!(ask(json!({"search_fields": ["weather"]})).contains("`weather` is no field of these runs. Fields: scene string"));
        assert!(ask(json!({"search_fields": ["outdoor"]})).contains("of the type boolean, which has no words to be found"));
    }
}

#[test]
fn a_run_of_another_index_is_named_even_if_the_service_only_finds_nothing() {
    let (upstream, mut server) = counted(&[]);
    upstream.script(|seen| if seen.target.contains("search") { Answer::json(200, &json!([])) } else { Answer::Pass });
    let (text, structured) = server.ok("search_videos", json!({"index_id": INDEX, "query": "train", "run_ids": [ELSEWHERE]}));
    assert!(text.contains("belongs to the index \"American life\" (idx_american_life)"), "{text}");
    assert!(notes(&structured).contains("belongs to the index"), "{structured}");
}

#[test]
fn a_question_that_can_match_says_how_much_was_looked_at() {
    let mut server = server();
    let text = server.ok("search_videos", json!({"index_id": INDEX, "query": "zzqxv"})).0;
    assert!(text.contains("Looked at 102 segments of 10 videos; none matches."), "{text}");
}

#[test]
fn without_the_scope_the_reason_is_left_out_with_a_word_on_why() {
    let (upstream, mut server) = counted(&["--scopes", "search"]);
    let (text, structured) = server.ok("filter_videos", filter(RUN, "time_of_day", "equals", "string", json!("night")));
    assert!(text.contains("takes the scope read away"), "{text}");
    assert!(notes(&structured).contains("scope read"));
    assert_eq!(upstream.take().len(), 1, "nothing else was asked");
}

#[test]
fn an_answer_with_hits_asks_for_nothing_more() {
    let (upstream, mut server) = counted(&[]);
    for (tool, arguments) in [
        ("search_videos", json!({"index_id": INDEX, "query": "wedding cake"})),
        ("search_videos", json!({"index_id": INDEX, "query": "der Vulkan bricht aus"})),
        ("filter_videos", filter(RUN, "mood", "is_not_empty", "string", Value::Null)),
    ] {
        server.ok(tool, arguments);
        assert_eq!(upstream.take().len(), 1, "{tool}");
    }
}

#[test]
fn a_filter_shows_the_values_it_compared() {
    let mut server = server();
    let mut arguments = filter(RUN, "objects", "item_contains", "array", json!("rope"));
    let more = json!({"field": "entities[].name", "operator": "contains", "type": "string", "value": "rope"});
    arguments["conditions"].as_array_mut().unwrap().push(more);
    let (text, structured) = server.ok("filter_videos", arguments);
    let hit = &structured["results"][0];
    assert!(hit["values"]["objects"].to_string().contains("rope"), "{hit}");
    assert!(hit["values"]["entities[].name"].to_string().contains("rope"), "{hit}");
    let line = text.lines().find(|line| line.starts_with("1. ")).unwrap();
    let shown = line.split_once("[objects=").unwrap().1;
    let mut values = serde_json::Deserializer::from_str(shown).into_iter::<Value>();
    assert!(values.next().unwrap().unwrap().is_array(), "whole or cut, it is JSON: {line}");
}

#[test]
fn each_hit_has_the_sentence_that_answers() {
    let mut server = server();
    let (text, structured) = server.ok("search_videos", json!({"index_id": INDEX, "query": "they club the operator", "top_k": 1}));
    let hit = &structured["results"][0];
    // The first sentence of the scene is another one.
    assert!(hit["content"].as_str().unwrap().contains("club the operator"), "{hit}");
    assert!(hit["matched_field"].is_string(), "{hit}");
    assert!(text.contains("scene: ") && text.contains("club the operator"), "{text}");
    let (_, structured) = server.ok("search_videos", json!({"index_id": INDEX, "query": "revolvers and masks", "top_k": 1}));
    assert!(structured["results"][0]["content"].as_str().unwrap().contains("revolvers"), "{structured}");
}

#[test]
fn weak_hits_are_marked_and_strong_ones_are_not() {
    let mut server = server();
    for weak in ["quarterly revenue spreadsheet", "kubernetes deployment yaml", "wedding cake", "laptop computer"] {
        let (text, structured) = server.ok("search_videos", json!({"index_id": INDEX, "query": weak}));
        assert!(text.contains("No close match") && notes(&structured).contains("No close match"), "{weak}: {text}");
        let hits = structured["results"].as_array().unwrap();
        assert!(!hits.is_empty() && hits.iter().all(|hit| hit["weak"] == true), "{weak}: {structured}");
        assert_eq!(text.matches(" weak ").count(), hits.len(), "{text}");
    }
    for strong in ["robbers stop a train", "a rocket lands in the eye of the moon", "man hangs from a clock"] {
        let (text, structured) = server.ok("search_videos", json!({"index_id": INDEX, "query": strong}));
        assert!(!text.contains("No close match"), "{strong}: {text}");
        assert!(structured["results"][0].get("weak").is_none(), "{strong}: {structured}");
    }
}

#[test]
fn a_query_in_another_language_gets_its_hits_and_a_note() {
    let mut server = server();
    for (query, said) in [
        ("der Vulkan bricht aus", "in German"),
        ("un train attaqué par des bandits masqués", "in French"),
        ("los ladrones asaltan un tren por la noche", "in Spanish"),
        ("поезд и грабители", "Cyrillic"),
        ("強盗が列車を襲う", "Japanese or Chinese"),
    ] {
        let (text, structured) = server.ok("search_videos", json!({"index_id": INDEX, "query": query}));
        assert!(text.contains(said) && notes(&structured).contains(said), "{query}: {text}");
    }
    let (text, _) = server.ok("search_videos", json!({"index_id": INDEX, "query": "the train in the valley"}));
    assert!(!text.contains("The query"), "{text}");
}

#[test]
fn full_says_everything_once() {
    let mut server = server();
    let (text, structured) =
        server.ok("search_videos", json!({"index_id": INDEX, "query": "robbers stop a train", "top_k": 3, "detail": "full"}));
    assert!(text.len() < 6_000, "{}", text.len());
    let sentence = "Through the office window the train rolls in";
    assert_eq!(text.matches(sentence).count(), 1, "{text}");
    let hit = &structured["results"][0];
    for member in ["metadata", "extracted_metadata", "text_content", "metadata_text", "segment_id", "field_scores"] {
        assert!(!hit[member].is_null(), "{member}: {hit}");
    }
}

/// One hit as another API may answer it.
fn hit(n: usize, run: &str) -> Value {
    json!({
        "result_type": "segment", "video_id": format!("v{n}"), "video_name": format!("Film {n}"), "segment_id": format!("s{n}"),
        "start_time": 1.0, "end_time": 2.5, "content_preview": "A quiet street.", "text_content": "scene: A quiet street. A red tram turns.\nmood: calm",
        "similarity_score": 0.31, "run_id": run, "extracted_metadata": {"scene": "A quiet street. A red tram turns.", "mood": "calm"},
        "field_scores": {"scene": 0.31},
    })
}

fn scripted(hits: Value) -> (Upstream, Server) {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &[]);
    server.ok("get_key_info", json!({}));
    upstream.script(move |seen| if seen.target.ends_with("/search") { Answer::json(200, &hits) } else { Answer::Pass });
    (upstream, server)
}

#[test]
fn scores_of_another_scale_are_cleared_by_words() {
    let (_upstream, mut server) = scripted(json!([hit(1, "r1"), hit(2, "r1")]));
    let (text, structured) = server.ok("search_videos", json!({"index_id": INDEX, "query": "red trams turning"}));
    assert!(!text.contains("weak") && structured["results"][0]["content"] == "A red tram turns.", "{text}");
    assert!(text.contains("From run r1; matched in scene"), "{text}");
    let text = server.ok("search_videos", json!({"index_id": INDEX, "query": "elephants bathe"})).0;
    assert!(text.contains("0.31 weak") && text.contains("No close match"), "{text}");
}

#[test]
fn a_run_is_named_where_it_differs() {
    let (_upstream, mut server) = scripted(json!([hit(1, "r1"), hit(2, "r2"), hit(3, "r1")]));
    let (text, structured) = server.ok("search_videos", json!({"index_id": INDEX, "query": "tram"}));
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("@1-2.5")).collect();
    assert_eq!(lines.iter().map(|line| line.contains("run r2")).collect::<Vec<_>>(), [false, true, false], "{text}");
    assert!(text.contains("From run r1 where no other is named"), "{text}");
    assert_eq!((&structured["results"][1]["run_id"], &structured["run_ids"]), (&json!("r2"), &json!(["r1", "r2"])));
}

#[test]
fn rows_that_were_not_asked_for_are_not_shown() {
    let many: Vec<Value> = (0..40).map(|n| hit(n, "r1")).collect();
    let (_upstream, mut server) = scripted(json!(many));
    let (text, structured) = server.ok("search_videos", json!({"index_id": INDEX, "query": "tram", "top_k": 3}));
    assert_eq!((structured["total_results"].as_u64(), text.lines().filter(|line| line.contains("@1-2.5")).count()), (Some(3), 3));
}

#[test]
fn ten_hits_are_as_short_in_structure_as_in_lines() {
    let mut server = server();
    let (text, structured) = server.ok("search_videos", json!({"index_id": INDEX, "query": "robbers stop a train"}));
    // Ids name a segment twice over; the handle's parts are enough.
    assert!(structured["results"][0].get("segment_id").is_none(), "{structured}");
    assert!(text.len() < 2_400 && structured.to_string().len() < 3_000, "{} {}", text.len(), structured.to_string().len());
    let mut harness = Server::with_key(&untouched().base_url, &untouched().api_key, &["--output", "json"]);
    let (_, structured) = harness.ok("search_videos", json!({"index_id": INDEX, "query": "robbers stop a train"}));
    assert!(structured["results"][0]["segment_id"].is_string(), "{structured}");
}

#[test]
fn an_overlong_argument_is_refused_by_name() {
    let (upstream, mut server) = counted(&[]);
    let text = server.error("search_videos", json!({"index_id": INDEX, "query": "x".repeat(120_000)}));
    assert!(text.contains("`query` has 120000 characters; at most 10000 are taken"), "{text}");
    assert!(upstream.take().is_empty());
}

#[test]
fn runs_that_were_searched_are_not_called_foreign() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &["--toolsets", "all"]);
    let (text, none) = server.ok("search_runs", json!({"query": "zzzqqq", "run_ids": [RUN]}));
    assert!(none["total_results"] == 0 && text.contains("Looked at "), "{text}");
    assert!(!text.contains("not searched") && none.get("index_id").is_none(), "{text} {none}");
    let (text, _) = server.ok("search_media", json!({"query": "zzzqqq", "prompt_run_ids": [RUN]}));
    assert!(!text.contains("not searched"), "{text}");
    let text = server.error("search_media", json!({"query": "train", "index_name": "Early"}));
    assert!(text.contains("Indexes there are: "), "{text}");
}

#[test]
fn what_matched_is_a_field() {
    let mut server = server();
    for query in ["fear", "calm"] {
        let (text, found) = server.ok("search_videos", json!({"query": query, "index_id": "all", "top_k": 30}));
        let rows = found["results"].as_array().unwrap().iter();
        let named: Vec<&str> = rows.chain([&found]).filter_map(|row| row["matched_field"].as_str()).collect();
        let values = ["fearful", "panicked", "frightened", "terrifying", "alarmed", "shy", "relaxed", "calm", "weak"];
        assert!(named.contains(&"mood") && !named.iter().any(|name| values.contains(name)), "{named:?} {text}");
    }
}

/// A prompt may have been changed since a run. What the results have is a field of theirs all the same.
#[test]
fn fields_of_an_earlier_form_of_a_prompt_are_not_called_unknown() {
    let playground = Playground::start(&[]);
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all"]);
    let schema = json!({"type": "object", "properties": {"lighting": {"type": "string"}}});
    server.ok("update_prompt", json!({"prompt_id": "prompt_scene_catalogue", "json_schema": schema, "clear_video_level": true}));
    let (text, _) = server.ok("filter_videos", filter(RUN, "mood", "equals", "string", json!("zzz")));
    assert!(!text.contains("is no field") && text.contains("Values of `mood` are"), "{text}");
    let (text, _) = server.ok("filter_videos", filter(RUN, "weather", "equals", "string", json!("zzz")));
    assert!(text.contains("`weather` is no field of these runs"), "{text}");
}

#[test]
fn all_indexes_by_name_are_all_of_them() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &["--toolsets", "search"]);
    let search = |more: Value| {
        let mut search = json!({"query": "moon rocket earth train", "limit": 5});
        search.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        search
    };
    let (_, everywhere) = server.ok("search_media", search(json!({})));
    for all in [json!({"index_name": "all"}), json!({"index_id": "All"})] {
        let (text, found) = server.ok("search_media", search(all));
        assert_eq!(found["data"], everywhere["data"], "{text}");
    }
}

#[test]
fn a_condition_without_an_index_is_checked_whole() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &["--toolsets", "search"]);
    let condition = |operator: &str| json!({"field": "outdoor", "operator": operator, "type": "boolean", "value": "true"});
    server.ok("filter_playground", json!({"conditions": [condition("Equals")]}));
    let mut odd = condition("equals");
    odd["negate"] = json!(true);
    let text = server.error("filter_playground", json!({"conditions": [odd]}));
    assert!(text.contains("unknown argument `negate`") && text.contains("conditions[0]"), "{text}");
}

/// Nothing sends a caller whose server is limited to searching to tools that it cannot call.
#[test]
fn a_limited_server_names_what_it_can_do() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &["--scopes", "search"]);
    let told = server.request("server/discover", modern(json!({})))["result"]["instructions"].as_str().unwrap().to_owned();
    assert!(!told.contains("list_prompts") && !told.contains("show_moment") && told.contains("search_videos finds"), "{told}");
    let condition = json!({"field": "outdoor", "operator": "equals", "type": "boolean", "value": "true"});
    let text = server.error("filter_videos", json!({"index_id": "Early cinema", "conditions": [condition]}));
    assert!(text.contains("search_videos names the run of its hits. use_read_tool list_sql_tables has fields"), "{text}");
    let (text, _) = server.ok("search_videos", json!({"query": "clock", "index_id": "Early cinema", "search_fields": ["nofield"]}));
    assert!(text.contains("configuration takes the scope read away") && text.contains("Leave search_fields out"), "{text}");
}

#[test]
fn an_index_that_others_took_the_place_of_is_named() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &[]);
    let (said, _) =
        server.ok("search_videos", json!({"query": "clock", "index_id": "Early cinema", "index_ids": ["Space and nature"], "top_k": 1}));
    assert!(said.contains("idx_early_cinema was not searched"), "{said}");
    let both = json!({"query": "clock", "index_id": "Early cinema", "index_ids": ["Early cinema", "Space and nature"], "top_k": 1});
    assert!(!server.ok("search_videos", both).0.contains("was not searched"));
}
