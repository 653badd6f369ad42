//! Import jobs: what is imported from a bucket, what is not and why, and what survives a cancellation, a retry and a crash.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use crate::{
    connectors::{connect, server, with_bucket},
    openapi::Check,
    support::{PATIENCE, Playground, Server, png, untouched},
};

/// Calls each operation of import jobs once.
pub fn calls(check: &mut Check<'_>) {
    let given = json!({"connector_id": "conn_sample_bucket", "index_id": "idx_early_cinema", "source_prefix": "none"});
    let made = check.ask("POST /import-jobs", "/import-jobs", Some(&given));
    check.ask("GET /import-jobs", "/import-jobs?status=completed&limit=3", None);
    check.ask("GET /import-jobs/{job_id}", "/import-jobs/import_sample", None);
    check.ask("GET /import-jobs/{job_id}/outputs", "/import-jobs/import_sample/outputs?limit=1", None);
    check.ask("GET /import-jobs/{job_id}/files", "/import-jobs/import_sample/files?failed_only=true", None);
    let path = format!("/import-jobs/{}", made["job_id"].as_str().unwrap());
    check.ask("POST /import-jobs/{job_id}/cancel", &format!("{path}/cancel"), None);
    check.ask("POST /import-jobs/{job_id}/retry", "/import-jobs/import_sample/retry", None);
}

/// A sound file of some milliseconds.
fn wav(milliseconds: u32) -> Vec<u8> {
    let length = 8 * milliseconds;
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + length).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend((0..length).map(|at| if at % 20 < 10 { 96 } else { 160 }));
    file
}

/// A directory with two sounds, of which one is empty, so that its import fails.
fn one_of_two() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.wav", &wav(100));
    write(directory.path(), "b.wav", b"");
    directory
}

/// Starts an import and waits for its end.
pub fn import(server: &mut Server, connector: &str, more: Value) -> Value {
    let job = start(server, connector, more);
    wait(server, &job)
}

fn start(server: &mut Server, connector: &str, more: Value) -> String {
    let mut given = json!({"connector_id": connector, "index_id": "Early cinema"});
    given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (_, made) = server.ok("create_import_job", given);
    assert_eq!(made["message"], "Import job created");
    made["job"]["job_id"].as_str().unwrap().to_owned()
}

fn wait(server: &mut Server, job: &str) -> Value {
    let (text, over) = server.ok("wait_for_import", json!({"job_id": job}));
    assert_eq!(over["finished"], true, "{text}");
    over
}

/// Whoever asks which imports failed means those that failed in part, too.
#[test]
fn jobs_with_failed_files_are_told_beside_those_that_failed() {
    let mut server = Server::with_key(&untouched().base_url, &untouched().api_key, &["--toolsets", "imports"]);
    let (text, facts) = server.ok("list_import_jobs", json!({"status": "failed"}));
    assert!(facts["total_jobs"] == 0 && text.contains("1 other job ended otherwise and with failed files: import_sample"), "{text}");
    assert!(!server.ok("list_import_jobs", json!({"status": "completed"})).0.contains("other job"));
}

/// A job names a page of its failed files, or none, and counts them all.
#[test]
fn an_overview_counts_all_failed_files_of_a_job() {
    let upstream = crate::support::Upstream::before(&untouched().base_url);
    let file = json!({"path": "a", "error": "e"});
    let job = |id: &str, failed: u64, files: &[Value]| json!({"job_id": id, "status": "completed", "progress": {"failed": failed}, "failed_files": files});
    let jobs = json!([job("job_1", 500, &[file.clone(), file]), job("job_2", 3, &[])]);
    upstream.script(move |seen| {
        if seen.target.starts_with("/import-jobs?") { crate::support::Answer::json(200, &jobs) } else { crate::support::Answer::Pass }
    });
    let mut server = Server::with_key(&upstream.base_url, &untouched().api_key, &[]);
    let (text, _) = server.ok("get_workflow_overview", json!({}));
    assert!(text.contains("500 failed files") && text.contains("3 failed files") && text.contains("job_2"), "{text}");
}

