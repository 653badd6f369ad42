//! Committed copies of what is generated: manifests, tables of the README, completions, manual pages. `UPDATE=1` rewrites them.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
};

use clap_complete::Shell;

use serde_json::Value;
use videosearch_mcp::{
    config::{HTTP_SETTINGS, SETTINGS, Setting},
    hosts::{Entry, Format, HOSTS, Host, Platform, Surroundings},
    tools::manifest,
};

use crate::support::{Server, compare, run, shared, text};

/// Held by whoever may rewrite the README, so that one does not undo what another has written.
static README: Mutex<()> = Mutex::new(());

/// The committed folder has these files and no others, so that what is no longer generated does not stay.
pub fn compare_folder(folder: &str, expected: &BTreeMap<String, String>) {
    for (name, text) in expected {
        compare(&format!("{folder}/{name}"), text);
    }
    let files = fs::read_dir(root().join(folder)).unwrap().map(|file| file.unwrap().path());
    let stale: Vec<_> = files.filter(|path| !expected.contains_key(path.file_name().unwrap().to_str().unwrap())).collect();
    if std::env::var_os("UPDATE").is_some() {
        // One by one, since other tests may be reading those that stay.
        for path in &stale {
            fs::remove_file(path).unwrap();
        }
    } else {
        assert!(stale.is_empty(), "files that are not generated: {stale:?}");
    }
}

fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

#[test]
fn the_manifest_is_what_the_program_prints() {
    let printed = run(&["manifest"], &[]);
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    compare("mcp-manifest.json", &text(&printed.stdout));
    let manifest: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(manifest["tools"].as_array().unwrap().len(), videosearch_mcp::tools::catalog::all().count());
}

#[test]
fn the_manifests_of_hosts_and_registries_are_what_the_program_prints() {
    for (format, file) in FOREIGN {
        let printed = run(&["manifest", "--format", format], &[]);
        assert!(printed.status.success(), "{}", text(&printed.stderr));
        compare(file, &text(&printed.stdout));
    }
}

/// The manifests in the form of others, and where they are committed.
const FOREIGN: [(&str, &str); 2] = [("mcpb", "packaging/mcpb/manifest.json"), ("registry", "packaging/registry/server.json")];

#[test]
fn the_manifest_can_be_checked_by_itself() {
    let empty = tempfile::tempdir().unwrap();
    let check = |dir: &Path| crate::support::program().args(["manifest", "--check"]).current_dir(dir).output().unwrap();
    assert_eq!(check(&root()).status.code(), Some(0));
    assert_eq!(check(empty.path()).status.code(), Some(1));
    fs::write(empty.path().join("mcp-manifest.json"), "{}").unwrap();
    let differs = check(empty.path());
    assert_eq!(differs.status.code(), Some(1));
    assert!(text(&differs.stderr).contains("videosearch-mcp manifest > mcp-manifest.json"));
    for (format, file) in FOREIGN {
        let check =
            |dir: &Path| crate::support::program().args(["manifest", "--format", format, "--check"]).current_dir(dir).output().unwrap();
        assert_eq!(check(&root()).status.code(), Some(0));
        assert_eq!(check(empty.path()).status.code(), Some(1), "the copy of another form must not do");
        fs::create_dir_all(empty.path().join(file).parent().unwrap()).unwrap();
        fs::write(empty.path().join(file), "{}").unwrap();
        let differs = check(empty.path());
        assert_eq!(differs.status.code(), Some(1));
        assert!(text(&differs.stderr).contains(&format!("manifest --format {format} > {file}")), "{}", text(&differs.stderr));
    }
}

/// The file with these tables between their marks.
fn compare_tables(file: &str, tables: &[(&str, String)]) {
    let mut readme = fs::read_to_string(root().join(file)).unwrap();
    for (name, table) in tables {
        let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
        let start = readme.find(&begin).unwrap_or_else(|| panic!("{file} has no {begin}")) + begin.len();
        let stop = readme.find(&end).unwrap();
        readme.replace_range(start..stop, table);
    }
    compare(file, &readme);
}

