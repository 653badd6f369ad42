//! Uploads to the playground: what is taken, what is measured, and what a run finds in it.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use serde_json::{Value, json};

use crate::{
    connectors::{connect, server, with_bucket},
    imports::import,
    openapi::Check,
    support::{Playground, Reply, form},
};

/// Whether ffmpeg is there to make films and to measure them. Says so where it is not.
fn ffmpeg(what: &str) -> bool {
    let found =
        ["ffmpeg", "ffprobe"].iter().all(|name| Command::new(name).arg("-version").output().is_ok_and(|said| said.status.success()));
    if !found {
        std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("SKIPPED: {what}: there is no ffmpeg and ffprobe on the path\n").as_bytes(),
        )
        .unwrap();
    }
    found
}

/// Four seconds: a test picture, then red. A tone, then silence. Subtitles in the first half.
fn film() -> &'static Path {
    static FILM: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let (film, words) = (folder.path().join("film.mp4"), folder.path().join("words.srt"));
        std::fs::write(&words, "1\n00:00:00,500 --> 00:00:01,500\nOne small <i>step</i>\n").unwrap();
        let inputs = [
            ["-f", "lavfi", "-i", "testsrc=d=2:s=320x240:r=10"].as_slice(),
            &["-f", "lavfi", "-i", "color=red:d=2:s=320x240:r=10"],
            &["-f", "lavfi", "-i", "sine=frequency=440:duration=2,volume=8"],
            &["-i", words.to_str().unwrap()],
        ];
        let made = ["-filter_complex", "[0][1]concat=n=2:v=1[v];[2]apad=whole_dur=4[a]", "-map", "[v]", "-map", "[a]", "-map", "3"];
        let kept = ["-c:v", "mpeg4", "-q:v", "3", "-c:a", "aac", "-c:s", "mov_text", "-t", "4"];
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error"]).args(inputs.concat()).args(made).args(kept).arg(&film);
        let said = command.output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        (folder, film)
    });
    &FILM.1
}

/// A picture whose left half is blue and whose right half is white.
pub fn picture() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(64, 32, |x, _| image::Rgb(if x < 32 { [20, 30, 220] } else { [255, 255, 255] }));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The beginning of an MP4 without anything after it.
const HOLLOW: &[u8] = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2";

fn upload(playground: &Playground, path: &str, key: Option<&str>, fields: &[(&str, &str)], file: (&str, &[u8])) -> Reply {
    let mut headers = vec![("x-api-key", playground.api_key.as_str())];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    form(&format!("{}{path}", playground.base_url), &headers, fields, file)
}

fn ask(playground: &Playground, method: &str, path: &str, body: Option<&Value>) -> Value {
    let reply = playground.with_key(&playground.api_key, method, path, body);
    assert!(reply.status < 300, "{method} {path}: {} {}", reply.status, reply.json());
    reply.json()
}

/// A run of a prompt with this schema on one item, when it has ended: its results.
fn run(playground: &Playground, video_id: &str, more: &Value) -> Vec<Value> {
    let mut request = json!({"prompt_id": "prompt_scene_catalogue", "target": {"type": "videos", "video_ids": [video_id]}});
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let run = ask(playground, "POST", "/prompt-runs/execute", Some(&request));
    let run_id = run["run_id"].as_str().unwrap().to_owned();
    while ask(playground, "GET", &format!("/prompt-runs/{run_id}"), None)["status"] != "completed" {
        crate::support::pause();
    }
    let found = ask(playground, "GET", &format!("/prompt-runs/{run_id}/results?video_id={video_id}"), None);
    found["data"].as_array().unwrap().clone()
}

/// Both ways to upload, for the comparison with the description of the API.
pub fn calls(check: &mut Check<'_>) {
    for (path, fields) in [("/videos/upload", &[("title", "A picture")][..]), ("/workflow/upload", &[("index_name", "Pictures")])] {
        let reply = upload(check.playground, path, None, fields, ("sky.png", &picture()));
        check.look(&format!("POST {path}"), &reply);
    }
}