#[test]
fn a_list_that_is_empty_says_why() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.wav", &wav(100));
    let playground = with_bucket("films", directory.path());
    let mut server = Server::with_key(&playground.base_url, &playground.api_key, &["--toolsets", "all"]);
    let connector = connect(&mut server, "films", json!({}));
    let over = import(&mut server, &connector, json!({}));
    let (text, _) = server.ok("get_import_job", json!({"job_id": over["job_id"]}));
    assert!(text.contains("searches do not find them") && text.contains("process_media with import_job_id="), "{text}");
    let (text, ended) = server.ok("cancel_import_job", json!({"job_id": over["job_id"]}));
    assert!(ended["message"] == "The import had ended before" && text.contains("imported files stay"), "{text}");
    let empty = import(&mut server, &connector, json!({"source_prefix": "nothing/"}));
    for (tool, arguments, said) in [
        (
            "list_import_files",
            json!({"job_id": over["job_id"], "failed_only": true}),
            "None of its files failed. The job is completed: 1 of 1 file imported",
        ),
        ("list_import_files", json!({"job_id": empty["job_id"]}), "It has found no file. The job is completed"),
        ("list_import_outputs", json!({"job_id": empty["job_id"]}), "It has made no media. The job is completed"),
        ("list_import_jobs", json!({"index_id": "idx_space_and_nature", "status": "cancelled"}), "Of all indexes and states there are: "),
        ("get_automation", json!({"index_id": "Early cinema", "kind": "import"}), "No automation of this kind was set up"),
    ] {
        let (text, facts) = server.ok(tool, arguments);
        assert!(text.contains(said) && facts["notes"].to_string().contains(said), "{tool}: {text}");
    }
    // A list without anything in it, whatever it is of.
    let none = crate::support::Upstream::before(&playground.base_url);
    let mut server = Server::with_key(&none.base_url, &playground.api_key, &["--toolsets", "all"]);
    server.tools();
    none.script(|seen| match seen.target.split('?').next().unwrap() {
        "/prompts" => crate::support::Answer::json(200, &json!({"prompts": [], "total": 0})),
        path if path.ends_with("/catalog") => crate::support::Answer::json(200, &json!({"tables": []})),
        _ => crate::support::Answer::json(200, &json!({"data": []})),
    });
    for (tool, arguments) in [
        ("list_connectors", json!({})),
        ("list_webhooks", json!({})),
        ("list_exports", json!({})),
        ("list_markers", json!({})),
        ("list_chat_sessions", json!({})),
        ("list_chat_turns", json!({"session_id": "s"})),
        ("list_import_jobs", json!({})),
        ("list_prompts", json!({})),
        ("list_prompt_runs", json!({})),
        ("list_sql_tables", json!({"index_id": "i"})),
        ("list_playground_videos", json!({})),
        ("get_prompt_run_llm_calls", json!({"run_id": "r"})),
        ("get_prompt_run_results", json!({"run_id": "r", "video_id": "v"})),
        ("get_video_segments", json!({"video_id": "v"})),
        ("get_usage_details", json!({})),
        ("get_usage_history", json!({})),
        ("list_indexes", json!({})),
    ] {
        let (text, facts) = server.ok(tool, arguments);
        assert!(facts["notes"].as_array().is_some_and(|notes| !notes.is_empty()), "{tool}: {text}");
    }
}

/// A job as the playground has it, once it is as wanted.
fn look_until(playground: &Playground, job: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let end = std::time::Instant::now() + PATIENCE;
    loop {
        let seen = playground.with_key(&playground.api_key, "GET", &format!("/import-jobs/{job}"), None).json();
        if wanted(&seen) {
            return seen;
        }
        assert!(std::time::Instant::now() < end, "{seen}");
    }
}

/// The paths of the files of a job, with what became of them, page after page.
fn fates(server: &mut Server, job: &str, limit: u32) -> Vec<(String, String)> {
    let mut given = json!({"job_id": job, "limit": limit});
    let mut all = Vec::new();
    loop {
        let (_, page) = server.ok("list_import_files", given.clone());
        let text = |file: &Value, name: &str| file[name].as_str().unwrap().to_owned();
        all.extend(page["items"].as_array().unwrap().iter().map(|file| (text(file, "file_name"), text(file, "status"))));
        match page.get("next_cursor") {
            Some(cursor) => given["cursor"] = cursor.clone(),
            None => return all,
        }
    }
}

fn write(directory: &Path, name: &str, content: &[u8]) {
    fs::write(directory.join(name), content).unwrap();
}