#[test]
fn the_readme_has_the_generated_tables() {
    let _alone = README.lock().unwrap();
    let table = |rows: &[videosearch_mcp::config::Setting]| {
        let mut text = String::from("| Variable | Flag | Default | Meaning |\n| --- | --- | --- | --- |\n");
        for setting in rows {
            let flag = setting.flag.map(|flag| format!("`{flag}`")).unwrap_or_default();
            text.push_str(&format!("| `{}` | {flag} | {} | {} |\n", setting.name, setting.default, setting.meaning));
        }
        text
    };
    let (settings, http) = (table(SETTINGS), table(HTTP_SETTINGS));
    compare_tables("README.md", &[("tools", manifest::table()), ("settings", settings), ("http-settings", http)]);
}

/// What stands in for paths of the reader's machine.
const PROGRAM: &str = "/path/to/videosearch-mcp";
const KEY_FILE: &str = "/path/to/videosearch-key";

/// The name of a host's example.
fn example(host: &Host) -> String {
    format!("{}.{}", host.id, if host.format == Format::Toml { "toml" } else { "json" })
}

#[test]
fn the_example_of_each_client_is_what_setup_writes() {
    let entry = |host: &Host| {
        let output = host.output().map(|output| ("VIDEOSEARCH_OUTPUT".to_owned(), output.to_owned()));
        let toolsets = host.toolsets().map(|toolsets| ("VIDEOSEARCH_TOOLSETS".to_owned(), toolsets.to_owned()));
        let env = std::iter::once(("VIDEOSEARCH_API_KEY_FILE".into(), KEY_FILE.into())).chain(toolsets).chain(output).collect();
        Entry { command: PROGRAM.into(), env, ..Entry::default() }
    };
    let snippet = |host: &Host| host.snippet("videosearch", &entry(host)).trim_end().to_owned() + "\n";
    let examples = HOSTS.iter().map(|host| (example(host), snippet(host))).collect();
    compare_folder("examples/clients", &examples);

    // Where the file goes, in the reader's words for directories.
    let place = |host: &Host, platform: Platform| {
        let known =
            HashMap::from([("HOME", "~"), ("USERPROFILE", "%USERPROFILE%"), ("APPDATA", "%APPDATA%"), ("LOCALAPPDATA", "%LOCALAPPDATA%")]);
        let around = Surroundings { platform, env: &|name| known.get(name).map(|&value| value.to_owned()), exists: &|_| false };
        host.config_file(&around).unwrap().display().to_string()
    };
    let mut table = String::from("| Client | Linux | macOS | Windows | Then |\n| --- | --- | --- | --- | --- |\n");
    for host in HOSTS {
        let [linux, macos, windows] = [Platform::Linux, Platform::MacOs, Platform::Windows].map(|platform| place(host, platform));
        let (title, file) = (host.title, example(host));
        let reload = host.needs.map_or_else(|| host.reload.to_owned(), |needs| format!("{}. {needs}", host.reload));
        table.push_str(&format!("| [{title}](clients/{file}) | `{linux}` | `{macos}` | `{windows}` | {reload} |\n"));
    }
    compare_tables("examples/README.md", &[("clients", table)]);
}

#[test]
fn each_example_starts_a_server_with_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    fs::write(&key, &shared().api_key).unwrap();
    for host in HOSTS {
        let found = host.read(&fs::read_to_string(root().join("examples/clients").join(example(host))).unwrap()).unwrap();
        let entry = found[0].entry.as_ref().unwrap();
        assert_eq!((found.len(), entry.command.as_str()), (1, PROGRAM), "{}", host.id);
        let mut server = crate::support::program();
        server.args(&entry.args).args(["call", "get_key_info"]).env("VIDEOSEARCH_BASE_URL", &shared().base_url);
        for (name, value) in &entry.env {
            server.env(name, value.replace(KEY_FILE, key.to_str().unwrap()));
        }
        let answer = server.output().unwrap();
        assert!(answer.status.success() && text(&answer.stdout).contains("Valid"), "{}: {}", host.id, text(&answer.stderr));
    }
}

