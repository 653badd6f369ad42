//! Every client with every state that its configuration file can be in.

use std::fs;

use videosearch_mcp::hosts::{Format, HOSTS, Host};

use super::{Home, beside};
use crate::support::{binary, text};

/// A configuration of a host with another server and other settings in it.
fn full(host: &Host) -> String {
    if host.format == Format::Toml {
        return "model = \"x\"\n\n[mcp_servers.other]\ncommand = \"npx\"\nargs = [\"-y\", \"thing\"]\n\n[tools]\nweb = true\n".into();
    }
    format!(
        "{{\n    \"theme\": \"dark\",\n    \"{}\": {{\n        \"other\": {{ \"command\": \"npx\", \"args\": [\"-y\", \"thing\"] }}\n    }},\n    \"zoom\":  1.50\n}}\n",
        host.servers
    )
}

/// The same with comments, and trailing commas where the host takes them.
fn commented(host: &Host) -> String {
    if host.format == Format::Toml {
        return full(host).replace("command", "# why\ncommand").replace("web = true", "web = true # yes") + "# end\n";
    }
    let text =
        full(host).replace("    \"theme\"", "    // mine\n    \"theme\"").replace("] }\n", "] } /* thing */\n        // \"old\": {}\n");
    if host.format == Format::Jsonc { text.replace("1.50\n", "1.50,\n") } else { text }
}

/// What stands there after setting up, with everything else as before: `before` must come back when the entry is taken out again.
fn sets_up(host: &Host, home: &Home, before: Option<&str>) {
    let id = host.id;
    let path = before.map_or_else(|| home.config(id), |before| home.write(id, before));
    let said = home.fine(&[id, "--yes"]);
    let after = fs::read_to_string(&path).unwrap();
    let entry = home.entry(id, "videosearch").unwrap();
    assert_eq!((entry.command.as_str(), entry.args.len()), (binary(), 0), "{id}");
    let mut env = vec![("VIDEOSEARCH_API_KEY_FILE".to_owned(), home.key_file().to_str().unwrap().to_owned())];
    // One searches its tools itself.
    env.extend((id == "claude-code").then(|| ("VIDEOSEARCH_TOOLSETS".to_owned(), "all".to_owned())));
    // All but one show their model something else than the text, or may do so.
    env.extend((id != "gemini-cli").then(|| ("VIDEOSEARCH_OUTPUT".to_owned(), "lines".to_owned())));
    assert_eq!(entry.env, env, "{id}");
    let backup = beside(&path, ".videosearch-backup");
    match before {
        Some(before) => assert_eq!(fs::read_to_string(&backup).unwrap(), before, "{id}"),
        None => assert!(!backup.exists(), "{id}"),
    }
    assert!(said.contains("Wrote "), "{said}");

    let files = home.files();
    assert!(home.fine(&[id, "--yes"]).contains("already set up"), "{id}");
    assert_eq!(home.files(), files, "{id}: the second time nothing is written");
    assert_eq!(fs::read_to_string(&path).unwrap(), after);

    home.fine(&[id, "--remove", "--yes"]);
    // A file that was made for the entry goes with it.
    assert_eq!(fs::read_to_string(&path).ok().as_deref(), before, "{id}");
    assert!(home.key_file().exists(), "{id}: the key stays");
    assert!(home.fine(&[id, "--remove", "--yes"]).contains("nothing to remove"), "{id}");
}