#[test]
fn media_are_imported_in_order_and_what_is_not_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let bucket = directory.path();
    fs::create_dir(bucket.join("sub folder")).unwrap();
    for name in ["b \u{fc}ber 'all'.wav", "a.WAV", "sub folder/c.wav"] {
        write(bucket, name, &wav(100));
    }
    write(bucket, "empty.mp4", b"");
    write(bucket, "notes.txt", b"words");
    write(bucket, "none", b"words");
    write(bucket, "fake.mp4", b"words");
    #[cfg(unix)]
    write(bucket, "line\nbreak.wav", &wav(50));
    let playground = with_bucket("films", bucket);
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({}));
    let over = import(&mut server, &connector, json!({}));
    let imported = if cfg!(unix) { 4 } else { 3 };
    assert_eq!((&over["status"], &over["progress"]["imported"]), (&json!("completed"), &json!(imported)), "{over}");
    let job = over["job_id"].as_str().unwrap().to_owned();
    let (text, read) = server.ok("get_import_job", json!({"job_id": job}));
    let fake = "The content is not of the kind that the extension .mp4 says.";
    let failed = json!([{"path": "empty.mp4", "error": "the file is empty"}, {"path": "fake.mp4", "error": fake}]);
    assert_eq!(read["failed_files"], failed, "{text}");
    let skipped: Vec<&str> = read["skipped_files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(skipped, ["none", "notes.txt"]);
    assert!(
        text.contains("skipped: notes.txt: files of the kind .txt are no media")
            && text.contains("Next, once the causes above are mended: retry_import_job"),
        "{text}"
    );
    let (_, outputs) = server.ok("list_import_outputs", json!({"job_id": job}));
    let names: Vec<&str> = outputs["items"].as_array().unwrap().iter().map(|item| item["file_name"].as_str().unwrap()).collect();
    let mut expected = vec!["a.WAV", "b \u{fc}ber 'all'.wav", "line\nbreak.wav", "sub folder/c.wav"];
    expected.retain(|name| cfg!(unix) || !name.contains('\n'));
    // Spaces are folded in answers, as everywhere.
    let plain = |names: &[&str]| names.iter().map(|name| name.split_whitespace().collect::<String>()).collect::<Vec<_>>();
    assert_eq!(plain(&names), plain(&expected));
    assert_eq!(outputs["total"], imported);
    let video = outputs["items"][0]["video_id"].as_str().unwrap();
    let (text, read) = server.ok("get_video", json!({"video_id": video}));
    assert_eq!(read["title"], "a", "{text}");
    let listed = fates(&mut server, &job, 2);
    assert_eq!(listed.len(), imported + 4, "{listed:?}");
    assert!(listed.iter().any(|(path, fate)| path == "empty.mp4" && fate == "failed"), "{listed:?}");
}

#[test]
fn an_import_that_imports_nothing_fails_or_is_empty() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "empty.mp4", b"");
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({}));
    let over = import(&mut server, &connector, json!({"source_prefix": "nothing/"}));
    assert_eq!((&over["status"], &over["progress"]["total_files"]), (&json!("completed"), &json!(0)), "an empty import is no failure");
    // Whoever waits for a failed import is told of an error, as whoever reads it.
    let job = start(&mut server, &connector, json!({}));
    for tool in ["wait_for_import", "get_import_job"] {
        let told = server.error(tool, json!({"job_id": job}));
        assert!(told.contains("The only file failed.") && told.contains("failed: empty.mp4: the file is empty"), "{told}");
        assert!(told.contains("retry_import_job"), "{told}");
    }
    let nowhere = connect(&mut server, "none", json!({}));
    let job = start(&mut server, &nowhere, json!({}));
    let told = server.error("wait_for_import", json!({"job_id": job}));
    assert!(told.contains("no bucket `none`"), "{told}");
}

/// What a job names may be deleted since, and then no retry can succeed.
#[test]
fn a_job_says_what_is_gone_of_what_it_names() {
    let directory = one_of_two();
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({}));
    let (_, index) = server.ok("create_index", json!({"name": "Sounds"}));
    let index = index["index_id"].as_str().or(index["index"]["index_id"].as_str()).unwrap().to_owned();
    let over = import(&mut server, &connector, json!({"index_id": index}));
    let job = over["job_id"].as_str().unwrap();
    assert_eq!((&over["progress"]["imported"], &over["progress"]["failed"]), (&json!(1), &json!(1)), "{over}");
    let video = over["video_ids"][0].as_str().unwrap();
    let delete = |path: String| playground.with_key(&playground.api_key, "DELETE", &path, None).status;
    assert!(delete(format!("/videos/{video}")) < 300);
    let gone = format!("Deleted since they were imported: {video}.");
    server.wait_until(|server| server.ok("list_import_outputs", json!({"job_id": job})).0.contains(&gone));
    let (text, _) = server.ok("get_import_job", json!({"job_id": job}));
    assert!(text.contains(&gone) && text.contains("retry_import_job"), "{text}");
    assert!(delete(format!("/connectors/{connector}")) < 300);
    let lost = format!("The connector {connector} of this job does not exist any more, so a retry can only fail.");
    for tool in ["get_import_job", "wait_for_import"] {
        let (text, facts) = server.ok(tool, json!({"job_id": job}));
        assert!(text.contains(&lost) && text.contains("create_import_job") && !text.contains("retry_import_job"), "{text}");
        assert!(facts["notes"].to_string().contains("so a retry can only fail"), "{facts}");
    }
}

