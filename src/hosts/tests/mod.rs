use std::{collections::HashMap, path::Path};

use super::*;

mod edits;
mod generated;

/// The configuration file of each host, if only the platform's usual variables are set and nothing is installed.
const USUAL: [(&str, &str, &str, &str); 8] = [
    (
        "claude-desktop",
        "/home/u/.config/Claude/claude_desktop_config.json",
        "/Users/u/Library/Application Support/Claude/claude_desktop_config.json",
        r"C:\Users\u\AppData\Roaming\Claude\claude_desktop_config.json",
    ),
    ("claude-code", "/home/u/.claude.json", "/Users/u/.claude.json", r"C:\Users\u\.claude.json"),
    ("cursor", "/home/u/.cursor/mcp.json", "/Users/u/.cursor/mcp.json", r"C:\Users\u\.cursor\mcp.json"),
    (
        "vscode",
        "/home/u/.config/Code/User/mcp.json",
        "/Users/u/Library/Application Support/Code/User/mcp.json",
        r"C:\Users\u\AppData\Roaming\Code\User\mcp.json",
    ),
    (
        "windsurf",
        "/home/u/.codeium/windsurf/mcp_config.json",
        "/Users/u/.codeium/windsurf/mcp_config.json",
        r"C:\Users\u\.codeium\windsurf\mcp_config.json",
    ),
    ("zed", "/home/u/.config/zed/settings.json", "/Users/u/.config/zed/settings.json", r"C:\Users\u\AppData\Roaming\Zed\settings.json"),
    ("codex", "/home/u/.codex/config.toml", "/Users/u/.codex/config.toml", r"C:\Users\u\.codex\config.toml"),
    ("gemini-cli", "/home/u/.gemini/settings.json", "/Users/u/.gemini/settings.json", r"C:\Users\u\.gemini\settings.json"),
];

const LINUX: &[(&str, &str)] = &[("HOME", "/home/u")];
const MACOS: &[(&str, &str)] = &[("HOME", "/Users/u")];
const WINDOWS: &[(&str, &str)] =
    &[("USERPROFILE", r"C:\Users\u"), ("APPDATA", r"C:\Users\u\AppData\Roaming"), ("LOCALAPPDATA", r"C:\Users\u\AppData\Local")];

/// The configuration file and whether the host seems installed, with these variables and these files.
fn look(id: &str, platform: Platform, env: &[(&str, &str)], files: &[&str]) -> (Option<String>, bool) {
    let env: HashMap<String, String> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let around = Surroundings {
        platform,
        env: &|name| env.get(name).cloned(),
        exists: &|path: &Path| files.iter().any(|file| Path::new(file) == path),
    };
    let host = Host::find(id).unwrap();
    (host.config_file(&around).map(|path| path.to_str().unwrap().to_owned()), host.is_installed(&around))
}

#[test]
fn every_host_has_its_place_on_every_platform() {
    assert_eq!(HOSTS.iter().map(|host| host.id).collect::<Vec<_>>(), USUAL.map(|(id, ..)| id));
    for (id, linux, macos, windows) in USUAL {
        for (platform, env, path) in
            [(Platform::Linux, LINUX, linux), (Platform::MacOs, MACOS, macos), (Platform::Windows, WINDOWS, windows)]
        {
            assert_eq!(look(id, platform, env, &[]), (Some(path.to_owned()), false), "{id} {platform:?}");
            assert_eq!(look(id, platform, env, &[path]), (Some(path.to_owned()), true), "{id} {platform:?}");
            assert_eq!(look(id, platform, &[], &[]).0, None, "{id} {platform:?} without a home");
        }
    }
    // On Windows the home directory alone is enough to find the others.
    let bare = look("zed", Platform::Windows, &[("USERPROFILE", r"D:\u")], &[]);
    assert_eq!(bare.0.as_deref(), Some(r"D:\u\AppData\Roaming\Zed\settings.json"));
}

