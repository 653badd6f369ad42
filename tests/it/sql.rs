//! SQL over what runs extracted: tables, queries, drafts, and what a query must not be able to do.

use serde_json::{Value, json};

use crate::{
    openapi::Check,
    support::{Answer, Playground, Server, Upstream, untouched},
};

const INDEX: &str = "idx_early_cinema";
/// One whose tables are made sooner, for queries that do not look at the rows.
const SMALL: &str = "idx_space_and_nature";
const TOOLS: [&str; 2] = ["--toolsets", "sql"];

/// Calls each operation once, for the comparison with the description.
pub fn calls(check: &mut Check<'_>) {
    let path = format!("/search/sql/{INDEX}");
    check.ask("POST /search/sql/{index_id}/catalog", &format!("{path}/catalog"), Some(&json!({})));
    check.ask("POST /search/sql/{index_id}", &path, Some(&json!({"query": "SELECT * FROM videos"})));
    check.ask("POST /search/sql/{index_id}/generate", &format!("{path}/generate"), Some(&json!({"instruction": "list all"})));
}

/// Runs a query: status and body.
fn ask(playground: &Playground, body: &Value) -> (u16, Value) {
    ask_in(INDEX, playground, body)
}

fn ask_in(index: &str, playground: &Playground, body: &Value) -> (u16, Value) {
    let reply = playground.with_key(&playground.api_key, "POST", &format!("/search/sql/{index}"), Some(body));
    (reply.status, reply.json())
}

fn rows(query: &str) -> Value {
    let (status, body) = ask(untouched(), &json!({"query": query, "result_limit": 2000}));
    assert_eq!(status, 200, "{query}: {body}");
    body["rows"].clone()
}

/// Advice to raise what is at its most already cannot be followed.
#[test]
fn a_limit_is_to_be_raised_only_as_long_as_it_can() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &TOOLS);
    server.tools();
    for (limit, can) in [(100, true), (2000, false)] {
        upstream.script(move |_| Answer::json(200, &json!({"rows": [{"n": 1}], "truncated": true, "applied_result_limit": limit})));
        let (text, _) = server.ok("search_sql", json!({"index_id": INDEX, "query": "SELECT 1"}));
        assert_eq!((text.contains("narrow the query"), text.contains("raise result_limit")), (true, can), "{text}");
    }
}

#[test]
fn the_tables_hold_what_the_runs_extracted() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &TOOLS);
    let (text, catalog) = server.ok("list_sql_tables", json!({"index_id": "Early cinema"}));
    assert!(text.contains("scene_catalogue (run_id TEXT, video_id TEXT,") && text.contains("people_count INTEGER"), "{text}");
    assert!(text.contains("One row per segment, of the newest run unless run_ids names runs"), "{text}");
    assert!(!text.contains("was taken for"), "an index may always be given by its name: {text}");
    let tables = catalog["tables"].as_array().unwrap();
    for table in tables {
        let name = table["name"].as_str().unwrap();
        let counted = rows(&format!("SELECT count(*) AS n FROM {name}"));
        assert_eq!((&counted[0]["n"], table["row_count"].as_u64().unwrap() > 0), (&table["row_count"], true), "{name}");
        let first = rows(&format!("SELECT * FROM {name} LIMIT 1"));
        let columns: Vec<&str> = table["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
        assert_eq!(first[0].as_object().unwrap().keys().collect::<Vec<_>>(), columns, "{name}");
    }
    // A row has what the results of its run have.
    let row = &rows("SELECT * FROM scene_catalogue WHERE people_count > 1 LIMIT 1")[0];
    let (run, video) = (row["run_id"].as_str().unwrap(), row["video_id"].as_str().unwrap());
    let results =
        untouched().with_key(&untouched().api_key, "GET", &format!("/prompt-runs/{run}/results?video_id={video}&limit=100"), None).json();
    let result = results["data"].as_array().unwrap().iter().find(|result| result["segment_id"] == row["segment_id"]).unwrap().clone();
    for name in ["scene", "people_count", "mood"] {
        assert_eq!(row[name], result["metadata"][name], "{row}");
    }
    assert_eq!(row["outdoor"], u64::from(result["metadata"]["outdoor"].as_bool().unwrap()));
    assert_eq!(serde_json::from_str::<Value>(row["objects"].as_str().unwrap()).unwrap(), result["metadata"]["objects"]);
}

