//! Names in strange characters, without any that can be seen, with line ends, too long, or twice: nothing breaks a list or a file.

use std::fs;

use serde_json::{Value, json};

use crate::{
    connectors::connect,
    support::{Playground, Server, png},
};

/// Names of files, and the titles that they get.
fn names() -> Vec<(String, String)> {
    let long = "é".repeat(120);
    [
        ("plain.png", "plain"),
        ("ünïcode 🎬 名前.png", "ünïcode 🎬 名前"),
        ("line\nend.png", "line end"),
        ("tab\tdel\u{7f}.png", "tab del"),
        ("quo\"te;=.png", "quo\"te;="),
        ("%41%2e.png", "%41%2e"),
        ("-dash.png", "-dash"),
        ("=1+1.png", "=1+1"),
        (".png", "untitled"),
        ("\u{200b}.png", "untitled"),
        ("two.dots.png", "two.dots"),
    ]
    .into_iter()
    .map(|(name, title)| (name.to_owned(), title.to_owned()))
    .chain([(format!("{long}.png"), long)])
    .collect()
}

/// What a list shows: as many rows as items, each in one line.
fn assert_one_line_each(text: &str, facts: &Value, list: &str, ids: &[String]) {
    assert_eq!(facts[list].as_array().unwrap().len(), ids.len(), "{text}");
    for id in ids {
        assert_eq!(text.lines().filter(|line| line.starts_with(id.as_str())).count(), 1, "{id}: {text}");
    }
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
}

fn server(playground: &Playground, more: &[&str]) -> Server {
    Server::with_key(&playground.base_url, &playground.api_key, &[&["--toolsets", "all"], more].concat())
}

#[test]
fn files_with_odd_names_are_uploaded_listed_and_exported() {
    let playground = Playground::start(&[]);
    let root = tempfile::tempdir().unwrap();
    let mut server = server(&playground, &["--upload-root", root.path().to_str().unwrap()]);
    let (_, made) = server.ok("create_index", json!({"name": "Odd"}));
    let index = made["index"]["index_id"].as_str().or(made["index_id"].as_str()).unwrap().to_owned();
    let mut ids = Vec::new();
    // A file that is only an ending is no media file for the tool.
    let names: Vec<_> = names().into_iter().filter(|(name, _)| name != ".png").collect();
    for (name, title) in &names {
        let path = root.path().join(name);
        fs::write(&path, png()).unwrap();
        let (text, told) = server.ok("upload_media", json!({"file_path": path.to_str().unwrap(), "index_id": "Odd"}));
        let video = told["video"]["video_id"].as_str().or(told["video_id"].as_str()).unwrap().to_owned();
        let kept = playground.with_key(&playground.api_key, "GET", &format!("/videos/{video}"), None).json();
        assert_eq!(kept["title"], title.as_str(), "{name:?}: {text}");
        ids.push(video);
    }
    let (text, facts) = server.ok("list_videos", json!({"index_id": "Odd", "limit": 100}));
    assert_one_line_each(&text, &facts, "videos", &ids);
    let (_, export) = server.ok("export_index_metadata", json!({"index_id": index}));
    server.ok("wait_for_export", json!({"export_id": export["export_id"]}));
    let path = format!("/exports/{}/download", export["export_id"].as_str().unwrap());
    let content = playground.with_key(&playground.api_key, "GET", &path, None).json();
    let titles: Vec<&str> = content["videos"].as_array().unwrap().iter().map(|video| video["title"].as_str().unwrap()).collect();
    assert_eq!(titles, names.iter().map(|(_, title)| title.as_str()).collect::<Vec<_>>());
}

