//! The settings of the command `http` alone.

use super::settings::{Setting, setting};

/// What can be set for the server over HTTP, beside all other settings.
pub static HTTP_SETTINGS: &[Setting] = &[
    setting("VIDEOSEARCH_HTTP_LISTEN", Some("--listen"), "127.0.0.1:8080", "The address and the port to listen on."),
    setting(
        "VIDEOSEARCH_HTTP_AUTH",
        Some("--auth"),
        "key",
        "`key`: each caller sends an API key of their own; `token-file`: a token of this server; `none`: nobody is asked, on loopback only.",
    ),
    setting("VIDEOSEARCH_HTTP_TOKEN_FILE", Some("--token-file"), "none", "The file with the tokens, as `http token add` writes it."),
    setting(
        "VIDEOSEARCH_HTTP_ALLOW_HOST",
        Some("--allow-host"),
        "this machine",
        "The host names under which callers reach the server, as a list. The address that a connection came to is always allowed.",
    ),
    setting("VIDEOSEARCH_HTTP_ALLOW_ORIGIN", Some("--allow-origin"), "this machine", "The origins of web pages that may call, as a list."),
    setting(
        "VIDEOSEARCH_HTTP_MAX_PER_MINUTE",
        Some("--max-per-minute"),
        "6000",
        "How many requests a caller may send in a minute; 0 sets no limit.",
    ),
    setting("VIDEOSEARCH_HTTP_METRICS", Some("--metrics"), "none", "The address and the port of `/metrics`."),
    setting(
        "VIDEOSEARCH_HTTP_SHARED_STATE",
        Some("--shared-state"),
        "the state directory",
        "The Redis where several machines count together: `redis://HOST:PORT/NUMBER`.",
    ),
];
