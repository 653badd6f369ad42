//! Connectors to buckets that are directories: what is made, read, tested, browsed and deleted, and where the secrets go.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    openapi::Check,
    support::{Answer, EVERYTHING, Playground, Server, Upstream, http_form, untouched},
};

/// Calls each operation of connectors once.
pub fn calls(check: &mut Check<'_>) {
    let s3 = json!({"name": "c", "bucket": "b", "region": "r", "aws_access_key_id": "a", "aws_secret_access_key": "not-a-secret"});
    let made = check.ask("POST /connectors/s3", "/connectors/s3", Some(&s3));
    let azure = json!({
        "name": "c", "storage_account": "s", "container": "c", "tenant_id": "t", "client_id": "c", "client_secret": "not-a-secret",
        "scopes": ["import", "export"], "export_base_path": "out",
    });
    check.ask("POST /connectors/azure", "/connectors/azure", Some(&azure));
    let reply = check.playground.with_form(
        "/connectors/gcs",
        &[("name", "c"), ("bucket", "b"), ("gcp_project_id", "p"), ("scopes", "import"), ("scopes", "export")],
        ("credentials_file", "credentials.json", account("not-a-secret").to_string().as_bytes()),
    );
    check.look("POST /connectors/gcs", &reply);
    check.ask("GET /connectors", "/connectors", None);
    check.ask("GET /connectors/{connector_id}", "/connectors/conn_sample_bucket", None);
    check.ask("POST /connectors/{connector_id}/test", "/connectors/conn_sample_bucket/test", None);
    check.ask("POST /connectors/{connector_id}/browse", "/connectors/conn_sample_bucket/browse", Some(&json!({})));
    let path = format!("/connectors/{}", made["connector_id"].as_str().unwrap());
    check.ask("PATCH /connectors/{connector_id}", &path, Some(&json!({"name": "d", "scopes": ["export"]})));
    check.ask("DELETE /connectors/{connector_id}", &path, None);
}

/// The credentials of a service account.
pub fn account(private_key: &str) -> Value {
    json!({
        "type": "service_account", "project_id": "p", "private_key_id": "1", "private_key": private_key,
        "client_email": "a@example.com", "token_uri": "https://example.com/token",
    })
}

/// A playground with one bucket.
pub fn with_bucket(name: &str, directory: &Path) -> Playground {
    Playground::start(&["--bucket", &format!("{name}={}", directory.display())])
}

/// Makes a connector to a bucket and returns its id.
pub fn connect(server: &mut Server, bucket: &str, more: Value) -> String {
    let mut given = json!({
        "name": format!("To {bucket}"), "bucket": bucket, "region": "eu-central-1", "aws_access_key_id": "AKIA",
        "aws_secret_access_key": "not-a-real-secret",
    });
    given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    server.ok("create_s3_connector", given).1["connector"]["connector_id"].as_str().unwrap().to_owned()
}

/// A server with all tools.
pub fn server(playground: &Playground) -> Server {
    Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING)
}

#[test]
fn a_connector_is_made_read_changed_and_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let given = json!({
        "name": "My films", "storage_account": "acc", "container": "films", "tenant_id": "t", "client_id": "c",
        "client_secret": "a-client-secret-of-azure", "scopes": ["import", "export"], "export_base_path": "out", "idempotency_key": "one",
    });
    let (text, made) = server.ok("create_azure_connector", given.clone());
    assert_eq!(made["message"], "Connector created");
    let connector = &made["connector"];
    assert_eq!((&connector["provider"], &connector["container"]), (&json!("azure"), &json!("films")));
    assert_eq!(connector["scopes"], json!(["import", "export"]));
    assert!(text.contains("client_secret_from"), "the answer warns of a secret among the arguments: {text}");
    let id = connector["connector_id"].as_str().unwrap().to_owned();
    // The same call again makes nothing new.
    assert_eq!(server.ok("create_azure_connector", given).1["connector"]["connector_id"], id.as_str());
    let (text, listed) = server.ok("list_connectors", json!({}));
    assert_eq!((&listed["total_connectors"], &listed["by_provider"]), (&json!(2), &json!({"azure": 1, "gcs": 1})), "{text}");
    assert!(text.contains("\"My films\" azure films, import and export, active, not tested"), "{text}");
    // A connector may be given by its name where nothing is changed.
    assert_eq!(server.ok("get_connector", json!({"connector_id": "my films"})).1["connector_id"], id.as_str());
    let (_, changed) =
        server.ok("update_connector", json!({"connector_id": id, "name": "Films", "scopes": ["export"], "status": "disabled"}));
    assert_eq!(changed["connector"]["scopes"], json!(["export"]));
    let (_, read) = server.ok("get_connector", json!({"connector_id": id}));
    assert_eq!((&read["name"], &read["status"], &read["export_base_path"]), (&json!("Films"), &json!("disabled"), &json!("out")));
    let (text, plan) = server.plan("delete_connector", json!({"connector_id": id}));
    assert!(text.contains("Films") && text.contains("Used by 0 import jobs"), "{text}");
    server.ok("delete_connector", json!({"connector_id": id, "confirm": plan["confirm"]}));
    let gone = server.error("get_connector", json!({"connector_id": id}));
    assert!(gone.contains("resource_connector_not_found") && gone.contains("list_connectors"), "{gone}");
}

