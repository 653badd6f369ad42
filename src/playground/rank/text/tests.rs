use super::*;

fn row<'a>(run_id: &'a str, segment_id: &'a str, field_path: &'a str, text: &'a str) -> TextRow<'a> {
    TextRow { index_id: "films", video_id: "v1", segment_id: Some(segment_id), run_id, field_path, text }
}

/// Two runs over the same segments, a video without segments, and a second index.
fn library() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    create_tables(&conn).unwrap();
    create_tables(&conn).unwrap();
    let rows = [
        row("r1", "s1", "description", "A red balloon rises over the roofs of the city."),
        row("r1", "s1", "mood", "wistful"),
        row("r1", "s2", "description", "A clown juggles three oranges; the clown bows."),
        row("r1", "s3", "description", "Two men carry a piano up the stairs."),
        row("r1", "s4", "description", "Rain falls on an empty café terrace."),
        row("r2", "s1", "caption", "Balloon above the town"),
        row("r2", "s2", "caption", "Juggler"),
        TextRow { segment_id: None, ..row("r3", "", "summary", "A day in the city, with a clown and a piano.") },
        TextRow { index_id: "other", video_id: "v9", ..row("r9", "s9", "description", "A balloon in another index.") },
    ];
    for row in &rows {
        add(&conn, row).unwrap();
    }
    conn
}

fn films() -> [String; 1] {
    ["films".to_owned()]
}

fn find(conn: &Connection, text: &str) -> Vec<TextHit> {
    search(conn, &TextQuery { text, limit: 10, index_ids: &films(), run_ids: None, fields: None }).unwrap()
}

fn names(hits: &[TextHit]) -> Vec<String> {
    hits.iter().map(|hit| format!("{}/{}", hit.run_id, hit.segment_id.as_deref().unwrap_or("-"))).collect()
}

#[test]
fn a_segment_is_found_for_every_run_that_describes_it() {
    let conn = library();
    let mut found = names(&find(&conn, "balloon"));
    found.sort();
    assert_eq!(found, ["r1/s1", "r2/s1"]);
    assert_eq!(names(&find(&conn, "wistful balloon")).first().map(String::as_str), Some("r1/s1"));
    let whole = find(&conn, "day city clown piano");
    assert_eq!(whole.first().map(|hit| hit.segment_id.clone()), Some(None));
}

#[test]
fn filters_narrow_the_search() {
    let conn = library();
    let runs = ["r2".to_owned()];
    let fields = ["caption".to_owned(), "mood".to_owned()];
    let films = films();
    let query = TextQuery { text: "balloon", limit: 10, index_ids: &films, run_ids: Some(&runs), fields: None };
    assert_eq!(names(&search(&conn, &query).unwrap()), ["r2/s1"]);
    assert_eq!(names(&search(&conn, &TextQuery { run_ids: None, fields: Some(&fields), ..query }).unwrap()), ["r2/s1"]);
    assert!(search(&conn, &TextQuery { run_ids: Some(&[]), ..query }).unwrap().is_empty());
    assert!(search(&conn, &TextQuery { index_ids: &[], ..query }).unwrap().is_empty());
    assert!(search(&conn, &TextQuery { limit: 0, ..query }).unwrap().is_empty());
    let other = ["other".to_owned()];
    assert_eq!(names(&search(&conn, &TextQuery { index_ids: &other, run_ids: None, ..query }).unwrap()), ["r9/s9"]);
}

#[test]
fn what_other_indexes_hold_does_not_change_a_score() {
    let conn = library();
    let before = find(&conn, "balloon over the city");
    for number in 0..30 {
        let segment = format!("x{number}");
        let text = "A balloon and a balloon over a city.";
        add(&conn, &TextRow { index_id: "other", video_id: "v9", ..row("r9", &segment, "description", text) }).unwrap();
    }
    let after = find(&conn, "balloon over the city");
    assert_eq!(names(&before), names(&after));
    // FTS5 takes only one thing from the whole table: the mean length of a text.
    for (before, after) in before.iter().zip(&after) {
        assert!((before.score - after.score).abs() < 0.1, "{before:?} {after:?}");
    }
}