#[test]
fn a_film_is_measured_cut_and_shown() {
    if !ffmpeg("what is measured of a film") {
        return;
    }
    let playground = Playground::start(&[]);
    let bytes = std::fs::read(film()).unwrap();
    let fields = [("title", "A test film"), ("index_name", "Test films")];
    let reply = upload(&playground, "/workflow/upload", Some("once"), &fields, ("film.mp4", &bytes));
    assert_eq!(reply.status, 202, "{}", reply.json());
    let told = reply.json();
    assert_eq!(
        (&told["status"], &told["progress"]["imported"], &told["failed_files"]),
        (&json!("completed"), &json!(1), &json!([])),
        "{told}"
    );
    assert_eq!((&told["destination"]["type"], &told["destination"]["index_created"]), (&json!("index"), &json!(true)), "{told}");
    let video = &told["video"];
    assert_eq!((&video["title"], &video["media_type"]), (&json!("A test film"), &json!("video")), "{told}");
    assert!((video["duration_seconds"].as_f64().unwrap() - 4.0).abs() < 0.2, "{told}");
    let video_id = video["video_id"].as_str().unwrap();
    assert_eq!(told["video_ids"], json!([video_id]));
    let job = ask(&playground, "GET", &format!("/import-jobs/{}", told["job_id"].as_str().unwrap()), None);
    assert_eq!(
        (&job["status"], &job["video_ids"], &job["source_kind"]),
        (&json!("completed"), &told["video_ids"], &json!("upload")),
        "{job}"
    );

    // The same request under the same key is the same upload.
    assert_eq!(upload(&playground, "/workflow/upload", Some("once"), &fields, ("film.mp4", &bytes)).json(), told);
    let again = upload(&playground, "/workflow/upload", Some("twice"), &[("index_name", "test FILMS")], ("film.mp4", &bytes)).json();
    assert_eq!((&again["destination"]["index_created"], &again["video"]["title"]), (&json!(false), &json!("film")), "{again}");
    let index_id = told["destination"]["index_id"].as_str().unwrap();
    assert_eq!(again["destination"]["index_id"], index_id);
    let listed = ask(&playground, "GET", &format!("/indexes/{index_id}/videos"), None);
    assert_eq!(listed["data"].as_array().unwrap().len(), 2, "{listed}");

    // It is cut where the picture changes as a whole.
    let segments = ask(&playground, "GET", &format!("/videos/{video_id}/segments"), None)["data"].clone();
    let times: Vec<_> = segments.as_array().unwrap().iter().map(|segment| segment["start_time"].as_f64().unwrap()).collect();
    assert_eq!(times, [0.0, 2.0], "{segments}");
    assert_eq!(segments[1]["thumbnail_available"], true);
    let still = format!("/videos/segments/{}/thumbnail", segments[1]["segment_id"].as_str().unwrap());
    let still = playground.with_key(&playground.api_key, "GET", &still, None);
    assert_eq!((still.status, still.content_type.as_str()), (200, "image/jpeg"));
    let still = image::load_from_memory(&still.body).unwrap().to_rgb8();
    let [red, green, blue] = still.get_pixel(still.width() / 2, still.height() / 2).0;
    assert!(red > 200 && green < 60 && blue < 60, "{red} {green} {blue}");
}