#[test]
fn a_connector_with_its_defaults_spelled_out_is_the_same_request() {
    let playground = Playground::start(&[]);
    let credentials = account("not-a-secret").to_string();
    let make = |more: &[(&str, &str)]| {
        let fields = [&[("name", "c"), ("bucket", "b"), ("gcp_project_id", "p")], more].concat();
        let headers = [("x-api-key", playground.api_key.as_str()), ("idempotency-key", "one")];
        let file = ("credentials_file", "credentials.json", credentials.as_bytes());
        http_form(&format!("{}/connectors/gcs", playground.base_url), &headers, &fields, file)
    };
    let (first, again) = (make(&[]), make(&[("scopes", "import"), ("import_mode", "all")]));
    assert_eq!((first.status, again.status, again.json()), (201, 201, first.json()));
}

#[test]
fn a_test_that_fails_is_an_answer_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let (good, bad) = (connect(&mut server, "films", json!({})), connect(&mut server, "none", json!({})));
    let (_, tested) = server.ok("test_connector", json!({"connector_id": good}));
    assert_eq!((&tested["connector_id"], &tested["success"]), (&json!(good), &json!(true)));
    let (text, tested) = server.ok("test_connector", json!({"connector_id": bad}));
    assert_eq!(tested["success"], false);
    assert!(tested["error_message"].as_str().unwrap().contains("--bucket NAME=DIR") && text.contains("no bucket `none`"), "{text}");
    let (_, read) = server.ok("get_connector", json!({"connector_id": bad}));
    assert_eq!((&read["status"], &read["last_test"]["result"]), (&json!("failed"), &json!("failed")), "{read}");
    assert!(server.error("browse_connector_files", json!({"connector_id": bad})).contains("no bucket `none`"));
}

#[test]
fn files_are_listed_as_they_are() {
    let directory = tempfile::tempdir().unwrap();
    let bucket = directory.path().join("bucket");
    fs::create_dir_all(bucket.join("films/1902")).unwrap();
    fs::write(directory.path().join("outside.mp4"), b"secret").unwrap();
    for (path, size) in [("films/1902/a moon \u{1f319}.mp4", 1_500_000), ("films/b.MOV", 3), ("films/notes", 1), ("c.mp4", 2)] {
        fs::write(bucket.join(path), vec![0; size]).unwrap();
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(directory.path(), bucket.join("up")).unwrap();
        std::os::unix::fs::symlink(directory.path().join("outside.mp4"), bucket.join("link.mp4")).unwrap();
    }
    let playground = with_bucket("films", &bucket);
    let mut server = server(&playground);
    let id = connect(&mut server, "films", json!({}));
    let mut browse = |given: Value| {
        let mut all = json!({"connector_id": id});
        all.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
        let (text, found) = server.ok("browse_connector_files", all);
        let paths: Vec<String> = found["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect();
        (text, found, paths)
    };
    let (text, found, paths) = browse(json!({}));
    assert_eq!(paths, ["c.mp4", "films/1902/a moon \u{1f319}.mp4", "films/b.MOV", "films/notes"], "{text}");
    assert_eq!(found["filter"], json!({"pattern": "*", "recursive": true}));
    assert_eq!((&found["total_files"], &found["total_size"]), (&json!(4), &json!(1_500_006)));
    assert_eq!(found["by_extension"], json!({"mp4": 2, "mov": 1, "without extension": 1}));
    assert_eq!(found["files"][1]["size_human"], "1.4 MB");
    assert_eq!(browse(json!({"prefix": "films/", "recursive": false})).2, ["films/b.MOV", "films/notes"]);
    assert_eq!(browse(json!({"pattern": "*.mp4"})).2.len(), 2);
    assert_eq!(browse(json!({"pattern": "?.m*"})).2, ["c.mp4"]);
    assert_eq!(browse(json!({"limit": 2})).2.len(), 2);
    for away in ["..", "../", "/etc", "up/", "films/../../"] {
        let (text, _, paths) = browse(json!({"prefix": away}));
        assert!(paths.is_empty() && text.contains("no path begins with the prefix"), "{away}: {text}");
    }
}

#[test]
fn a_bucket_in_the_data_directory_needs_no_option() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("buckets/films")).unwrap();
    fs::write(directory.path().join("buckets/films/a.mp4"), b"x").unwrap();
    let playground = Playground::start(&["--data-dir", directory.path().to_str().unwrap()]);
    let mut server = server(&playground);
    let id = connect(&mut server, "films", json!({}));
    assert_eq!(server.ok("browse_connector_files", json!({"connector_id": id})).1["total_files"], 1);
    for away in ["..", "../buckets/films", "films/.", "."] {
        let id = connect(&mut server, away, json!({}));
        assert!(server.error("browse_connector_files", json!({"connector_id": id})).contains("no bucket"), "{away}");
    }
}

