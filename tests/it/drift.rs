//! Committed copies of what is generated: the manifest and the tables of the README. `UPDATE=1` rewrites them.

use std::{fs, path::Path, sync::Mutex};

use serde_json::Value;
use videosearch_mcp::{config::SETTINGS, tools::manifest};

use crate::support::{run, text};

/// Held by whoever may rewrite the README, so that one does not undo what another has written.
static README: Mutex<()> = Mutex::new(());

fn compare(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, expected).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == expected, "{file} is out of date; run the tests with UPDATE=1 and commit it");
}

#[test]
fn the_manifest_is_what_the_program_prints() {
    let printed = run(&["manifest"], &[]);
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    compare("mcp-manifest.json", &text(&printed.stdout));
    let manifest: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(manifest["tools"].as_array().unwrap().len(), 20);
}

#[test]
fn the_manifest_can_be_checked_by_itself() {
    let empty = tempfile::tempdir().unwrap();
    let check = |dir: &Path| crate::support::program().args(["manifest", "--check"]).current_dir(dir).output().unwrap();
    assert_eq!(check(Path::new(env!("CARGO_MANIFEST_DIR"))).status.code(), Some(0));
    assert_eq!(check(empty.path()).status.code(), Some(1));
    fs::write(empty.path().join("mcp-manifest.json"), "{}").unwrap();
    let differs = check(empty.path());
    assert_eq!(differs.status.code(), Some(1));
    assert!(text(&differs.stderr).contains("videosearch-mcp manifest > mcp-manifest.json"));
}

#[test]
fn the_readme_has_the_generated_tables() {
    let _alone = README.lock().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let mut readme = fs::read_to_string(path).unwrap();
    let mut settings = String::from("| Variable | Flag | Default | Meaning |\n| --- | --- | --- | --- |\n");
    for setting in SETTINGS {
        let flag = setting.flag.map(|flag| format!("`{flag}`")).unwrap_or_default();
        settings.push_str(&format!("| `{}` | {flag} | {} | {} |\n", setting.name, setting.default, setting.meaning));
    }
    for (name, table) in [("tools", manifest::table()), ("settings", settings)] {
        let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
        let start = readme.find(&begin).unwrap_or_else(|| panic!("README.md has no {begin}")) + begin.len();
        let stop = readme.find(&end).unwrap();
        readme.replace_range(start..stop, &table);
    }
    compare("README.md", &readme);
}

/// Each command of the README that is followed by its output prints just that: to stdout, or to stderr if it fails.
#[cfg(unix)]
#[test]
fn the_readme_shows_what_its_commands_print() {
    const COMMAND: &str = "```sh\ncargo run --release -- ";
    const OUTPUT: &str = "```text\n";
    let _alone = README.lock().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let mut readme = fs::read_to_string(path).unwrap();
    let (mut at, mut shown) = (0, 0);
    while let Some(found) = readme[at..].find(COMMAND) {
        let start = at + found + COMMAND.len();
        let stop = start + readme[start..].find("\n").unwrap();
        at = stop;
        // The next block belongs to the command if no other command comes before it.
        let Some(output) = readme[stop..].find("```").and_then(|end| {
            let next = stop + end + 3;
            let begin = next + readme[next..].find("```")?;
            readme[begin..].starts_with(OUTPUT).then_some(begin + OUTPUT.len())
        }) else {
            continue;
        };
        let line = format!("'{}' {}", env!("CARGO_BIN_EXE_videosearch-mcp"), &readme[start..stop]);
        let ran = crate::support::shell(&line);
        let printed = text(if ran.status.success() { &ran.stdout } else { &ran.stderr });
        let end = output + readme[output..].find("```").unwrap();
        readme.replace_range(output..end, &printed);
        shown += 1;
    }
    assert_eq!(shown, 2, "the README's examples were not found");
    compare("README.md", &readme);
}
