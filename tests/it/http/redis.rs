//! MCP over HTTP with a Redis that closes connections. The test plays Redis, so that it can close them when it wants.

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

use serde_json::json;

use crate::support::{PATIENCE, Playground, Upstream, Web, http, shared, text};

/// What is left of Redis: names that are set, and answers to what the server asks.
#[derive(Clone, Default)]
struct Fake {
    names: Arc<Mutex<HashSet<String>>>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    opened: Arc<AtomicUsize>,
    /// How often the next confirmation is counted, and the connection closed before an answer.
    breaks: Arc<AtomicUsize>,
    /// Whether it closes every connection at once.
    gone: Arc<AtomicBool>,
    /// How many of the connections lead to one that was demoted, and that can be read only.
    demoted: Arc<AtomicUsize>,
    /// All commands that write.
    written: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Fake {
    fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}/0", listener.local_addr().unwrap());
        let fake = Self::default();
        let serving = fake.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (fake, stream) = (serving.clone(), stream.unwrap());
                let number = fake.opened.fetch_add(1, SeqCst) + 1;
                fake.connections.lock().unwrap().push(stream.try_clone().unwrap());
                // Its end is the end of the connection.
                std::thread::spawn(move || fake.serve(stream, number));
            }
        });
        (fake, url)
    }

    /// Closes all connections, as Redis does with those that were idle for too long.
    fn close(&self) {
        for stream in self.connections.lock().unwrap().drain(..) {
            // The other side may be gone.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn serve(&self, mut stream: TcpStream, number: usize) -> Option<()> {
        let mut reader = BufReader::new(stream.try_clone().ok()?);
        loop {
            let command = read(&mut reader).filter(|_| !self.gone.load(SeqCst))?;
            let name = command.get(1).cloned().unwrap_or_default();
            if ["SET", "EVAL"].contains(&command[0].as_str()) && !name.ends_with(":check") {
                self.written.lock().unwrap().push(command.clone());
            }
            if ["SET", "EVAL"].contains(&command[0].as_str()) && number <= self.demoted.load(SeqCst) {
                stream.write_all(b"-READONLY You can't write against a read only replica.\r\n").ok()?;
                continue;
            }
            let once = command.iter().any(|word| word == "NX");
            let answer = match command[0].as_str() {
                "SET" if once && !self.names.lock().unwrap().insert(name.clone()) => "$-1\r\n",
                "GET" => "$-1\r\n",
                "EVAL" => "*3\r\n$1\r\n1\r\n$1\r\n0\r\n$1\r\n0\r\n",
                _ => "+OK\r\n",
            };
            let breaks = self.breaks.fetch_update(SeqCst, SeqCst, |left| if once { left.checked_sub(1) } else { None });
            if breaks.is_ok() {
                return stream.shutdown(Shutdown::Both).ok();
            }
            stream.write_all(answer.as_bytes()).ok()?;
        }
    }
}

/// A command: an array of texts.
fn read(reader: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let number = |reader: &mut BufReader<TcpStream>| {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        line.get(1..)?.trim().parse::<usize>().ok()
    };
    let count = number(reader)?;
    (0..count)
        .map(|_| {
            let mut text = vec![0; number(reader)? + 2];
            reader.read_exact(&mut text).ok()?;
            text.truncate(text.len() - 2);
            Some(String::from_utf8_lossy(&text).into_owned())
        })
        .collect()
}

#[test]
fn a_connection_that_redis_closed_refuses_nothing_and_nothing_counts_less_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "s".repeat(40)).unwrap();
    let playground = Playground::start(&[]);
    let upstream = Upstream::before(&playground.base_url);
    let (redis, url) = Fake::start();
    let arguments = ["--toolsets", "all", "--allow-destructive", "--shared-state", &url, "--state-secret-file", secret.to_str().unwrap()];
    let web = Web::start(&upstream.base_url, &arguments, &[]);
    let key = playground.api_key.as_str();
    let deletes = || upstream.take().iter().filter(|seen| seen.method == "DELETE" && seen.target.contains("marker_last_shot")).count();
    let plan = || {
        let planned = web.call(key, "delete_marker", json!({"marker_id": "marker_last_shot"}));
        let token = planned["structuredContent"]["confirm"].as_str().unwrap_or_else(|| panic!("{planned}")).to_owned();
        json!({"marker_id": "marker_last_shot", "confirm": token})
    };
    // Redis counted the confirmation, but its answer was lost. So nobody knows who used it.
    let agreed = plan();
    redis.breaks.store(1, SeqCst);
    let lost = web.call(key, "delete_marker", agreed);
    assert!(lost.to_string().contains("used already") && deletes() == 0, "{lost}");
    // The command is repeated once, not for ever.
    let agreed = plan();
    redis.breaks.store(2, SeqCst);
    let away = web.call(key, "delete_marker", agreed);
    assert!(away.to_string().contains("Redis") && deletes() == 0, "{away}");
    assert_eq!(redis.breaks.load(SeqCst), 0);

    let agreed = plan();
    let opened = redis.opened.load(SeqCst);
    redis.close();
    let done = web.call(key, "delete_marker", agreed.clone());
    assert_ne!(done["isError"], true, "{done}");
    assert!(redis.opened.load(SeqCst) > opened, "it connected again");
    assert_eq!(deletes(), 1);
    redis.close();
    let again = web.call(key, "delete_marker", agreed);
    assert!(again["isError"] == true && deletes() == 0, "{again}");
}

