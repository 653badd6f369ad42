//! The hosts.

use super::{Format, Host, Reference, Remote, Shape, Shows, place::Places};

/// All hosts that are known.
pub static HOSTS: &[Host] = &[
    Host {
        id: "claude-desktop",
        title: "Claude Desktop",
        format: Format::Json,
        servers: "mcpServers",
        shape: Shape::Plain,
        // It reaches servers by an address only if they are added in its settings, with a sign-in.
        remote: None,
        files: Places {
            linux: &["{config}/Claude/claude_desktop_config.json"],
            macos: &["{support}/Claude/claude_desktop_config.json"],
            // An app from a package uses its own copy of the directory, if there is one.
            windows: &[
                "?{local}/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json",
                "{appdata}/Claude/claude_desktop_config.json",
            ],
        },
        signs: Places {
            linux: &["{config}/Claude"],
            macos: &["{support}/Claude", "/Applications/Claude.app", "{home}/Applications/Claude.app"],
            windows: &["{appdata}/Claude", "{local}/AnthropicClaude", "{local}/Packages/Claude_pzs8sxrjxfjjc"],
        },
        program: None,
        reload: "quit Claude Desktop completely and start it again",
        needs: None,
        // We did not run it. Claude Code, of the same maker, shows the structured content.
        shows: Shows::Unknown,
        defers: false,
    },
    Host {
        id: "claude-code",
        title: "Claude Code",
        format: Format::Json,
        servers: "mcpServers",
        shape: Shape::Typed,
        remote: Some(Remote { address: "url", typed: true, reference: Reference::Plain }),
        files: Places::everywhere(&["{$CLAUDE_CONFIG_DIR}/.claude.json", "{home}/.claude.json"]),
        signs: Places::everywhere(&["{$CLAUDE_CONFIG_DIR}", "{home}/.claude"]),
        program: Some("claude"),
        reload: "start a new session",
        needs: None,
        // We ran 2.1.332. It shows the structured content alone. If an answer has none, it shows the picture.
        shows: Shows::Structured,
        // Others report that it searches tools itself by default since 2.1.7.
        defers: true,
    },
    Host {
        id: "cursor",
        title: "Cursor",
        format: Format::Jsonc,
        servers: "mcpServers",
        shape: Shape::Plain,
        remote: Some(Remote { address: "url", typed: false, reference: Reference::Env }),
        files: Places::everywhere(&["{home}/.cursor/mcp.json"]),
        signs: Places {
            linux: &["{home}/.cursor", "{config}/Cursor"],
            macos: &["{home}/.cursor", "{support}/Cursor", "/Applications/Cursor.app"],
            windows: &["{home}/.cursor", "{appdata}/Cursor", "{local}/Programs/cursor"],
        },
        program: Some("cursor"),
        reload: "switch the server on under Settings, MCP, or restart Cursor",
        needs: None,
        // We did not run it.
        shows: Shows::Unknown,
        defers: false,
    },
    Host {
        id: "vscode",
        title: "VS Code",
        format: Format::Jsonc,
        servers: "servers",
        shape: Shape::Typed,
        remote: Some(Remote { address: "url", typed: true, reference: Reference::Env }),
        files: Places {
            linux: &[
                "{$VSCODE_PORTABLE}/user-data/User/mcp.json",
                "{$VSCODE_APPDATA}/Code/User/mcp.json",
                "{config}/Code/User/mcp.json",
                "{config}/Code - Insiders/User/mcp.json",
                "{config}/VSCodium/User/mcp.json",
            ],
            macos: &[
                "{$VSCODE_PORTABLE}/user-data/User/mcp.json",
                "{$VSCODE_APPDATA}/Code/User/mcp.json",
                "{support}/Code/User/mcp.json",
                "{support}/Code - Insiders/User/mcp.json",
                "{support}/VSCodium/User/mcp.json",
            ],
            windows: &[
                "{$VSCODE_PORTABLE}/user-data/User/mcp.json",
                "{$VSCODE_APPDATA}/Code/User/mcp.json",
                "{appdata}/Code/User/mcp.json",
                "{appdata}/Code - Insiders/User/mcp.json",
                "{appdata}/VSCodium/User/mcp.json",
            ],
        },
        signs: Places {
            linux: &["{config}/Code", "{config}/Code - Insiders", "{config}/VSCodium"],
            macos: &["{support}/Code", "{support}/Code - Insiders", "{support}/VSCodium", "/Applications/Visual Studio Code.app"],
            windows: &["{appdata}/Code", "{appdata}/Code - Insiders", "{appdata}/VSCodium", "{local}/Programs/Microsoft VS Code"],
        },
        program: Some("code"),
        reload: "run the command \"MCP: List Servers\" and start the server",
        needs: None,
        // Others report that it shows the structured content alone.
        shows: Shows::Structured,
        defers: false,
    },
    Host {
        id: "windsurf",
        title: "Windsurf",
        format: Format::Jsonc,
        servers: "mcpServers",
        shape: Shape::Plain,
        remote: Some(Remote { address: "serverUrl", typed: false, reference: Reference::Env }),
        files: Places::everywhere(&["{home}/.codeium/windsurf/mcp_config.json"]),
        signs: Places {
            linux: &["{home}/.codeium/windsurf", "{config}/Windsurf"],
            macos: &["{home}/.codeium/windsurf", "{support}/Windsurf", "/Applications/Windsurf.app"],
            windows: &["{home}/.codeium/windsurf", "{appdata}/Windsurf", "{local}/Programs/Windsurf"],
        },
        program: Some("windsurf"),
        reload: "press Refresh in the MCP panel of Cascade, or restart Windsurf",
        needs: None,
        // We did not run it.
        shows: Shows::Unknown,
        defers: false,
    },
    Host {
        id: "zed",
        title: "Zed",
        format: Format::Jsonc,
        servers: "context_servers",
        shape: Shape::Plain,
        remote: Some(Remote { address: "url", typed: false, reference: Reference::Nothing }),
        files: Places {
            linux: &["{config}/zed/settings.json"],
            macos: &["{home}/.config/zed/settings.json"],
            windows: &["{appdata}/Zed/settings.json"],
        },
        signs: Places {
            linux: &["{config}/zed"],
            macos: &["{home}/.config/zed", "/Applications/Zed.app"],
            windows: &["{appdata}/Zed", "{local}/Programs/Zed"],
        },
        program: Some("zed"),
        reload: "nothing to do; Zed watches the file",
        needs: None,
        // We did not run it.
        shows: Shows::Unknown,
        defers: false,
    },
    Host {
        id: "codex",
        title: "Codex",
        format: Format::Toml,
        servers: "mcp_servers",
        shape: Shape::Plain,
        remote: Some(Remote { address: "url", typed: false, reference: Reference::Member("bearer_token_env_var") }),
        files: Places::everywhere(&["{$CODEX_HOME}/config.toml", "{home}/.codex/config.toml"]),
        signs: Places::everywhere(&["{$CODEX_HOME}", "{home}/.codex"]),
        program: Some("codex"),
        reload: "start a new session",
        needs: None,
        // We ran 0.171.0. It shows the structured content alone. In its code mode, the script of the model gets the whole result as a
        // JavaScript object, and the lines are as easy to read there.
        shows: Shows::Structured,
        defers: false,
    },
    Host {
        id: "gemini-cli",
        title: "Gemini CLI",
        format: Format::Commented,
        servers: "mcpServers",
        shape: Shape::Plain,
        // Its `url` is for the transport before Streamable HTTP.
        remote: Some(Remote { address: "httpUrl", typed: false, reference: Reference::Plain }),
        files: Places::everywhere(&["{$GEMINI_CLI_HOME}/.gemini/settings.json", "{home}/.gemini/settings.json"]),
        signs: Places::everywhere(&["{$GEMINI_CLI_HOME}/.gemini", "{home}/.gemini"]),
        program: Some("gemini"),
        reload: "start a new session",
        needs: Some(
            "Gemini CLI starts MCP servers only in folders that you trust: it asks when you start it in a new one, and /permissions changes it",
        ),
        // We ran 0.61.0. It shows the text alone.
        shows: Shows::Text,
        defers: false,
    },
];
