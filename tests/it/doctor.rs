//! `doctor`: a healthy set-up, and each single fault it claims to find.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    canary::assert_clean,
    support::{Answer, Seen, Upstream, binary, program, shared, text},
};

/// A home directory and an environment of its own, healthy until a test breaks it. The key is in a file.
struct Machine {
    home: tempfile::TempDir,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
    keys: Vec<String>,
}

/// What doctor said.
struct Said {
    code: Option<i32>,
    report: Value,
}

impl Machine {
    /// With the key of the shared playground, for an API at this address.
    fn at(base_url: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut machine = Self { home, environment: Vec::new(), arguments: Vec::new(), keys: Vec::new() };
        machine.set("HOME", machine.home.path().to_str().unwrap().to_owned());
        machine.set("USERPROFILE", machine.home.path().to_str().unwrap().to_owned());
        // Where Windows keeps what belongs to one machine; elsewhere it follows from `HOME`.
        machine.set("LOCALAPPDATA", machine.home.path().join("AppData").to_str().unwrap().to_owned());
        let key = machine.write_key(&shared().api_key);
        machine.set("VIDEOSEARCH_API_KEY_FILE", key);
        machine.set("VIDEOSEARCH_BASE_URL", base_url);
        machine
    }

    fn new() -> Self {
        Self::at(&shared().base_url)
    }

    /// With the key in a variable instead of a file.
    fn with_variable(value: &str) -> Self {
        let mut machine = Self::new();
        machine.unset("VIDEOSEARCH_API_KEY_FILE");
        machine.set("VIDEOSEARCH_API_KEY", value);
        machine
    }

    fn without_key() -> Self {
        let mut machine = Self::new();
        machine.unset("VIDEOSEARCH_API_KEY_FILE");
        machine
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.unset(name);
        self.environment.push((name.into(), value.into()));
    }

    fn unset(&mut self, name: &str) {
        self.environment.retain(|(known, _)| known != name);
    }

    fn path(&self, inner: &str) -> PathBuf {
        self.home.path().join(inner)
    }

    fn write(&self, inner: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(inner);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Writes the key file: private, in a private directory.
    fn write_key(&mut self, content: impl AsRef<[u8]>) -> String {
        let path = self.write("keys/key", content);
        mode(Path::new(&path), 0o600);
        mode(&self.path("keys"), 0o700);
        path
    }

    /// A client's configuration with one server of ours, at a place that is the same on all platforms.
    fn client(&self, entry: &Value) {
        self.write(".cursor/mcp.json", json!({"mcpServers": {"videos": entry}}).to_string());
    }

    /// An entry as `setup` would write it.
    fn entry(&self) -> Value {
        json!({"command": binary(), "args": [], "env": {
            "VIDEOSEARCH_API_KEY_FILE": self.path("keys/key").to_str().unwrap(),
            "VIDEOSEARCH_BASE_URL": shared().base_url,
        }})
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = program();
        command.arg("doctor").args(arguments).args(&self.arguments).envs(self.environment.iter().cloned());
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        let said = text(&output.stdout);
        for key in self.keys.iter().chain([&shared().api_key]) {
            assert_clean("doctor", &format!("{said}{}", text(&output.stderr)), key);
        }
        assert!(!said.contains(self.home.path().to_str().unwrap()), "the home directory is named: {said}");
        (output.status.code(), said)
    }

    fn doctor(&self) -> Said {
        let (code, said) = self.run(&["--json"]);
        let report: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("no JSON: {said}"));
        assert_eq!(report["ok"], json!(code == Some(0)), "{said}");
        Said { code, report }
    }
}

impl Said {
    fn checks(&self) -> &Vec<Value> {
        self.report["checks"].as_array().unwrap()
    }

    fn check(&self, name: &str) -> &Value {
        self.checks().iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check {name}: {}", self.report))
    }

    /// The names of the checks with this verdict.
    fn with(&self, verdict: &str) -> Vec<&str> {
        self.checks().iter().filter(|check| check["verdict"] == verdict).map(|check| check["name"].as_str().unwrap()).collect()
    }

