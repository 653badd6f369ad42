use std::collections::HashMap;

use super::*;
use crate::key::KeyFault;

fn resolve(flags: &Flags, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let env: HashMap<String, String> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::resolve(flags, &|name| env.get(name).cloned())
}

fn from_env(env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    resolve(&Flags::default(), env)
}

#[test]
fn nothing_set_gives_the_documented_defaults() {
    let config = from_env(&[]).unwrap();
    assert!(matches!(&config.key, KeySource::Missing { placeholders } if placeholders.is_empty()));
    assert_eq!(config.base_url.as_str(), BaseUrl::DEFAULT);
    assert_eq!((config.timeout, config.max_retries, config.max_concurrency), (Duration::from_secs(90), 3, 64));
    assert_eq!((config.ceiling, config.allow_destructive, config.playground), (None, false, false));
    assert_eq!((config.toolsets, config.output, config.log), (None, Output::Both, LogLevel::Info));
    assert_eq!(config.state_dir, None);
}

#[test]
fn the_first_key_source_that_is_set_wins() {
    let long = "k".repeat(20);
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("VIDEOSEARCH_API_KEY", &long), ("VIDEOSEARCH_API_KEY_FILE", "/k")], "file /k (VIDEOSEARCH_API_KEY_FILE)"),
        (&[("VIDEOSEARCH_API_KEY", &long), ("VIDEOVECTOR_API_KEY_FILE", "/k")], "file /k (VIDEOVECTOR_API_KEY_FILE)"),
        (&[("VIDEOVECTOR_API_KEY", &long), ("VIDEOSEARCH_API_KEY", &long)], "environment variable VIDEOSEARCH_API_KEY"),
        (&[("VIDEO_VECTOR_API_KEY", &long), ("VIDEOVECTOR_API_KEY", &long)], "environment variable VIDEOVECTOR_API_KEY"),
        (&[("VIDEO_VECTOR_API_KEY", &long), ("VIDEOSEARCH_API_KEY", " ")], "environment variable VIDEO_VECTOR_API_KEY"),
        (&[("VIDEO_VECTOR_API_KEY", &long), ("VIDEOSEARCH_API_KEY", "${KEY}")], "environment variable VIDEO_VECTOR_API_KEY"),
        (
            &[("VIDEOSEARCH_API_KEY_FILE", "${user_config.file}"), ("VIDEOSEARCH_API_KEY", &long)],
            "environment variable VIDEOSEARCH_API_KEY",
        ),
        (&[("VIDEOSEARCH_PLAYGROUND", "1"), ("VIDEOSEARCH_API_KEY", &long)], "playground in this process"),
    ];
    for (env, expect) in cases {
        assert_eq!(from_env(env).unwrap().key.to_string(), *expect, "{env:?}");
    }
    let flags = Flags { api_key_file: Some("/f".into()), ..Flags::default() };
    assert_eq!(resolve(&flags, &[("VIDEOSEARCH_API_KEY_FILE", "/k")]).unwrap().key.to_string(), "file /f (--api-key-file)");
}

#[test]
fn a_source_that_cannot_be_used_does_not_fall_through() {
    let config = from_env(&[("VIDEOSEARCH_API_KEY", "two words"), ("VIDEOVECTOR_API_KEY", "fine")]).unwrap();
    assert!(matches!(config.key, KeySource::Variable { key: Err(KeyFault::Character(4)), .. }));
    let config = from_env(&[("VIDEOSEARCH_API_KEY", "<your-api-key>"), ("VIDEOVECTOR_API_KEY", "${X}")]).unwrap();
    assert!(matches!(config.key, KeySource::Missing { placeholders } if placeholders == ["VIDEOSEARCH_API_KEY", "VIDEOVECTOR_API_KEY"]));
}

#[test]
fn flags_win_over_every_spelling_of_the_environment() {
    let flags = Flags { timeout: Some("500".into()), output: Some("json".into()), ..Flags::default() };
    let config =
        resolve(&flags, &[("VIDEOSEARCH_TIMEOUT", "600"), ("VIDEOVECTOR_MAX_RETRIES", "1"), ("VIDEO_VECTOR_OUTPUT", "both")]).unwrap();
    assert_eq!((config.timeout, config.max_retries, config.output), (Duration::from_millis(500), 1, Output::Json));
    let config = from_env(&[("VIDEOSEARCH_MAX_RETRIES", ""), ("VIDEOVECTOR_MAX_RETRIES", "2")]).unwrap();
    assert_eq!(config.max_retries, 2);
}

