//! Files at addresses: how they are imported, and how a stored file gets an address.

use serde_json::{Value, json};

use crate::{
    openapi::Check,
    support::{Answer, EVERYTHING, PATIENCE, Playground, Server, Upstream, http},
    uploads::picture,
};

/// Calls both operations once.
pub fn calls(check: &mut Check<'_>) {
    let stored = check.playground.upload("still.png", &picture());
    let body = json!({"video_id": stored["video_id"], "intent": "download"});
    check.ask("POST /workflow/media-grants", "/workflow/media-grants", Some(&body));
    let body = json!({"files": [{"download_url": "https://films.example/a.png", "file_id": "1"}], "title": "A still"});
    check.ask("POST /workflow/attachments", "/workflow/attachments", Some(&body));
}

fn everything(playground: &Playground) -> Server {
    Server::with_key(&playground.base_url, &playground.api_key, &EVERYTHING)
}

/// Serves pictures, one of them at an address without an extension, and what is none.
fn pictures() -> Upstream {
    let fixed = |status, name, value: &str, body: &[u8]| Answer::Fixed(status, vec![(name, value.to_owned())], body.to_vec());
    Upstream::scripted(move |seen| match seen.target.split('?').next().unwrap() {
        "/moved" => fixed(302, "location", "/a.png", b""),
        "/text.png" => fixed(200, "content-type", "image/png", b"no picture"),
        "/a.png" | "/a%20still.png" | "/bare" => fixed(200, "content-type", "image/png", &picture()),
        _ => Answer::Fixed(404, Vec::new(), Vec::new()),
    })
}

fn attach(server: &mut Server, given: Value) -> Value {
    let (text, made) = server.ok("attach_workflow_file", given);
    assert!(text.contains("wait_for_import"), "{text}");
    wait(server, &made["job"]["job_id"])
}

fn wait(server: &mut Server, job: &Value) -> Value {
    let (text, over) = server.ok("wait_for_import", json!({"job_id": job}));
    assert_eq!(over["finished"], true, "{text}");
    over
}

#[test]
fn files_at_addresses_of_this_machine_are_imported_and_others_fail_with_a_reason() {
    let (playground, pictures) = (Playground::start(&[]), pictures());
    let mut server = everything(&playground);
    let at = |path: &str| format!("{}/{path}", pictures.base_url);
    let files = [
        ("good", at("a%20still.png?secret=abcdef0123456789")),
        ("typed", at("bare")),
        ("far", "https://films.example/a.png".to_owned()),
        ("private", "http://10.0.0.1/a.png".to_owned()),
        ("named", "http://films.example/a.png".to_owned()),
        ("moved", at("moved")),
        ("none", at("none")),
        ("false", at("text.png")),
        ("wrong", "nowhere".to_owned()),
    ];
    let given: Vec<Value> = files.iter().map(|(id, url)| json!({"file_id": id, "download_url": url})).collect();
    let (_, made) = server.ok("attach_workflow_file", json!({"files": given, "index_name": "Attached"}));
    let job = made["job"]["job_id"].clone();
    let over = wait(&mut server, &job);
    assert_eq!((&over["status"], &over["progress"]["imported"], &over["progress"]["failed"]), (&json!("completed"), &json!(2), &json!(7)));
    let (text, read) = server.ok("list_import_files", json!({"job_id": job}));
    assert!(!text.contains("abcdef0123456789") && !over.to_string().contains("abcdef0123456789"), "no address shows: {text}");
    let fate = |id: &str| {
        let file = read["items"].as_array().unwrap().iter().find(|file| file["file_id"] == id).unwrap_or_else(|| panic!("{id}: {read}"));
        format!("{} {}", file["status"].as_str().unwrap(), file["failure"]["message"].as_str().unwrap_or_default())
    };
    let here = "failed this playground loads files over http from this machine only";
    for (id, expected) in [
        ("good", "imported "),
        ("typed", "imported "),
        ("far", here),
        ("private", here),
        ("named", here),
        ("moved", "failed the server of the file answered 302, and redirects are not followed"),
        ("none", "failed the server of the file answered 404"),
        ("false", "failed The content is not of the kind that the extension .png says."),
        ("wrong", "failed the address cannot be read: relative URL without a base"),
    ] {
        assert_eq!(fate(id), expected, "{id}");
    }
    let (_, outputs) = server.ok("list_import_outputs", json!({"job_id": job}));
    let first = &outputs["items"][0];
    assert_eq!((&first["file_id"], &first["file_name"], &first["title"]), (&json!("good"), &json!("a still.png"), &json!("a still")));
    let (_, videos) = server.ok("list_videos", json!({"index_id": "Attached"}));
    assert_eq!(videos["videos"].as_array().unwrap().len(), 2, "the index was made: {videos}");
    let (_, jobs) = server.ok("list_import_jobs", json!({}));
    assert!(jobs["jobs"].as_array().unwrap().iter().any(|row| row["job_id"] == job), "{jobs}");
    assert_eq!(server.ok("cancel_import_job", json!({"job_id": job})).1["job"]["status"], "completed", "it had ended");
}

