use proptest::prelude::*;

use super::*;
use crate::tools::budget::Weight;

fn within(rendered: &Rendered) -> bool {
    let structured = rendered.structured.clone().map(|members| Value::Object(members).to_string()).unwrap_or_default();
    Weight::of(&rendered.text).plus(Weight::of(&structured)).fits(1)
}

fn row(line: &str, value: Value) -> Row {
    Row { line: line.into(), value }
}

#[test]
fn a_small_answer_is_whole() {
    let mut answer = Answer::new("2 hits");
    answer.fact("query", "q");
    answer.fact("nothing", Value::Null);
    answer.rows("results", vec![row("a", json!({"id": "a"})), row("b", json!({"id": "b"}))]);
    answer.paging(Paging { size: "limit", cursor: "cursor" }, Some("c1"));
    let rendered = answer.clone().render(Form::Both);
    assert_eq!(rendered.text, "2 hits\na\nb\nMore: cursor=c1");
    let structured = json!({"query": "q", "results": [{"id": "a"}, {"id": "b"}], "next_cursor": "c1"});
    assert_eq!(rendered.structured.map(Value::Object), Some(structured.clone()));
    let with_nulls = json!({"query": "q", "nothing": null, "results": [{"id": "a"}, {"id": "b"}], "next_cursor": "c1"});
    assert_eq!(answer.clone().render(Form::Json).text, with_nulls.to_string());
    let lines = answer.render(Form::Lines);
    assert_eq!((lines.text, lines.structured), (rendered.text, None));
}

#[test]
fn what_stands_after_the_rows_is_structured_too_and_nothing_empty_is() {
    let mut answer = Answer::new("1 hit");
    answer.fact("verdict", "retry");
    answer.rows("rows", vec![row("a", json!({"a": null, "b": "", "c": {"d": {}}, "e": [], "f": 0, "g": false}))]);
    answer.note("a note");
    answer.close("Next: this.");
    answer.close("retry");
    let for_programs = answer.clone().render(Form::Json).structured.unwrap();
    assert_eq!(for_programs["rows"], json!([{"a": null, "b": "", "c": {"d": {}}, "e": [], "f": 0, "g": false}]));
    let rendered = answer.render(Form::Both);
    assert_eq!(rendered.text, "1 hit\na\nNote: a note\nNext: this.\nretry");
    assert_eq!(
        rendered.structured.map(Value::Object),
        Some(json!({"verdict": "retry", "rows": [{"e": [], "f": 0, "g": false}], "notes": ["a note", "Next: this."]}))
    );
}

#[test]
fn a_null_replaces_nothing_and_the_last_page_has_no_cursor() {
    let mut answer = Answer::new("a thing");
    answer.fact("name", "known");
    answer.facts(json!({"name": null, "marker": {"note": null}, "size": null, "tags": []}));
    answer.fact("size", 3);
    answer.script_fact("tip", "for scripts");
    answer.paging(Paging { size: "limit", cursor: "cursor" }, None);
    let structured = |form| answer.clone().render(form).structured.map(Value::Object);
    assert_eq!(structured(Form::Both), Some(json!({"name": "known", "size": 3, "tags": []})));
    let whole = json!({"name": "known", "marker": {"note": null}, "size": 3, "tags": [], "tip": "for scripts", "next_cursor": null});
    assert_eq!(structured(Form::Json), Some(whole));
}

#[test]
fn json_in_a_line_stays_json_and_the_cursor_stays_where_no_row_was_left_out() {
    let everything = json!({"metadata": {"text": "x".repeat(60_000), "list": vec!["y"; 9_000]}});
    let mut answer = Answer::new("1 row");
    answer.rows("rows", vec![row(&format!("1. {everything}"), everything.clone())]);
    answer.paging(Paging { size: "limit", cursor: "cursor" }, Some("c2"));
    for form in [Form::Both, Form::Lines] {
        let text = answer.clone().render(form).text;
        let line = text.lines().nth(1).and_then(|line| line.strip_prefix("1. ")).unwrap();
        assert!(serde_json::from_str::<Value>(line).is_ok() && line.contains('…'), "{line}");
        assert!(text.contains("\nCut: ") && text.ends_with("More: cursor=c2"), "{text}");
    }
}

