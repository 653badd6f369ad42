//! What ships beside the program: that names, versions and targets agree wherever they are written, and that the steps of a release do
//! what they say, run on stand-ins for the programs.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::support::text;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// What a release is built for.
const TARGETS: [&str; 5] =
    ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "x86_64-apple-darwin", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"];

fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn json(file: &str) -> Value {
    serde_json::from_str(&read(file)).unwrap()
}

/// Runs Python, where there is one: whoever builds the program does not need it, and CI has it.
fn python(arguments: &[&str]) -> Option<Output> {
    let name = if cfg!(windows) { "python" } else { "python3" };
    // It must not leave its compiled files in the checkout.
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root()).env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
    match command.output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && std::env::var_os("CI").is_none() => None,
        Err(error) => panic!("{name}: {error}"),
    }
}

/// The text between two others, each time they occur.
fn between<'t>(text: &'t str, before: &str, after: &str) -> BTreeSet<&'t str> {
    text.split(before).skip(1).filter_map(|rest| Some(rest.split_once(after)?.0)).collect()
}

#[test]
fn manifests_have_this_version_and_what_their_readers_demand() {
    let (bundle, server) = (json("packaging/mcpb/manifest.json"), json("packaging/registry/server.json"));
    assert_eq!([&bundle["version"], &server["version"], &server["packages"][0]["version"]], [VERSION; 3]);
    let own = json("mcp-manifest.json");
    let names = |manifest: &Value| -> Vec<String> {
        // A bundle names what it offers without a setting.
        let offered = manifest["tools"].as_array().unwrap().iter().filter(|tool| tool["core"] != false);
        offered.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&bundle), names(&own));

    for (name, field) in bundle["user_config"].as_object().unwrap() {
        let given = field["required"] == true || !field["default"].is_null();
        assert!(given, "{name} is optional and has no default: the program would be handed the text of its placeholder");
        assert!(!field["description"].as_str().unwrap().is_empty() && !field["title"].as_str().unwrap().is_empty());
    }
    assert_eq!(bundle["user_config"]["api_key"]["sensitive"], true);
    let keys_of_0_2 = [
        "manifest_version",
        "name",
        "display_name",
        "version",
        "description",
        "author",
        "repository",
        "license",
        "server",
        "tools",
        "tools_generated",
        "compatibility",
        "user_config",
    ];
    assert!(bundle.as_object().unwrap().keys().all(|key| keys_of_0_2.contains(&key.as_str())));

    assert!(server["description"].as_str().unwrap().chars().count() <= 100, "the registry takes at most 100 characters");
    let owner = REPOSITORY.rsplit('/').nth(1).unwrap();
    assert_eq!(server["name"], format!("io.github.{owner}/videosearch-mcp"));
    let key = &server["packages"][0]["environmentVariables"][0];
    assert_eq!((key["name"].as_str(), &key["isSecret"]), (Some("VIDEOSEARCH_API_KEY"), &Value::Bool(true)));
    // Each name in braces is a variable, and each variable is used.
    let remote = &server["remotes"][0];
    let header = &remote["headers"][0];
    for (text, variables) in [(&remote["url"], &remote["variables"]), (&header["value"], &header["variables"])] {
        let variables = variables.as_object().unwrap();
        assert_eq!(between(text.as_str().unwrap(), "{", "}"), variables.keys().map(String::as_str).collect());
        assert!(variables.values().all(|variable| variable["isRequired"] == true && variable["default"].is_null()), "{remote}");
    }
    assert_eq!((&header["isSecret"], &header["variables"]["key"]["isSecret"]), (&Value::Bool(true), &Value::Bool(true)));
}

#[test]
fn what_a_host_leaves_unfilled_counts_as_unset() {
    let bundle = json("packaging/mcpb/manifest.json");
    for (variable, value) in bundle["server"]["mcp_config"]["env"].as_object().unwrap() {
        for value in [value.as_str().unwrap(), ""] {
            let answer = crate::support::run(&["tools"], &[(variable, value), ("VIDEOSEARCH_PLAYGROUND", "true")]);
            if variable == "VIDEOSEARCH_READ_ONLY" {
                assert_eq!(answer.status.code(), Some(2), "a limit that nobody filled in is no limit to run without");
                continue;
            }
            assert!(answer.status.success(), "{variable}={value:?}: {}", text(&answer.stderr));
            assert_eq!(text(&answer.stdout).matches("  listed").count(), crate::support::core_count(), "{variable}={value:?}");
        }
    }
}

