use serde_json::json;

use super::*;
use crate::tools::schema::{FITS, SECONDS};

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "query": {"type": "string", "minLength": 1, "maxLength": 1000, "description": "What to look for."},
            "top_k": {"type": "integer", "minimum": 1, "maximum": 100},
            "weight": {"type": "number", "minimum": 0, "maximum": 1},
            "deep": {"type": "boolean"},
            "run_ids": {"type": "array", "items": {"type": "string", ID_KEYWORD: "run"}, "minItems": 1},
            "kind": {"type": "string", "enum": ["index", "videos"]},
            "index_id": {"type": "string", "minLength": 1},
            "video_id": {"type": "string", ID_KEYWORD: "video"},
            "moment": {"type": "string", ID_KEYWORD: "moment"},
            "run_id": {"type": "string", ID_KEYWORD: "run"},
            // Its name says id and its type does not.
            "label_id": {"type": "string"},
            "time": {"type": "string", "minimum": 0, SECONDS: true},
            "length": {"type": "integer", "minimum": 1, "maximum": 300, SECONDS: true},
            "value": {"type": "string", ANY_SCALAR: true},
            "free": {"type": "object"},
            "target": {"type": "object", "properties": {
                "type": {"type": "string", "enum": ["index", "videos"], FITS: {"video_ids": "videos", "index_id": "index"}},
                "index_id": {"type": "string"},
                "video_ids": {"type": "array", "items": {"type": "string", ID_KEYWORD: "video"}, "minItems": 1},
            }, "required": ["type"]},
        },
        "required": ["query"],
    })
}

fn checked(arguments: Value, strangers: Strangers) -> Result<(Value, Checked), String> {
    let Value::Object(mut arguments) = arguments else { unreachable!() };
    check(&schema(), strangers, &mut arguments).map(|found| (Value::Object(arguments), found)).map_err(|error| error.0)
}

/// Of a tool that reads.
fn run(arguments: Value) -> Result<(Value, Vec<String>), String> {
    checked(arguments, Strangers::Ignored).map(|(taken, found)| (taken, found.notes))
}

fn refused(given: Value) -> String {
    run(given).unwrap_err()
}

#[test]
fn text_for_other_types_is_read() {
    let given = json!({"query": "q", "top_k": "5", "weight": "0.5", "deep": "True", "run_ids": "[\"a\"]", "kind": "INDEX",
        "target": "{\"type\":\"index\"}", "video_id": null});
    let (taken, notes) = run(given).unwrap();
    assert_eq!(
        taken,
        json!({"query": "q", "top_k": 5, "weight": 0.5, "deep": true, "run_ids": ["a"], "kind": "index", "target": {"type": "index"}})
    );
    assert!(notes.is_empty());
    assert_eq!(run(json!({"query": "q", "run_ids": "run_1"})).unwrap().0["run_ids"], json!(["run_1"]), "one entry is a list of one");
}

#[test]
fn a_value_above_the_maximum_is_lowered_aloud() {
    let (taken, notes) = run(json!({"query": "q", "top_k": 1e9})).unwrap();
    assert_eq!(taken["top_k"], 100);
    assert_eq!(notes, ["top_k was lowered from 1000000000 to the maximum of 100"]);
}

#[test]
fn what_has_no_content_is_not_given() {
    let names = [
        "top_k", "weight", "deep", "run_ids", "kind", "index_id", "video_id", "moment", "run_id", "label_id", "time", "length", "value",
        "free",
    ];
    for name in names.into_iter().chain(["target"]) {
        for empty in [json!(null), json!(""), json!("  "), json!([]), json!([""]), json!([null, ""])] {
            let mut given = json!({"query": "q"});
            given[name] = empty.clone();
            assert_eq!(run(given).map(|(taken, _)| taken), Ok(json!({"query": "q"})), "{name}: {empty}");
        }
    }
    let strict = json!({"query": "q", "target": {"type": "videos", "index_id": "", "video_ids": []}});
    assert_eq!(run(strict).unwrap().0["target"], json!({"type": "videos"}));
    let strict = json!({"query": "q", "target": {"type": "", "index_id": null, "video_ids": [""]}});
    assert_eq!(run(strict).unwrap().0, json!({"query": "q"}));
    assert_eq!(run(json!({"query": "q", "run_id": "null", "top_k": "None"})).unwrap().0, json!({"query": "q"}));
    assert_eq!(run(json!({"query": "null"})).unwrap().0, json!({"query": "null"}), "a free text may be any word");
    assert_eq!(run(json!({"query": "q", "free": {}})).unwrap().0["free"], json!({}));
    assert_eq!(run(json!({"query": "q", "free": {"a": null, "b": ""}})).unwrap().0["free"], json!({"a": null, "b": ""}));
    for empty in [json!({}), json!({"query": null}), json!({"query": ""}), json!({"query": " \n"})] {
        assert_eq!(refused(empty), "missing argument `query` (What to look for)");
    }
}

