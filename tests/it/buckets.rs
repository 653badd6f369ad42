//! Exports into buckets that are directories, and objects of such buckets that are registered as media.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    connectors::{connect, server, with_bucket},
    support::{Playground, Server},
};

const INDEX: &str = "idx_early_cinema";
const RUN: &str = "run_scene_catalogue_early_cinema";

/// Exports the run into the bucket of a connector and waits for the end: the text of the answer, and the record.
fn export(server: &mut Server, playground: &Playground, connector: &str, more: Value) -> (String, Value) {
    let mut given = json!({"run_id": RUN, "destination_connector_id": connector});
    given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (_, made) = server.ok("export_prompt_run", given);
    assert_eq!((&made["destination_type"], &made["destination_connector_id"]), (&json!("connector"), &json!(connector)));
    let waited = server.call("wait_for_export", json!({"export_id": made["export_id"]}));
    let path = format!("/exports/{}", made["export_id"].as_str().unwrap());
    let record = playground.with_key(&playground.api_key, "GET", &path, None).json();
    assert_eq!(waited["isError"] == true, record["status"] == "failed", "{waited}");
    (waited["content"][0]["text"].as_str().unwrap().to_owned(), record)
}

/// All files below a directory, by their paths.
fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            let folder = entry.file_name().into_string().unwrap();
            found.extend(files(&entry.path()).into_iter().map(|path| format!("{folder}/{path}")));
        } else {
            found.push(entry.file_name().into_string().unwrap());
        }
    }
    found.sort_unstable();
    found
}

#[test]
fn exports_are_files_in_the_bucket() {
    let directory = tempfile::tempdir().unwrap();
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({"scopes": ["export"], "export_base_path": "/out/"}));
    let (text, record) = export(&mut server, &playground, &connector, json!({"destination_subpath": "n\u{e4}chtlich/a b/"}));
    let id = record["export_id"].as_str().unwrap();
    let path = format!("out/n\u{e4}chtlich/a b/{id}.json");
    assert_eq!(files(directory.path()), std::slice::from_ref(&path), "one whole file and nothing else");
    let content = fs::read(directory.path().join(&path)).unwrap();
    assert_eq!((&record["status"], &record["file_size_bytes"]), (&json!("completed"), &json!(content.len())));
    let uri = format!("s3://films/{path}");
    assert_eq!((&record["destination_uri"], &record["gcs_uri"], &record["download_url"]), (&json!(uri), &json!(uri), &Value::Null));
    assert_eq!(record["destination_base_path"], "/out/");
    assert!(text.contains(&uri), "{text}");
    let content: Value = serde_json::from_slice(&content).unwrap();
    assert_eq!((&content["export_id"], &content["prompt_run"]["run_id"]), (&json!(id), &json!(RUN)));
    let refused = playground.with_key(&playground.api_key, "GET", &format!("/exports/{id}/download"), None);
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("resource_export_not_downloadable")));

    let given = json!({"index_id": INDEX, "prompt_run_ids": [RUN], "destination_connector_id": connector});
    let (_, made) = server.ok("export_index_metadata", given);
    let (_, ended) = server.ok("wait_for_export", json!({"export_id": made["export_id"]}));
    let path = format!("out/{}.json", ended["export_id"].as_str().unwrap());
    let content: Value = serde_json::from_slice(&fs::read(directory.path().join(&path)).unwrap()).unwrap();
    assert_eq!((&content["export_type"], &content["index"]["index_id"]), (&json!("index"), &json!(INDEX)));
    // Whoever browses the bucket sees what was exported.
    let both = connect(&mut server, "films", json!({"scopes": ["import"]}));
    assert_eq!(server.ok("browse_connector_files", json!({"connector_id": both})).1["total_files"], 2);
}

#[test]
fn a_connector_that_may_not_export_is_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let given = |connector: &str| json!({"run_id": RUN, "destination_connector_id": connector});
    let import = connect(&mut server, "films", json!({"scopes": ["import"]}));
    assert!(server.error("export_prompt_run", given(&import)).contains("does not have the scope `export`"));
    let disabled = connect(&mut server, "films", json!({"scopes": ["export"]}));
    server.ok("update_connector", json!({"connector_id": disabled, "status": "disabled"}));
    assert!(server.error("export_prompt_run", given(&disabled)).contains("connector_disabled"));
    assert!(files(directory.path()).is_empty());
}

