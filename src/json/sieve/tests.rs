//! What the sieve keeps and what it leaves out.

use serde_json::{Value as Json, json};

use super::*;

fn sifted(text: &str, rows: Option<usize>) -> (Json, bool) {
    let sifted = sift(text.as_bytes(), rows).unwrap();
    (serde_json::from_slice(&sifted.text).unwrap(), sifted.cut)
}

fn list(element: &str, times: usize) -> String {
    format!("[{}]", vec![element; times].join(","))
}

#[test]
fn what_is_within_bounds_stays_as_it_is() {
    let value = json!({
        "a": [], "b": {}, "c": [null, true, -1, u64::MAX, 1.5e300, "x\n\"\u{0}é😀"], "\"": {"d": {"e": [[[{}]]]}}, "data": [1, 2],
    });
    assert_eq!(sifted(&value.to_string(), None), (value, false));
    for text in ["7", "\"x\"", "null", " [ ] "] {
        assert_eq!(sifted(text, Some(0)).0, serde_json::from_str::<Json>(text).unwrap());
    }
}

#[test]
fn rows_past_those_asked_for_are_left_out() {
    assert_eq!(sifted("[1,2,3]", Some(2)), (json!([1, 2]), false));
    let page = r#"{"data":[{"m":[1,2,3]},2,3],"pagination":{"next_cursor":"c"},"total":3}"#;
    assert_eq!(sifted(page, Some(1)), (json!({"data": [{"m": [1, 2, 3]}], "pagination": {"next_cursor": "c"}, "total": 3}), false));
    let beside = r#"{"warnings":[1,2],"data":[1,2,3],"scope":["a","b"]}"#;
    assert_eq!(sifted(beside, Some(1)), (json!({"warnings": [1, 2], "data": [1], "scope": ["a", "b"]}), false));
    let (rows, cut) = sifted(&list("{}", ROWS + 1), None);
    assert_eq!((rows.as_array().unwrap().len(), cut), (ROWS, true));
    assert!(!sifted(&list("{}", ROWS), None).1, "nothing is missing of a list that ends where it is full");
}

#[test]
fn pictures_of_any_size_cost_no_row() {
    let row = |n: usize, size: usize| format!("{{\"id\":{n},\"thumbnail_data\":\"{}\",\"data\":\"a word\"}}", "A".repeat(size));
    for (size, shown) in [(40_000, 100), (70_000, PICTURES / 70_002), (200_000, PICTURES / 200_002)] {
        let text = format!("[{}]", (0..100).map(|n| row(n, size)).collect::<Vec<_>>().join(","));
        let (rows, cut) = sifted(&text, Some(100));
        let rows = rows.as_array().unwrap();
        let pictures = rows.iter().filter(|row| row["thumbnail_data"].is_string()).count();
        assert_eq!((rows.len(), pictures, cut), (100, shown, false), "{size}");
        assert!(rows.iter().all(|row| row["data"] == "a word"));
    }
}

#[test]
fn a_list_that_loses_rows_says_how_many_it_kept() {
    let row = format!("{{\"metadata\":\"{}\"}}", "x".repeat(60_000));
    let sifted = sift(format!("{{\"data\":{}}}", list(&row, 100)).as_bytes(), Some(100)).unwrap();
    let rows: Json = serde_json::from_slice(&sifted.text).unwrap();
    assert_eq!(sifted.kept, Some(rows["data"].as_array().unwrap().len()));
    assert_eq!(sift(list(&row, 100).as_bytes(), Some(10)).unwrap().kept, None, "no row is missing that was asked for");
}

#[test]
fn bombs_of_every_shape_become_small() {
    let members = |times: usize| (0..times).map(|n| format!("\"{n}\":{{}}")).collect::<Vec<_>>().join(",");
    for (name, text) in [
        ("lists", list(&list("[]", 1_000), 400)),
        ("numbers", format!("[{{\"x\":{}}}]", list("0", 400_000))),
        ("members", format!("[{{\"metadata\":{{{}}}}}]", members(200_000))),
        ("strings", format!("[{{\"x\":{}}}]", list(&format!("\"{}\"", "y".repeat(70_000)), 100))),
        ("one string", format!("[{{\"x\":\"{}\"}}]", "é".repeat(5 << 20))),
        ("escapes", format!("[{{\"x\":\"{}\"}}]", "\\u0001".repeat(1 << 20))),
        ("a name", format!("[{{\"{}\":1,\"a\":1}}]", "x".repeat(5 << 20))),
        ("pictures", list(&format!("{{\"thumbnail_data\":\"{}\"}}", "A".repeat(1 << 20)), 12)),
    ] {
        let sifted = sift(text.as_bytes(), Some(100)).unwrap();
        let value: Json = serde_json::from_slice(&sifted.text).unwrap();
        assert!(value[0].is_object() || value[0].is_array(), "{name}");
        assert!(sifted.text.len() < TEXT * EXCESS + PICTURES && (sifted.cut || name == "pictures"), "{name}: {}", sifted.text.len());
    }
}

#[test]
fn what_cannot_be_cut_is_refused() {
    // Records of 900 members each, nested: no list to cut, and no map.
    let leaf = (0..900).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(",");
    let text = format!("{{{}}}", (0..900).map(|n| format!("\"{n}\":{{{leaf}}}")).collect::<Vec<_>>().join(","));
    assert!(matches!(sift(text.as_bytes(), None), Err(SieveError::TooMuch)));
}

#[test]
fn what_is_left_out_is_still_read() {
    for text in
        ["[1,2,nonsense]", "[1,2", "[1,2]x", "[1,[}]", "", "   ", "{\"a\":1", &"[".repeat(200_000), &format!("-{}", "9".repeat(1 << 20))]
    {
        assert!(matches!(sift(text.as_bytes(), Some(1)), Err(SieveError::Malformed(_))), "{}", &text[..text.len().min(20)]);
    }
}