#[test]
fn a_query_can_group_join_and_take_lists_apart() {
    let grouped = rows("SELECT video_title, count(*) AS n, max(people_count) FROM scene_catalogue GROUP BY 1 ORDER BY n DESC, 1");
    assert!(grouped.as_array().unwrap().len() > 2, "{grouped}");
    let joined = rows(
        "SELECT v.title, j.value AS thing FROM scene_catalogue s JOIN videos v USING (video_id), json_each(s.objects) j \
         WHERE j.value LIKE '%train%'",
    );
    assert!(joined.as_array().unwrap().iter().all(|row| row["thing"].as_str().unwrap().contains("train")), "{joined}");
    assert!(!joined.as_array().unwrap().is_empty());
    let window = rows(
        "WITH t AS (SELECT *, row_number() OVER (PARTITION BY video_id ORDER BY start_time) AS k FROM scene_catalogue) SELECT k FROM t WHERE k = 1",
    );
    assert_eq!(window.as_array().unwrap().len(), grouped.as_array().unwrap().len());
    assert_eq!(rows("SELECT 1 AS a, 2 AS a, 'x'"), json!([{"a": 1, "a_2": 2, "'x'": "x"}]));
    assert_eq!(
        rows("SELECT 'naïve 🎬' AS t, x'00ff' AS b, 1e999 AS i, NULL AS n, cast(x'ff' AS TEXT) AS bad"),
        json!([{"t": "naïve 🎬", "b": "[2 bytes]", "i": null, "n": null, "bad": "\u{fffd}"}])
    );
    // The recursion that SQL needs for series is allowed.
    assert_eq!(rows("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT sum(n) AS s FROM c")[0]["s"], 15);
}

#[test]
fn runs_indexes_and_limits_bound_the_rows() {
    let count = |body: Value| ask(untouched(), &body).1["rows"][0]["n"].clone();
    let all = count(json!({"query": "SELECT count(*) AS n FROM scene_catalogue"}));
    let damaged = json!({"query": "SELECT count(*) AS n FROM scene_catalogue", "run_ids": ["run_scene_catalogue_damaged"]});
    assert_ne!(count(damaged), all);
    let (_, cut) = ask(untouched(), &json!({"query": "SELECT 1 FROM scene_catalogue", "result_limit": 3}));
    assert_eq!((cut["rows"].as_array().unwrap().len(), &cut["truncated"], &cut["applied_result_limit"]), (3, &json!(true), &json!(3)));
    for (body, status, code) in [
        (json!({"query": "SELECT 1", "result_limit": 2001}), 422, ""),
        (json!({"query": "SELECT 1", "result_limit": 0}), 422, ""),
        (json!({"query": " "}), 422, ""),
        (json!({"query": "SELECT 1", "run_ids": ["run_none"]}), 404, "resource_run_not_found"),
        (json!({"query": "SELECT 1", "index_ids": ["idx_none"]}), 404, "resource_index_not_found"),
    ] {
        let (told, answer) = ask(untouched(), &body);
        assert_eq!((told, answer["error"]["code"].as_str().unwrap_or_default()), (status, code), "{body}");
    }
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &TOOLS);
    let (text, cut) =
        server.ok("search_sql", json!({"index_id": INDEX, "query": "SELECT video_id FROM scene_catalogue", "result_limit": 2}));
    assert_eq!((&cut["truncated"], cut["rows"].as_array().unwrap().len()), (&json!(true), 2));
    assert!(text.starts_with("2 rows, and more that the limit leaves out: video_id\n"), "{text}");
}