/// Each command of the README that is followed by its output prints just that: to stdout, or to stderr if it fails.
#[cfg(unix)]
#[test]
fn the_readme_shows_what_its_commands_print() {
    const COMMAND: &str = "```sh\ncargo run --locked -- ";
    const OUTPUT: &str = "```text\n";
    let _alone = README.lock().unwrap();
    let path = root().join("README.md");
    let mut readme = fs::read_to_string(path).unwrap();
    let (mut at, mut shown) = (0, 0);
    while let Some(found) = readme[at..].find(COMMAND) {
        let start = at + found + COMMAND.len();
        let stop = start + readme[start..].find('\n').unwrap();
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

/// What each shell calls its file of completions.
const COMPLETIONS: [(Shell, &str); 5] = [
    (Shell::Bash, "videosearch-mcp.bash"),
    (Shell::Zsh, "_videosearch-mcp"),
    (Shell::Fish, "videosearch-mcp.fish"),
    (Shell::PowerShell, "_videosearch-mcp.ps1"),
    (Shell::Elvish, "videosearch-mcp.elv"),
];

#[test]
fn the_completions_are_those_of_the_command_line() {
    let mut expected = BTreeMap::new();
    for (shell, name) in COMPLETIONS {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut videosearch_mcp::cli::command(), "videosearch-mcp", &mut script);
        let mut script = String::from_utf8(script).unwrap();
        if shell == Shell::Bash {
            // clap_complete finds the command out as `videosearch__mcp__..` and asks for it as `videosearch__subcmd__mcp__..`: it writes the
            // second with `__subcmd__` for each `__`, also for the one that stands for the hyphen.
            script = script.replace("videosearch__subcmd__mcp", "videosearch__mcp");
        }
        expected.insert(name.to_owned(), script);
    }
    compare_folder("packaging/completions", &expected);
}

/// A text as manual pages write it.
fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-").replace('`', "")
}

/// The variables that mean the same as the flags that a command shows, from the tables of the README. Those without a flag are about the key
/// and its API.
fn environment(command: &clap::Command) -> String {
    let shows =
        |flag: &str| command.get_arguments().any(|argument| argument.get_long() == flag.strip_prefix("--") && !argument.is_hide_set());
    let name = command.get_display_name().unwrap_or_default();
    // There flags of these names say something of their own, for which no variable stands.
    let own = |flag: &str| match flag {
        "--playground" => name.starts_with("videosearch-mcp-keys"),
        "--scopes" => name.starts_with("videosearch-mcp-keys") || name == "videosearch-mcp-http-token-add",
        _ => false,
    };
    let used = |setting: &&Setting| setting.flag.map_or_else(|| shows("--api-key-file"), |flag| shows(flag) && !own(flag));
    let mut section = String::new();
    for setting in SETTINGS.iter().chain(HTTP_SETTINGS).filter(used) {
        let flag = setting.flag.map(|flag| format!(" (\\fB{}\\fR)", roff(flag))).unwrap_or_default();
        let (meaning, default) = (roff(setting.meaning), roff(setting.default));
        section.push_str(&format!(".TP\n\\fB{}\\fR{flag}\n{meaning} Default: {default}.\n", setting.name));
    }
    if shows("--jwt-file") {
        section.push_str(".TP\n\\fBVIDEOSEARCH_JWT\\fR\nThe session token of the account's owner. \\fB\\-\\-jwt\\-file\\fR names a file that holds it.\n");
    }
    if section.is_empty() { section } else { format!(".SH ENVIRONMENT\n{section}") }
}

const EXIT_STATUS: &str = ".SH \"EXIT STATUS\"
.TP
\\fB0\\fR
Success.
.TP
\\fB1\\fR
The operation failed.
.TP
\\fB2\\fR
Bad usage or configuration.
";

#[test]
fn each_command_has_its_manual_page() {
    fn pages(command: &clap::Command, pages_so_far: &mut BTreeMap<String, String>) {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let mut page = Vec::new();
        clap_mangen::Man::new(command.clone()).render(&mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        // Its own synopsis shows no value of a flag.
        let (before, rest) = page.split_once(".SH SYNOPSIS\n").unwrap();
        let (_, after) = rest.split_once('\n').unwrap();
        let usage = command.clone().render_usage().to_string();
        let usage = roff(usage.strip_prefix("Usage:").unwrap().trim()).replace('\n', "\n.br\n");
        let after = after.replace("environment variables; see the README.", "environment variables.");
        let page = format!("{before}.SH SYNOPSIS\n{usage}\n{after}");
        let closing = format!("{}{EXIT_STATUS}", environment(command));
        let page = match page.split_once(".SH VERSION\n") {
            Some((before, after)) => format!("{before}{closing}.SH VERSION\n{after}"),
            None => format!("{page}{closing}"),
        };
        pages_so_far.insert(format!("{name}.1"), page);
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            pages(inner, pages_so_far);
        }
    }
    let mut command = videosearch_mcp::cli::command();
    command.build();
    let mut expected = BTreeMap::new();
    pages(&command, &mut expected);
    assert!(expected.contains_key("videosearch-mcp.1") && expected.contains_key("videosearch-mcp-serve.1"), "{:?}", expected.keys());
    for setting in SETTINGS {
        assert!(expected["videosearch-mcp.1"].contains(setting.name), "{}", setting.name);
    }
    compare_folder("packaging/man", &expected);
}

