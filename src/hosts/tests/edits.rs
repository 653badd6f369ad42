//! Edits by example: the whole text before and after.

use super::*;

fn entry() -> Entry {
    Entry { command: "/bin/videosearch-mcp".into(), env: vec![("VIDEOSEARCH_API_KEY_FILE".into(), "/k".into())], ..Entry::default() }
}

/// Puts the entry into a text and checks the outcome. Then takes it out again, which must restore the text.
fn check(id: &str, before: &str, after: &str) {
    let host = Host::find(id).unwrap();
    let edit = host.put(before, "videosearch", &entry()).unwrap_or_else(|fault| panic!("{id} {before:?}: {fault}"));
    assert_eq!(edit.text, after, "{id} {before:?}");
    let again = host.put(after, "videosearch", &entry()).unwrap();
    assert_eq!((again.text.as_str(), again.undo), (after, Undo::default()), "a second time changes nothing");
    let removed = host.remove(after, "videosearch", &edit.undo).unwrap();
    assert_eq!(removed.as_deref(), Some(before), "{id} {after:?}");
}

const ONE_LINE: &str = r#"{ "command": "/bin/videosearch-mcp", "args": [], "env": { "VIDEOSEARCH_API_KEY_FILE": "/k" } }"#;

/// The entry in lines. Each line but the first begins with `indent`, and each step further in adds `unit`.
fn lines(indent: &str, unit: &str) -> String {
    let entry = [
        "{",
        "  \"command\": \"/bin/videosearch-mcp\",",
        "  \"args\": [],",
        "  \"env\": {",
        "    \"VIDEOSEARCH_API_KEY_FILE\": \"/k\"",
        "  }",
        "}",
    ];
    entry.join(&format!("\n{indent}")).replace("  ", unit)
}

#[test]
fn a_member_that_stands_for_no_servers_gets_the_entry() {
    let servers = format!("{{\n    \"videosearch\": {}\n  }}", lines("    ", "  "));
    let text = |value: &str| format!("{{\n  \"theme\": null,\n  \"mcpServers\": {value},\n  \"last\": []\n}}\n");
    for id in ["cursor", "claude-desktop", "windsurf"] {
        check(id, &text("null"), &text(&servers));
    }
    check(
        "cursor",
        "{\"mcpServers\": null}",
        &format!("{{\"mcpServers\": {{\"videosearch\": {}}}}}", ONE_LINE.replace("{ ", "{").replace(" }", "}")),
    );
    // What others added in the meantime stays.
    let host = Host::find("cursor").unwrap();
    let edit = host.put("{\"mcpServers\": null}", "videosearch", &entry()).unwrap();
    let more = host.put(&edit.text, "other", &entry()).unwrap();
    let left = host.remove(&more.text, "videosearch", &edit.undo).unwrap().unwrap();
    assert_eq!(host.read(&left).unwrap().iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["other"]);
}

#[test]
fn an_entry_is_added_at_the_end_in_the_style_of_the_file() {
    let new = format!("{{\n  \"mcpServers\": {{\n    \"videosearch\": {}\n  }}\n}}", lines("    ", "  "));
    for empty in ["", "\n", " \n\n", "\u{feff}"] {
        let mark = if empty == "\u{feff}" { empty } else { "" };
        check("claude-desktop", empty, &format!("{mark}{new}\n"));
    }
    check("cursor", "// mine\n", &format!("// mine\n{new}\n"));
    for hollow in ["{}", "{\n}", "{\n}\n", "{}\n"] {
        check("claude-desktop", hollow, &format!("{new}{}", if hollow.ends_with('\n') { "\n" } else { "" }));
    }
    for servers in ["{}", "{\n  }"] {
        check("cursor", &format!("{{\n  \"mcpServers\": {servers}\n}}"), &new);
    }
    // Tabs, a missing final newline, another server, a member after the servers.
    let tabs = lines("\t\t", "\t").replace('\n', "\r\n");
    check(
        "vscode",
        "{\r\n\t\"servers\": {\r\n\t\t\"a\": {\"command\":\"x\"}\r\n\t},\r\n\t\"inputs\": []\r\n}",
        &format!(
            "{{\r\n\t\"servers\": {{\r\n\t\t\"a\": {{\"command\":\"x\"}},\r\n\t\t\"videosearch\": {}\r\n\t}},\r\n\t\"inputs\": []\r\n}}",
            tabs.replacen("{\r\n", "{\r\n\t\t\t\"type\": \"stdio\",\r\n", 1)
        ),
    );
    check(
        "claude-desktop",
        "{\"mcpServers\":{\"a\":{}}}",
        &format!("{{\"mcpServers\":{{\"a\":{{}},\"videosearch\":{}}}}}", ONE_LINE.replace(' ', "")),
    );
    check(
        "claude-desktop",
        "{\"a\": 1}\n",
        &format!("{{\"a\": 1, \"mcpServers\": {{ \"videosearch\": {ONE_LINE} }}}}\n").replace("{ ", "{").replace(" }", "}"),
    );
}