#[test]
fn the_image_is_labelled_as_this_version() {
    let dockerfile = read("packaging/docker/Dockerfile");
    let server = json("packaging/registry/server.json");
    let labels = [
        ("org.opencontainers.image.version", VERSION),
        ("org.opencontainers.image.description", env!("CARGO_PKG_DESCRIPTION")),
        ("org.opencontainers.image.licenses", env!("CARGO_PKG_LICENSE")),
        ("org.opencontainers.image.source", REPOSITORY),
        ("io.modelcontextprotocol.server.name", server["name"].as_str().unwrap()),
    ];
    for (label, value) in labels {
        assert!(dockerfile.contains(&format!("{label}=\"{value}\"")), "the Dockerfile does not have {label}=\"{value}\"");
    }
    let rust = between(&dockerfile, "FROM rust:", "-alpine");
    for workflow in ["ci.yml", "release.yml"] {
        assert_eq!(between(&read(&format!(".github/workflows/{workflow}")), "RUST_VERSION: \"", "\""), rust, "{workflow}");
    }
}

#[test]
fn the_targets_are_the_same_everywhere() {
    let table = json("packaging/targets.json");
    let listed: Vec<_> = table.as_array().unwrap().iter().map(|row| row["target"].as_str().unwrap()).collect();
    assert_eq!(listed, TARGETS);

    // Homebrew has no Windows.
    let formula = read("packaging/homebrew/videosearch-mcp.rb");
    let unix: BTreeSet<_> = TARGETS.into_iter().filter(|target| !target.contains("windows")).collect();
    assert_eq!(between(&formula, "{{url ", "}}"), unix);
    assert_eq!(between(&formula, "{{sha256 ", "}}"), unix);

    let asked = "import sys; sys.path.insert(0, 'packaging'); import facts
print(*[facts.url(facts.archive(row)) for row in facts.TARGETS], sep='\\n')";
    let Some(names) = python(&["-c", asked]) else { return };
    let complaint = text(&names.stderr);
    assert_eq!(text(&names.stdout).lines().collect::<Vec<_>>(), TARGETS.map(|target| binstall(target, "pkg-url")), "{complaint}");
}

/// What `cargo binstall` makes of a template for a target.
fn binstall(target: &str, field: &str) -> String {
    let asked = ["metadata", "--format-version", "1", "--no-deps", "--offline", "--locked"];
    let read = Command::new(env!("CARGO")).args(asked).current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&read.stdout).unwrap();
    let package = &metadata["packages"][0];
    let binstall = &package["metadata"]["binstall"];
    let template = binstall["overrides"][target][field].as_str().or_else(|| binstall[field].as_str()).unwrap();
    let values =
        [("repo", REPOSITORY), ("version", VERSION), ("name", env!("CARGO_PKG_NAME")), ("target", target), ("bin", "videosearch-mcp")];
    let extension = if target.contains("windows") { ".exe" } else { "" };
    let filled = values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{ {name} }}"), value));
    filled.replace("{ binary-ext }", extension)
}