#[test]
fn variables_and_files_move_the_place() {
    let with = |more: &[(&'static str, &'static str)]| [LINUX, more].concat();
    for (id, env, files, expect) in [
        ("vscode", with(&[("XDG_CONFIG_HOME", "/x/")]), &[][..], "/x/Code/User/mcp.json"),
        ("zed", with(&[("XDG_CONFIG_HOME", "relative")]), &[], "/home/u/.config/zed/settings.json"),
        ("claude-code", with(&[("CLAUDE_CONFIG_DIR", "/c")]), &["/home/u/.claude.json"], "/c/.claude.json"),
        ("claude-code", with(&[("CLAUDE_CONFIG_DIR", "")]), &[], "/home/u/.claude.json"),
        ("codex", with(&[("CODEX_HOME", "/c")]), &[], "/c/config.toml"),
        ("gemini-cli", with(&[("GEMINI_CLI_HOME", "/g")]), &[], "/g/.gemini/settings.json"),
        ("vscode", with(&[("VSCODE_PORTABLE", "/p")]), &[], "/p/user-data/User/mcp.json"),
        ("vscode", with(&[]), &["/home/u/.config/VSCodium/User"], "/home/u/.config/VSCodium/User/mcp.json"),
        (
            "vscode",
            with(&[]),
            &["/home/u/.config/Code/User", "/home/u/.config/Code - Insiders/User/mcp.json"],
            "/home/u/.config/Code - Insiders/User/mcp.json",
        ),
    ] {
        assert_eq!(look(id, Platform::Linux, &env, files).0.as_deref(), Some(expect), "{id} {env:?}");
    }
    let packaged = r"C:\Users\u\AppData\Local\Packages\Claude_pzs8sxrjxfjjc\LocalCache\Roaming\Claude";
    let plain = r"C:\Users\u\AppData\Roaming\Claude\claude_desktop_config.json";
    let own = format!(r"{packaged}\claude_desktop_config.json");
    for (files, expect) in [(vec![packaged], own.as_str()), (vec![packaged, plain], plain), (vec![plain, &own], &own)] {
        assert_eq!(look("claude-desktop", Platform::Windows, WINDOWS, &files).0.as_deref(), Some(expect), "{files:?}");
    }
}

#[test]
fn a_command_on_the_path_is_a_sign_of_the_host() {
    assert!(look("codex", Platform::Linux, &[("HOME", "/home/u"), ("PATH", "/bin::/opt/x/")], &["/opt/x/codex"]).1);
    assert!(!look("codex", Platform::Linux, &[("HOME", "/home/u"), ("PATH", "/bin")], &["/opt/x/codex"]).1);
    assert!(look("claude-code", Platform::Windows, &[("PATH", r"C:\a;C:\b")], &[r"C:\b\claude.cmd"]).1);
    assert!(look("claude-desktop", Platform::MacOs, MACOS, &["/Applications/Claude.app"]).1);
}

fn read(id: &str, text: &str) -> Result<Vec<Found>, Fault> {
    Host::find(id).unwrap().read(text)
}