#[test]
fn nothing_but_reading_the_tables_is_allowed() {
    let playground = Playground::start(&[]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let attach = format!("ATTACH DATABASE '{}' AS other", file.path().display());
    let vacuum = format!("VACUUM INTO '{}.copy'", file.path().display());
    let refused = [
        attach.as_str(),
        &vacuum,
        "PRAGMA writable_schema = 1",
        "SELECT * FROM pragma_database_list",
        "SELECT * FROM pragma_table_info('scene_catalogue')",
        "SELECT load_extension('/tmp/x')",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('/tmp/x', 'y')",
        "SELECT randomblob(10)",
        "SELECT zeroblob(10)",
        "SELECT fts3_tokenizer('simple')",
        "SELECT * FROM sqlite_schema",
        "SELECT count(*) FROM sqlite_schema",
        "SELECT count(*) FROM pragma_database_list",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM sqlite_temp_master",
        "SELECT * FROM dbstat",
        "SELECT * FROM api_keys",
        "SELECT * FROM records",
        "INSERT INTO videos VALUES (1, 2, 3, 4, 5)",
        "UPDATE videos SET title = 'x'",
        "DELETE FROM videos",
        "DROP TABLE videos",
        "ALTER TABLE videos RENAME TO v",
        "CREATE TEMP TABLE t AS SELECT * FROM videos",
        "CREATE TABLE t (x)",
        "CREATE VIEW v AS SELECT 1",
        "CREATE VIRTUAL TABLE f USING fts5(x)",
        "CREATE TRIGGER t AFTER INSERT ON videos BEGIN SELECT 1; END",
        "BEGIN",
        "SAVEPOINT s",
        "ANALYZE",
        "REINDEX",
        "DETACH main",
        "WITH x AS (SELECT 1) DELETE FROM videos",
        "SELECT 1; DROP TABLE videos",
        "SELECT 1; SELECT 2",
        "SELECT ?1",
        "SELECT :name",
        "-- nothing",
        ";",
        "SELECT \"no_such_column\" FROM videos",
        "SELECT * FROM (SELECT * FROM sqlite_master)",
        "EXPLAIN INSERT INTO videos VALUES (1, 2, 3, 4, 5)",
    ];
    for query in refused {
        let (status, body) = ask_in(SMALL, &playground, &json!({"query": query}));
        let code = body["error"]["code"].as_str().unwrap_or_default();
        assert!(status == 400 && ["sql_query_not_allowed", "sql_query_invalid"].contains(&code), "{query}: {status} {body}");
    }
    assert_eq!(file.as_file().metadata().unwrap().len(), 0, "the file of the attempt was not touched");
    assert!(!std::path::Path::new(&format!("{}.copy", file.path().display())).exists());
    let (status, _) = ask_in(SMALL, &playground, &json!({"query": "SELECT count(*) FROM videos"}));
    assert_eq!(status, 200, "and the tables are still there");
}

/// So many SELECTs, each from the one before it, with something done to its value.
fn chain(count: usize, done: &str) -> String {
    let next = |k: usize| format!("x{k}(v) AS (SELECT {done}v FROM x{})", k - 1);
    let parts: Vec<String> = std::iter::once("x0(v) AS (SELECT 1 FROM videos)".to_owned()).chain((1..=count).map(next)).collect();
    parts.join(", ")
}

#[test]
fn what_takes_too_long_or_too_much_is_stopped() {
    let (long, slow) = ("SELECT printf('%.90000c', 'a')", format!("%{}b", "a".repeat(190)));
    let endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)";
    for (query, code) in [
        (format!("{endless} SELECT count(*) FROM c"), "sql_query_too_slow"),
        ("SELECT printf('%.10000000c', 'x')".to_owned(), "sql_query_too_large"),
        ("SELECT replace(printf('%.90000c', 'x'), 'x', 'xxxxxxxxxxxx')".to_owned(), "sql_query_too_large"),
        (format!("{endless} SELECT group_concat(printf('%.1000c', 'x')) FROM (SELECT n FROM c LIMIT 20000)"), "sql_query_too_large"),
        (format!("SELECT 1 WHERE 'x' LIKE '{}'", "%a".repeat(500)), "sql_query_invalid"),
        // Steps that take long each: in many rows, and in one.
        (format!("{endless}, s(t) AS ({long}) SELECT count(*) FROM c, s WHERE t || n LIKE '{slow}'"), "sql_query_too_slow"),
        (format!("WITH s(t, p) AS ({long}, '{slow}') SELECT max({0}), max({0}) FROM s", ["t LIKE p"; 90].join(", ")), "sql_query_too_slow"),
    ] {
        let (status, body) = ask_in(SMALL, untouched(), &json!({"query": query}));
        assert_eq!((status, body["error"]["code"].as_str()), (400, Some(code)), "{query}: {body}");
    }
    // Each of them doubles the one before.
    let doubling = json!({"query": format!("WITH {} SELECT v FROM x40", chain(40, "v + "))});
    let (status, body) = ask_in(SMALL, untouched(), &doubling);
    assert_eq!((status, body["error"]["code"].as_str()), (400, Some("sql_query_too_large")), "{body}");
    assert_eq!(ask_in(SMALL, untouched(), &json!({"query": "SELECT 1"})).0, 200);
    // Each of them goes deeper than the one before, and all of it is one expression.
    assert!(!rows(&format!("WITH {} SELECT v FROM x80", chain(80, &"~".repeat(190)))).as_array().unwrap().is_empty());
    // Large cells and large answers are cut.
    let long = &rows("SELECT printf('%.90000c', 'x') AS x")[0]["x"];
    assert!(long.as_str().unwrap().chars().count() == 20_001 && long.as_str().unwrap().ends_with('…'));
    let (_, many) = ask_in(
        SMALL,
        untouched(),
        &json!({"query": format!("{endless} SELECT printf('%.20000c', 'x') AS x FROM c LIMIT 2000"), "result_limit": 2000}),
    );
    assert_eq!((&many["truncated"], many["rows"].as_array().unwrap().len() < 300), (&json!(true), true));
    // An endless list of rows is no trouble, since only the first are asked for.
    assert_eq!(rows(&format!("{endless} SELECT n FROM c")).as_array().unwrap().len(), 2000);
}