#[test]
fn inflections_accents_and_case_do_not_matter() {
    let conn = library();
    assert_eq!(names(&find(&conn, "ORANGE")).first().map(String::as_str), Some("r1/s2"));
    assert_eq!(names(&find(&conn, "cafe")).first().map(String::as_str), Some("r1/s4"));
    assert_eq!(names(&find(&conn, "a man")).first().map(String::as_str), Some("r1/s3"));
}

#[test]
fn any_text_is_a_question() {
    let conn = library();
    for text in ["", "   ", "\"", "''", "🎈", "\u{0}", "* ^ : -", "()", "。。"] {
        assert!(find(&conn, text).is_empty(), "{text:?}");
    }
    for text in ["balloon\"", "NEAR(balloon, 2)", "balloon AND NOT", "text:balloon*", "🎈balloon🎈", "balloon\u{0}x", "-balloon"] {
        assert!(names(&find(&conn, text)).contains(&"r1/s1".to_owned()), "{text:?}");
    }
    assert!(!find(&conn, &"balloon over the city ".repeat(5_000)).is_empty());
    assert!(find(&conn, &"x".repeat(100_000)).is_empty());
    // Stop words count when there are no other words.
    assert!(!find(&conn, "the").is_empty());
}

#[test]
fn scores_are_in_range_sorted_and_repeatable() {
    let conn = library();
    for text in ["balloon", "a red balloon rises over the roofs of the city", "clown with fruit", "men men men", "the"] {
        let hits = find(&conn, text);
        assert!(!hits.is_empty());
        for hit in &hits {
            assert!(hit.score > 0.0 && hit.score <= 1.0, "{hit:?}");
            assert!(!hit.fields.is_empty() && hit.fields.iter().all(|(_, share)| (0.0..=1.0).contains(share)), "{hit:?}");
        }
        assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
        assert_eq!(hits, find(&conn, text));
    }
    let close = find(&conn, "a red balloon rises over the roofs of the city");
    let loose = find(&conn, "a zeppelin crosses the ocean");
    assert!(close.first().map(|hit| hit.score) > loose.first().map(|hit| hit.score));
    assert!(close.first().is_some_and(|hit| hit.score > 0.5), "{close:?}");
}

#[test]
fn of_segments_that_answer_alike_the_one_about_the_same_matter_comes_first() {
    let conn = Connection::open_in_memory().unwrap();
    create_tables(&conn).unwrap();
    // The lexicon lists neither of them as a neighbour of the surgeon.
    add(&conn, &row("r", "s1", "d", "The zzgrbl in the orchard.")).unwrap();
    add(&conn, &row("r", "s2", "d", "The zzgrbl in the ambulance.")).unwrap();
    assert_eq!(names(&find(&conn, "zzgrbl of a surgeon")), ["r/s2", "r/s1"]);
    // If the lexicon knows no word of a question, only the words themselves count.
    let hits = find(&conn, "zzgrbl");
    assert_eq!(names(&hits), ["r/s1", "r/s2"]);
    assert!(hits.iter().all(|hit| hit.score > 0.5 && hit.score <= 1.0), "{hits:?}");
}

#[test]
fn equal_scores_go_by_id() {
    let conn = Connection::open_in_memory().unwrap();
    create_tables(&conn).unwrap();
    for segment in ["s3", "s1", "s2"] {
        add(&conn, &row("r", segment, "d", "The same words.")).unwrap();
    }
    assert_eq!(names(&find(&conn, "words")), ["r/s1", "r/s2", "r/s3"]);
}

#[test]
fn adding_again_replaces_and_removing_a_video_leaves_the_others() {
    let conn = library();
    add(&conn, &row("r1", "s1", "description", "A typewriter.")).unwrap();
    assert_eq!(names(&find(&conn, "balloon")), ["r2/s1"]);
    assert_eq!(names(&find(&conn, "typewriter")).first().map(String::as_str), Some("r1/s1"));
    remove_video(&conn, "v1").unwrap();
    remove_video(&conn, "unknown").unwrap();
    assert!(find(&conn, "typewriter").is_empty() && find(&conn, "balloon").is_empty());
    for table in ["text_fields", "text_words"] {
        let left: i64 = conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0)).unwrap();
        assert_eq!(left, 1, "that of the other video");
    }
}
