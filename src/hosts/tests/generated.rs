//! Edits of generated texts. Putting an entry in and taking it out again must restore every byte.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

/// White space and comments, as people leave them.
fn space(comments: bool) -> impl Strategy<Value = String> {
    let plain = ["", "", " ", "\n", "\n  ", "\r\n\t", "\n\n", "   \n"];
    let all = [&plain[..], &["/* c */", " // x\n", "\n  // \"y\": {}, \r\n", "/* }\n{ , */", " //\n"]].concat();
    vec(select(if comments { all } else { plain.to_vec() }), 0..3).prop_map(|parts| parts.concat())
}

/// A comma at the end, if the host takes it.
fn trailing(allowed: bool) -> impl Strategy<Value = &'static str> {
    select(if allowed { vec!["", "", ","] } else { vec![""] })
}

fn joined(open: char, items: &[String], end: &str, last: &str, close: char) -> String {
    let end = if items.is_empty() { "" } else { end };
    format!("{open}{}{end}{last}{close}", items.join(","))
}

fn value(loose: bool) -> impl Strategy<Value = String> {
    let leaf = select(vec!["1", "-2.5e3", "true", "null", "\"x\"", "\"\"", "\"// no\"", "\"},{\"", "{}", "[]"]).prop_map(str::to_owned);
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let item = (space(loose), inner, space(loose)).prop_map(|(before, item, after)| format!("{before}{item}{after}"));
        (vec(item, 0..3), any::<bool>(), trailing(loose), space(loose)).prop_map(|(items, array, end, last)| {
            if array {
                return joined('[', &items, end, &last, ']');
            }
            let members: Vec<String> = items.iter().enumerate().map(|(index, item)| format!("\"k{index}\":{item}")).collect();
            joined('{', &members, end, &last, '}')
        })
    })
}

/// An object with members of those names, some of them left out.
fn object(names: &'static [&'static str], inner: BoxedStrategy<String>, loose: bool) -> impl Strategy<Value = String> {
    let member = (space(loose), space(loose), inner, space(loose));
    let members = vec(option::of(member), names.len()).prop_map(move |members| {
        let named = names.iter().zip(members);
        named.filter_map(|(name, member)| member.map(|(a, b, value, c)| format!("{a}\"{name}\":{b}{value}{c}"))).collect::<Vec<_>>()
    });
    (members, trailing(loose), space(loose)).prop_map(|(members, end, last)| joined('{', &members, end, &last, '}'))
}

fn json(loose: bool) -> impl Strategy<Value = String> {
    let servers = object(&["a", "videosearch", "b"], value(loose).boxed(), loose).boxed();
    let member = (space(loose), space(loose), servers, space(loose));
    let member = option::of(member).prop_map(|member| member.map(|(a, b, servers, c)| format!("{a}\"mcpServers\":{b}{servers}{c}")));
    let others = vec(value(loose), 0..3);
    let root = (member, others, any::<bool>(), trailing(loose), space(loose)).prop_map(|(member, others, first, end, last)| {
        let mut members: Vec<String> = others.iter().enumerate().map(|(index, value)| format!("\"m{index}\": {value}")).collect();
        if let Some(member) = member {
            members.insert(if first { 0 } else { members.len() }, member);
        }
        joined('{', &members, end, &last, '}')
    });
    (select(vec!["", "\u{feff}"]), space(loose), root, space(loose))
        .prop_map(|(mark, before, root, after)| format!("{mark}{before}{root}{after}"))
}

/// Sections in any order, each at most once.
fn toml() -> impl Strategy<Value = String> {
    let sections = vec![
        "[a]\nx = 1\n",
        "[mcp_servers.x]\ncommand = \"y\" # z\nargs = [\n  \"1\", # [no]\n]\n",
        "[mcp_servers.x.env]\nK = \"v\"\n",
        "[mcp_servers.videosearch]\ncommand = \"npx\"\nargs = [\"other\"]\n",
        "[mcp_servers.videosearch.env]\n# secret\nK = '''\n[mcp_servers.q]\n'''\n",
        "[[list]]\ny = 2\n",
        "[mcp_servers.b]\nurl = 'https://x'\n",
    ];
    let gap = select(vec!["", "", "\n", "# note\n", "\n\n", "  \n# [x]\n"]);
    let chosen = Just(sections).prop_shuffle().prop_flat_map(move |all| (0..=all.len()).prop_map(move |count| all[..count].to_vec()));
    (select(vec!["", "top = 1 # t\n"]), chosen, vec(gap, 8), any::<bool>(), any::<bool>()).prop_map(|(top, sections, gaps, crlf, open)| {
        let mut text = format!("{top}{}", gaps[7]);
        for (section, gap) in sections.iter().zip(&gaps) {
            text.push_str(section);
            text.push_str(gap);
        }
        let text = if open { text.trim_end().to_owned() } else { text };
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

/// Puts an entry in, and takes it out with and without what was remembered.
fn round(id: &str, text: &str) {
    let host = Host::find(id).unwrap();
    let before = host.read(text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    let entry = Entry { command: "/bin/videosearch-mcp".into(), env: vec![("A".into(), "b".into())], ..Entry::default() };
    let edit = host.put(text, "videosearch", &entry).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    let others =
        |found: &[Found]| found.iter().filter(|found| found.name != "videosearch").map(|found| found.entry.clone()).collect::<Vec<_>>();
    let after = host.read(&edit.text).unwrap();
    assert_eq!(others(&before), others(&after));
    assert!(after.iter().any(|found| found.name == "videosearch" && found.entry.as_ref() == Some(&entry)));
    let apart = edit.undo.replaced.is_some() && id == "codex";
    let back = host.remove(&edit.text, "videosearch", &edit.undo).unwrap().unwrap();
    if apart {
        // Sections that were apart come back together.
        assert_eq!(others(&host.read(&back).unwrap()), others(&before));
    } else {
        assert_eq!(back, text);
    }
    let plain = host.remove(&edit.text, "videosearch", &Undo::default()).unwrap().unwrap();
    assert_eq!(others(&host.read(&plain).unwrap()), others(&before), "{plain}");
    assert_eq!(host.put(&edit.text, "videosearch", &entry).unwrap().text, edit.text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn put_and_remove_leave_jsonc_as_it_was(text in json(true)) {
        round("cursor", &text);
    }

    #[test]
    fn put_and_remove_leave_json_as_it_was(text in json(false)) {
        round("claude-desktop", &text);
    }

    #[test]
    fn put_and_remove_leave_toml_as_it_was(text in toml()) {
        round("codex", &text);
    }
}