#[test]
fn a_film_that_came_without_ffprobe_is_measured_at_a_later_start() {
    if !ffmpeg("the measuring of a film at a later start") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let directory = ["--data-dir", folder.path().to_str().unwrap()];
    let playground = Playground::alone(&directory);
    let told = upload(&playground, "/videos/upload", None, &[("title", "Late")], ("film.mp4", &std::fs::read(film()).unwrap())).json();
    let path = format!("/videos/{}", told["video_ids"][0].as_str().unwrap());
    assert_eq!(ask(&playground, "GET", &path, None)["duration_seconds"], Value::Null);
    playground.kill();
    let playground = Playground::start(&directory);
    while ask(&playground, "GET", &path, None)["duration_seconds"].is_null() {
        crate::support::pause();
    }
    let segments = ask(&playground, "GET", &format!("{path}/segments"), None);
    assert_eq!(segments["data"].as_array().unwrap().len(), 2, "{segments}");
    // Its preview moves through real frames.
    let gif = ask(&playground, "GET", &format!("{path}/gif"), None)["gif_data"].as_str().unwrap().len();
    assert!(gif > 1000, "{gif}");
}

/// A prompt for what can be measured, and for what cannot.
fn prompt(playground: &Playground) -> String {
    let text = json!({"type": "string"});
    let schema = json!({"type": "object", "required": ["scene", "brightness"], "properties": {
        "scene": text, "dominant_colors": {"type": "array", "items": text}, "brightness": {"enum": ["low", "normal", "high"]},
        "motion": {"type": "number"}, "loudness": {"type": "number"}, "volume": text, "spoken_words": text, "start_time": {"type": "number"},
        "has_speech": {"type": "boolean"}, "resolution": text, "mood": {"enum": ["happy", "sad"]}, "people_count": {"type": "integer"}
    }});
    let made = json!({"name": "Measurements", "prompt_text": "Measure what you can in this film.", "json_schema": schema});
    let made = ask(playground, "POST", "/prompts", Some(&made));
    made["prompt_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_run_fills_what_was_measured_and_says_so() {
    if !ffmpeg("what a run finds in a film") {
        return;
    }
    let playground = Playground::start(&[]);
    let bytes = std::fs::read(film()).unwrap();
    let told = upload(&playground, "/videos/upload", None, &[("title", "A test film")], ("Film.MP4", &bytes));
    assert_eq!(told.status, 201, "{}", told.json());
    let told = told.json();
    assert_eq!(told["destination"]["type"], "playground", "{told}");
    let video_id = told["video_ids"][0].as_str().unwrap();
    let prompt = prompt(&playground);
    let results = run(&playground, video_id, &json!({"prompt_id": prompt}));
    let [first, second] = results.as_slice() else { panic!("{results:?}") };
    let (one, two) = (&first["metadata"], &second["metadata"]);
    assert_eq!(
        (&one["spoken_words"], &one["has_speech"], &one["resolution"]),
        (&json!("One small step"), &json!(true), &json!("320x240")),
        "{one}"
    );
    assert_eq!((&two["spoken_words"], &two["has_speech"], &two["start_time"]), (&json!(""), &json!(false), &json!(2)), "{two}");
    assert_eq!((&two["dominant_colors"], &two["brightness"], &two["volume"]), (&json!(["red"]), &json!("low"), &json!("silent")), "{two}");
    assert!(one["loudness"].as_f64().unwrap() > two["loudness"].as_f64().unwrap() + 20.0, "{one} {two}");
    assert!(one["motion"].as_f64().unwrap() > two["motion"].as_f64().unwrap(), "{one} {two}");
    // Nothing is invented, and that is said.
    assert_eq!(one["scene"], "");
    assert!(one.get("mood").is_none() && one.get("people_count").is_none(), "{one}");
    assert!(first["processing_warning"].as_str().unwrap().contains("no model"), "{first}");

    // Segments of one length are parts of the same measurements.
    let fixed = json!({"prompt_id": prompt, "video_segmentation_type": "fixed", "video_segment_duration": 1});
    let parts = run(&playground, video_id, &fixed);
    let red: Vec<_> = parts.iter().map(|part| part["metadata"]["dominant_colors"] == json!(["red"])).collect();
    assert_eq!(red.get(..4), Some(&[false, false, true, true][..]), "{parts:?}");
}

#[test]
fn an_imported_film_is_measured_with_the_subtitles_beside_it() {
    if !ffmpeg("what is measured of an imported film") {
        return;
    }
    let bucket = tempfile::tempdir().unwrap();
    std::fs::copy(film(), bucket.path().join("film.mp4")).unwrap();
    std::fs::write(bucket.path().join("film.srt"), "1\n00:00:02,500 --> 00:00:03,500\nBeside the film\n").unwrap();
    let playground = with_bucket("films", bucket.path());
    let mut server = server(&playground);
    let connector = connect(&mut server, "films", json!({}));
    let over = import(&mut server, &connector, json!({}));
    let (_, outputs) = server.ok("list_import_outputs", json!({"job_id": over["job_id"]}));
    let output = &outputs["items"][0];
    assert!((output["source_end_seconds"].as_f64().unwrap() - 4.0).abs() < 0.2, "{outputs}");
    let results = run(&playground, output["video_id"].as_str().unwrap(), &json!({"prompt_id": prompt(&playground)}));
    let words: Vec<_> = results.iter().map(|result| &result["metadata"]["spoken_words"]).collect();
    assert_eq!(words, [&json!(""), &json!("Beside the film")], "{results:?}");
}

#[test]
fn without_ffprobe_a_film_is_kept_and_no_run_takes_it() {
    let folder = tempfile::tempdir().unwrap();
    let playground = Playground::alone(&["--data-dir", folder.path().to_str().unwrap()]);
    let reply = upload(&playground, "/videos/upload", Some("k"), &[("title", "Unmeasured")], ("a.mp4", HOLLOW));
    assert_eq!(reply.status, 201, "{}", reply.json());
    let video = reply.json()["video"].clone();
    assert_eq!((&video["duration_seconds"], &video["status"]), (&Value::Null, &json!("not_processed")), "{video}");
    let target = json!({"type": "videos", "video_ids": [video["video_id"]]});
    let request = json!({"prompt_id": "prompt_scene_catalogue", "target": target});
    for path in ["/prompt-runs/estimate", "/prompt-runs/execute"] {
        let refused = playground.with_key(&playground.api_key, "POST", path, Some(&request));
        let error = &refused.json()["error"];
        assert_eq!((refused.status, &error["code"]), (400, &json!("validation_media_duration_unknown")), "{error}");
        assert!(error["message"].as_str().unwrap().contains("Install ffmpeg"), "{error}");
    }
    // The file is there, whole, and nothing else is.
    let files = |name: &str| std::fs::read_dir(folder.path().join(name)).unwrap().map(|file| file.unwrap().path()).collect::<Vec<_>>();
    let kept = files("media");
    assert_eq!(kept.len(), 1);
    assert_eq!(std::fs::read(&kept[0]).unwrap(), HOLLOW);
    assert!(files("arriving").is_empty());
}

#[test]
fn a_picture_needs_no_other_program() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Playground::alone(&["--data-dir", folder.path().to_str().unwrap()]);
    let playground = start();
    let reply = upload(&playground, "/workflow/upload", Some("k"), &[], ("C:\\pictures\\Blue and white.png", &picture()));
    assert_eq!(reply.status, 202, "{}", reply.json());
    let video = reply.json()["video"].clone();
    assert_eq!(
        (&video["title"], &video["media_type"], &video["duration_seconds"]),
        (&json!("Blue and white"), &json!("image"), &json!(0.0)),
        "{video}"
    );
    let video_id = video["video_id"].as_str().unwrap();
    playground.kill();
    // What was measured and the file outlive the process.
    let playground = start();
    let results = run(&playground, video_id, &json!({"prompt_id": prompt(&playground)}));
    let [result] = results.as_slice() else { panic!("{results:?}") };
    assert_eq!(result["metadata"]["dominant_colors"], json!(["white", "blue"]), "{result}");
    assert_eq!((&result["metadata"]["resolution"], &result["thumbnail_available"]), (&json!("64x32"), &json!(true)), "{result}");
    assert!(result["metadata"].get("motion").is_none(), "{result}");
    let still = format!("/videos/segments/{}/thumbnail", result["segment_id"].as_str().unwrap());
    let still = playground.with_key(&playground.api_key, "GET", &still, None);
    assert_eq!(still.status, 200);
    assert_eq!(image::load_from_memory(&still.body).unwrap().width(), 64);
}