#[test]
fn new_only_leaves_out_what_was_imported_before_unless_it_has_changed() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.wav", &wav(100));
    write(directory.path(), "b.wav", &wav(100));
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({"import_mode": "new_only"}));
    assert_eq!(import(&mut server, &connector, json!({}))["progress"]["imported"], 2);
    write(directory.path(), "b.wav", &wav(200));
    write(directory.path(), "c.wav", &wav(100));
    let second = import(&mut server, &connector, json!({}));
    assert_eq!((&second["progress"]["imported"], &second["progress"]["skipped"]), (&json!(2), &json!(1)), "{second}");
    assert_eq!(second["skipped_files"], json!([{"path": "a.wav", "reason": "it was imported into this index before"}]));
    let all = import(&mut server, &connector, json!({"import_mode_override": "all"}));
    assert_eq!(all["progress"]["imported"], 3, "{all}");
}

#[test]
fn a_cancelled_import_keeps_what_it_has_and_can_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let count = 100;
    for number in 0..count {
        write(directory.path(), &format!("{number:03}.wav"), &wav(20));
    }
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({}));
    let job = start(&mut server, &connector, json!({}));
    look_until(&playground, &job, |seen| seen["progress"]["imported"].as_u64().unwrap() > 0);
    let (_, cancelled) = server.ok("cancel_import_job", json!({"job_id": job}));
    assert_eq!(cancelled["job"]["status"], "cancelled", "{cancelled}");
    let kept = cancelled["job"]["progress"]["imported"].as_u64().unwrap();
    assert!(kept > 0 && kept < count, "{kept}");
    // Nothing comes after the cancellation, and a second one changes nothing.
    assert_eq!(server.ok("cancel_import_job", json!({"job_id": job})).1["job"]["progress"]["imported"], kept);
    assert_eq!(server.ok("list_import_outputs", json!({"job_id": job, "limit": 1})).1["total"], kept);
    let fates = fates(&mut server, &job, 1_000);
    assert_eq!(fates.iter().filter(|(_, fate)| fate == "imported").count() as u64, kept);
    assert!(fates.iter().skip(usize::try_from(kept).unwrap()).all(|(_, fate)| fate == "cancelled"), "{fates:?}");
    server.ok("retry_import_job", json!({"job_id": job}));
    let again = look_until(&playground, &job, |seen| seen["progress"]["imported"].as_u64().unwrap() > kept);
    assert_ne!(again["status"], "cancelled");
    server.ok("cancel_import_job", json!({"job_id": job}));
}

#[test]
fn what_was_deleted_after_an_import_is_left_out_when_the_rest_is_processed() {
    let playground = Playground::start(&[]);
    let (mut server, owner) = (server(&playground), playground.api_key.clone());
    let ask = |method: &str, path: &str, body: Option<&Value>| playground.with_key(&owner, method, path, body);
    let pictures =
        crate::support::Upstream::scripted(|_| crate::support::Answer::Fixed(200, vec![("content-type", "image/png".to_owned())], png()));
    let at = |name: &str| json!({"file_id": name, "download_url": format!("{}/{name}", pictures.base_url)});
    let made = ask("POST", "/workflow/attachments", Some(&json!({"files": [at("a.png"), at("b.png")]}))).json();
    let job = made["job_id"].as_str().unwrap();
    wait(&mut server, job);
    let outputs = ask("GET", &format!("/import-jobs/{job}/outputs"), None).json();
    let videos: Vec<&str> = outputs["items"].as_array().unwrap().iter().map(|item| item["video_id"].as_str().unwrap()).collect();
    let process = json!({"import_job_id": job, "prompt_id": "prompt_scene_catalogue"});
    assert_eq!(ask("DELETE", &format!("/videos/{}", videos[0]), None).status, 202);
    let started = ask("POST", "/workflow/process", Some(&process));
    let told = started.json();
    let out = &told["run"]["run_context"]["left_out"][0];
    assert_eq!((&out["reason"], &out["video_ids"]), (&json!("it does not exist any more"), &json!([videos[0]])), "{told}");
    // If nothing is left, the refusal names what is gone.
    ask("POST", &format!("/prompt-runs/{}/cancel", told["run_id"].as_str().unwrap()), None);
    server.wait_until(|_| ask("DELETE", &format!("/videos/{}", videos[1]), None).status == 202);
    let told = ask("POST", "/workflow/process", Some(&process)).json();
    assert_eq!((&told["error"]["code"], &told["error"]["details"]["video_id"]), (&json!("resource_video_not_found"), &json!(videos[0])));
}