#[test]
fn bad_values_name_the_setting_and_the_form() {
    let cases = [
        ("VIDEOSEARCH_TIMEOUT", "90s", "a whole number from 100 to 600000, not `90s`"),
        ("VIDEOVECTOR_TIMEOUT", "-1", "a whole number"),
        ("VIDEOSEARCH_MAX_RETRIES", "11", "from 0 to 10"),
        ("VIDEOSEARCH_MAX_CONCURRENCY", "0", "from 1 to 1024"),
        ("VIDEOSEARCH_READ_ONLY", "maybe", "one of true, 1"),
        ("VIDEOSEARCH_ALLOW_DESTRUCTIVE", "2", "one of true, 1"),
        ("VIDEOSEARCH_OUTPUT", "xml", "one of both, lines, json, not `xml`"),
        ("VIDEOSEARCH_LOG", "loud", "one of off, error"),
        ("VIDEOSEARCH_SCOPES", "read,wirte", "unknown scope `wirte`"),
        ("VIDEOSEARCH_SCOPES", "", "the value is empty"),
        ("VIDEO_VECTOR_SCOPES", " , ", "the value is empty"),
        ("VIDEOSEARCH_BASE_URL", "http://example.com", "must begin with https"),
    ];
    for (name, value, expect) in cases {
        let error = from_env(&[(name, value)]).unwrap_err();
        assert_eq!(error.setting, name);
        assert!(error.problem.contains(expect), "{name}: {}", error.problem);
    }
}