#[test]
fn what_hosts_add_is_dropped() {
    let added = json!({"query": "q", "wait_for_previous": true, "task_progress": "- [x] a", "random_string": "dummy", "_sessionID": "s",
        "reasoning": "r", "explanation": "e", "sessionId": "x", "action": "a", "chatInput": "c", "toolCallId": "t", "tool": "x", "_meta": {},
        "waitForPrevious": false, "target": {"type": "index", "explanation": "nested"}});
    for strangers in [Strangers::Ignored, Strangers::Refused] {
        let (taken, found) = checked(added.clone(), strangers).unwrap();
        assert_eq!(taken, json!({"query": "q", "target": {"type": "index"}}));
        assert!(found.notes.is_empty(), "{:?}", found.notes);
    }
}

#[test]
fn misspelt_names_are_refused_and_strangers_by_the_kind_of_tool() {
    for (name, right) in [
        ("topk", "top_k"),
        ("topK", "top_k"),
        ("top-k", "top_k"),
        ("Query", "query"),
        ("index", "index_id"),
        ("videoId", "video_id"),
        ("runs_ids", "run_ids"),
    ] {
        for strangers in [Strangers::Ignored, Strangers::Refused] {
            let mut given = json!({"query": "q"});
            given[name] = json!("x");
            let refusal = checked(given, strangers).unwrap_err();
            assert!(refusal.starts_with(&format!("unknown argument `{name}`; did you mean `{right}`? Valid: query, top_k")), "{refusal}");
        }
    }
    let (taken, notes) = run(json!({"query": "q", "fuzzyMatch": true, "zzz": 1, "target": {"type": "index", "colour": "red"}})).unwrap();
    assert_eq!(taken, json!({"query": "q", "target": {"type": "index"}}));
    assert_eq!(
        notes,
        [
            "ignored, because this tool has no such argument: `fuzzyMatch`, `zzz`",
            "ignored, because this tool has no such argument: `target.colour`"
        ]
    );
    let refusal = checked(json!({"query": "q", "fuzzyMatch": true}), Strangers::Refused).unwrap_err();
    assert!(refusal.starts_with("unknown argument `fuzzyMatch`. Valid: query"), "{refusal}");
    let refusal = checked(json!({"query": "q", "target": {"type": "index", "colour": 1}}), Strangers::Refused).unwrap_err();
    assert_eq!(refusal, "unknown argument `target.colour`. Valid: type, index_id, video_ids");
    assert!(refused(json!({"q": "x"})).starts_with("unknown argument `q`; did you mean `query`? Valid: query, top_k"));
    assert!(checked(json!({"query": "q", "fuzzyMatch": null}), Strangers::Refused).is_ok(), "null says nothing");
    let mut any = Map::from_iter([("anything".to_owned(), json!(1)), ("query".to_owned(), json!(2))]);
    assert!(check(&json!({"type": "object"}), Strangers::Refused, &mut any).is_ok() && any.is_empty());
}