#[test]
fn thousands_of_files_are_counted_and_the_answer_stays_small() {
    let directory = tempfile::tempdir().unwrap();
    for number in 0..2_000 {
        fs::write(directory.path().join(format!("film {number:04}.mp4")), b"x").unwrap();
    }
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let id = connect(&mut server, "films", json!({}));
    let (text, found) = server.ok("browse_connector_files", json!({"connector_id": id}));
    assert_eq!((&found["total_files"], &found["total_size"]), (&json!(2_000), &json!(2_000)));
    assert!(text.len() + found.to_string().len() <= 45_000 && found["truncated"] == true, "{}", text.len());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut server = server(untouched());
    let given = |more: Value| {
        let mut given = json!({"name": "c", "bucket": "b", "gcp_project_id": "p"});
        given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        given
    };
    let mut account = account("k");
    for (more, told) in [
        (json!({}), "credentials_from"),
        (json!({"credentials_json": {"type": "user"}}), "service_account"),
        (json!({"credentials_json": {"type": "service_account", "project_id": "p"}}), "private_key_id"),
        (json!({"credentials_json": account.clone(), "credentials_from": "file:x"}), "not both"),
        (json!({"credentials_json": account.clone(), "scopes": ["read"]}), "scopes"),
    ] {
        let refused = server.error("create_gcs_connector", given(more.clone()));
        assert!(refused.contains(told), "{more}: {refused}");
    }
    account["filler"] = "x".repeat(70_000).into();
    assert!(server.error("create_gcs_connector", given(json!({"credentials_json": account}))).contains("64 KiB"));
}

#[test]
fn no_secret_comes_back() {
    let (key, azure, aws) = (
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\nEFAASCBKcwggSjAgEAAoIBAQ\n-----END PRIVATE KEY-----\n",
        "Azure~secret.4711",
        "aws/SECRET+4711",
    );
    // An API that repeats in its errors what it got.
    let upstream = Upstream::scripted(move |seen| {
        match seen.target.as_str() {
            "/auth/validate" => return Answer::Fixed(204, vec![], vec![]),
            "/prompts/test-schema" => return Answer::json(200, &json!({"valid": true})),
            _ => {}
        }
        let secret = [("gcs", key), ("azure", azure), ("s3", aws)].into_iter().find(|(kind, _)| seen.target.ends_with(kind));
        let body = json!({"secret": secret.unwrap_or_default().1}).to_string();
        Answer::json(422, &json!({"detail": [{"loc": ["body"], "msg": format!("bad: {body}"), "input": body}]}))
    });
    let key_of_api = format!("sk_live_{}", "0123456789abcdef".repeat(3));
    let mut server = Server::start(
        &[&["--log", "trace"][..], &EVERYTHING].concat(),
        &[("VIDEOSEARCH_BASE_URL", &upstream.base_url), ("VIDEOSEARCH_API_KEY", &key_of_api)],
    );
    server.initialize();
    let mut said = String::new();
    for (tool, arguments) in [
        ("create_gcs_connector", json!({"name": "c", "bucket": "b", "gcp_project_id": "p", "credentials_json": account(key)})),
        (
            "create_azure_connector",
            json!({"name": "c", "storage_account": "s", "container": "c", "tenant_id": "t", "client_id": "c", "client_secret": azure}),
        ),
        ("create_s3_connector", json!({"name": "c", "bucket": "b", "region": "r", "aws_access_key_id": "a", "aws_secret_access_key": aws})),
    ] {
        let answer = server.call(tool, arguments).to_string();
        assert!(answer.contains("[secret]"), "{answer}");
        said.push_str(&answer);
    }
    let (.., stderr) = server.finish();
    for (what, output) in [("an answer", &said), ("the log", &stderr)] {
        for secret in ["MIIEvQIBADANBgkqhkiG", "EFAASCBKcwggSjAg", azure, aws] {
            assert!(!output.contains(secret), "{what} has {secret}: {output}");
        }
    }
}