#[test]
fn nothing_is_written_for_a_made_up_key_and_rates_are_forgotten_soon() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "s".repeat(40)).unwrap();
    let (redis, url) = Fake::start();
    let web = Web::start(&shared().base_url, &["--shared-state", &url, "--state-secret-file", secret.to_str().unwrap()], &[]);
    let written = || std::mem::take(&mut *redis.written.lock().unwrap());
    for number in 0..3 {
        let key = format!("sk_live_{number:048x}");
        web.call(&key, "list_indexes", json!({}));
        web.ask(&key, "tools/list", json!({}));
    }
    assert_eq!(written(), Vec::<Vec<String>>::new());
    web.tools(&shared().api_key);
    web.tools(&shared().api_key);
    let told = written();
    assert!(told.iter().any(|command| command[0] == "SET" && command[1].starts_with("videosearch-mcp:learnt:")), "{told:?}");
    let rate = told.iter().find(|command| command[0] == "EVAL").unwrap_or_else(|| panic!("{told:?}"));
    assert!(rate[3].starts_with("videosearch-mcp:spent:rate-"), "{rate:?}");
    assert_eq!(rate.last().unwrap(), "120", "two windows of a minute");
}

#[test]
fn a_redis_that_goes_and_comes_back_is_told_once_and_shows_in_the_metrics() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "s".repeat(40)).unwrap();
    let (redis, url) = Fake::start();
    let arguments = [
        "--toolsets",
        "all",
        "--allow-destructive",
        "--metrics",
        "127.0.0.1:0",
        "--shared-state",
        &url,
        "--state-secret-file",
        secret.to_str().unwrap(),
    ];
    let web = Web::start(&shared().base_url, &arguments, &[]);
    let key = shared().api_key.as_str();
    let metrics = web.stderr().lines().find_map(|line| line.split_once("serves metrics at ").map(|(_, url)| url.to_owned())).unwrap();
    let usable = || text(&http("GET", &metrics, &[], None).body).contains("videosearch_mcp_shared_state_usable 1\n");
    let wait_for = |words: &str| {
        let end = std::time::Instant::now() + PATIENCE;
        while !web.stderr().contains(words) {
            assert!(std::time::Instant::now() < end, "{words}: {}", web.stderr());
            crate::support::pause();
        }
    };
    let plan = || web.call(key, "delete_marker", json!({"marker_id": "marker_last_shot"}));
    assert!(usable() && plan()["structuredContent"]["confirm"].is_string());
    redis.gone.store(true, SeqCst);
    redis.close();
    for _ in 0..3 {
        let refused = plan();
        let told = refused["content"][0]["text"].as_str().unwrap();
        assert!(refused["isError"] == true && told.contains("cannot be counted: Redis") && told.contains("Try again"), "{refused}");
    }
    assert_ne!(web.call(key, "list_indexes", json!({}))["isError"], true);
    assert!(!usable());
    wait_for("is refused, until it can be counted again");
    redis.gone.store(false, SeqCst);
    let end = std::time::Instant::now() + PATIENCE;
    while !usable() {
        assert!(std::time::Instant::now() < end, "it stays away: {}", web.stderr());
        crate::support::pause();
    }
    wait_for("can be counted again\n");
    assert_eq!(web.stderr().matches("is refused, until").count(), 1, "{}", web.stderr());
    assert!(plan()["structuredContent"]["confirm"].is_string());
}

#[test]
fn a_redis_that_was_demoted_is_left_for_the_one_in_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "s".repeat(40)).unwrap();
    let (redis, url) = Fake::start();
    let playground = Playground::start(&[]);
    let arguments = ["--toolsets", "all", "--allow-destructive", "--shared-state", &url, "--state-secret-file", secret.to_str().unwrap()];
    let web = Web::start(&playground.base_url, &arguments, &[]);
    let key = playground.api_key.as_str();
    let given = json!({"marker_id": "marker_last_shot"});
    let planned = web.call(key, "delete_marker", given.clone());
    redis.demoted.store(redis.opened.load(SeqCst), SeqCst);
    let agreed = json!({"marker_id": "marker_last_shot", "confirm": planned["structuredContent"]["confirm"]});
    let done = web.call(key, "delete_marker", agreed);
    assert_ne!(done["isError"], true, "{done}");
    // Nobody takes its place: then nothing is planned that could not be confirmed.
    redis.demoted.store(usize::MAX, SeqCst);
    let refused = web.call(key, "delete_marker", given);
    assert!(refused["isError"] == true && refused.to_string().contains("read only"), "{refused}");
}