#[test]
fn refusals_teach() {
    assert_eq!(refused(json!({"query": "q", "top_k": -5})), "`top_k` is -5; the least is 1");
    assert_eq!(refused(json!({"query": "q", "top_k": "NaN"})), "`top_k` wants a whole number, not the text \"NaN\"");
    assert_eq!(refused(json!({"query": "q", "top_k": 2.5})), "`top_k` wants a whole number, not 2.5");
    assert_eq!(refused(json!({"query": "q", "kind": "all of it"})), "`kind` may not be `all of it`. Valid: index, videos");
    assert_eq!(refused(json!({"query": 3})), "`query` wants a text, not 3");
    assert_eq!(refused(json!({"query": "q", "kind": "vidoes"})), "`kind` may not be `vidoes`; did you mean `videos`? Valid: index, videos");
    assert_eq!(
        refused(json!({"query": "q", "target": {"index_id": "i"}})),
        "missing argument `target.type`, one of: index, videos. With `index_id` given, index fits"
    );
    assert_eq!(
        refused(json!({"query": "q", "target": {"index_id": "i", "video_ids": ["v"]}})),
        "missing argument `target.type`, one of: index, videos. With `video_ids` given, videos fits"
    );
    assert!(refused(json!({"query": "q", "video_id": "../x"})).starts_with("`video_id`: an id has none of"));
    assert!(refused(json!({"query": "q", "run_ids": ["ok", ".."]})).starts_with("`run_ids[1]`: `.` and `..`"));
    assert!(run(json!({"query": "q", "index_id": "Early cinema", "label_id": "a b/c"})).is_ok());
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let valid =
        "Valid: query, top_k, weight, deep, run_ids, kind, index_id, video_id, moment, run_id, label_id, time, length, value, free, target";
    assert_eq!(
        refused(json!({"index_name": "i", "limit": 3, "zzz": 1, "deep": "maybe"})),
        format!(
            "unknown arguments `index_name` (did you mean `index_id`?), `limit` (did you mean `top_k`?), `zzz`. {valid}. \
             Missing argument `query` (What to look for). `deep` wants true or false, not the text \"maybe\""
        )
    );
    assert_eq!(
        refused(json!({"query": "q", "top_k": 0, "target": {"index_id": "i"}})),
        "`top_k` is 0; the least is 1. Missing argument `target.type`, one of: index, videos. With `index_id` given, index fits"
    );
    let many = refused(json!({"query": "q", "top_k": 0, "weight": -1, "deep": 1, "kind": 1, "time": "x", "length": 0, "run_ids": ["/"]}));
    assert!(many.ends_with(". And more") && many.matches(". ").count() == MOST_FAULTS, "{many}");
}

#[test]
fn an_object_is_shown_with_what_was_given() {
    let index = r#"{"type":"index","index_id":"Early cinema"}"#;
    assert_eq!(
        refused(json!({"query": "q", "target": "Early cinema"})),
        format!("`target` wants an object, such as {index}, not the text \"Early cinema\"")
    );
    let videos = r#"`target` wants an object, such as {"type":"videos","video_ids":["vid_1"]}, not"#;
    for given in [json!("vid_1"), json!(["vid_1"])] {
        assert!(refused(json!({"query": "q", "target": given})).starts_with(videos));
    }
    assert_eq!(refused(json!({"query": "q", "target": 3})), "`target` wants an object, such as {\"type\":\"index|videos\"}, not 3");
}