#[test]
fn an_export_that_cannot_be_written_fails_with_a_reason() {
    let directory = tempfile::tempdir().unwrap();
    let bucket = directory.path().join("bucket");
    fs::create_dir(&bucket).unwrap();
    fs::write(bucket.join("taken"), b"somebody's").unwrap();
    let playground = with_bucket("films", &bucket);
    let mut server = server(&playground);
    let mut fails = |bucket: &str, connector: Value, more: Value, reason: &str| {
        let mut scopes = json!({"scopes": ["export"]});
        scopes.as_object_mut().unwrap().extend(connector.as_object().unwrap().clone());
        let connector = connect(&mut server, bucket, scopes);
        let (text, record) = export(&mut server, &playground, &connector, more);
        let told = record["error_message"].as_str().unwrap();
        assert!(told.contains(reason) && told.ends_with('.') && text.contains(reason), "{reason}: {told}");
        assert_eq!((&record["file_size_bytes"], &record["destination_uri"]), (&Value::Null, &Value::Null), "{record}");
    };
    fails("none", json!({}), json!({}), "There is no bucket `none` here");
    fails("sample-bucket", json!({}), json!({}), "--bucket sample-bucket=DIR");
    fails("films", json!({}), json!({"destination_subpath": "taken"}), "could not be written into the bucket");
    #[cfg(unix)]
    {
        fs::create_dir(directory.path().join("away")).unwrap();
        std::os::unix::fs::symlink(directory.path().join("away"), bucket.join("link")).unwrap();
        fails("films", json!({}), json!({"destination_subpath": "link"}), "could not be written into the bucket");
        assert!(files(&directory.path().join("away")).is_empty());
    }
    assert_eq!(fs::read(bucket.join("taken")).unwrap(), b"somebody's");
}

#[test]
fn an_export_into_a_bucket_goes_on_after_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let (data, bucket) = (directory.path().join("data"), directory.path().join("data/buckets/films"));
    fs::create_dir_all(&bucket).unwrap();
    let arguments = ["--data-dir", data.to_str().unwrap()];
    let playground = Playground::start(&arguments);
    let connector = connect(&mut server(&playground), "films", json!({"scopes": ["export"]}));
    let body = json!({"destination_connector_id": connector});
    let made = playground.with_key(&playground.api_key, "POST", &format!("/exports/index/{INDEX}"), Some(&body)).json();
    playground.kill();
    let playground = Playground::start(&arguments);
    let (_, ended) = server(&playground).ok("wait_for_export", json!({"export_id": made["export_id"]}));
    assert_eq!(ended["status"], "completed", "{ended}");
    let path = bucket.join(format!("{}.json", made["export_id"].as_str().unwrap()));
    assert_eq!(fs::metadata(path).unwrap().len(), ended["file_size_bytes"].as_u64().unwrap());
}

#[test]
fn an_object_of_a_bucket_becomes_media_by_a_job() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("a b")).unwrap();
    fs::write(directory.path().join("a b/still \u{fc}.png"), crate::uploads::picture()).unwrap();
    fs::write(directory.path().join("fake.mp4"), b"words").unwrap();
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({}));
    let given = |path: &str, more: Value| {
        let mut given = json!({"title": "A still", "video_uri": format!("gs://films/{path}"), "index_id": INDEX});
        given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        given
    };
    for more in [json!({"source_connector_id": connector, "idempotency_key": "one"}), json!({})] {
        let (text, added) = server.ok("create_video", given("a b/still \u{fc}.png", more.clone()));
        let job = added["job"]["job_id"].as_str().unwrap();
        assert!(text.contains(job), "{text}");
        let (text, over) = server.ok("wait_for_import", json!({"job_id": job}));
        assert_eq!((&over["status"], &over["source_kind"]), (&json!("completed"), &json!("object")), "{text}");
        let video = over["video_ids"][0].as_str().unwrap();
        let (_, read) = server.ok("get_video", json!({"video_id": video, "detail": "full"}));
        assert_eq!((&read["title"], &read["media_type"]), (&json!("A still"), &json!("image")), "{read}");
        let found = playground.with_key(&playground.api_key, "GET", &format!("/videos/{video}"), None).json();
        assert_eq!(found["video_uri"], "gs://films/a b/still \u{fc}.png");
    }
    let again = json!({"source_connector_id": connector, "idempotency_key": "one"});
    let (_, again) = server.ok("create_video", given("a b/still \u{fc}.png", again));
    assert_eq!(server.ok("wait_for_import", json!({"job_id": again["job"]["job_id"]})).1["status"], "completed");
    assert_eq!(server.ok("list_import_jobs", json!({})).1["total_jobs"], 3, "two, and the sample: the same key makes no third");

    for (path, reason) in [("none.mp4", "there is no such file"), ("fake.mp4", "not of the kind"), ("../out.mp4", "there is no such file")]
    {
        let (_, added) = server.ok("create_video", given(path, json!({})));
        let text = server.error("wait_for_import", json!({"job_id": added["job"]["job_id"]}));
        assert!(text.contains(" failed: ") && text.contains(reason), "{path}: {text}");
    }
    let other = connect(&mut server, "none", json!({}));
    assert!(server.error("create_video", given("fake.mp4", json!({"source_connector_id": other}))).contains("for the bucket `none`"));
    let export = connect(&mut server, "films", json!({"scopes": ["export"]}));
    assert!(server.error("create_video", given("fake.mp4", json!({"source_connector_id": export}))).contains("the scope `import`"));
}

