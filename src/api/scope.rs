//! The four scopes of an API key and sets of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an API key may do, weakest first: `admin` ⊃ `write` ⊃ `read` ⊃ `search`.
///
/// The derived order is the order of strength: `held` implies `needed` exactly if `held >= needed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The searches and the list of indexes.
    Search,
    /// Everything that only reads: videos, segments, prompts, runs, results.
    Read,
    /// What creates, changes or costs: prompt runs, cancels, retries.
    Write,
    /// What deletes for good.
    Admin,
}

impl Scope {
    /// All scopes, weakest first.
    pub const ALL: [Self; 4] = [Self::Search, Self::Read, Self::Write, Self::Admin];

    /// The word the API uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// Whether a key that holds `self` may also do what needs `needed`.
    pub fn implies(self, needed: Self) -> bool {
        self >= needed
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is not a list of scopes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// The list named no scope at all.
    #[error("no scope given; valid scopes are search, read, write, admin")]
    Empty,
    /// One entry of the list is not a scope.
    #[error("unknown scope `{0}`; valid scopes are search, read, write, admin")]
    Unknown(String),
}

impl std::str::FromStr for Scope {
    type Err = ScopeError;

    /// Reads one scope, in upper or lower case. White space around it does not matter.
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let word = text.trim();
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str().eq_ignore_ascii_case(word))
            .ok_or_else(|| ScopeError::Unknown(word.chars().take(40).collect()))
    }
}

/// A set of scopes, exactly as listed. [`Scopes::closed`] adds what they imply.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// The empty set.
    pub const NONE: Self = Self(0);
    /// All four scopes.
    pub const ALL: Self = Self(0b1111);

    /// Reads a list separated by commas or white space. An empty list is an error, since nearly always somebody forgot to fill in a
    /// variable.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let set =
            text.split([',', ' ', '\t', '\n']).filter(|word| !word.is_empty()).map(str::parse::<Scope>).collect::<Result<Self, _>>()?;
        if set.is_empty() { Err(ScopeError::Empty) } else { Ok(set) }
    }

    /// Whether the set lists exactly this scope.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether any listed scope implies `needed`.
    pub fn allows(self, needed: Scope) -> bool {
        self.iter().any(|held| held.implies(needed))
    }

    /// Adds one scope.
    pub const fn insert(&mut self, scope: Scope) {
        self.0 |= scope.bit();
    }

    /// Removes one scope.
    pub const fn remove(&mut self, scope: Scope) {
        self.0 &= !scope.bit();
    }

    /// The set with all that its members imply.
    #[must_use]
    pub fn closed(self) -> Self {
        Scope::ALL.into_iter().filter(|&scope| self.allows(scope)).collect()
    }

    /// What both sets list.
    #[must_use]
    pub const fn intersect(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether no scope is listed.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, weakest first.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |&scope| self.contains(scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(iter: I) -> Self {
        let mut set = Self::NONE;
        for scope in iter {
            set.insert(scope);
        }
        set
    }
}

impl fmt::Display for Scopes {
    /// `search, read`, weakest first; `none` for the empty set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (position, scope) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

impl Serialize for Scopes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Scope>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stronger_scopes_imply_weaker_ones() {
        for (i, held) in Scope::ALL.into_iter().enumerate() {
            for (j, needed) in Scope::ALL.into_iter().enumerate() {
                assert_eq!(held.implies(needed), i >= j, "{held} over {needed}");
            }
        }
        assert_eq!(Scopes::from_iter([Scope::Write]).closed().to_string(), "search, read, write");
    }

    #[test]
    fn lists_are_read_in_any_spelling_and_never_guessed() {
        assert_eq!(Scopes::parse(" Read,search ").map(|s| s.to_string()), Ok("search, read".into()));
        assert_eq!(Scopes::parse("read,wirte"), Err(ScopeError::Unknown("wirte".into())));
        assert_eq!(Scopes::parse(" , "), Err(ScopeError::Empty));
        assert_eq!(Scopes::parse(""), Err(ScopeError::Empty));
    }
}
