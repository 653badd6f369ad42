//! The way to the API through proxies, with certificates that come late, and to names that only claim to be this machine.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, LazyLock, Mutex},
};

use serde_json::{Value, json};

use crate::support::{Server, Tls, Upstream, program, shared, shell};

/// A live key's answer to everything, as far as indexes are concerned.
const INDEXES: &str = r#"[{"index_id":"idx_far","name":"Far away"}]"#;
/// A key in the form of the API that nobody issued.
static KEY: LazyLock<String> = LazyLock::new(|| format!("sk_live_{}", "7e57".repeat(12)));

/// A proxy that speaks SOCKS 5 and HTTP, and leads every connection to the same server, wherever it was to go.
struct Proxy {
    at: String,
    /// What was asked for: the kind of proxy, the user, the target.
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn before(server: &Tls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap().to_string();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (noted, target) = (Arc::clone(&seen), server.base_url.split('/').nth(2).unwrap().to_owned());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (noted, target) = (Arc::clone(&noted), target.clone());
                // A client that goes away ends its own connection only.
                std::thread::spawn(move || lead(client, &target, &noted));
            }
        });
        Self { at, seen }
    }

    fn take(&self) -> Vec<String> {
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap());
        seen.sort();
        seen.dedup();
        seen
    }
}

fn lead(mut client: TcpStream, target: &str, noted: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut first = [0];
    client.read_exact(&mut first)?;
    let asked = if first == [5] { socks(&mut client)? } else { http(&mut client, first[0])? };
    noted.lock().unwrap().push(asked);
    let server = TcpStream::connect(target)?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || std::io::copy(&mut from_client, &mut to_server));
    std::io::copy(&mut &server, &mut client)?;
    client.shutdown(std::net::Shutdown::Both)
}

fn taken<const N: usize>(client: &mut TcpStream) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// A text with its length before it.
fn text(client: &mut TcpStream) -> std::io::Result<String> {
    let [length] = taken(client)?;
    let mut bytes = vec![0; length.into()];
    client.read_exact(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn socks(client: &mut TcpStream) -> std::io::Result<String> {
    let methods = text(client)?;
    let mut user = String::new();
    if methods.contains('\u{2}') {
        client.write_all(&[5, 2])?;
        taken::<1>(client)?;
        user = format!(" {}:{}", text(client)?, text(client)?);
        client.write_all(&[1, 0])?;
    } else {
        client.write_all(&[5, 0])?;
    }
    let [_, _, _, kind] = taken(client)?;
    let host = if kind == 3 { text(client)? } else { std::net::Ipv4Addr::from(taken::<4>(client)?).to_string() };
    let port = u16::from_be_bytes(taken(client)?);
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    Ok(format!("socks{user} {host}:{port}"))
}

fn http(client: &mut TcpStream, first: u8) -> std::io::Result<String> {
    let mut head = vec![first];
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(taken::<1>(client)?);
    }
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let user = head.lines().find_map(|line| line.strip_prefix("proxy-authorization: ")).map(|user| format!(" {user}")).unwrap_or_default();
    Ok(format!("http{user} {}", head.split(' ').nth(1).unwrap_or_default()))
}

/// What a way to an API needs in the environment.
fn environment<'e>(base: &'e str, certificates: &'e str, more: &[(&'e str, &'e str)]) -> Vec<(&'e str, &'e str)> {
    let mut all = vec![("VIDEOSEARCH_BASE_URL", base), ("VIDEOSEARCH_API_KEY", KEY.as_str()), ("SSL_CERT_FILE", certificates)];
    all.extend(more);
    all
}