#[test]
fn a_mended_file_is_imported_by_a_retry() {
    let directory = one_of_two();
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({}));
    let first = import(&mut server, &connector, json!({}));
    assert_eq!((&first["progress"]["imported"], &first["progress"]["failed"]), (&json!(1), &json!(1)), "{first}");
    write(directory.path(), "b.wav", &wav(100));
    let job = first["job_id"].as_str().unwrap();
    server.ok("retry_import_job", json!({"job_id": job}));
    let second = wait(&mut server, job);
    assert_eq!((&second["progress"]["imported"], &second["progress"]["failed"]), (&json!(2), &json!(0)), "{second}");
    assert_eq!((&second["failed_files"], &second["status"]), (&json!([]), &json!("completed")));
    // There is nothing to try again, so nothing is.
    assert_eq!(server.ok("retry_import_job", json!({"job_id": job})).1["job"]["status"], "completed");
}

#[test]
fn a_retry_takes_the_files_as_they_are_now_and_no_others() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let good = wav(100);
    for name in ["a.wav", "moved.wav", "kind.wav", "disappears.wav", "same.wav"] {
        let bad = format!("{name} is no sound");
        write(directory.path(), name, if name == "a.wav" { &good } else { bad.as_bytes() });
    }
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({"import_mode": "new_only"}));
    let first = import(&mut server, &connector, json!({}));
    assert_eq!((&first["progress"]["imported"], &first["progress"]["failed"]), (&json!(1), &json!(4)), "{first}");
    // One is renamed, one becomes a picture, one is mended in place, one goes, and two come. What was imported is renamed, too.
    std::fs::rename(at("moved.wav"), at("found again.wav")).unwrap();
    std::fs::remove_file(at("kind.wav")).unwrap();
    write(directory.path(), "kind.png", &png());
    write(directory.path(), "same.wav", &wav(100));
    std::fs::remove_file(at("disappears.wav")).unwrap();
    write(directory.path(), "new.wav", &wav(100));
    write(directory.path(), "newer.wav", &wav(100));
    let job = first["job_id"].as_str().unwrap();
    server.ok("retry_import_job", json!({"job_id": job}));
    let second = wait(&mut server, job);
    let mut failed: Vec<_> = second["failed_files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    failed.sort_unstable();
    assert_eq!(failed, ["disappears.wav", "found again.wav"], "{second}");
    assert!(second["failed_files"].to_string().contains("there is no such file"), "{second}");
    let (_, outputs) = server.ok("list_import_outputs", json!({"job_id": job}));
    let mut names: Vec<_> =
        outputs["items"].as_array().unwrap().iter().map(|row| (row["file_name"].as_str(), row["title"].as_str())).collect();
    names.sort_unstable();
    assert_eq!(names, [("a.wav", "a"), ("kind.png", "kind"), ("same.wav", "same")].map(|(name, title)| (Some(name), Some(title))));
    assert_eq!(second["error_message"], "The bucket has 2 files that came since; a new import takes them.");
    // A later import knows what the retry took, by the content that it had then.
    let third = import(&mut server, &connector, json!({}));
    let skipped: Vec<_> = third["skipped_files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(skipped, ["a.wav", "kind.png", "same.wav"], "{third}");
    assert_eq!(third["progress"]["imported"], 2, "{third}");
}

#[test]
fn a_crash_in_the_middle_loses_no_file_and_imports_none_twice() {
    let (directory, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let count = 12;
    for number in 0..count {
        write(directory.path(), &format!("{number:02}.wav"), &wav(20));
    }
    let bucket = format!("films={}", directory.path().display());
    let arguments = ["--bucket", &bucket, "--data-dir", data.path().to_str().unwrap()];
    let playground = Playground::start(&arguments);
    let mut first = server(&playground);
    let connector = connect(&mut first, "films", json!({}));
    let job = start(&mut first, &connector, json!({}));
    look_until(&playground, &job, |seen| seen["progress"]["imported"].as_u64().unwrap() > 0);
    playground.kill();
    let playground = Playground::start(&arguments);
    let mut second = server(&playground);
    let over = wait(&mut second, &job);
    assert_eq!((&over["status"], &over["progress"]["imported"]), (&json!("completed"), &json!(count)), "{over}");
    let (_, outputs) = second.ok("list_import_outputs", json!({"job_id": job}));
    let rows = outputs["items"].as_array().unwrap();
    let videos: BTreeSet<&str> = rows.iter().map(|row| row["video_id"].as_str().unwrap()).collect();
    assert_eq!((rows.len(), videos.len()), (count, count));
    assert!(rows.iter().enumerate().all(|(place, row)| row["source_ordinal"] == place), "{outputs}");
    let (_, listed) = second.ok("list_videos", json!({"index_id": "Early cinema", "limit": 100}));
    let titles = listed["videos"].as_array().unwrap().iter().filter(|video| video["title"].as_str().unwrap().len() == 2);
    assert_eq!(titles.count(), count);
}

#[test]
fn thousands_of_files_are_told_page_by_page() {
    let directory = tempfile::tempdir().unwrap();
    for number in 0..2_000 {
        write(directory.path(), &format!("{number:04}.txt"), b"x");
    }
    write(directory.path(), "film.wav", &wav(20));
    let playground = with_bucket("films", directory.path());
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({}));
    let over = import(&mut server, &connector, json!({}));
    assert_eq!((&over["progress"]["skipped"], &over["progress"]["imported"]), (&json!(2_000), &json!(1)));
    let job = over["job_id"].as_str().unwrap();
    let paths: Vec<String> = fates(&mut server, job, 150).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths.len(), 2_001);
    assert!(paths.is_sorted(), "the order of the job is the order of the pages");
}