#[test]
fn what_is_no_media_file_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let playground = Playground::alone(&["--data-dir", folder.path().to_str().unwrap()]);
    let title = ("title", "X");
    let long = "x".repeat(256);
    let cases: [(&str, &[(&str, &str)], (&str, &[u8]), u16, &str); 9] = [
        ("/videos/upload", &[title], ("a.exe", HOLLOW), 400, "validation_media_extension"),
        ("/videos/upload", &[title], ("mp4", HOLLOW), 400, "validation_media_extension"),
        ("/videos/upload", &[title], ("a.mp4", b"#EXTM3U\nhttp://127.0.0.1/"), 400, "validation_media_content"),
        ("/videos/upload", &[title], ("a.png", HOLLOW), 400, "validation_media_content"),
        ("/videos/upload", &[title, ("index_id", "idx_none")], ("a.mp4", HOLLOW), 404, "resource_index_not_found"),
        ("/videos/upload", &[], ("a.mp4", HOLLOW), 422, ""),
        ("/videos/upload", &[("title", &long)], ("a.mp4", HOLLOW), 422, ""),
        ("/workflow/upload", &[("index_id", "idx_early_cinema"), ("index_name", "X")], ("a.mp4", HOLLOW), 422, ""),
        ("/workflow/upload", &[("index_id", "idx_none")], ("a.mp4", HOLLOW), 404, "resource_index_not_found"),
    ];
    for (path, fields, file, status, code) in cases {
        let reply = upload(&playground, path, None, fields, file);
        let said = reply.json();
        assert_eq!(reply.status, status, "{path} {fields:?} {}: {said}", file.0);
        assert_eq!(said["error"]["code"].as_str().unwrap_or_default(), code, "{said}");
    }
    let left = |name: &str| std::fs::read_dir(folder.path().join(name)).map_or(0, Iterator::count);
    assert_eq!((left("media"), left("arriving")), (0, 0));
    // The index of a name is made with the upload or not at all.
    upload(&playground, "/workflow/upload", None, &[("index_name", "Never")], ("a.txt", b"x"));
    let indexes = ask(&playground, "GET", "/indexes", None);
    assert!(!indexes.to_string().contains("Never"), "{indexes}");
}