#[test]
fn no_refusal_repeats_what_it_got_at_length() {
    let long = "x y".repeat(50_000);
    let key = "k".repeat(50_000);
    let nested = json!({"a": long});
    let values = [json!(long), json!([long]), nested, json!(-1e308), json!({long.clone(): 1})];
    let mut seen = 0;
    for name in [
        "query", "top_k", "weight", "deep", "run_ids", "kind", "index_id", "video_id", "moment", "run_id", "time", "length", "value",
        "target",
    ] {
        for value in &values {
            let mut given = json!({"query": "q"});
            given[name] = value.clone();
            if let Err(refusal) = checked(given, Strangers::Refused) {
                assert!(refusal.chars().count() < 500, "{name}: {refusal}");
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "{seen}");
    for object in [json!({"query": "q", key.clone(): 1}), json!({"query": "q", "target": {"type": "index", key: 1}})] {
        assert!(checked(object, Strangers::Refused).unwrap_err().chars().count() < 500);
    }
    assert_eq!(refused(json!({"query": "x".repeat(120_000)})), "`query` has 120000 characters; at most 1000 are taken");
    assert!(arguments(json!(long)).unwrap_err().0.chars().count() < 300);
}

#[test]
fn times_are_seconds_or_clocks() {
    let time = |time: Value| run(json!({"query": "q", "time": time})).map(|(taken, _)| taken["time"].clone());
    assert_eq!(time(json!("1:01:20")), Ok(json!(3680.0)));
    assert_eq!(time(json!("75")), Ok(json!(75.0)));
    assert_eq!(time(json!(75)), Ok(json!(75.0)));
    assert_eq!(time(json!("soon")), Err("`time` wants seconds or a time like 1:01:20, not the text \"soon\"".into()));
    assert_eq!(time(json!(-1)), Err("`time` is -1; the least is 0".into()));
    let (taken, notes) = run(json!({"query": "q", "length": "10:00"})).unwrap();
    assert_eq!((taken["length"].clone(), notes.len()), (json!(300), 1));
    assert_eq!(run(json!({"query": "q", "length": "1:30"})).unwrap().0["length"], json!(90));
}

#[test]
fn handles_give_their_video_and_moments_keep_them() {
    let given = json!({"query": "q", "video_id": " v@12-31.5 ", "moment": "v@1:00-1:10", "target": {"type": "videos", "video_ids": ["w@0-5", "x"]}});
    let (taken, found) = checked(given, Strangers::Refused).unwrap();
    assert_eq!(taken["video_id"], "v");
    assert_eq!(taken["moment"], "v@1:00-1:10");
    assert_eq!(taken["target"]["video_ids"], json!(["w", "x"]));
    assert_eq!(
        found.notes,
        ["`video_id`: of the handle only its video was used", "`target.video_ids[0]`: of the handle only its video was used"]
    );
    let references: Vec<_> = found.references.iter().map(|r| (r.pointer.as_str(), r.given.as_str(), r.rest.as_str())).collect();
    assert_eq!(
        references,
        [("/video_id", "v", ""), ("/moment", "v", "@1:00-1:10"), ("/target/video_ids/0", "w", ""), ("/target/video_ids/1", "x", "")]
    );
}

#[test]
fn a_title_passes_as_a_reference_and_is_replaced_in_its_place() {
    let given = json!({"query": "q", "moment": "The Great Train Robbery@5-9", "target": {"type": "videos", "video_ids": ["x", "A Trip"]}});
    let (taken, mut found) = checked(given, Strangers::Ignored).unwrap();
    let wrong: Vec<Reference> = found.references.iter().filter(|reference| !reference.is_id).cloned().collect();
    assert_eq!(wrong.iter().map(|r| r.given.as_str()).collect::<Vec<_>>(), ["The Great Train Robbery", "A Trip"]);
    let Value::Object(mut arguments) = taken else { unreachable!() };
    for (reference, id) in wrong.iter().zip(["vid_1", "vid_2"]) {
        found.take(reference, id.to_owned(), "", &mut arguments);
    }
    assert_eq!(arguments["moment"], "vid_1@5-9");
    assert_eq!(arguments["target"]["video_ids"], json!(["x", "vid_2"]));
    assert!(found.references.iter().all(|reference| reference.is_id));
    for path in ["../a b", "a b/c", "a%2e b", "a b\\c", "C:\\a b", &"long ".repeat(60)] {
        assert!(run(json!({"query": "q", "video_id": path})).is_err(), "{path}");
    }
}

#[test]
fn the_arguments_may_come_in_any_dress() {
    let none = [json!(null), json!([]), json!({}), json!(""), json!(" "), json!("[]"), json!("{}")];
    assert!(none.into_iter().all(|given| arguments(given).unwrap().is_empty()));
    assert_eq!(arguments(json!("{\"query\": \"q\"}")).unwrap()["query"], "q");
    for wrong in [json!(3), json!([1]), json!("query"), json!("{broken"), json!(true)] {
        assert!(arguments(wrong).unwrap_err().0.starts_with("`arguments` wants an object"));
    }
}