/// The memory of a query is bounded, and the bound is not that of the store.
#[test]
fn a_query_that_takes_all_its_memory_disturbs_no_other_call() {
    let playground = Playground::start(&[]);
    let doubling = json!({"query": format!("WITH {} SELECT v FROM x40", chain(40, "v + "))});
    std::thread::scope(|scope| {
        let queries = [(); 2].map(|()| scope.spawn(|| ask_in(SMALL, &playground, &doubling)));
        let mut calls = 0;
        while calls == 0 || !queries.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            let listed = playground.with_key(&playground.api_key, "GET", "/prompt-runs", None);
            assert_eq!(listed.status, 200, "{}", listed.json());
            calls += 1;
        }
        for query in queries {
            let (status, body) = query.join().unwrap();
            assert_eq!((status, body["error"]["code"].as_str()), (400, Some("sql_query_too_large")), "{body}");
        }
    });
}

#[test]
fn a_wrong_query_is_answered_with_the_right_names() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &TOOLS);
    let mut wrong = |query: &str| server.error("search_sql", json!({"index_id": INDEX, "query": query}));
    let told = wrong("SELECT moods FROM scene_catalogue");
    assert!(told.contains("no such column: moods") && told.contains("people_count, mood, setting"), "{told}");
    let told = wrong("SELECT * FROM scenes");
    assert!(told.contains("no such table: scenes") && told.contains("scene_catalogue_videos"), "{told}");
    let told = wrong("SELECT mood FROM scene_catalogue WHERE mood = \"calm\"");
    assert!(told.contains("A text stands in single quotes"), "{told}");
    let told = wrong("SELEKT 1");
    assert!(told.contains("syntax error"), "{told}");
}

