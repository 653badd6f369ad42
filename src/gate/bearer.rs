//! Who brings the key.

/// Who brings the key of a session, and so who can bring one with other scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bearer {
    /// The settings of this server.
    #[default]
    Server,
    /// The caller, with each request.
    Caller,
    /// The settings of this server, for a caller with a token, who does not run it.
    Guest,
}