#[test]
fn a_release_is_made_of_its_parts() {
    if python(&["--version"]).is_none() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let dist = dir.path().join("dist");
    let python = |arguments: &[&str]| python(arguments).unwrap();
    let step = |arguments: &[&str]| {
        let done = python(&[&["packaging/release.py"], arguments].concat());
        assert!(done.status.success(), "{arguments:?}: {}", text(&done.stderr));
    };
    let at = |path: &Path| path.to_str().unwrap().to_owned();

    step(&["tag", &format!("v{VERSION}")]);
    assert!(!python(&["packaging/release.py", "tag", "v999.0.0"]).status.success(), "a tag of another version was taken");

    for target in TARGETS {
        let program = dir.path().join("program");
        fs::write(&program, format!("the program of {target}")).unwrap();
        step(&["archive", target, &at(&program), &at(&dist)]);
        let archive = dist.join(binstall(target, "pkg-url").rsplit('/').next().unwrap());
        let first = fs::read(&archive).unwrap();
        step(&["archive", target, &at(&program), &at(&dist)]);
        assert!(fs::read(&archive).unwrap() == first, "{target}: the same input gave another archive");
        let unpacked = dir.path().join(target);
        let unpack = "import shutil, sys; shutil.unpack_archive(*sys.argv[1:])";
        assert!(python(&["-c", unpack, &at(&archive), &at(&unpacked)]).status.success());
        let program = unpacked.join(binstall(target, "bin-dir"));
        assert_eq!(fs::read_to_string(&program).unwrap(), format!("the program of {target}"));
        for enclosed in ["LICENSE", "NOTICE", "completions/videosearch-mcp.bash", "man/videosearch-mcp.1"] {
            assert!(program.with_file_name(enclosed).is_file(), "{target}: no {enclosed}");
        }
    }

    let table = json("packaging/targets.json");
    for row in table.as_array().unwrap() {
        let bundle = format!("videosearch-mcp-v{VERSION}-{}-{}.mcpb", row["os"].as_str().unwrap(), row["cpu"].as_str().unwrap());
        fs::write(dist.join(&bundle), format!("the bundle {bundle}")).unwrap();
    }
    let (formula, server) = (dir.path().join("videosearch-mcp.rb"), dir.path().join("server.json"));
    step(&["formula", &at(&dist), &at(&formula)]);
    step(&["registry", &at(&dist), &at(&server)]);
    step(&["checksums", &at(&dist)]);

    let sums = fs::read_to_string(dist.join("SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 2 * TARGETS.len());
    let sum = |name: &str| sums.lines().find_map(|line| line.strip_suffix(&format!("  {name}"))).unwrap().to_owned();
    let formula = fs::read_to_string(formula).unwrap();
    assert!(!formula.contains("{{") && formula.starts_with("class VideosearchMcp < Formula"), "{formula}");
    for target in TARGETS.into_iter().filter(|target| !target.contains("windows")) {
        let url = binstall(target, "pkg-url");
        let stanza = format!("url \"{url}\"\n      sha256 \"{}\"", sum(url.rsplit('/').next().unwrap()));
        assert!(formula.contains(&stanza), "{target}: {formula}");
    }
    let server: Value = serde_json::from_str(&fs::read_to_string(server).unwrap()).unwrap();
    let bundles: Vec<_> = server["packages"].as_array().unwrap().iter().filter(|package| package["registryType"] == "mcpb").collect();
    assert_eq!(bundles.len(), TARGETS.len());
    for bundle in bundles {
        let (folder, name) = bundle["identifier"].as_str().unwrap().rsplit_once('/').unwrap();
        assert_eq!(
            (folder, bundle["fileSha256"].as_str()),
            (format!("{REPOSITORY}/releases/download/v{VERSION}").as_str(), Some(sum(name).as_str()))
        );
    }
}

#[test]
fn workflows_use_what_is_there_and_ask_for_little() {
    for name in ["ci.yml", "release.yml"] {
        let workflow = read(&format!(".github/workflows/{name}"));
        for file in between(&workflow, "packaging/", ".py") {
            assert!(root().join(format!("packaging/{file}.py")).is_file(), "{name} runs packaging/{file}.py, which is not there");
        }
        for action in between(&workflow, "uses: ", "\n") {
            let (owner, version) = action.split_once('/').and_then(|(owner, rest)| Some((owner, rest.split_once("@v")?.1))).unwrap();
            assert!(
                owner == "actions" && version.parse::<u32>().is_ok(),
                "{name} uses {action}, which is no major version of GitHub's own"
            );
        }
        let (rights, _) = workflow.split_once("\njobs:").unwrap();
        assert!(rights.contains("\npermissions:\n  contents: read\n"), "{name} does not start from the right to read");
    }
    let release = read(".github/workflows/release.yml");
    for needed in [
        "release.py tag \"$GITHUB_REF_NAME\"",
        "include: ${{ fromJSON(needs.plan.outputs.targets) }}",
        "python3 packaging/docker/check.py",
        "actions/attest-build-provenance@",
        "cargo cyclonedx",
        "release.py checksums dist",
    ] {
        assert!(release.contains(needed), "the release does not have: {needed}");
    }
    assert_eq!(release.matches(": write").count(), 4, "three rights to make the release, one to publish at npm");
}