/// Setting up fails, leaves every file as it was, and says this.
fn refuses(host: &Host, home: &Home, expect: &[&str]) {
    let files = home.files();
    let output = home.setup(&[host.id, "--yes"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{}: {said}", host.id);
    for part in expect {
        assert!(said.contains(part), "{}: {part}: {said}", host.id);
    }
    assert_eq!(home.files(), files, "{}", host.id);
    assert!(output.stdout.is_empty());
}

fn each(test: impl Fn(&Host, &Home)) {
    for host in HOSTS {
        test(host, &Home::with_key());
    }
}

#[test]
fn no_file() {
    each(|host, home| sets_up(host, home, None));
}

#[test]
fn an_empty_file() {
    each(|host, home| sets_up(host, home, Some("")));
    each(|host, home| sets_up(host, home, Some("\n")));
    each(|host, home| sets_up(host, home, Some(if host.format == Format::Toml { "# nothing\n" } else { "{}" })));
}

#[test]
fn other_servers() {
    each(|host, home| {
        sets_up(host, home, Some(&full(host)));
        let end = full(host).trim_end().to_owned();
        home.fine(&[host.id, "--yes"]);
        let path = home.write(host.id, &end);
        home.fine(&[host.id, "--yes"]);
        let after = fs::read_to_string(path).unwrap();
        assert!(!after.ends_with('\n'), "{}: a missing line end at the end stays missing", host.id);
        let other = home.entry(host.id, "other").unwrap();
        assert_eq!((other.command.as_str(), other.args), ("npx", vec!["-y".to_owned(), "thing".to_owned()]));
        // Only lines were added, and one comma.
        let mut rest = after.as_str();
        for line in end.lines() {
            let at = rest.find(line).unwrap_or_else(|| panic!("{}: {line} is gone from {after}", host.id));
            rest = &rest[at + line.len()..];
        }
    });
}

#[test]
fn comments() {
    each(|host, home| {
        let content = commented(host);
        if host.format == Format::Json {
            home.write(host.id, &content);
            refuses(host, home, &["line 2, column 5: comments are not allowed", "left as it is", "--print"]);
        } else {
            sets_up(host, home, Some(&content));
        }
    });
}

#[test]
fn line_ends_of_windows() {
    each(|host, home| {
        let content = full(host).replace('\n', "\r\n");
        home.write(host.id, &content);
        home.fine(&[host.id, "--yes"]);
        let after = fs::read_to_string(home.config(host.id)).unwrap();
        assert_eq!(after.matches('\n').count(), after.matches("\r\n").count(), "{}", host.id);
        home.fine(&[host.id, "--remove", "--yes"]);
        let other = Home::with_key();
        sets_up(host, &other, Some(&content));
    });
}

#[test]
fn a_byte_order_mark() {
    each(|host, home| {
        let content = format!("\u{feff}{}", full(host));
        home.write(host.id, &content);
        home.fine(&[host.id, "--yes"]);
        assert!(fs::read_to_string(home.config(host.id)).unwrap().starts_with('\u{feff}'), "{}", host.id);
        let other = Home::with_key();
        sets_up(host, &other, Some(&content));
    });
}

/// The other server under our name.
fn taken(host: &Host) -> String {
    full(host).replace("\"other\"", "\"videosearch\"").replace(".other", ".videosearch")
}

#[test]
fn an_entry_of_our_name_is_replaced_and_put_back() {
    each(|host, home| sets_up_over(host, home, &taken(host)));
}

fn sets_up_over(host: &Host, home: &Home, before: &str) {
    let path = home.write(host.id, before);
    home.fine(&[host.id, "--yes"]);
    assert_eq!(home.entry(host.id, "videosearch").unwrap().command, binary());
    // Changing it once more does not forget what was there first.
    home.fine(&[host.id, "--yes", "--toolsets", "all"]);
    let entry = home.entry(host.id, "videosearch").unwrap();
    assert_eq!(entry.variable("VIDEOSEARCH_TOOLSETS"), Some("all"));
    let said = home.fine(&[host.id, "--remove", "--yes"]);
    assert_eq!(fs::read_to_string(path).unwrap(), before, "{}", host.id);
    assert!(said.contains("The key stays in"), "{said}");
    // What is back is not ours, and stays.
    let output = home.setup(&[host.id, "--remove", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("not ours"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(home.config(host.id)).unwrap(), before);
}

#[test]
fn our_entry_of_another_copy_is_renewed_with_what_the_user_added() {
    each(|host, home| {
        let old = taken(host).replace("npx", "/opt/old/videosearch-mcp").replace("[\"-y\", \"thing\"]", "[\"serve\"]");
        let old = match host.format {
            Format::Toml => old.replace(
                "[\"serve\"]\n",
                "[\"serve\"]\nstartup_timeout_sec = 20\nenv = { VIDEOSEARCH_TOOLSETS = \"usage\", HTTPS_PROXY = \"http://p\" }\n",
            ),
            _ => old.replace(
                "[\"serve\"]",
                "[\"serve\"], \"timeout\": 20, \"env\": { \"VIDEOSEARCH_TOOLSETS\": \"usage\", \"HTTPS_PROXY\": \"http://p\" }",
            ),
        };
        let path = home.write(host.id, &old);
        assert!(text(&home.setup(&[]).stdout).contains("another copy: /opt/old/videosearch-mcp"), "{}", host.id);
        home.fine(&[host.id, "--yes"]);
        let entry = home.entry(host.id, "videosearch").unwrap();
        assert_eq!((entry.command.as_str(), entry.args.len(), entry.extra.len()), (binary(), 0, 1), "{}", host.id);
        assert_eq!(
            (entry.variable("HTTPS_PROXY"), entry.variable("VIDEOSEARCH_TOOLSETS")),
            (Some("http://p"), Some("usage")),
            "{}",
            host.id
        );
        assert!(home.fine(&[host.id, "--yes"]).contains("already set up"));
        assert!(home.fine(&[host.id, "--yes", "--remove"]).contains("Put back"));
        assert_eq!(fs::read_to_string(&path).unwrap(), old, "{}", host.id);
        home.fine(&[host.id, "--yes", "--remove"]);
        assert!(home.entry(host.id, "videosearch").is_none());
    });
}

#[test]
fn what_does_not_parse() {
    each(|host, home| {
        let (content, place) = match host.format {
            Format::Toml => ("model = \"x\"\n[mcp_servers\n", "line 2, column"),
            _ => ("{\n  \"theme\": \"dark\",\n  oops\n}\n", "line 3, column 3"),
        };
        home.write(host.id, content);
        refuses(host, home, &[place, "left as it is", "--print"]);
        let output = home.setup(&[host.id, "--remove", "--yes"]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(fs::read_to_string(home.config(host.id)).unwrap(), content);
        fs::write(home.config(host.id), b"\xff\xfe{\0}\0").unwrap();
        refuses(host, home, &["not UTF-8"]);
    });
    each(|host, home| {
        let content = match host.format {
            Format::Toml => "mcp_servers = { other = { command = \"npx\" } }\n".to_owned(),
            _ => format!("{{\"{}\": []}}", host.servers),
        };
        home.write(host.id, &content);
        refuses(host, home, &["line 1, column", host.servers, "left as it is"]);
    });
}

#[test]
fn a_read_only_file() {
    each(|host, home| {
        let path = home.write(host.id, &full(host));
        let set = |read_only: bool| {
            let mut permissions = fs::metadata(&path).unwrap().permissions();
            permissions.set_readonly(read_only);
            fs::set_permissions(&path, permissions).unwrap();
        };
        set(true);
        refuses(host, home, &["read-only", if cfg!(windows) { "attribute" } else { "chmod u+w" }]);
        set(false);
    });
}

#[cfg(unix)]
#[test]
fn a_symbolic_link() {
    each(|host, home| {
        let (path, real) = (home.config(host.id), home.path().join("dotfiles/real"));
        for directory in [&path, &real] {
            fs::create_dir_all(directory.parent().unwrap()).unwrap();
        }
        fs::write(&real, full(host)).unwrap();
        fs::set_permissions(&real, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &path).unwrap();
        home.fine(&[host.id, "--yes"]);
        assert!(is_link(&path) && !is_link(&real), "{}", host.id);
        assert_eq!(home.entry(host.id, "videosearch").unwrap().command, binary());
        assert_eq!(super::mode(&real), 0o640, "who may read it stays");
        assert_eq!(super::mode(&beside(&real, ".videosearch-backup")), 0o600);
        home.fine(&[host.id, "--remove", "--yes"]);
        assert_eq!((is_link(&path), fs::read_to_string(&real).unwrap()), (true, full(host)));
    });
}

#[cfg(unix)]
fn is_link(path: &std::path::Path) -> bool {
    fs::symlink_metadata(path).unwrap().is_symlink()
}