    /// This one fault is told: the verdict and the remedy of its check. Nothing else is red, and nothing else is yellow.
    fn tells(&self, what: &str, name: &str, verdict: &str, remedy: &str) {
        let check = self.check(name);
        assert_eq!(check["verdict"], verdict, "{what}: {}", self.report);
        assert!(check["remedy"].as_str().is_some_and(|said| said.contains(remedy)), "{what}: {check}");
        let code = i32::from(verdict == "fail");
        assert_eq!(self.code, Some(code), "{what}: {}", self.report);
        let alone = |of: &str| if of == verdict { vec![name] } else { Vec::new() };
        assert_eq!(self.with("fail"), alone("fail"), "{what}: {}", self.report);
        assert_eq!(self.with("warn"), alone("warn"), "{what}: {}", self.report);
    }
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn mode(_: &Path, _: u32) {}

fn dead_key() -> String {
    format!("sk_live_{}", "0123456789ab".repeat(4))
}

fn days_from_now(days: i64) -> String {
    (chrono::Utc::now() + chrono::TimeDelta::days(days)).to_rfc3339()
}

#[test]
fn all_is_well_on_a_healthy_machine() {
    let machine = Machine::new();
    machine.client(&machine.entry());
    machine.write("keys/key.json", json!({"key_id": "key_1", "expires_at": days_from_now(90)}).to_string());
    let said = machine.doctor();
    assert_eq!((said.code, said.with("fail"), said.with("warn")), (Some(0), vec![], vec![]), "{}", said.report);
    assert_eq!(
        said.with("skipped"),
        ["directories", "media tools", "certificates", "DNS", "TLS"],
        "what does not apply to plain HTTP on this machine"
    );
    let (code, table) = machine.run(&[]);
    assert_eq!(code, Some(0));
    assert!(!table.contains('\u{1b}'), "colours in a pipe");
    // Paths and access rights are told in other words elsewhere.
    if cfg!(unix) {
        insta::assert_snapshot!("healthy", redacted(&table));
    }
}

/// The table without what differs from run to run.
fn redacted(table: &str) -> String {
    let port = shared().base_url.split(':').nth(2).unwrap().split('/').next().unwrap();
    let key = &shared().api_key;
    let table = table
        .replace(port, "PORT")
        .replace(&format!("…{}", &key[key.len() - 4..]), "…LAST")
        .replace(&format!("{} {}", std::env::consts::OS, std::env::consts::ARCH), "PLATFORM")
        .replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let words = table.split(' ').collect::<Vec<_>>();
    let number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let shown = words.iter().enumerate().map(|(at, word)| {
        let unit = words
            .get(at + 1)
            .is_some_and(|next| next.trim_end() == "ms" || next.starts_with("ms\n") || *next == "tokens" || *next == "days,");
        match word {
            number_word if number(number_word) && unit => "N".to_owned(),
            day if day.len() >= 10 && day.starts_with("20") && day.contains('-') && day.ends_with(',') => "DAY,".to_owned(),
            word => (*word).to_owned(),
        }
    });
    crate::support::uncounted(&shown.collect::<Vec<_>>().join(" "))
}

#[test]
fn the_playground_needs_nothing() {
    let mut machine = Machine::without_key();
    machine.unset("VIDEOSEARCH_BASE_URL");
    machine.arguments.push("--playground".into());
    let said = machine.doctor();
    // Without ffmpeg, it only measures no uploads.
    let warned: Vec<_> = said.with("warn").into_iter().filter(|name| *name != "media tools").collect();
    assert_eq!((said.code, said.with("fail"), warned), (Some(0), vec![], vec![]), "{}", said.report);
    assert_eq!(said.check("key accepted")["verdict"], "ok");

    machine.set("PATH", "");
    machine.doctor().tells("no ffprobe", "media tools", "warn", "Install ffmpeg");
}

#[test]
fn settings_that_cannot_be_used_are_told_all_at_once() {
    let mut machine = Machine::new();
    machine.set("VIDEOSEARCH_TIMEOUT", "soon");
    machine.set("VIDEOSEARCH_SCOPES", "raed");
    let said = machine.doctor();
    said.tells("bad values", "settings", "fail", "Correct VIDEOSEARCH_TIMEOUT");
    let found = said.check("settings")["found"].as_str().unwrap();
    assert!(found.contains("VIDEOSEARCH_SCOPES: unknown scope `raed`"), "{found}");
    assert_eq!(said.check("key accepted")["verdict"], "ok", "the rest is judged all the same");

    let mut machine = Machine::new();
    machine.set("VIDEOSEARCH_TOOLSETS", "cores");
    machine.doctor().tells("a toolset that is none", "toolsets", "fail", "Correct the name");

    let mut machine = Machine::new();
    machine.set("VIDEOSEARCH_TIMOUT", "5000");
    machine.doctor().tells("a misspelt setting", "variable names", "warn", "Rename VIDEOSEARCH_TIMOUT to VIDEOSEARCH_TIMEOUT");

    let mut machine = Machine::new();
    machine.set("VIDEOSEARCH_STATE_DIR", "relative");
    machine.doctor().tells("a relative state directory", "settings", "fail", "Correct VIDEOSEARCH_STATE_DIR");

    let mut machine = Machine::new();
    let file = machine.write("file", "");
    machine.set("VIDEOSEARCH_STATE_DIR", format!("{file}/state"));
    machine.doctor().tells("a state directory below a file", "state directory", "warn", "VIDEOSEARCH_STATE_DIR");
    machine.set("VIDEOSEARCH_MAX_MT_PER_DAY", "10");
    let said = machine.doctor();
    assert_eq!(said.check("confirmations")["verdict"], "fail", "nothing can be counted there: {}", said.report);

    let mut machine = Machine::new();
    machine.set("VIDEOSEARCH_BASE_URL", "http://user:secret@api.example.com/api/v2");
    let said = machine.doctor();
    said.tells("a base URL that cannot be used", "settings", "fail", "Correct VIDEOSEARCH_BASE_URL");
    assert!(!said.report.to_string().contains("secret"), "{}", said.report);
    assert_eq!(said.check("key accepted")["verdict"], "skipped", "the key goes to no other place than the one it was meant for");

    let mut machine = Machine::new();
    machine.arguments.extend(["--toolsets".into(), "sql".into(), "--exclude-tools".into(), "list_sql_tables,search_sql,write_sql".into()]);
    machine.doctor().tells("nothing but the key's own tool", "tools", "fail", "VIDEOSEARCH_TOOLSETS");
}

#[test]
fn a_missing_key_is_told_by_its_reason() {
    let key = &shared().api_key;
    let rows: &[(&str, &[(&str, &str)], &str)] = &[
        ("nothing is set", &[], "Set VIDEOSEARCH_API_KEY, or VIDEOSEARCH_API_KEY_FILE"),
        ("it is empty", &[("VIDEOSEARCH_API_KEY", "")], "Set VIDEOSEARCH_API_KEY"),
        ("a placeholder", &[("VIDEOSEARCH_API_KEY", "${API_KEY}")], "Put the key itself into VIDEOSEARCH_API_KEY"),
        ("another placeholder", &[("VIDEOVECTOR_API_KEY", "<your-api-key>")], "Put the key itself into VIDEOVECTOR_API_KEY"),
        ("another name", &[("API_KEY", key)], "Rename API_KEY to VIDEOSEARCH_API_KEY"),
    ];
    for (what, variables, remedy) in rows {
        let mut machine = Machine::without_key();
        for (name, value) in *variables {
            machine.set(name, *value);
        }
        machine.doctor().tells(what, "key source", "fail", remedy);
    }
    let lower = if cfg!(windows) { "VIDEOSEARCH_APIKEY" } else { "videosearch_api_key" };
    for name in ["VIDEOSEARCH_APIKEY", "VIDEO_SEARCH_API_KEY", "VIDEOSEARCH_KEY", "VIDOESEARCH_API_KEY", lower] {
        let mut machine = Machine::without_key();
        machine.set(name, key);
        let said = machine.doctor();
        assert_eq!(
            (said.code, said.with("fail"), said.with("warn")),
            (Some(1), vec!["key source"], vec!["variable names"]),
            "{}",
            said.report
        );
        assert_eq!(said.check("key source")["remedy"], format!("Rename {name} to VIDEOSEARCH_API_KEY."));
    }
}

#[test]
fn the_form_of_a_key_is_judged() {
    let key = &shared().api_key;
    let rows = [
        ("quotes", format!("\"{key}\""), "warn", "Take away what is around the key"),
        ("white space", format!(" {key}\t"), "warn", "Take away what is around the key"),
        ("two lines", format!("{key}\n{key}"), "fail", "Put the key alone"),
        ("an assignment", format!("export VIDEOSEARCH_API_KEY={key}"), "fail", "Put the key alone"),
    ];
    for (what, value, verdict, remedy) in rows {
        Machine::with_variable(&value).doctor().tells(what, "key form", verdict, remedy);
    }
    let said = Machine::with_variable("eyJhbGciOi.eyJleHAiOj.c2lnbmF0dXJl").doctor();
    assert_eq!((said.with("warn"), said.with("fail")), (vec!["key form"], vec!["key accepted"]), "a token: {}", said.report);
    assert!(said.check("key form")["found"].as_str().unwrap().contains("session token"), "a token: {}", said.report);
    Machine::with_variable("$API_KEY").doctor().tells("a variable that nothing expanded", "key source", "fail", "Put the key itself");
    let mut several = Machine::new();
    several.set("VIDEOVECTOR_API_KEY", key);
    several.doctor().tells("several sources", "key source", "warn", "Take away VIDEOVECTOR_API_KEY");
}

#[test]
fn key_files_are_judged() {
    let key = shared().api_key.as_bytes();
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(key.iter().flat_map(|byte| [*byte, 0])).collect();
    let rows: [(&str, Vec<u8>, &str, &str, &str); 6] = [
        ("too large", vec![b'a'; 5000], "key file", "fail", "alone on one line"),
        ("UTF-16", utf16, "key file", "fail", "plain text"),
        ("two lines", [key, b"\n", key, b"\n"].concat(), "key form", "fail", "Put the key alone"),
        ("a placeholder", b"<your-api-key>\n".to_vec(), "key form", "fail", "Put the key alone"),
        ("empty", Vec::new(), "key form", "fail", "Put the key alone"),
        ("a byte order mark", [b"\xef\xbb\xbf", key].concat(), "key form", "warn", "Take away what is around"),
    ];
    for (what, content, name, verdict, remedy) in rows {
        let mut machine = Machine::new();
        machine.write_key(content);
        machine.doctor().tells(what, name, verdict, remedy);
    }
    let places: [(&str, &str, &str); 3] = [
        ("none", "nowhere/key", "Write the key into ~"),
        ("a directory", "keys", "Name a file"),
        ("another's home", "~nobody/keys/key", "Write the whole path"),
    ];
    for (what, place, remedy) in places {
        let mut machine = Machine::new();
        let path = if place.starts_with('~') { place.to_owned() } else { machine.path(place).to_str().unwrap().to_owned() };
        machine.set("VIDEOSEARCH_API_KEY_FILE", path);
        machine.doctor().tells(what, "key file", "fail", remedy);
    }
}

#[cfg(unix)]
#[test]
fn an_entry_that_starts_this_program_under_another_name_is_ours() {
    let machine = Machine::new();
    let link = machine.path("videos-server");
    std::os::unix::fs::symlink(binary(), &link).unwrap();
    let mut entry = machine.entry();
    entry["command"] = link.to_str().unwrap().into();
    machine.client(&entry);
    let said = machine.doctor();
    assert_eq!(said.check("Cursor: videos")["verdict"], "ok", "{:?}", said.checks());
}

#[cfg(unix)]
#[test]
fn a_directory_for_secrets_that_others_can_write_is_told() {
    let mut machine = Machine::new();
    let secrets = machine.path("secrets");
    fs::create_dir(&secrets).unwrap();
    machine.set("VIDEOSEARCH_SECRETS_DIR", secrets.to_str().unwrap());
    for open in [0o777, 0o770] {
        mode(&secrets, open);
        machine.doctor().tells("others can replace what is in it", "directories", "warn", "chmod 700 ~/secrets");
    }
    for safe in [0o1777, 0o700] {
        mode(&secrets, safe);
        assert_eq!(machine.doctor().check("directories")["verdict"], "ok", "{safe:o}");
    }
}

#[cfg(unix)]
#[test]
fn exposed_key_files_are_told() {
    let machine = Machine::new();
    mode(&machine.path("keys/key"), 0o644);
    machine.doctor().tells("others can read it", "key file", "warn", "chmod 600 ~/keys/key");
    mode(&machine.path("keys/key"), 0o600);
    mode(&machine.path("keys"), 0o777);
    machine.doctor().tells("others can replace it", "key file", "warn", "chmod 700 ~/keys");
    let mut machine = machine;
    let spaced = machine.write("my keys/key", fs::read(machine.path("keys/key")).unwrap());
    machine.set("VIDEOSEARCH_API_KEY_FILE", spaced);
    mode(&machine.path("my keys/key"), 0o644);
    machine.doctor().tells("a path with a space", "key file", "warn", "chmod 600 ~/'my keys/key'");
}

#[cfg(unix)]
#[test]
fn a_secret_of_confirmations_that_others_can_read_is_told() {
    let mut machine = Machine::new();
    let secret = machine.write("seal key", "0123456789abcdef".repeat(2));
    machine.set("VIDEOSEARCH_STATE_SECRET_FILE", secret);
    mode(&machine.path("seal key"), 0o600);
    assert_eq!(machine.doctor().check("confirmations")["verdict"], "ok");
    mode(&machine.path("seal key"), 0o640);
    machine.doctor().tells("others can read it", "confirmations", "warn", "chmod 600 ~/'seal key'");
    machine.write("seal key", "short");
    machine.doctor().tells("too short", "confirmations", "fail", "at least 32");
}

#[test]
fn a_key_in_the_place_of_a_path_is_told() {
    let mut machine = Machine::without_key();
    machine.set("VIDEOSEARCH_API_KEY_FILE", dead_key());
    let said = machine.doctor();
    said.tells("a key for a path", "key file", "fail", "Put the key into VIDEOSEARCH_API_KEY,");
}

#[test]
fn keys_that_end_stand_out() {
    for (what, ends, found) in [("soon", days_from_now(3), "EXPIRES SOON"), ("past", days_from_now(-3), "EXPIRED")] {
        let machine = Machine::new();
        machine.write("keys/key.json", json!({"key_id": "key_7", "expires_at": ends}).to_string());
        let said = machine.doctor();
        said.tells(what, "key expiry", "warn", "videosearch-mcp keys create --name NAME --expires-in-days 90 --write ~");
        assert!(said.check("key expiry")["found"].as_str().unwrap().starts_with(found), "{}", said.report);
    }
    let mut machine = Machine::new();
    machine.write_key(dead_key());
    machine.write("keys/key.json", json!({"key_id": "key_7", "expires_at": days_from_now(-3)}).to_string());
    let said = machine.doctor();
    assert_eq!((said.code, said.with("fail")), (Some(1), vec!["key expiry", "key accepted"]), "{}", said.report);
}

#[test]
fn a_rejected_key_is_one_red_line() {
    let (id, key) = shared().key(&["read", "search"]);
    assert!(shared().as_owner("DELETE", &format!("/api-keys/{id}"), None).status < 300);
    let mut machine = Machine::new();
    machine.keys.push(key.clone());
    machine.write_key(&key);
    let said = machine.doctor();
    said.tells("a deleted key", "key accepted", "fail", "Put a live key into ~/keys/key");
    assert_eq!(said.check("scopes")["found"], "the API rejects the key");
    Machine::with_variable(&dead_key()).doctor().tells("a made-up key", "key accepted", "fail", "Set VIDEOSEARCH_API_KEY to a live key");
}

#[test]
fn scopes_say_what_they_unlock() {
    let (_, key) = shared().key(&["search"]);
    let said = Machine::with_variable(&key).doctor();
    assert_eq!(said.code, Some(0));
    let found = crate::support::uncounted(said.check("scopes")["found"].as_str().unwrap());
    assert!(found.contains("search held (N tools)") && found.contains("write not held (would unlock N tools)"), "{found}");
    assert!(said.check("tools")["found"].as_str().unwrap().contains(" tools, about "), "{}", said.report);

    let upstream = Upstream::before(&shared().base_url);
    upstream.script(|seen| if seen.target.starts_with("/prompt-runs") { Answer::html(503) } else { Answer::Pass });
    let mut machine = Machine::at(&upstream.base_url);
    machine.write_key(shared().key(&["read", "search"]).1);
    machine.doctor().tells("a scope that cannot be asked for", "scopes", "warn", "Whether read is held");
}

#[test]
fn what_answers_is_told_from_the_api() {
    let fixed = |status, headers: Vec<(&'static str, String)>| move |_: &Seen| Answer::Fixed(status, headers.clone(), Vec::new());
    let location = vec![("location", "https://login.example.com/path?token=1".to_owned())];
    let rows = [
        ("a page", Upstream::scripted(|_| Answer::html(200)), "Sign in to the network"),
        ("a page that refuses", Upstream::scripted(|_| Answer::html(403)), "Sign in to the network"),
        ("a redirect", Upstream::scripted(fixed(302, location)), "Set the base URL to where the API is"),
        (
            "a path that is not there",
            Upstream::scripted(|_| Answer::json(404, &json!({"detail": "Not Found"}))),
            "the API's own is https://",
        ),
        ("trouble", Upstream::scripted(|_| Answer::json(503, &json!({"error": {"code": "down", "message": "m"}}))), "Try again later"),
        ("whatever comes is welcome", Upstream::scripted(fixed(204, Vec::new())), "the API's own is https://"),
        ("silence", Upstream::scripted(|_| Answer::Hang), "Try again later"),
    ];
    for (what, upstream, remedy) in rows {
        let said = Machine::at(&upstream.base_url).doctor();
        said.tells(what, "API", "fail", remedy);
        assert!(!said.report.to_string().contains("token=1"), "{what}: {}", said.report);
    }
    let beside = shared().base_url.replace("/api/v2", "/api");
    let said = Machine::at(&beside).doctor();
    assert_eq!((said.with("fail"), said.with("warn")), (vec!["API"], vec!["base URL"]), "{}", said.report);
    assert!(said.check("base URL")["remedy"].as_str().unwrap().contains("/api/v2"));
}

#[test]
fn clocks_that_differ_are_told() {
    for (seconds, expect) in [(-30, None), (-600, Some("10 minutes ahead of")), (7 * 86_400, Some("7 days behind"))] {
        let date = (chrono::Utc::now() + chrono::TimeDelta::seconds(seconds)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let refusal = json!({"error": {"code": "authentication_missing_api_key", "message": "m"}}).to_string().into_bytes();
        let upstream = Upstream::before(&shared().base_url);
        upstream.script(
            move |seen| {
                if seen.keyed { Answer::Pass } else { Answer::Fixed(401, vec![("date", date.clone())], refusal.clone()) }
            },
        );
        let said = Machine::at(&upstream.base_url).doctor();
        match expect {
            None => assert_eq!(said.check("clock")["verdict"], "ok", "{}", said.report),
            Some(found) => {
                said.tells("a clock", "clock", "warn", "Set this machine's clock");
                let close = |text: &str| text.contains(found) || text.contains("9 minutes") || text.contains("6 days");
                assert!(said.check("clock")["found"].as_str().is_some_and(close), "{}", said.report);
            }
        }
    }
}

#[test]
fn the_way_to_the_api_is_judged_step_by_step() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let closed_url = format!("http://{closed}/api/v2");
    let plain = shared().base_url.replace("http:", "https:");
    let far = "https://api.videosearch.invalid/api/v2".to_owned();
    let proxy = ("HTTPS_PROXY", format!("http://user:hush@{closed}"));
    let rows: &[(&str, &str, Option<(&str, String)>, &str, &str)] = &[
        ("a closed port", &closed_url, None, "TCP", "Nothing listens there"),
        ("no such name", &far, None, "DNS", "Check that this machine is online"),
        ("no TLS", &plain, None, "TLS", "write http://"),
        ("a dead proxy", &far, Some(proxy), "TCP", "Correct HTTPS_PROXY"),
        // Elsewhere the system judges certificates, whatever this variable says.
        #[cfg(target_os = "linux")]
        (
            "certificates that are not there",
            &plain,
            Some(("SSL_CERT_FILE", "/nowhere/ca.pem".into())),
            "certificates",
            "Correct SSL_CERT_FILE",
        ),
    ];
    for (what, base_url, variable, name, remedy) in rows {
        let mut machine = Machine::at(base_url);
        if let Some((name, value)) = variable {
            machine.set(name, value);
        }
        let said = machine.doctor();
        said.tells(what, name, "fail", remedy);
        assert!(!said.report.to_string().contains("hush"), "{what}: {}", said.report);
        assert_eq!(said.check("key accepted")["verdict"], "skipped", "{what}: {}", said.report);
    }
    let mut machine = Machine::at(&far);
    machine.set("HTTPS_PROXY", format!("http://{closed}"));
    machine.set("NO_PROXY", "videosearch.invalid");
    assert!(machine.doctor().check("proxy")["found"].as_str().unwrap().contains("NO_PROXY excepts"));
    machine.set("HTTPS_PROXY", "gopher://x");
    assert_eq!(machine.doctor().check("proxy")["verdict"], "warn");
}

#[cfg(target_os = "linux")]
#[test]
fn certificates_are_judged() {
    use crate::support::Tls;
    for (what, address, until, trusted, remedy, found) in [
        ("unknown issuer", [127, 0, 0, 1], 2045, false, "SSL_CERT_FILE", "unknown issuer"),
        ("another host", [127, 0, 0, 9], 2045, true, "Correct the host", "another host"),
        ("expired", [127, 0, 0, 1], 2021, true, "clock", "has expired"),
    ] {
        let server = Tls::start(address, until);
        let mut machine = Machine::at(&server.base_url);
        // Whether this machine has certificates of its own is not the point.
        let other = Tls::start([127, 0, 0, 1], 2045).pem;
        let file = machine.write("ca.pem", if trusted { &server.pem } else { &other });
        machine.set("SSL_CERT_FILE", file);
        let said = machine.doctor();
        said.tells(what, "TLS", "fail", remedy);
        assert!(said.check("TLS")["found"].as_str().unwrap().contains(found), "{what}: {}", said.report);
    }
}

#[test]
fn entries_of_clients_are_judged_with_their_own_environment() {
    let name = "Cursor: videos";
    let with = |change: &dyn Fn(&mut Value)| {
        let machine = Machine::new();
        let mut entry = machine.entry();
        change(&mut entry);
        machine.client(&entry);
        machine
    };
    let set = |variable: &'static str, value: &'static str| move |entry: &mut Value| entry["env"][variable] = value.into();
    let rows: [(&str, &dyn Fn(&mut Value), &str, &str); 9] = [
        ("no command", &|entry| entry["command"] = "/nowhere/videosearch-mcp".into(), "fail", "as the command"),
        ("not on the path", &|entry| entry["command"] = "videosearch-mcp".into(), "fail", "as the command"),
        ("arguments that are refused", &|entry| entry["args"] = json!(["--no-such-flag"]), "fail", "Correct the arguments"),
        ("something else than serving", &|entry| entry["args"] = json!(["playground"]), "fail", "Correct the arguments"),
        ("no key file", &set("VIDEOSEARCH_API_KEY_FILE", "/nowhere/key"), "fail", "Write the key into /nowhere/key"),
        ("a placeholder", &set("VIDEOSEARCH_API_KEY_FILE", "${user_config.key}"), "fail", "Put the key itself into"),
        ("a bad setting", &set("VIDEOSEARCH_TIMEOUT", "soon"), "fail", "Correct VIDEOSEARCH_TIMEOUT"),
        (
            "a variable that is not set",
            &set("VIDEOSEARCH_API_KEY", "${env:NOT_SET_HERE}"),
            "warn",
            "Set NOT_SET_HERE where Cursor is started",
        ),
        ("its own misspelling", &set("VIDEOSEARCH_TOOLSET", "core"), "warn", "Rename VIDEOSEARCH_TOOLSET"),
    ];
    for (what, change, verdict, remedy) in rows {
        let said = with(change).doctor();
        said.tells(what, name, verdict, remedy);
        let remedy = said.check(name)["remedy"].as_str().unwrap();
        assert!(remedy.contains("mcp.json, line 1"), "{remedy}");
    }
    let mut dead = with(&|entry| {
        entry["env"] = json!({"VIDEOSEARCH_API_KEY": dead_key(), "VIDEOSEARCH_BASE_URL": shared().base_url});
    });
    dead.keys.push(dead_key());
    let said = dead.doctor();
    said.tells("a dead key of its own", name, "fail", "Set VIDEOSEARCH_API_KEY to a live key");

    for (what, change, found) in [
        ("switched off", &(|entry: &mut Value| entry["disabled"] = true.into()) as &dyn Fn(&mut Value), "switched off"),
        (
            "through a runner",
            &|entry| (entry["command"], entry["args"]) = (binary().replace("videosearch-mcp", "absent").into(), json!(["x"])),
            "no client's",
        ),
    ] {
        let said = with(change).doctor();
        assert_eq!(said.code, Some(0), "{what}: {}", said.report);
        assert!(said.checks().last().unwrap()["found"].as_str().unwrap().contains(found), "{what}: {}", said.report);
    }
    let unset = with(&|entry| entry["env"]["VIDEOSEARCH_API_KEY_FILE"] = "${env:KEY_PLACE}".into());
    let mut filled = unset;
    let place = filled.path("keys/key").to_str().unwrap().to_owned();
    filled.set("KEY_PLACE", place);
    assert_eq!(filled.doctor().check(name)["verdict"], "ok", "the client fills in what is set");
}

#[test]
fn a_configuration_that_cannot_be_read_is_told_with_its_place() {
    let machine = Machine::new();
    machine.write(".cursor/mcp.json", "{\n  \"mcpServers\": {\n    \"videosearch-mcp\": }\n}\n");
    let said = machine.doctor();
    said.tells("an unparsable file", "Cursor", "warn", "Correct ~");
    assert!(said.check("Cursor")["found"].as_str().unwrap().contains("line 3"), "{}", said.report);
    let machine = Machine::new();
    machine.write(".cursor/mcp.json", "{ not ours ");
    assert_eq!(machine.doctor().with("warn"), Vec::<&str>::new(), "a file that does not mean us is none of our business");
}

#[cfg(unix)]
#[test]
fn no_command_of_a_configuration_is_executed() {
    let machine = Machine::new();
    let trace = machine.path("executed");
    let script = format!("#!/bin/sh\ntouch {}\n", trace.display());
    for place in ["bin/videosearch-mcp", "bin/npx"] {
        mode(Path::new(&machine.write(place, &script)), 0o755);
    }
    let mut entry = machine.entry();
    entry["command"] = machine.path("bin/videosearch-mcp").to_str().unwrap().into();
    let through = json!({"command": machine.path("bin/npx").to_str().unwrap(), "args": ["-y", "videosearch-mcp"]});
    machine.write(".cursor/mcp.json", json!({"mcpServers": {"copy": entry, "runner": through}}).to_string());
    let said = machine.doctor();
    said.tells("another copy", "Cursor: copy", "warn", "run the doctor of that copy");
    assert_eq!(said.check("Cursor: runner")["verdict"], "skipped");
    mode(&machine.path("bin/videosearch-mcp"), 0o644);
    machine.doctor().tells("not executable", "Cursor: copy", "fail", "chmod 755");
    assert!(!trace.exists(), "a command of a configuration was executed");
}

#[test]
fn a_dead_key_is_told_of_each_entry_that_has_it() {
    let (id, key) = shared().key(&["read", "search"]);
    assert!(shared().as_owner("DELETE", &format!("/api-keys/{id}"), None).status < 300);
    let mut machine = Machine::new();
    machine.keys.push(key.clone());
    let place = machine.write("dead", &key);
    mode(Path::new(&place), 0o600);
    let mut entry = machine.entry();
    entry["env"]["VIDEOSEARCH_API_KEY_FILE"] = place.into();
    machine.write(".cursor/mcp.json", json!({"mcpServers": {"one": entry, "two": entry}}).to_string());
    let said = machine.doctor();
    assert_eq!(said.with("fail"), ["Cursor: one", "Cursor: two"], "{}", said.report);
    assert!(said.check("Cursor: two")["remedy"].as_str().unwrap().contains("Put a live key into ~/dead"), "{}", said.report);
}

#[test]
fn directories_for_files_are_looked_at() {
    for flag in ["--upload-root", "--download-dir", "--secrets-dir"] {
        let mut machine = Machine::new();
        let file = machine.path("keys/key").to_str().unwrap().to_owned();
        for (place, remedy) in
            [("/nowhere/at/all", "Make the directory /nowhere/at/all"), (file.as_str(), "or name another one"), ("tests", "whole path")]
        {
            machine.arguments = vec![flag.to_owned(), place.to_owned()];
            machine.doctor().tells(flag, "directories", "warn", remedy);
        }
    }
}

#[test]
fn settings_of_the_shell_hide_no_entry_that_works() {
    let mut machine = Machine::without_key();
    let state = machine.path("state").to_str().unwrap().to_owned();
    machine.set("VIDEOSEARCH_STATE_DIR", state);
    machine.client(&machine.entry());
    let said = machine.doctor();
    assert_eq!((said.code, said.with("fail")), (Some(0), vec![]), "{}", said.report);
    // Whoever gives a flag asks about that, and the entry is judged all the same.
    machine.arguments = vec!["--max-retries".to_owned(), "1".to_owned()];
    machine.doctor().tells("a flag", "key source", "warn", "Run doctor without flags");
}

#[test]
fn without_settings_here_those_of_a_client_are_examined() {
    let mut machine = Machine::without_key();
    machine.unset("VIDEOSEARCH_BASE_URL");
    machine.client(&machine.entry());
    let said = machine.doctor();
    assert_eq!((said.code, said.with("fail")), (Some(0), vec![]), "{}", said.report);
    assert!(said.check("settings")["found"].as_str().unwrap().starts_with("those of Cursor: videos"), "{}", said.report);
    assert_eq!(said.check("key accepted")["verdict"], "ok");
    machine.set("VIDEOSEARCH_LOG", "error");
    let said = machine.doctor();
    assert_eq!((said.code, said.with("fail")), (Some(0), vec![]), "a level of logs is no setting of a key: {}", said.report);

    machine.write_key("");
    machine.doctor().tells("a client whose key file is empty", "key form", "fail", "Put the key alone");
}

#[cfg(target_os = "linux")]
#[test]
fn configurations_are_found_where_the_environment_of_this_process_says() {
    let mut machine = Machine::without_key();
    machine.unset("VIDEOSEARCH_BASE_URL");
    let configuration = machine.path("elsewhere").to_str().unwrap().to_owned();
    machine.set("XDG_CONFIG_HOME", configuration);
    machine.write("elsewhere/zed/settings.json", json!({"context_servers": {"videos": machine.entry()}}).to_string());
    let said = machine.doctor();
    assert_eq!((said.code, said.with("warn")), (Some(0), vec![]), "{}", said.report);
    assert_eq!(said.check("Zed: videos")["verdict"], "ok");
    assert!(said.check("settings")["found"].as_str().unwrap().starts_with("those of Zed: videos"), "{}", said.report);
}

#[test]
fn doctor_leaves_the_machine_as_it_is() {
    let machine = Machine::new();
    let files = || fs::read_dir(machine.home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    let before = files();
    let said = machine.doctor();
    assert_eq!(files(), before, "{}", said.report);
    assert!(said.check("state directory")["found"].as_str().unwrap().contains("made on first use"), "{}", said.report);
}