#[test]
fn the_repeat_of_an_upload_gets_the_first_answer_whatever_has_changed() {
    let playground = Playground::alone(&[]);
    let index = playground.with_key(&playground.api_key, "POST", "/indexes", Some(&json!({"name": "Mine"}))).json();
    let index = index["index_id"].as_str().unwrap();
    let send = || upload(&playground, "/videos/upload", Some("once"), &[("title", "Sky"), ("index_id", index)], ("sky.png", &picture()));
    let first = send();
    assert_eq!(first.status, 201, "{}", first.json());
    assert_eq!(playground.with_key(&playground.api_key, "DELETE", &format!("/indexes/{index}"), None).status, 202);
    let again = send();
    assert_eq!((again.status, again.json()), (201, first.json()));
}

#[test]
fn a_form_has_a_limit_however_small_its_fields_are() {
    let playground = Playground::start(&[]);
    let empty = vec![("nothing", ""); 20_000];
    let long = "x".repeat(1100);
    for (fields, status) in [(&vec![("title", "x")], 201), (&empty, 413), (&vec![("title", long.as_str()); 1000], 413)] {
        let reply = upload(&playground, "/videos/upload", None, fields, ("sky.png", &picture()));
        assert_eq!(reply.status, status, "{} fields: {}", fields.len(), reply.json());
    }
}