#[test]
fn comments_stay_with_what_they_are_about() {
    let ours = lines("    ", "  ");
    check(
        "zed",
        "// top\n{\n  \"theme\": \"x\", // dark\n  \"context_servers\": {\n    \"a\": {} // about a\n    // \"b\": {}  \n\n  },\n  /* end */\n}\n",
        &format!(
            "// top\n{{\n  \"theme\": \"x\", // dark\n  \"context_servers\": {{\n    \"a\": {{}}, // about a\n    // \"b\": {{}}  \n    \"videosearch\": {ours}\n\n  }},\n  /* end */\n}}\n"
        ),
    );
    check(
        "cursor",
        "{\n  \"mcpServers\": {\n    \"a\": {}, // about a\n  },\n}",
        &format!("{{\n  \"mcpServers\": {{\n    \"a\": {{}}, // about a\n    \"videosearch\": {ours},\n  }},\n}}"),
    );
    check(
        "gemini-cli",
        "{\n  \"mcpServers\": {\n    // none yet\n  }\n}\n",
        &format!("{{\n  \"mcpServers\": {{\n    // none yet\n    \"videosearch\": {ours}\n  }}\n}}\n"),
    );
    check("cursor", "{ // c\n  \"a\": 1 }", &format!("{{ // c\n  \"a\": 1,\n  \"mcpServers\": {{\n    \"videosearch\": {ours}\n  }} }}"));
}

#[test]
fn an_entry_of_that_name_is_replaced_and_put_back() {
    for old in
        ["{\"url\": \"https://x\"}", "{\n      // by hand\n      \"command\": \"npx\", \"args\": [\"-y\", \"other\"]\n    }", "null", "[1]"]
    {
        let text = |value: &str| format!("{{\n  \"mcpServers\": {{\n    \"videosearch\": {value}, // mine\n    \"z\": {{}}\n  }}\n}}\n");
        check("cursor", &text(old), &text(&lines("    ", "  ")));
    }
    check(
        "claude-desktop",
        "{\"mcpServers\": {\"videosearch\": {}}}",
        &format!("{{\"mcpServers\": {{\"videosearch\": {ONE_LINE}}}}}").replace("{ ", "{").replace(" }", "}"),
    );
}

#[test]
fn what_the_user_added_to_our_entry_stays() {
    let host = Host::find("cursor").unwrap();
    let old = r#"{"mcpServers": {"videosearch": {"command": "/old/videosearch-mcp", "args": ["--read-only"], "env": {"VIDEOVECTOR_API_KEY": "k", "HTTPS_PROXY": "p"}, "autoApprove": ["search_videos"]}}}"#;
    let edit = host.put(old, "videosearch", &entry()).unwrap();
    let found = host.read(&edit.text).unwrap();
    let now = found[0].entry.as_ref().unwrap();
    assert_eq!((now.command.as_str(), now.args.len(), now.variable("VIDEOVECTOR_API_KEY")), ("/bin/videosearch-mcp", 0, None));
    assert_eq!((now.variable("HTTPS_PROXY"), now.extra.len()), (Some("p"), 1));
    // Nothing stays of another program's entry.
    let edit = host.put(&old.replace("/old/videosearch-mcp", "/old/other"), "videosearch", &entry()).unwrap();
    let found = host.read(&edit.text).unwrap();
    assert!(found[0].entry.as_ref().unwrap().extra.is_empty());
}

#[test]
fn sections_of_toml_come_and_go_whole() {
    let ours = "[mcp_servers.videosearch]\ncommand = \"/bin/videosearch-mcp\"\nenv = { VIDEOSEARCH_API_KEY_FILE = \"/k\" }\n";
    let open = ours.trim_end();
    for (before, after) in [
        (String::new(), ours.to_owned()),
        ("\n".into(), ours.into()),
        ("model = \"x\" # mine\n".into(), format!("model = \"x\" # mine\n\n{ours}")),
        ("model = \"x\"".into(), format!("model = \"x\"\n\n{open}")),
        ("\u{feff}a = 1\r\n".into(), format!("\u{feff}a = 1\r\n\r\n{}", ours.replace('\n', "\r\n"))),
        ("[a]\nx = 1\n\n".into(), format!("[a]\nx = 1\n\n{ours}")),
        ("[mcp_servers.z]\ncommand = 'y'\n# end\n".into(), format!("[mcp_servers.z]\ncommand = 'y'\n# end\n\n{ours}")),
        ("mcp_servers.z.command = 'y'\n".into(), format!("mcp_servers.z.command = 'y'\n\n{ours}")),
        // Another program of that name, in two sections next to each other, with a comment.
        (
            "a = 1\n\n[mcp_servers.videosearch]\ncommand = 'npx' # old\n# more\ntool.x = 5\n\n[mcp_servers.videosearch.env]\nK = \"v\"\n\n[z]\nb = 2\n".into(),
            format!("a = 1\n\n{ours}\n[z]\nb = 2\n"),
        ),
        (
            "[mcp_servers]\nvideosearch = { url = \"https://x\" } # c\nz = {}".into(),
            "[mcp_servers]\nvideosearch = { command = \"/bin/videosearch-mcp\", env = { VIDEOSEARCH_API_KEY_FILE = \"/k\" } } # c\nz = {}".into(),
        ),
        ("a = 1\n[mcp_servers.\"videosearch\"]\nurl = 'u'".into(), format!("a = 1\n{open}")),
    ] {
        check("codex", &before, &after);
    }
}