#[test]
fn an_object_of_a_bucket_that_is_not_here_is_told_by_its_job() {
    let playground = Playground::start(&[]);
    let mut server = server(&playground);
    let given = json!({"title": "A reel", "video_uri": "gs://films/reel.mp4", "index_id": INDEX});
    let (_, added) = server.ok("create_video", given);
    let job = server.error("get_import_job", json!({"job_id": added["job"]["job_id"]}));
    assert!(job.contains("cannot read the bucket films"), "{job}");
}

#[test]
fn an_item_gets_its_file_when_the_bucket_is_there_at_last() {
    let directory = tempfile::tempdir().unwrap();
    let bucket = directory.path().join("buckets/late");
    let playground = Playground::start(&["--data-dir", directory.path().to_str().unwrap()]);
    let ask = |method: &str, path: &str, body: Option<Value>| playground.with_key(&playground.api_key, method, path, body.as_ref()).json();
    let object = json!({"title": "A still", "video_uri": "gs://late/a.png", "index_id": INDEX});
    let added = ask("POST", "/videos", Some(object));
    let (job, item) = (added["job_id"].as_str().unwrap().to_owned(), added["video_id"].as_str().unwrap().to_owned());
    fs::create_dir_all(&bucket).unwrap();
    fs::write(bucket.join("a.png"), crate::uploads::picture()).unwrap();
    ask("POST", &format!("/import-jobs/{job}/retry"), Some(json!({})));
    let mut server = server(&playground);
    let (text, over) = server.ok("wait_for_import", json!({"job_id": job}));
    assert_eq!((&over["status"], &over["video_ids"]), (&json!("completed"), &json!([item])), "{text}");
    let listed = ask("GET", &format!("/indexes/{INDEX}/videos?limit=100"), None);
    let same = listed["data"].as_array().unwrap().iter().filter(|video| video["video_uri"] == "gs://late/a.png").count();
    assert_eq!(same, 1, "{listed}");
    // An import of files that are no media brings nothing that a run could process.
    fs::remove_file(bucket.join("a.png")).unwrap();
    let connector = connect(&mut server, "late", json!({}));
    let job = ask("POST", "/import-jobs", Some(json!({"connector_id": connector, "index_id": INDEX})))["job_id"].clone();
    server.ok("wait_for_import", json!({"job_id": job}));
    let refused = ask("POST", "/workflow/process", Some(json!({"import_job_id": job, "prompt_id": "prompt_action_log"})));
    assert_eq!(refused["error"]["code"], "import_job_without_media", "{refused}");
}

#[test]
fn media_of_an_import_are_processed_when_it_has_ended() {
    let playground = Playground::start(&[]);
    let mut server = server(&playground);
    let given = json!({"connector_id": "conn_sample_bucket", "index_id": INDEX, "source_prefix": "tones/"});
    let (_, made) = server.ok("create_import_job", given);
    let call = json!({"import_job_id": made["job"]["job_id"], "prompt_id": "prompt_action_log"});
    let under_way = playground.with_key(&playground.api_key, "POST", "/workflow/process", Some(&call));
    // The import may have been quicker than the question.
    assert!(under_way.status == 202 || under_way.json()["error"]["code"] == "import_job_under_way", "{}", under_way.json());
    server.ok("wait_for_import", json!({"job_id": made["job"]["job_id"]}));
    let (text, begun) = server.ok("process_media", call);
    assert_eq!(begun["run"]["total_media"].as_u64().or(begun["run"]["media_breakdown"]["audios"]["total"].as_u64()), Some(2), "{text}");
}