#[test]
fn rows_are_cut_in_step_and_no_cursor_skips_them() {
    let mut answer = Answer::new("many");
    answer.rows("rows", (0..900).map(|n| row(&format!("{n} {}", "x".repeat(60)), json!({"n": n, "t": "x".repeat(60)}))).collect());
    answer.paging(Paging { size: "limit", cursor: "cursor" }, Some("beyond"));
    let rendered = answer.render(Form::Both);
    assert!(within(&rendered));
    let structured = rendered.structured.unwrap();
    let kept = structured["rows"].as_array().unwrap().len();
    assert!(kept > 100 && kept < 900, "{kept}");
    assert_eq!(rendered.text.lines().count(), kept + 2);
    assert!(rendered.text.ends_with(&format!("{} left out; ask with limit={kept} and follow cursor.", 900 - kept)), "{}", rendered.text);
    assert!(!structured.contains_key("next_cursor"));
    assert_eq!((&structured["truncated"], structured["notes"][0].as_str()), (&json!(true), rendered.text.lines().last()));
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        (0_usize..60_000).prop_map(|n| Value::from("é\"".repeat(n)))
    ];
    leaf.prop_recursive(3, 40, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(".{0,12}", inner, 0..8).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_exceeds_the_budget(facts in prop::collection::vec(json_value(), 0..4), rows in prop::collection::vec(json_value(), 0..12), line in ".{0,400}", form in prop::sample::select(vec![Form::Both, Form::Lines, Form::Json])) {
        let mut answer = Answer::new(line.clone());
        for (n, fact) in facts.into_iter().enumerate() {
            answer.fact(&format!("fact{n}"), fact);
        }
        answer.rows("rows", rows.into_iter().map(|value| row(&line.repeat(30), value)).collect());
        answer.note(line.repeat(40));
        let rendered = answer.render(form);
        prop_assert!(within(&rendered), "{} + {:?}", rendered.text.len(), rendered.structured.map(|members| Value::Object(members).to_string().len()));
    }
}

/// An answer of so many rows that some are cut.
fn many(paging: Option<&str>) -> Answer {
    let mut answer = Answer::new("rows");
    answer.rows("rows", (0..200).map(|n| row(&"x".repeat(400), json!({"n": n}))).collect());
    answer.paging(Paging { size: "limit", cursor: "cursor" }, paging);
    answer
}

#[test]
fn what_leads_past_rows_that_were_cut_is_dropped() {
    let mut answer = many(None);
    answer.fact_of_whole("after_all", "c");
    answer.line_of_whole("More: c".to_owned());
    let rendered = answer.clone().render(Form::Both);
    let structured = rendered.structured.unwrap();
    assert!(structured["truncated"] == true && structured.get("after_all").is_none() && !rendered.text.contains("More: c"));
    answer.leave_out_rows();
    let rendered = answer.render(Form::Both);
    assert!(rendered.structured.unwrap()["after_all"] == "c" && rendered.text.contains("More: c"));
}

#[test]
fn a_tool_that_can_begin_a_page_anywhere_leads_to_the_first_row_that_was_cut() {
    let last = many(None).render(Form::Lines).text;
    assert!(last.contains("from_row="), "{last}");
    // A script finds in members of their own what the note says in words.
    let cut = many(None).render(Form::Both).structured.unwrap();
    assert!(cut["next_row"].is_u64() && cut["next_arguments"] == json!({"from_row": cut["next_row"]}), "{:?}", cut["next_arguments"]);
    let mut paged = many(Some("beyond"));
    paged.began(Some("here"));
    let cut = paged.render(Form::Both).structured.unwrap();
    let kept = cut["rows"].as_array().unwrap().len();
    assert_eq!((&cut["next_arguments"], cut.get("next_row")), (&json!({"limit": kept, "cursor": "here"}), None));
    for paging in [None, Some("beyond")] {
        let mut answer = many(paging);
        answer.row_cursors((0..200).map(|row| format!("at{row}")).collect());
        answer.line_of_whole("That is all.".to_owned());
        let rendered = answer.render(Form::Both);
        let structured = rendered.structured.unwrap();
        let kept = structured["rows"].as_array().unwrap().len();
        assert!(kept > 50 && structured["next_cursor"] == format!("at{kept}") && structured["truncated"] == true, "{kept}");
        assert!(
            rendered.text.ends_with(&format!("\nMore: cursor=at{kept}")) && !rendered.text.contains("That is all"),
            "{}",
            rendered.text
        );
    }
}

#[test]
fn a_reader_who_made_no_call_is_given_one_and_a_cut_table_says_so_in_its_last_row() {
    let mut answer = many(None);
    answer.called_by("use_read_tool list_videos index_id=\"a b\"".to_owned());
    let text = answer.clone().render(Form::Lines).text;
    assert!(text.lines().last().unwrap().contains("; use_read_tool list_videos index_id=\"a b\" from_row="), "{text}");
    answer.paging(Paging { size: "limit", cursor: "cursor" }, Some("beyond"));
    let text = answer.clone().render(Form::Lines).text;
    assert!(text.contains("index_id=\"a b\" limit=") && text.ends_with(", and follow its cursor."), "{text}");
    let head = || Head { line: "a,b,c".to_owned(), columns: 3, whole: "a run of 500 segments".to_owned() };
    answer.head(head());
    let cursors: Vec<String> = (0..200).map(|row| format!("at{row}")).collect();
    answer.row_cursors(cursors);
    let (table, remarks) = answer.table(true);
    let kept = table.lines().count() - 2;
    let onward = format!("use_read_tool list_videos index_id=\"a b\" cursor=at{kept}");
    let mark = format!("CUT: only the first {kept} rows of a run of 500 segments; the rest: {onward}");
    assert_eq!(table.lines().last(), Some(format!("\"{}\",,", mark.replace('"', "\"\"")).as_str()));
    assert!(remarks.ends_with(&format!("\nMore: {onward}")) && !remarks.contains("a,b,c"), "{remarks}");
    let mut small = Answer::new("1 row");
    small.head(head());
    small.rows("rows", vec![row("1,2,3", json!({}))]);
    assert_eq!(small.table(true).0, "a,b,c\n1,2,3");
}