#[test]
fn without_a_memory_the_entry_alone_goes() {
    let gone = |id: &str, text: &str| Host::find(id).unwrap().remove(text, "videosearch", &Undo::default()).unwrap();
    for (before, after) in [
        ("{\"mcpServers\": {\"videosearch\": {}}}", "{\"mcpServers\": {}}"),
        ("{\"mcpServers\": {\"videosearch\": {}, \"b\": {}}}", "{\"mcpServers\": {\"b\": {}}}"),
        ("{\"mcpServers\": {\"a\": {}, \"videosearch\": {}}}", "{\"mcpServers\": {\"a\": {}}}"),
        (
            "{\n \"mcpServers\": {\n  \"a\": {}, // a\n  \"videosearch\": {}, // ours\n  \"b\": {}\n }\n}",
            "{\n \"mcpServers\": {\n  \"a\": {}, // a\n  // ours\n  \"b\": {}\n }\n}",
        ),
        (
            "{\n \"mcpServers\": {\n  \"a\": {}, // a\n  \"videosearch\": {}, \"b\": {}\n }\n}",
            "{\n \"mcpServers\": {\n  \"a\": {}, // a\n  \"b\": {}\n }\n}",
        ),
        ("{\n \"mcpServers\": { // c\n  \"videosearch\": {} }\n}", "{\n \"mcpServers\": { // c\n  }\n}"),
    ] {
        assert_eq!(gone("cursor", before).as_deref(), Some(after), "{before}");
    }
    assert_eq!(gone("codex", "[a]\nx = 1\n\n[mcp_servers.videosearch]\ncommand = 'c'\n\n[b]\n").as_deref(), Some("[a]\nx = 1\n\n[b]\n"));
    assert_eq!(gone("codex", "[mcp_servers]\nvideosearch = {}\nz = {}\n").as_deref(), Some("[mcp_servers]\nz = {}\n"));
    for id in ["cursor", "codex"] {
        assert_eq!(gone(id, ""), None);
    }
}

#[test]
fn what_cannot_be_changed_safely_is_refused() {
    for (id, text, expect) in [
        ("cursor", "{\"mcpServers\": []}", "line 1, column 16: `mcpServers` should be an object, `{`"),
        ("cursor", "{\"mcpServers\": {\"videosearch\": 1,\n\"videosearch\": 2}}", "line 2, column 1: a second member `videosearch`"),
        ("claude-code", "{\"a\": 1} // x", "line 1, column 10: comments are not allowed"),
        (
            "codex",
            "mcp_servers = { a = {} }",
            "line 1, column 15: `mcp_servers` is an inline table; write its servers as [mcp_servers.NAME] first",
        ),
        (
            "codex",
            "mcp_servers.videosearch.command = 'x'",
            "line 1, column 13: `videosearch` is written with dotted keys; write it as [mcp_servers.videosearch] first",
        ),
        (
            "codex",
            "[mcp_servers]\nvideosearch = 5",
            "line 2, column 15: `videosearch` is no table; write it as [mcp_servers.videosearch] first",
        ),
    ] {
        let fault = Host::find(id).unwrap().put(text, "videosearch", &entry()).unwrap_err();
        assert_eq!(fault.to_string(), expect, "{text}");
    }
}

#[test]
fn paths_of_windows_survive_both_languages() {
    let entry = Entry { command: r"C:\Program Files\it's\videosearch-mcp.exe".into(), ..entry() };
    for host in HOSTS {
        let text = host.snippet("videosearch", &entry);
        let found = host.read(&text).unwrap();
        assert_eq!(found[0].entry.as_ref(), Some(&entry), "{text}");
        assert_eq!(host.put("", "videosearch", &entry).unwrap().text, format!("{text}\n"), "{}", host.id);
    }
}