#[test]
fn a_draft_can_be_run_and_says_that_no_model_wrote_it() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &TOOLS);
    let few = json!({"index_id": INDEX, "instruction": "first 3", "existing_query": "SELECT mood FROM scene_catalogue;"});
    assert!(server.ok("write_sql", few).1["query"].as_str().unwrap().ends_with("LIMIT 3"));
    // A query that the instruction did not change is not called a draft of it.
    let kept = json!({"index_id": INDEX, "instruction": "only outdoor scenes", "existing_query": "SELECT scene FROM scene_catalogue;"});
    let (text, draft) = server.ok("write_sql", kept);
    assert!(text.contains("nothing of the instruction is in it") && !text.contains("search_sql with this query"), "{text}");
    assert!(draft["notes"].to_string().contains("cannot change a query"), "{draft}");
    for (instruction, part) in [
        ("how many scenes per mood", "GROUP BY mood"),
        ("average people count per film", "avg(people_count)"),
        ("scenes with more than 3 people", "people_count > 3"),
        ("scenes with more than 2.5 people", "people_count > 2.5"),
        ("scenes with at least 1,000 people", "people_count >= 1000"),
        ("scenes with people over 3", "WHERE people_count > 3\nORDER"),
        ("outdoor scenes with a horse", "LIKE '%horse%'"),
        ("scenes where it is outdoors", "outdoor = 1"),
        ("average number of people per film", "FROM scene_catalogue\nGROUP BY video_title"),
        ("which films have more than 3 people in a scene", "WHERE people_count > 3\nORDER"),
        ("the longest scene", "ORDER BY end_time - start_time DESC"),
        ("duration of each film", "max(end_time)"),
        ("find \"o'clock\" in the spoken words", "LIKE '%o''clock%'"),
        ("top 5 moods", "LIMIT 5"),
        ("'; DROP TABLE videos; -- \u{202e}", "FROM"),
        ("🎬", "FROM"),
        ("1", "FROM"),
    ] {
        let (text, draft) = server.ok("write_sql", json!({"index_id": INDEX, "instruction": instruction}));
        let query = draft["query"].as_str().unwrap();
        assert!(query.contains(part), "{instruction}: {query}");
        assert!(text.contains("no model speaks"), "{text}");
        server.ok("search_sql", json!({"index_id": INDEX, "query": query}));
    }
}

#[test]
fn tables_and_rows_of_another_shape_are_told_as_they_are() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &TOOLS);
    server.tools();
    let tables = json!({"tables": [
        {"table_name": "a", "columns": ["x", {"column_name": "y", "data_type": "INT"}]}, {"odd": {"deep": 1}}, {"name": "n\u{202e}", "fields": []}
    ]});
    upstream.script(move |_| Answer::json(200, &tables));
    let (text, _) = server.ok("list_sql_tables", json!({"index_id": INDEX}));
    assert!(text.contains("a (x, y INT)") && text.contains(r#"{"odd":{"deep":1}}"#) && !text.contains('\u{202e}'), "{text}");
    let odd = json!({"rows": [{"a": 1, "b": null}, {"b": [1, 2]}], "row_context": [1], "truncated": null});
    upstream.script(move |_| Answer::json(200, &odd));
    let (text, _) = server.ok("search_sql", json!({"index_id": INDEX, "query": "SELECT 1"}));
    assert!(text.contains("2 rows: a | b\n1 | -\nb=[1,2]"), "{text}");
}

/// A comment ends with its line, and a literal holds its white space.
#[test]
fn a_draft_is_told_as_it_was_written() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &TOOLS);
    server.tools();
    let query = "SELECT mood, count(*) AS n -- scenes per mood\nFROM scene_catalogue\n  WHERE title = 'A  B'\nGROUP BY 1";
    upstream.script(move |_| Answer::json(200, &json!({"query": query})));
    let given = json!({"index_id": INDEX, "instruction": "scenes per mood"});
    let (text, draft) = server.ok("write_sql", given.clone());
    assert!(text.starts_with(&format!("{query}\n")) && draft["query"] == query, "{text}");
    upstream.script(|_| Answer::json(200, &json!({"query": "SELECT 1 ".repeat(1_000)})));
    let (text, _) = server.ok("write_sql", given);
    assert!(text.contains("cut after 8000 characters"), "{text}");
}