#[test]
fn a_cancelled_job_is_not_waited_for() {
    use std::io::{Read, Write};
    let (playground, pictures) = (Playground::start(&[]), pictures());
    let mut server = everything(&playground);
    // A server that begins and says no more. It holds its connection until the end of the test.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/film.png", silent.local_addr().unwrap());
    let (asked, held) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = silent.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx").unwrap();
        asked.send(()).unwrap();
        // Ends when the playground closes the connection.
        let _ = stream.read(&mut [0; 16]);
        asked.send(()).unwrap();
    });
    let (_, slow) = server.ok("attach_workflow_file", json!({"files": [{"file_id": "a", "download_url": address}]}));
    held.recv_timeout(PATIENCE).unwrap();
    server.ok("cancel_import_job", json!({"job_id": slow["job"]["job_id"]}));
    let next = json!({"files": [{"file_id": "a", "download_url": format!("{}/a.png", pictures.base_url)}]});
    assert_eq!(attach(&mut server, next)["status"], "completed");
    held.recv_timeout(PATIENCE).expect("nothing more of the first file is loaded");
}

#[test]
fn a_retry_takes_fresh_addresses() {
    let (playground, pictures) = (Playground::start(&[]), pictures());
    let mut server = everything(&playground);
    let at = |path: &str| format!("{}/{path}", pictures.base_url);
    let given = json!({"files": [{"file_id": "f1", "download_url": at("none")}], "title": "A reel"});
    let failed = server.ok("attach_workflow_file", given).1;
    let job = &failed["job"]["job_id"];
    let told = server.error("wait_for_import", json!({"job_id": job}));
    assert!(told.contains(" failed: ") && told.contains("The only file failed."), "{told}");
    let unknown = json!({"job_id": job, "files": [{"file_id": "f2", "download_url": at("a.png")}]});
    assert!(server.error("retry_import_job", unknown).contains("No failed or cancelled file of this job was attached as `f2`"));
    server.ok("retry_import_job", json!({"job_id": job, "files": [{"file_id": "f1", "download_url": at("a.png")}]}));
    // The file keeps its name, `none`, and the type that the server tells makes it a picture.
    let over = wait(&mut server, job);
    assert_eq!((&over["status"], &over["progress"]["imported"]), (&json!("completed"), &json!(1)), "{over}");
    let (_, outputs) = server.ok("list_import_outputs", json!({"job_id": job}));
    let (_, video) = server.ok("get_video", json!({"video_id": outputs["items"][0]["video_id"]}));
    assert_eq!(video["title"], "A reel", "{video}");
}

#[test]
fn one_key_attaches_once_and_what_cannot_be_meant_is_refused() {
    let playground = Playground::start(&[]);
    let mut server = everything(&playground);
    let file = json!({"file_id": "1", "download_url": "https://films.example/a.png"});
    let given = json!({"files": [file], "idempotency_key": "once"});
    let (_, first) = server.ok("attach_workflow_file", given.clone());
    assert_eq!(server.ok("attach_workflow_file", given).1["job"]["job_id"], first["job"]["job_id"]);
    for (given, told) in [
        (json!({"files": []}), "files"),
        (json!({"files": [file, file]}), "twice"),
        (json!({"files": [file], "index_id": "Early cinema", "index_name": "x"}), "not both"),
        (json!({"files": [{"file_id": "1"}]}), "download_url"),
        (json!({"files": [file], "index_id": "idx_none"}), "list_indexes"),
    ] {
        let error = server.error("attach_workflow_file", given);
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_granted_address_downloads_the_file_without_a_key_and_can_be_attached() {
    let playground = Playground::start(&[]);
    let mut server = everything(&playground);
    let bytes = picture();
    let video = playground.upload("still.png", &bytes)["video_id"].clone();
    let (text, grant) = server.ok("grant_media_access", json!({"video_id": video}));
    let url = grant["url"].as_str().unwrap().to_owned();
    assert!(text.contains(&url) && grant["expires_at"].is_string() && grant["mime_type"] == "image/png", "{text}");
    let loaded = http("GET", &url, &[], None);
    assert_eq!((loaded.status, &loaded.body[..]), (200, &bytes[..]));
    let forged = url.replace("token=", "token=A");
    assert_eq!(http("GET", &forged, &[], None).status, 401);
    let (_, segments) = server.ok("get_video_segments", json!({"video_id": video}));
    let segment = &segments["segments"][0]["segment_id"];
    let (_, of_segment) = server.ok("grant_media_access", json!({"video_id": video, "segment_id": segment}));
    assert!(of_segment["url"].as_str().unwrap().contains("#t=0,"), "{of_segment}");
    let given = json!({"files": [{"file_id": "1", "download_url": url, "file_name": "again.png"}]});
    assert_eq!(attach(&mut server, given)["progress"]["imported"], 1);
    let (text, _) = server.ok("grant_media_access", json!({"video_id": "vid_great_train_robbery_1903"}));
    assert!(text.contains("There is no file of vid_great_train_robbery_1903") && text.contains("show_moments"), "{text}");
    for (member, id) in [("segment_id", "seg_nosferatu_1922_001"), ("segment_id", "none"), ("run_id", "run_none")] {
        let error = server.error("grant_media_access", json!({"video_id": video, member: id}));
        assert!(error.contains("404"), "{member} {id}: {error}");
    }
    let run = json!({"video_id": video, "run_id": "run_scene_catalogue_early_cinema"});
    assert!(server.error("grant_media_access", run).contains("404"), "the run does not cover it");
}