#[test]
fn files_with_odd_names_are_imported_and_copied_into_a_bucket() {
    let bucket = tempfile::tempdir().unwrap();
    for (name, _) in names() {
        fs::write(bucket.path().join(name), png()).unwrap();
    }
    let playground = Playground::start(&["--bucket", &format!("films={}", bucket.path().display())]);
    let mut server = server(&playground, &[]);
    let connector = connect(&mut server, "films", json!({"scopes": ["import", "export"]}));
    let (_, made) = server.ok("create_index", json!({"name": "Odd"}));
    let index = made["index"]["index_id"].as_str().or(made["index_id"].as_str()).unwrap().to_owned();
    let (_, job) = server.ok("create_import_job", json!({"connector_id": connector, "index_id": index}));
    let job = job["job"]["job_id"].as_str().unwrap().to_owned();
    let (text, job) = server.ok("wait_for_import", json!({"job_id": job}));
    assert_eq!(job["progress"]["imported"], names().len(), "{text}");
    let (text, listed) = server.ok("list_videos", json!({"index_id": index, "limit": 100}));
    let ids: Vec<String> = job["video_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    assert_one_line_each(&text, &listed, "videos", &ids);
    for (tool, list) in [("list_import_outputs", "items"), ("list_import_files", "items")] {
        let (text, facts) = server.ok(tool, json!({"job_id": job["job_id"]}));
        assert_eq!(facts[list].as_array().unwrap().len(), names().len(), "{text}");
        assert!(text.lines().count() <= names().len() + 4 && !text.contains('\t'), "{text}");
    }
    let call = json!({"index_id": index, "destination_connector_id": connector, "destination_subpath": "aus/ü 🎬"});
    let (_, export) = server.ok("export_index_metadata", call);
    let (text, ended) = server.ok("wait_for_export", json!({"export_id": export["export_id"]}));
    assert_eq!(ended["status"], "completed", "{text}");
    let file = bucket.path().join(format!("aus/ü 🎬/{}.json", export["export_id"].as_str().unwrap()));
    let content: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(content["videos"].as_array().unwrap().len(), names().len());
}

#[test]
fn a_name_is_one_line_and_shows_something_whatever_it_is_of() {
    let playground = Playground::start(&[]);
    let ask = |method: &str, path: &str, body: &Value| playground.with_key(&playground.api_key, method, path, Some(body));
    let index = ask("POST", "/indexes", &json!({"name": " two\nlines\u{0} "})).json();
    assert_eq!(index["name"], "two lines");
    let at = |title: &str, uri: &str| json!({"title": title, "video_uri": uri, "index_id": index["index_id"]});
    let hook = |name: &str| json!({"name": name, "url": "https://hooks.example/", "events": ["prompt_run.completed"]});
    let bucket = |name: &str| json!({"name": name, "bucket": "b", "region": "r", "aws_access_key_id": "a", "aws_secret_access_key": "s"});
    let attached = |title: &str, ids: [&str; 2]| {
        let file = |id: &str| json!({"download_url": "http://127.0.0.1:9/a.mp4", "file_id": id});
        json!({"title": title, "files": ids.map(file)})
    };
    for unseen in ["", " \t ", "\u{200b}\u{2060}", "\u{e0041}\u{ad}"] {
        for (path, body) in [
            ("/indexes", json!({"name": unseen})),
            ("/videos", at(unseen, "gs://b/a.mp4")),
            ("/webhooks", hook(unseen)),
            ("/connectors/s3", bucket(unseen)),
        ] {
            assert_eq!(ask("POST", path, &body).status, 422, "{path} {unseen:?}");
        }
        let form = playground.with_form("/videos/upload", &[("title", unseen)], ("file", "a.png", &png()));
        assert_eq!(form.status, 422, "{unseen:?}");
    }
    let spread = " two\nlines\u{0} ";
    let key = playground.as_owner("POST", "/api-keys", Some(&json!({"name": spread})));
    for made in [ask("POST", "/webhooks", &hook(spread)), ask("POST", "/connectors/s3", &bucket(spread)), key] {
        let made = made.json();
        assert!([&made["name"], &made["webhook"]["name"]].contains(&&json!("two lines")), "{made}");
    }
    for folder in ["../x", "a/../../b", "a\\b", "a\u{1}b"] {
        let mut given = bucket("b");
        given["export_base_path"] = json!(folder);
        assert_eq!(ask("POST", "/connectors/s3", &given).status, 422, "{folder:?}");
    }
    let long = "x".repeat(256);
    for (path, body) in [
        ("/indexes", json!({"name": long})),
        ("/videos", at(&long, "gs://b/a.mp4")),
        ("/videos", at("t", "gs:///a.mp4")),
        ("/videos", at("t", "gs://b/")),
        ("/videos", at("t", "gs://b/noextension")),
        ("/workflow/attachments", attached(&long, ["a", "b"])),
        ("/workflow/attachments", attached("t", ["a", "a"])),
    ] {
        assert_eq!(ask("POST", path, &body).status, 422, "{path} {body}");
    }
    // Names may come twice. Then there are two things, each in a line of its own.
    let mut ids = Vec::new();
    for _ in 0..2 {
        let made = ask("POST", "/videos", &at("a\u{1}b\r\nc", "gs://b/ü 🎬\n../x.mp4"));
        assert_eq!((made.status, &made.json()["title"]), (201, &json!("a b  c")), "{}", made.json());
        ids.push(made.json()["video_id"].as_str().unwrap().to_owned());
    }
    let mut server = server(&playground, &[]);
    let (text, facts) = server.ok("list_videos", json!({"index_id": index["index_id"]}));
    assert_one_line_each(&text, &facts, "videos", &ids);
    let (text, _) = server.ok("list_import_jobs", json!({}));
    assert!(text.lines().all(|line| !line.starts_with("..")), "{text}");
}