#[test]
fn secrets_come_from_files_and_variables_that_are_meant_for_them() {
    let secrets = tempfile::tempdir().unwrap();
    let (aws, azure) = ("a-secret/of+aws-4711", "a-secret~of.azure-4711");
    fs::write(secrets.path().join("azure"), format!("{azure}\n")).unwrap();
    fs::write(secrets.path().join("google"), account("a-private-key-4711").to_string()).unwrap();
    let playground = Playground::start(&[]);
    let mut server = Server::start(
        &[&["--log", "trace", "--secrets-dir", secrets.path().to_str().unwrap()][..], &EVERYTHING].concat(),
        &[
            ("VIDEOSEARCH_BASE_URL", &playground.base_url),
            ("VIDEOSEARCH_API_KEY", &playground.api_key),
            ("VIDEOSEARCH_SECRET_AWS", aws),
            ("OTHER_SECRET", aws),
        ],
    );
    server.initialize();
    let s3 = |from: &str| json!({"name": "c", "bucket": "b", "region": "r", "aws_access_key_id": "a", "secret_access_key_from": from});
    let calls = [
        ("create_s3_connector", s3("env:VIDEOSEARCH_SECRET_AWS")),
        (
            "create_azure_connector",
            json!({"name": "c", "storage_account": "s", "container": "c", "tenant_id": "t", "client_id": "c", "client_secret_from": "file:azure"}),
        ),
        ("create_gcs_connector", json!({"name": "c", "bucket": "b", "gcp_project_id": "p", "credentials_from": "file:google"})),
    ];
    let mut said = String::new();
    for (tool, given) in calls {
        let (text, made) = server.ok(tool, given);
        assert!(!text.contains("this conversation holds it"), "{text}");
        said.push_str(&format!("{text}{made}"));
    }
    // Somebody who is asked sees the place of a secret. What was given by mistake in place of one is refused before, and not shown.
    let arguments = [&["--confirm", "always", "--secrets-dir", secrets.path().to_str().unwrap()][..], &EVERYTHING].concat();
    let mut asking = Server::with_key(&playground.base_url, &playground.api_key, &arguments);
    for (from, shown) in [("file:azure", "secret_access_key_from: file:azure"), (aws, "VIDEOSEARCH_SECRET_")] {
        let plan = asking.call("create_s3_connector", s3(from)).to_string();
        assert!(plan.contains(shown), "{plan}");
        said.push_str(&plan);
    }
    for away in ["env:OTHER_SECRET", "env:PATH", "file:../azure", "file:/etc/passwd", "file:none", aws] {
        let refused = server.error("create_s3_connector", s3(away));
        assert!(refused.contains("VIDEOSEARCH_SECRET") || refused.contains("secret"), "{refused}");
        said.push_str(&refused);
    }
    said.push_str(&server.ok("list_connectors", json!({})).0);
    let (.., stderr) = server.finish();
    for secret in [aws, azure, "a-private-key-4711"] {
        assert!(!said.contains(secret) && !stderr.contains(secret), "{secret}: {said}{stderr}");
    }
}

#[test]
fn sizes_that_no_bucket_has_are_added_up_all_the_same() {
    let upstream = Upstream::before(&untouched().base_url);
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &["--toolsets", "connectors"]);
    server.tools();
    let file = |n: u32| json!({"path": format!("{n}.mp4"), "name": "x", "size_bytes": 1_u64 << 63});
    let files: Value = (0..3).map(file).collect();
    upstream.script(move |_| Answer::json(200, &files));
    let (_, found) = server.ok("browse_connector_files", json!({"connector_id": "conn_sample_bucket"}));
    assert_eq!((&found["total_files"], &found["total_size"]), (&json!(3), &json!(u64::MAX)));
}

#[test]
fn a_secret_of_the_wrong_type_is_not_repeated() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &["--toolsets", "all"]);
    let secret = "not-a-real-secret-4711";
    for (tool, given) in [
        ("create_gcs_connector", json!({"name": "c", "bucket": "b", "gcp_project_id": "p", "credentials_json": secret})),
        ("create_gcs_connector", json!({"name": "c", "bucket": "b", "gcp_project_id": "p", "credentials": secret})),
        ("create_s3_connector", json!({"name": "c", "bucket": "b", "region": "r", "aws_secret_access_key": [secret]})),
        ("create_azure_connector", json!({"name": "c", "client_secret": {"value": secret}})),
        ("create_azure_connector", json!({"name": "c", "client_secret": 47_114_711})),
    ] {
        let said = server.error(tool, given);
        assert!(!said.contains("4711"), "{tool}: {said}");
    }
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &[]);
    let cut = "{\"client_secret\": \"4711-real\", \"name\": ";
    let said = server.error("use_write_tool", json!({"name": "create_azure_connector", "arguments": cut}));
    assert!(said.contains("a text that is no JSON object") && !said.contains("4711"), "{said}");
}