#[test]
fn complaints_do_not_repeat_what_may_be_secret() {
    let key = format!("sk_live_{}", "0".repeat(48));
    let error = from_env(&[("VIDEOSEARCH_TIMEOUT", &key)]).unwrap_err();
    assert!(error.problem.contains("a text of 56 characters") && !error.to_string().contains("sk_live_0"));
    let error = from_env(&[("VIDEOSEARCH_SCOPES", &key)]).unwrap_err();
    assert!(error.problem.contains("a text of 56 characters") && !error.to_string().contains("sk_live_0"));
    let error = from_env(&[("VIDEOSEARCH_BASE_URL", "https://me:hunter2@example.com")]).unwrap_err();
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn ceilings_only_take_away() {
    let flags = |scopes: Option<&str>, read_only| Flags { scopes: scopes.map(Into::into), read_only, ..Flags::default() };
    let cases: &[(Flags, &[(&str, &str)], &str)] = &[
        (flags(Some("admin"), None), &[], "search, read, write, admin"),
        (flags(Some("write"), None), &[("VIDEOSEARCH_SCOPES", "read")], "search, read"),
        (flags(Some("search"), None), &[("VIDEOSEARCH_SCOPES", "admin")], "search"),
        (flags(Some("admin"), Some(true)), &[], "search, read"),
        (flags(None, None), &[("VIDEOVECTOR_READ_ONLY", "true"), ("VIDEO_VECTOR_SCOPES", "search")], "search"),
        (flags(None, Some(false)), &[("VIDEOSEARCH_READ_ONLY", "on")], "search, read"),
        (flags(None, None), &[("VIDEOSEARCH_READ_ONLY", "0"), ("VIDEOVECTOR_READ_ONLY", "1")], "search, read"),
    ];
    for (flags, env, expect) in cases {
        assert_eq!(resolve(flags, env).unwrap().ceiling.unwrap().to_string(), *expect, "{flags:?} {env:?}");
    }
}

#[test]
fn unfilled_host_options_count_as_unset() {
    let config =
        from_env(&[("VIDEOSEARCH_BASE_URL", "${user_config.base_url}"), ("VIDEOSEARCH_TIMEOUT", "${user_config.timeout}")]).unwrap();
    assert_eq!((config.base_url.as_str(), config.timeout.as_secs()), (BaseUrl::DEFAULT, 90));
}

#[test]
fn a_limit_that_says_nothing_is_an_error() {
    for limit in ["SCOPES", "READ_ONLY", "EXCLUDE_TOOLS", "CONFIRM", "MAX_MT_PER_RUN", "MAX_MT_PER_DAY"] {
        for unfilled in ["${user_config.x}", "$X", "%X%", "{{ x }}", "<your-x>", " \"${X}\" ", "", " ", " , "] {
            for prefix in ["VIDEOSEARCH_", "VIDEO_VECTOR_"] {
                let name = format!("{prefix}{limit}");
                let error = from_env(&[(&name, unfilled), ("VIDEOSEARCH_API_KEY", "k")]).unwrap_err();
                assert_eq!(error.setting, name, "{unfilled}");
            }
        }
    }
    assert!(resolve(&Flags { exclude_tools: Some(" , ".to_owned()), ..Flags::default() }, &[]).is_err());
    // Somebody set a limit here. To ignore it would give more than was meant.
    for partly in ["read,${MORE}", "${MORE} search"] {
        assert!(from_env(&[("VIDEOSEARCH_SCOPES", partly)]).is_err(), "{partly}");
    }
}

#[test]
fn lists_are_split_and_passed_on_unchecked() {
    let config = from_env(&[("VIDEOSEARCH_TOOLSETS", "core, runs"), ("VIDEOSEARCH_EXCLUDE_TOOLS", "a b,,c")]).unwrap();
    assert_eq!(config.toolsets.unwrap(), ["core", "runs"]);
    assert_eq!(config.exclude_tools, ["a", "b", "c"]);
}

#[cfg(target_os = "linux")]
#[test]
fn state_goes_where_the_platform_keeps_it() {
    let dir = |env: &[(&str, &str)]| from_env(env).unwrap().state_dir;
    assert_eq!(dir(&[("HOME", "/h")]), Some("/h/.local/state/videosearch-mcp".into()));
    assert_eq!(dir(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s")]), Some("/s/videosearch-mcp".into()));
    assert_eq!(dir(&[("HOME", "/h"), ("XDG_STATE_HOME", "relative")]), Some("/h/.local/state/videosearch-mcp".into()));
    assert_eq!(dir(&[("HOME", "/h"), ("VIDEOSEARCH_STATE_DIR", "/x")]), Some("/x".into()));
}

#[test]
fn a_relative_place_for_state_is_refused() {
    for value in ["st", "-1", "./x/y"] {
        let fault = from_env(&[("HOME", "/h"), ("VIDEOVECTOR_STATE_DIR", value)]).unwrap_err();
        assert!(fault.setting == "VIDEOVECTOR_STATE_DIR" && fault.problem.contains("write the whole path"), "{fault}");
        let flags = Flags { state_dir: Some(value.into()), ..Flags::default() };
        assert_eq!(resolve(&flags, &[("VIDEOSEARCH_STATE_DIR", "x")]).unwrap_err().setting, "--state-dir");
    }
}

#[test]
fn directories_for_files_are_named_one_by_one_or_as_a_list() {
    let config = from_env(&[]).unwrap();
    assert_eq!((config.upload_roots.len(), config.download_dir, config.secrets_dir, config.reveal_secrets), (0, None, None, false));
    let env: &[(&str, &str)] = &[
        ("VIDEOVECTOR_UPLOAD_ROOTS", "/my films, /b,,"),
        ("VIDEO_VECTOR_DOWNLOAD_DIR", "/d"),
        ("VIDEOSEARCH_SECRETS_DIR", "${user_config.secrets}"),
        ("VIDEOSEARCH_REVEAL_SECRETS", "yes"),
    ];
    let config = from_env(env).unwrap();
    assert_eq!(config.upload_roots, [PathBuf::from("/my films"), "/b".into()]);
    assert_eq!((config.download_dir, config.secrets_dir, config.reveal_secrets), (Some("/d".into()), None, true));
    let flags = Flags { upload_roots: vec!["/a, b".into(), "/c".into()], download_dir: Some("/e".into()), ..Flags::default() };
    let config = resolve(&flags, env).unwrap();
    assert_eq!((config.upload_roots.len(), config.download_dir), (2, Some("/e".into())));
}

#[test]
fn the_list_of_settings_is_complete_and_its_names_are_unique() {
    let mut names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(SETTINGS.iter().all(|s| s.name.starts_with("VIDEOSEARCH_") && !s.default.is_empty() && s.meaning.ends_with('.')));
    // Every name that is read under a prefix is in the list.
    let asked = std::cell::RefCell::new(Vec::new());
    Config::resolve(&Flags::default(), &|name| {
        asked.borrow_mut().push(name.to_owned());
        None
    })
    .unwrap();
    let ours: Vec<String> = asked.into_inner().into_iter().filter(|name| name.starts_with("VIDEOSEARCH_")).collect();
    assert!(ours.iter().all(|name| names.binary_search(&name.as_str()).is_ok()));
    // Each is read twice: to check that it is text, and for its value. Those of the key are read once.
    for name in names {
        let looks = if name.starts_with("VIDEOSEARCH_API_KEY") { 1 } else { 2 };
        assert_eq!(ours.iter().filter(|asked| *asked == name).count(), looks, "{name}");
    }
}

#[test]
fn placeholders_in_flags_count_as_unset_unless_they_stand_for_a_limit() {
    let unfilled = || Some("${user_config.x}".to_owned());
    let flags = Flags {
        api_key_file: Some("${user_config.x}".into()),
        base_url: unfilled(),
        toolsets: unfilled(),
        timeout: unfilled(),
        download_dir: Some("${user_config.x}".into()),
        upload_roots: vec!["${user_config.x}".into()],
        ..Flags::default()
    };
    let env = [("VIDEOSEARCH_API_KEY_FILE", "/k"), ("VIDEOSEARCH_TOOLSETS", "core"), ("VIDEOSEARCH_UPLOAD_ROOTS", "/u")];
    let config = resolve(&flags, &env).unwrap();
    assert_eq!(config.key.to_string(), "file /k (VIDEOSEARCH_API_KEY_FILE)");
    assert_eq!((config.base_url.as_str(), config.timeout), (BaseUrl::DEFAULT, Duration::from_secs(90)));
    assert_eq!((config.toolsets, config.download_dir, config.upload_roots), (Some(vec!["core".to_owned()]), None, vec!["/u".into()]));
    let named = resolve(&flags, &[]).unwrap().key;
    assert!(matches!(named, KeySource::Missing { placeholders } if placeholders == ["--api-key-file"]));
    for flags in [
        Flags { max_mt_per_run: unfilled(), ..Flags::default() },
        Flags { confirm: unfilled(), ..Flags::default() },
        Flags { scopes: unfilled(), ..Flags::default() },
    ] {
        assert!(resolve(&flags, &[]).is_err(), "{flags:?}");
    }
}