#[test]
fn all_servers_are_read_in_their_order() {
    let text = "\u{feff}{\r\n  // mine\r\n  \"servers\": {\r\n    \"b\": { \"url\": \"https://x\" },\r\n    \"a\": { \"type\": \"stdio\", \"command\": \"/x/\
                videosearch-mcp\", \"args\": [\"serve\", 1], \"env\": { \"K\": \"v\", \"N\": 2 }, \"disabled\": true, },\r\n  },\r\n}";
    let found = read("vscode", text).unwrap();
    assert_eq!(found.iter().map(|found| (found.name.as_str(), found.line)).collect::<Vec<_>>(), [("b", 4), ("a", 5)]);
    let entry = found[1].entry.as_ref().unwrap();
    assert_eq!(found[0].entry, Some(Entry { url: Some("https://x".into()), ..Entry::default() }));
    assert_eq!((entry.command.as_str(), entry.args.as_slice()), ("/x/videosearch-mcp", &["serve".into(), "1".into()][..]));
    assert_eq!((entry.variable("K"), entry.variable("N"), entry.extra.len()), (Some("v"), Some("2"), 1));
    assert!(!format!("{entry:?}").contains("\"v\""));

    let text = "model = \"x\"\n[mcp_servers.a]\ncommand = 'C:\\x.exe'\nstartup_timeout_sec = 5\n[mcp_servers.a.env]\nK = \"v\"\n[mcp_servers]\n\
                b = { command = \"npx\", args = [\"-y\", \"videosearch-mcp@1\"] }\n";
    let found = read("codex", text).unwrap();
    let names: Vec<_> = found.iter().map(|found| (found.name.as_str(), found.line)).collect();
    assert_eq!(names, [("a", 2), ("b", 8)]);
    let (a, b) = (found[0].entry.as_ref().unwrap(), found[1].entry.as_ref().unwrap());
    assert_eq!((a.command.as_str(), a.variable("K"), a.extra.len(), a.is_ours()), (r"C:\x.exe", Some("v"), 1, false));
    assert!(b.is_ours());

    let old = r#"{"context_servers": {"a": {"source": "custom", "command": {"path": "p", "args": ["x"], "env": {"K": "v"}}}}}"#;
    let found = read("zed", old).unwrap();
    let entry = found[0].entry.as_ref().unwrap();
    assert_eq!((entry.command.as_str(), entry.args.len(), entry.variable("K"), entry.extra.len()), ("p", 1, Some("v"), 0));
    for empty in ["", " \n", "{}", "{\"mcpServers\": {}}", "{\"mcpServers\": null}"] {
        assert_eq!(read("cursor", empty), Ok(Vec::new()));
    }
}

#[test]
fn a_fault_says_where_and_never_what_stands_there() {
    for (id, text, line, column, reason) in [
        ("claude-desktop", "{\n  \"a\": 1,\n  // note\n}", 3, 3, "comments are not allowed"),
        ("claude-desktop", "{\"a\": 1,}", 1, 8, "trailing commas are not allowed"),
        ("gemini-cli", "{ /* fine */ \"a\": 1,}", 1, 20, "trailing commas are not allowed"),
        ("cursor", "{\n  \"mcpServers\": {\n", 2, 17, "unterminated object"),
        ("cursor", "{\"k\": sk_live_0}", 1, 7, "unexpected token"),
        ("cursor", "{\"é\": x}", 1, 7, "unexpected token"),
        ("cursor", "[]", 1, 1, "expected an object, `{`, as the whole of the file"),
        ("cursor", "{\"mcpServers\": 7}", 1, 16, "`mcpServers` should be an object, `{`"),
        ("cursor", "{\"mcpServers\": []}", 1, 16, "`mcpServers` should be an object, `{`"),
        ("zed", "{\"context_servers\": \"\"}", 1, 21, "`context_servers` should be an object, `{`"),
        ("cursor", "{\"mcpServers\": {},\r\n \"mcpServers\": {}}", 2, 2, "a second member `mcpServers`"),
        ("codex", "a = 1\na = 2\n", 2, 1, "duplicate key"),
        ("codex", "mcp_servers = []", 1, 15, "`mcp_servers` should be a table, as [mcp_servers.NAME] makes it"),
        ("codex", "[x]\nk = sk_live_0\n", 2, 5, "string values must be quoted, expected literal string"),
    ] {
        assert_eq!(read(id, text), Err(Fault { line, column, reason: reason.into() }), "{id} {text}");
    }
}

#[test]
fn only_this_program_is_ours() {
    for (command, args, ours) in [
        ("/usr/bin/videosearch-mcp", &[][..], true),
        (r"C:\x\VideoSearch-MCP.exe", &[], true),
        ("npx", &["-y", "videosearch-mcp@latest"], true),
        ("videosearch-mcp-other", &[], false),
        ("npx", &["-y", "@videovector/mcp-server"], false),
    ] {
        let entry = Entry { command: command.into(), args: args.iter().map(|arg| (*arg).to_owned()).collect(), ..Entry::default() };
        assert_eq!(entry.is_ours(), ours, "{command} {args:?}");
    }
}
