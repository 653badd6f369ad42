//! What a call of a tool can do to the account.

/// What a call of a tool can do to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing changes.
    Read,
    /// Something is added or started.
    Write,
    /// Something that exists is changed or stopped.
    Overwrite,
    /// Something is deleted for good.
    Destroy,
}

/// What a tool needs of the machine that the server is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// Nothing.
    Nothing,
    /// It reads or writes files of the user.
    Files,
    /// It keeps a new secret for the user.
    Secret,
}

impl Effect {
    /// The word of the manifest: `read`, `write` or `destroy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write | Self::Overwrite => "write",
            Self::Destroy => "destroy",
        }
    }

    /// The four MCP hints: read-only, destructive, idempotent, open-world.
    pub const fn hints(self) -> [bool; 4] {
        match self {
            Self::Read => [true, false, true, true],
            Self::Write => [false, false, false, true],
            Self::Overwrite | Self::Destroy => [false, true, false, true],
        }
    }
}