/// Runs a program if this machine has it. On Windows the name may be that of another system's, so none is tried there.
fn where_present(program: &str, arguments: &[&str]) -> Option<std::process::Output> {
    if cfg!(windows) {
        return None;
    }
    match Command::new(program).args(arguments).current_dir(root()).stdin(Stdio::null()).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("{program}: {error}"),
    }
}

#[test]
fn the_shells_take_the_completions() {
    // What bash offers after `videosearch-mcp man`, by the function that the script defines.
    let typed = "source packaging/completions/videosearch-mcp.bash && set -- $(complete -p videosearch-mcp) && \
        COMP_WORDS=(videosearch-mcp man) COMP_CWORD=1 && \"${@: -2:1}\" videosearch-mcp man videosearch-mcp && \
        echo \"offers ${COMPREPLY[*]}\"";
    let registered = "autoload -U compinit && compinit -u -D && source packaging/completions/_videosearch-mcp && \
        print $_comps[videosearch-mcp]";
    // After the name of a command, and of one inside of it.
    let after = |words: &str, last: &str, before: &str| {
        format!(
            "source packaging/completions/videosearch-mcp.bash && set -- $(complete -p videosearch-mcp) && \
             COMP_WORDS=(videosearch-mcp {words} {last}) COMP_CWORD={} && \"${{@: -2:1}}\" videosearch-mcp {last} {before} && \
             echo \"offers ${{COMPREPLY[*]}}\"",
            words.split(' ').count() + 1
        )
    };
    let (setup, create) = (after("setup", "--rem", "setup"), after("keys create", "--sco", "create"));
    // A flag that the command refuses is not offered, and words are where a flag takes words.
    let (none, rotate) = (after("keys rotate", "--read", "rotate"), after("keys rotate", "--yes", "rotate"));
    let (form, scopes) = (after("--output", "\"\"", "--output"), after("keys create --scopes", "re", "--scopes"));
    let tools = after("call", "list_v", "call");
    let checks: [(&str, &[&str], &str); 10] = [
        ("bash", &["-c", &tools], "offers list_videos\n"),
        ("bash", &["-c", &setup], "offers --remove"),
        ("bash", &["-c", &create], "offers --scopes"),
        ("bash", &["-c", &none], "offers \n"),
        ("bash", &["-c", &rotate], "offers --yes\n"),
        ("bash", &["-c", &form], "offers both lines json\n"),
        ("bash", &["-c", &scopes], "offers read\n"),
        ("bash", &["-c", typed], "offers manifest"),
        ("zsh", &["-f", "-c", registered], "_videosearch-mcp"),
        (
            "fish",
            &["--no-config", "-c", "source packaging/completions/videosearch-mcp.fish && complete -C 'videosearch-mcp man'"],
            "manifest",
        ),
    ];
    for (shell, arguments, offered) in checks {
        if let Some(output) = where_present(shell, arguments) {
            let (said, complaint) = (text(&output.stdout), text(&output.stderr));
            assert!(output.status.success() && said.contains(offered), "{shell} said: {said}{complaint}");
        }
    }
}

#[test]
fn the_manual_pages_can_be_set() {
    for page in fs::read_dir(root().join("packaging/man")).unwrap() {
        let page = page.unwrap().path();
        let Some(output) = where_present("groff", &["-man", "-Tascii", "-P-cbou", "-ww", page.to_str().unwrap()]) else { return };
        let (set, complaint) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success() && complaint.is_empty(), "{}: {complaint}", page.display());
        assert!(set.contains("NAME") && set.contains("SYNOPSIS"), "{}: {set}", page.display());
    }
}

#[test]
fn the_default_toolsets_are_those_that_the_settings_name() {
    let setting = SETTINGS.iter().find(|setting| setting.name == "VIDEOSEARCH_TOOLSETS").unwrap();
    let listed = |flags: &[&str]| Server::with_key(&shared().base_url, &shared().api_key, flags).tools();
    assert_eq!(listed(&[]), listed(&["--toolsets", setting.default]));
}