#[test]
fn every_kind_of_proxy_is_used_and_doctor_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let certificates = dir.path().join("ca.pem");
    let (by_name, by_address) = (Tls::answering("api.invalid", INDEXES), Tls::answering("192.0.2.7", INDEXES));
    for (server, host, variable, address, expect) in [
        (&by_name, "api.invalid", "HTTPS_PROXY", "http://{}", "http api.invalid:443"),
        (&by_name, "api.invalid", "https_proxy", "{}", "http api.invalid:443"),
        (&by_name, "api.invalid", "ALL_PROXY", " http://us:pa%40ss@{}\r", "http basic dxm6cgfac3m= api.invalid:443"),
        (&by_name, "api.invalid", "HTTPS_PROXY", "socks5h://{}", "socks api.invalid:443"),
        (&by_name, "api.invalid", "all_proxy", "\tsocks5h://us:pa%40ss@{} \r\n", "socks us:pa@ss api.invalid:443"),
        (&by_address, "192.0.2.7", "HTTPS_PROXY", "socks5://{}", "socks 192.0.2.7:443"),
    ] {
        let proxy = Proxy::before(server);
        std::fs::write(&certificates, &server.pem).unwrap();
        let (base, value) = (format!("https://{host}/api/v2"), address.replace("{}", &proxy.at));
        let environment = environment(&base, certificates.to_str().unwrap(), &[]);
        let called = program().envs(environment.iter().copied()).env(variable, &value).args(["call", "list_indexes"]).output().unwrap();
        let said = String::from_utf8_lossy(&called.stdout).into_owned();
        assert!(said.contains("idx_far"), "{value:?}: {said} {}", String::from_utf8_lossy(&called.stderr));
        assert_eq!(proxy.take(), [expect], "{value:?}");

        let looked = program().envs(environment).env(variable, &value).args(["doctor", "--json"]).output().unwrap();
        let report: Value = serde_json::from_slice(&looked.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let found = |name: &str| checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name}: {report}")).clone();
        assert_eq!(found("proxy")["found"], format!("{variable} applies: {}", proxy.at), "{value:?}");
        assert_eq!((&found("TCP")["verdict"], &found("TLS")["verdict"]), (&json!("ok"), &json!("ok")), "{value:?}: {report}");
        assert_eq!(proxy.take(), [expect], "{value:?}");
        assert!(!report.to_string().contains("pa@ss") && !report.to_string().contains("pa%40ss"), "{report}");
    }
}

#[test]
fn certificates_that_come_late_are_found_at_the_next_call() {
    let api = Tls::answering("127.0.0.1", INDEXES);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    let path = file.to_str().unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let ways: [(&str, &dyn Fn()); 6] = [
        ("missing", &|| ()),
        ("empty", &|| std::fs::write(&file, "").unwrap()),
        ("no certificate", &|| std::fs::write(&file, "hello").unwrap()),
        ("a broken certificate", &|| std::fs::write(&file, broken).unwrap()),
        ("a directory", &|| std::fs::create_dir(&file).unwrap()),
        ("a pipe", &|| assert!(shell(&format!("mkfifo {path}")).status.success())),
    ];
    for (what, put) in ways {
        put();
        let mut server = Server::start(&[], &environment(&api.base_url, path, &[]));
        server.initialize();
        let error = server.error("list_indexes", json!({}));
        assert!(error.to_lowercase().contains("certificate") || error.contains("SSL_CERT_FILE"), "{what}: {error}");
        // What does not exist need not be taken away.
        let _ = if file.is_dir() { std::fs::remove_dir(&file) } else { std::fs::remove_file(&file) };
        std::fs::write(&file, &api.pem).unwrap();
        server.wait_until(|server| server.call("list_indexes", json!({}))["isError"] != true);
        std::fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_name_is_this_machine_only_if_its_address_is() {
    let upstream = Upstream::before(&shared().base_url);
    let port = upstream.base_url.split([':', '/']).nth(4).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let hosts = dir.path().join("hosts");
    // Linux takes 0.0.0.0 for this machine, so the key would arrive. It stands for any address that is not checked.
    std::fs::write(&hosts, "127.0.0.1 good.localhost\n0.0.0.0 evil.localhost localhost\n").unwrap();
    let hosts = hosts.to_str().unwrap();
    if !shell("unshare -rm true").status.success() {
        // The file of hosts cannot be replaced here; the addresses themselves are tested in `client::local`.
        return;
    }
    let call = |host: &str| {
        let program = env!("CARGO_BIN_EXE_videosearch-mcp");
        let settings = format!("VIDEOSEARCH_BASE_URL=http://{host}:{port}/api/v2 VIDEOSEARCH_API_KEY={}", shared().api_key);
        shell(&format!("unshare -rm sh -c 'mount --bind {hosts} /etc/hosts && {settings} exec {program} call list_indexes'"))
    };
    let good = call("good.localhost");
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    assert!(upstream.take().iter().any(|seen| seen.keyed));
    for host in ["evil.localhost", "localhost"] {
        let evil = call(host);
        let said = format!("{}{}", String::from_utf8_lossy(&evil.stdout), String::from_utf8_lossy(&evil.stderr));
        assert!(!evil.status.success() && said.contains("does not belong to this machine"), "{host}: {said}");
        assert!(upstream.take().is_empty(), "{host}");
    }
}
