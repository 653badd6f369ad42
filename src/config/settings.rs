//! Everything that can be set, for the README and the help.

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable. The older prefixes `VIDEOVECTOR_` and `VIDEO_VECTOR_` are read too.
    pub name: &'static str,
    /// The flag of the same meaning, if there is one.
    pub flag: Option<&'static str>,
    /// What applies if it is not set, in words.
    pub default: &'static str,
    /// What it means, in one or two sentences.
    pub meaning: &'static str,
    /// Its field in the form that a host shows when it installs a package. `None` for settings that only authors of configurations need.
    pub form: Option<Field>,
}

/// A field of a host's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The label of the field.
    pub title: &'static str,
    /// What the user types into it.
    pub kind: Kind,
}

/// What a field of a form takes. The user may leave all fields but the secret as they are, so the default of their settings must be a valid
/// value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text that the user has to give and that is not shown.
    Secret,
    /// A text.
    Text,
    /// Yes or no.
    Switch,
}

pub(super) const fn setting(name: &'static str, flag: Option<&'static str>, default: &'static str, meaning: &'static str) -> Setting {
    Setting { name, flag, default, meaning, form: None }
}

impl Setting {
    const fn asked(mut self, title: &'static str, kind: Kind) -> Self {
        self.form = Some(Field { title, kind });
        self
    }
}

/// All settings of the server, the most needed first.
pub static SETTINGS: &[Setting] = &[
    setting("VIDEOSEARCH_API_KEY", None, "none", "The API key. It cannot change while the server runs; use a file for keys that rotate.")
        .asked("API key", Kind::Secret),
    setting(
        "VIDEOSEARCH_API_KEY_FILE",
        Some("--api-key-file"),
        "none",
        "A file that holds the API key on one line. It wins over the variable with the key itself, and a new key in it is used without a restart.",
    ),
    setting(
        "VIDEOSEARCH_BASE_URL",
        Some("--base-url"),
        "https://api.vectormethods.com/api/v2",
        "The address of the API: https, or http on this machine.",
    )
    .asked("API address", Kind::Text),
    setting(
        "VIDEOSEARCH_SCOPES",
        Some("--scopes"),
        "no limit",
        "Limits the server to a list of scopes (search, read, write, admin), whatever the key holds. A flag and a variable apply together.",
    ),
    setting(
        "VIDEOSEARCH_READ_ONLY",
        Some("--read-only"),
        "false",
        "Limits the server to the scopes search and read, so that it changes nothing and starts nothing that costs.",
    )
    .asked("Read only", Kind::Switch),
    setting("VIDEOSEARCH_ALLOW_DESTRUCTIVE", Some("--allow-destructive"), "false", "Switches on the tools that delete."),
    setting("VIDEOSEARCH_TOOLSETS", Some("--toolsets"), "core,catalog", "The groups of tools to offer, as a list.")
        .asked("Toolsets", Kind::Text),
    setting("VIDEOSEARCH_TOOLS", Some("--tools"), "none", "Single tools to offer in addition, as a list."),
    setting(
        "VIDEOSEARCH_EXCLUDE_TOOLS",
        Some("--exclude-tools"),
        "none",
        "Single tools to leave out, as a list, even if another setting offers them.",
    ),
    setting(
        "VIDEOSEARCH_OUTPUT",
        Some("--output"),
        "both",
        "`both`: compact lines and the same facts as structured content; `lines`: the lines alone, for hosts that show a model the structured content; `json`: JSON with the member names of the official server, for scripts.",
    ),
    setting(
        "VIDEOSEARCH_CONFIRM",
        Some("--confirm"),
        "auto",
        "What somebody must agree to first. `auto`: whatever deletes, and runs above 100 mt where the client can ask the user; `cost`: whatever deletes or costs; `always`: every change; `never`: nothing, for automation.",
    ),
    setting("VIDEOSEARCH_MAX_MT_PER_RUN", Some("--max-mt-per-run"), "no limit", "The most mt that one run may be estimated at."),
    setting(
        "VIDEOSEARCH_MAX_MT_PER_DAY",
        Some("--max-mt-per-day"),
        "no limit",
        "The most mt that the runs of a day (UTC) may be estimated at together, counted over all processes with this limit, the same key and the same state directory or Redis.",
    ),
    setting(
        "VIDEOSEARCH_STATE_SECRET_FILE",
        Some("--state-secret-file"),
        "a secret of each process",
        "A file with at least 32 random characters, for several processes that must accept each other's confirmations. They note the used ones in the state directory, or in the Redis of `http`.",
    ),
    setting("VIDEOSEARCH_TIMEOUT", Some("--timeout"), "90000", "How many milliseconds one request to the API may take, 100 to 600000."),
    setting("VIDEOSEARCH_MAX_RETRIES", Some("--max-retries"), "3", "How often a request that may be repeated is repeated, 0 to 10."),
    setting(
        "VIDEOSEARCH_RECHECK",
        None,
        "60000",
        "How many milliseconds to wait before asking again for a refused scope and for the names of indexes. 0 asks every time.",
    ),
    setting("VIDEOSEARCH_MAX_CONCURRENCY", Some("--max-concurrency"), "64", "How many requests may be under way at once, 1 to 1024."),
    setting("VIDEOSEARCH_LOG", Some("--log"), "info", "What is logged to stderr: off, error, warn, info, debug or trace."),
    setting("VIDEOSEARCH_LOG_FORMAT", Some("--log-format"), "text", "The form of log lines: `text` or `json`."),
    setting(
        "VIDEOSEARCH_PLAYGROUND",
        Some("--playground"),
        "false",
        "Plays the API in this process, with a sample library. No key is read.",
    ),
    setting(
        "VIDEOSEARCH_STATE_DIR",
        Some("--state-dir"),
        "the platform's directory for state",
        "Where the server keeps what it must not forget: what was spent today, which confirmations were used, under which idempotency key a call that costs was sent, how much each caller over HTTP sent, new webhook secrets, and new keys that could not be written into their file. It is no cache, so do not delete it. The scopes that keys hold are there, too, for a start without a network.",
    ),
    setting(
        "VIDEOSEARCH_UPLOAD_ROOTS",
        Some("--upload-root"),
        "none",
        "The directories below which files may be uploaded, separated by commas. The flag names one and may be repeated. Without them nothing is uploaded.",
    ),
    setting(
        "VIDEOSEARCH_DOWNLOAD_DIR",
        Some("--download-dir"),
        "none",
        "Where exports are saved. A file that is there is never replaced. Without it nothing is saved.",
    ),
    setting(
        "VIDEOSEARCH_SECRETS_DIR",
        Some("--secrets-dir"),
        "none",
        "A directory with one file for each secret of another service. A tool takes `file:NAME` for a file in it, and `env:NAME` for a variable whose name begins with `VIDEOSEARCH_SECRET_`. New webhook secrets are kept there, or else in the state directory.",
    ),
    setting(
        "VIDEOSEARCH_REVEAL_SECRETS",
        Some("--reveal-secrets"),
        "false",
        "Shows new webhook secrets in answers, so that a model reads them. Otherwise an answer names the file that holds the secret.",
    ),
];