#[test]
fn jobs_are_listed_counted_and_filtered() {
    let mut server = server(untouched());
    let (text, jobs) = server.ok("list_import_jobs", json!({"status": "completed"}));
    assert_eq!((&jobs["total_jobs"], &jobs["by_status"]), (&json!(1), &json!({"completed": 1})), "{text}");
    assert_eq!(jobs["filter"]["status"], "completed");
    assert!(text.contains("import_sample completed: 2 of 4 files imported, 1 failed, 1 skipped, into idx_early_cinema"), "{text}");
    assert_eq!(server.ok("list_import_jobs", json!({"status": "failed"})).1["total_jobs"], 0);
    assert_eq!(server.ok("list_import_jobs", json!({"index_id": "idx_american_life"})).1["total_jobs"], 0);
    assert_eq!(server.ok("list_import_jobs", json!({"index_id": "Early cinema"})).1["total_jobs"], 1);
    // The API answers such a filter with no jobs, which would look like an answer.
    assert!(server.error("list_import_jobs", json!({"index_id": "Films"})).contains("no index `Films`"));
    assert!(server.error("list_import_jobs", json!({"status": "lost"})).contains("scanning"));
    let (_, outputs) = server.ok("list_import_outputs", json!({"job_id": "import_sample"}));
    assert_eq!(outputs["items"][0]["video_id"], "vid_great_train_robbery_1903");
}

#[test]
fn what_cannot_be_imported_is_refused() {
    let playground = Playground::start(&[]);
    let mut server = server(&playground);
    let export = connect(&mut server, "sample-bucket", json!({"scopes": ["export"]}));
    let given = |connector: &str, index: &str| json!({"connector_id": connector, "index_id": index});
    assert!(server.error("create_import_job", given(&export, "idx_early_cinema")).contains("does not have the scope `import`"));
    assert!(server.error("create_import_job", given("conn_none", "idx_early_cinema")).contains("resource_connector_not_found"));
    server.ok("update_connector", json!({"connector_id": "conn_sample_bucket", "status": "disabled"}));
    assert!(server.error("create_import_job", given("conn_sample_bucket", "idx_early_cinema")).contains("disabled"));
    assert!(server.error("get_import_job", json!({"job_id": "none"})).contains("list_import_jobs"));
}
