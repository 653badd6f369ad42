//! The shape of the source: who imports whom, how long files are, where secrets are read.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Which layers a layer may import, itself aside.
const ALLOWED: &[(&str, &[&str])] = &[
    ("api", &[]),
    ("imaging", &[]),
    ("json", &[]),
    ("disk", &[]),
    ("reach", &[]),
    ("streams", &[]),
    ("hosts", &["key"]),
    ("key", &["disk", "api"]),
    ("config", &["key", "api"]),
    ("gate", &["key", "api"]),
    ("client", &["gate", "key", "api", "json", "reach"]),
    ("fence", &["key"]),
    ("files", &["config", "fence", "disk", "api"]),
    ("ledger", &["disk", "api"]),
    ("consent", &["config", "ledger", "disk"]),
    ("telemetry", &["config", "fence", "streams"]),
    ("session", &["client", "gate", "config", "key", "fence", "disk", "api"]),
    ("tools", &["session", "consent", "files", "client", "gate", "key", "fence", "imaging", "reach", "api"]),
    ("http", &["mcp", "tools", "session", "consent", "ledger", "gate", "files", "key", "disk", "api"]),
    ("mcp", &["tools", "session", "consent", "files", "gate", "fence", "json", "streams"]),
    ("playground", &["imaging", "disk", "api", "reach"]),
    (
        "cli",
        &[
            "http",
            "mcp",
            "ledger",
            "tools",
            "session",
            "consent",
            "client",
            "gate",
            "config",
            "key",
            "telemetry",
            "fence",
            "files",
            "playground",
            "hosts",
            "disk",
            "streams",
            "reach",
            "api",
        ],
    ),
];

/// Crates that only one layer may name.
const OWNED: [(&str, &[&str]); 11] = [
    ("rmcp", &["mcp"]),
    ("reqwest", &["client", "reach", "playground"]),
    ("hyper_util", &["client", "http", "playground"]),
    ("rustls", &["client", "playground"]),
    ("axum", &["playground"]),
    ("rusqlite", &["playground"]),
    ("redis", &["ledger"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli"]),
    ("jsonc_parser", &["hosts"]),
    ("toml_edit", &["hosts"]),
];

/// The longest source file, in lines.
const MAX_LINES: usize = 400;

struct Source {
    path: PathBuf,
    layer: String,
    /// The text before unit tests, without comments.
    code: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|end| end == "rs") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    let source = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let inner = path.strip_prefix(&root).unwrap();
        let layer = inner.components().next().unwrap().as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
        let is_test = inner.components().any(|part| part.as_os_str().to_string_lossy().trim_end_matches(".rs") == "tests");
        let code = if is_test { "" } else { text.split("#[cfg(test)]\nmod").next().unwrap() };
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        Source { layer, code, lines: text.lines().count(), path: inner.to_owned() }
    };
    let sources: Vec<_> = paths.into_iter().map(source).collect();
    assert!(sources.len() > 60, "the source was not found");
    sources
}

/// The layers that a text imports: `crate::x` and the members of `use crate::{...}`.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with("pub(in ") {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let (mut depth, mut word) = (0, String::new());
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => found.push(std::mem::take(&mut word)),
                    _ if depth == 0 => word.push(c),
                    _ => {}
                }
            }
            found.push(word);
        } else {
            found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    let first = |path: String| path.trim().split("::").next().unwrap().trim().to_owned();
    found.into_iter().map(first).filter(|name| !name.is_empty()).collect()
}

#[test]
fn imports_are_read_in_both_forms() {
    let code = "use crate::api::Scope;\nuse crate::{\n    client::{self, Error},\n    key,\n};\nlet x = crate::gate::Gate;";
    assert_eq!(imports(code), ["api", "client", "key", "gate"]);
}

#[test]
fn layers_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for source in sources() {
        let allowed = match source.layer.as_str() {
            "lib" | "main" => continue,
            layer => ALLOWED.iter().find(|(name, _)| *name == layer).unwrap_or_else(|| panic!("{layer} is no known layer")).1,
        };
        for name in imports(&source.code) {
            let known = ALLOWED.iter().any(|(layer, _)| *layer == name);
            if known && name != source.layer && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{} imports {name}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_library_has_one_owner() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (library, owners) in OWNED {
            let named = source.code.contains(&format!("{library}::")) || source.code.contains(&format!("use {library}"));
            if named && !owners.contains(&source.layer.as_str()) {
                wrong.push(format!("{} names {library}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_gate_makes_authorised_requests() {
    for source in sources() {
        if source.layer != "gate" {
            assert!(!source.code.contains("Authorised {") && !source.code.contains("Authorised::mint"), "{}", source.path.display());
        }
    }
}

#[test]
fn secrets_are_exposed_where_they_are_sent_and_stored() {
    let mut places: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.code.contains(".expose()"))
        .map(|source| (source.path.display().to_string().replace('\\', "/"), source.code.matches(".expose()").count()))
        .collect();
    places.sort();
    assert_eq!(
        places,
        [("client/credential.rs".to_owned(), 2), ("key/secret.rs".to_owned(), 1), ("tools/connectors/secret.rs".to_owned(), 1)]
    );
}

#[test]
fn only_the_printer_prints() {
    for source in sources() {
        let prints = ["println!", "print!(", "io::stdout()"].iter().any(|word| source.code.contains(word));
        let may = source.path.ends_with("cli/print.rs") || source.layer == "streams";
        assert!(!prints || may, "{}", source.path.display());
    }
}

#[test]
fn files_are_short_and_folders_say_what_they_are_for() {
    for source in sources() {
        assert!(source.lines <= MAX_LINES, "{} has {} lines", source.path.display(), source.lines);
        if source.path.ends_with("mod.rs") && !source.path.components().any(|part| part.as_os_str() == "tests") {
            let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(&source.path)).unwrap();
            assert!(text.starts_with("//! "), "{} does not say what it is for", source.path.display());
        }
    }
}

/// An advice that names a tool which does not exist leads nowhere. These words begin names of tools and no others.
#[test]
fn a_word_that_looks_like_a_tool_is_one() {
    let verbs = ["create_", "delete_", "update_", "cancel_", "list_", "show_", "execute_", "define_"];
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.layer == "tools") {
        let texts = source.code.lines().flat_map(|line| line.split('"').skip(1).step_by(2));
        for word in texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')) {
            if verbs.iter().any(|verb| word.starts_with(verb)) && videosearch_mcp::tools::catalog::find(word).is_none() {
                wrong.push(format!("{} names {word}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a command was asked to print as a secret is all that goes around the fence.
#[test]
fn few_go_around_the_fence() {
    let mut places: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.code.contains("print::with_secret(") || source.code.contains("print::hand_over("))
        .map(|source| source.path.display().to_string().replace('\\', "/"))
        .collect();
    places.sort();
    assert_eq!(places, ["cli/http.rs", "cli/keys/keep.rs", "cli/playground.rs"]);
}
