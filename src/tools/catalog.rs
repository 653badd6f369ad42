//! All tools in listing order, and which of them a client sees.
//!
//! A family declares its tools, and [`FAMILIES`] lists the families. Nothing else lists tools: the toolsets, the manifest, the README's
//! table and the help all follow from it.

use crate::{
    api::Scope,
    gate::{Bearer, Beliefs, Standing},
    tools::{self, Effect, Local, Tool, finder, text},
};

/// A group of tools that a toolset switches on together.
pub struct Family {
    /// The name of the toolset.
    pub name: &'static str,
    /// What the tools are about, in a few words.
    pub about: &'static str,
    /// The tools, in listing order.
    pub tools: &'static [Tool],
}

/// The family that is listed whatever the toolsets are.
pub const KEY: &str = "key";
/// The toolset that is on where the configuration names none.
pub const CORE: &str = "core";
/// The toolset of the tools that find and call others. It is on by default too.
pub const PAIR: &str = "catalog";
/// The toolset with every tool but those of the catalog, which nobody needs then.
pub const ALL: &str = "all";

/// All families, in listing order.
#[rustfmt::skip] // One line each, so that families can be added side by side.
pub static FAMILIES: &[&Family] = &[
    &tools::search::FAMILY,
    &tools::library::FAMILY,
    &tools::prompts::FAMILY,
    &tools::runs::FAMILY,
    &tools::workflow::FAMILY,
    &tools::connectors::FAMILY,
    &tools::imports::FAMILY,
    &tools::exports::FAMILY,
    &tools::webhooks::FAMILY,
    &tools::usage::FAMILY,
    &tools::sql::FAMILY,
    &tools::chat::FAMILY,
    &tools::markers::FAMILY,
    &tools::automations::FAMILY,
    &tools::key::FAMILY,
    &tools::finder::FAMILY,
];

/// Whether a tool finds or calls others.
pub fn is_pair(tool: &Tool) -> bool {
    finder::FAMILY.tools.iter().any(|row| row.name == tool.name)
}

/// All tools, in listing order.
pub fn all() -> impl Iterator<Item = &'static Tool> + Clone {
    FAMILIES.iter().flat_map(|family| family.tools)
}

/// All tools with their families, in listing order.
pub fn with_families() -> impl Iterator<Item = (&'static Family, &'static Tool)> + Clone {
    FAMILIES.iter().flat_map(|family| family.tools.iter().map(|tool| (*family, tool)))
}

/// The tool of this name.
pub fn find(name: &str) -> Option<&'static Tool> {
    all().find(|tool| tool.name == name)
}

/// The name nearest to one that no tool has.
pub fn nearest(name: &str) -> Option<&'static str> {
    text::nearest(name, all().map(|tool| tool.name))
}

/// The nearest name of a tool that only reads: a model may call what is suggested, and that must neither cost nor change anything.
pub fn nearest_harmless(name: &str) -> Option<&'static str> {
    // A name in other letters names the tool all the same.
    if let Some(tool) = all().find(|tool| tool.name.eq_ignore_ascii_case(name)) {
        return Some(tool.name);
    }
    text::nearest(name, all().filter(|tool| tool.effect == Effect::Read).map(|tool| tool.name))
}

/// The names of the toolsets that the configuration can switch on.
pub fn toolsets() -> impl Iterator<Item = &'static str> + Clone {
    let families = FAMILIES.iter().map(|family| family.name).filter(|name| *name != KEY);
    std::iter::once(CORE).chain(families).chain(std::iter::once(ALL))
}

/// The configuration names a tool or a toolset that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: no {what} `{name}`{} Valid: {valid}", .near.map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?")))]
pub struct SelectionError {
    setting: &'static str,
    what: &'static str,
    name: String,
    near: Option<&'static str>,
    valid: String,
}

/// A set of tools, by their places in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Set([u64; 4]);

impl Set {
    /// The most tools that a set can hold.
    const ROOM: usize = 4 * u64::BITS as usize;

    fn of(tools: impl Fn(&Family, &Tool) -> bool) -> Self {
        let mut set = Self::default();
        for (place, _) in with_families().enumerate().filter(|(_, (family, tool))| tools(family, tool)) {
            if let Some(word) = set.0.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
        }
        set
    }

    fn has(self, tool: &Tool) -> bool {
        let place = place(tool).unwrap_or(Self::ROOM);
        self.0.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }
}

/// The place of a tool in the list.
fn place(tool: &Tool) -> Option<usize> {
    let mut before = 0;
    for family in FAMILIES {
        if family.tools.as_ptr_range().contains(&std::ptr::from_ref(tool)) {
            return family.tools.iter().position(|row| std::ptr::eq(row, tool)).map(|within| before + within);
        }
        before += family.tools.len();
    }
    None
}

/// How a caller can get at a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It is listed.
    Listed,
    /// It is not listed, but this tool calls it. A direct call works as well.
    Through(&'static str),
    /// The key lacks this scope.
    Scope(Scope),
    /// The configuration, or the token of a caller over HTTP, takes this scope away from the key.
    Ceiling(Scope),
    /// The configuration switches it off by this setting.
    Off(&'static str),
}

/// Which tools the configuration switches on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selection {
    on: Set,
    excluded: Set,
    allow_destructive: bool,
    only_reading: bool,
    /// What callers who bring their own key can use of this machine, if callers do.
    strangers: Option<Strangers>,
}

/// What callers who are somebody else than the owner of this machine can use of it: no files, and new secrets only in answers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Strangers {
    reveals_secrets: bool,
}

impl Strangers {
    /// The setting that keeps a tool from them, if one does.
    fn lack(self, tool: &Tool) -> Option<&'static str> {
        match tool.local {
            Local::Nothing => None,
            Local::Files => Some("--auth key: the files of this machine are not for a caller with a key of their own"),
            Local::Secret => (!self.reveals_secrets).then_some(
                "VIDEOSEARCH_REVEAL_SECRETS / --reveal-secrets: a caller with a key of their own gets a new secret only in an answer",
            ),
        }
    }
}

/// Whether a tool changes something although a scope that reads is enough for it.
fn changes_by_reading(tool: &Tool) -> bool {
    tool.effect != Effect::Read && !is_pair(tool) && tool.scope().is_none_or(|scope| matches!(scope, Scope::Search | Scope::Read))
}

impl Selection {
    /// Reads the settings. No toolset at all means `core` and `catalog`. Single tools are added, then excluded ones are taken
    /// away. A tool that deletes needs `allow_destructive`.
    pub fn new(sets: &[String], tools: &[String], excluded: &[String], allow_destructive: bool) -> Result<Self, SelectionError> {
        if let Some(name) = sets.iter().find(|name| !toolsets().any(|set| set == name.as_str())) {
            return Err(SelectionError {
                setting: "VIDEOSEARCH_TOOLSETS / --toolsets",
                what: "toolset",
                name: text::line(name, 40),
                near: text::nearest(name, toolsets()),
                valid: toolsets().collect::<Vec<_>>().join(", "),
            });
        }
        for (setting, names) in [("VIDEOSEARCH_TOOLS / --tools", tools), ("VIDEOSEARCH_EXCLUDE_TOOLS / --exclude-tools", excluded)] {
            if let Some(name) = names.iter().find(|name| find(name).is_none()) {
                let valid = all().map(|tool| tool.name).collect::<Vec<_>>().join(", ");
                return Err(SelectionError { setting, what: "tool", name: text::line(name, 60), near: nearest(name), valid });
            }
        }
        let wanted = |set: &str| sets.iter().any(|name| name == set);
        let default = sets.is_empty();
        let named = |list: &[String], tool: &Tool| list.iter().any(|name| name == tool.name);
        let on = Set::of(|family, tool| {
            let in_set = match family.name {
                KEY => true,
                PAIR => default || wanted(PAIR),
                name => (default || wanted(CORE)) && tool.core || wanted(ALL) || wanted(name),
            };
            (in_set || named(tools, tool)) && (allow_destructive || tool.effect != Effect::Destroy)
        });
        Ok(Self { on, excluded: Set::of(|_, tool| named(excluded, tool)), allow_destructive, only_reading: false, strangers: None })
    }

    /// If nothing may change, the same without the tools that change something although their scope only reads, for example those that begin
    /// a conversation. The scopes hold back the others.
    #[must_use]
    pub fn only_reading(mut self, yes: bool) -> Self {
        let on = self.on;
        self.on = Set::of(|_, tool| on.has(tool) && !(yes && changes_by_reading(tool)));
        self.only_reading = yes;
        self
    }

    /// The same for callers who bring their own key: without the tools that would always refuse them.
    #[must_use]
    pub fn for_strangers(mut self, reveals_secrets: bool) -> Self {
        let (on, strangers) = (self.on, Strangers { reveals_secrets });
        self.on = Set::of(|_, tool| on.has(tool) && strangers.lack(tool).is_none());
        self.strangers = Some(strangers);
        self
    }

    /// How a caller can get at a tool, whatever the key is.
    pub fn reach(&self, tool: &Tool) -> Reach {
        if let Some(setting) = self.strangers.and_then(|strangers| strangers.lack(tool)) {
            return Reach::Off(setting);
        }
        if self.only_reading && changes_by_reading(tool) {
            return Reach::Off("VIDEOSEARCH_READ_ONLY / --read-only");
        }
        if self.excluded.has(tool) {
            return Reach::Off("VIDEOSEARCH_EXCLUDE_TOOLS / --exclude-tools");
        }
        if self.on.has(tool) {
            return Reach::Listed;
        }
        if tool.effect == Effect::Destroy && !self.allow_destructive {
            return Reach::Off("VIDEOSEARCH_ALLOW_DESTRUCTIVE / --allow-destructive");
        }
        let pair = finder::pair_for(tool);
        let opens = find(pair).is_some_and(|pair| self.on.has(pair) && !self.excluded.has(pair));
        if opens && !is_pair(tool) {
            return Reach::Through(pair);
        }
        Reach::Off("VIDEOSEARCH_TOOLSETS / --toolsets or VIDEOSEARCH_TOOLS / --tools")
    }

    /// Whether the configuration lets the tool be called. The error names the setting to change.
    pub fn check(&self, tool: &Tool) -> Result<(), &'static str> {
        match self.reach(tool) {
            Reach::Off(setting) => Err(setting),
            Reach::Listed | Reach::Through(_) | Reach::Scope(_) | Reach::Ceiling(_) => Ok(()),
        }
    }
}

/// Which tools are listed now: those that are switched on, unless the key is known to lack their scope.
#[derive(Clone, Debug)]
pub struct Offer {
    selection: Selection,
    beliefs: Beliefs,
    bearer: Bearer,
}

impl Offer {
    /// The tools to list under a configuration, with what is known about the key.
    pub fn new(selection: Selection, beliefs: Beliefs) -> Self {
        Self { selection, beliefs, bearer: Bearer::Server }
    }

    /// The same for callers who bring the key, or a token instead of it.
    #[must_use]
    pub fn to(mut self, bearer: Bearer) -> Self {
        self.bearer = bearer;
        self
    }

    /// Whether it is for a caller with a token, which may be what takes scopes away.
    pub fn is_for_guest(&self) -> bool {
        self.bearer == Bearer::Guest
    }

    /// The listed tools, in listing order.
    pub fn tools(&self) -> impl Iterator<Item = &'static Tool> {
        all().filter(|tool| self.lists(tool))
    }

    /// How a caller can get at a tool, with this key.
    pub fn reach(&self, tool: &Tool) -> Reach {
        match (self.selection.reach(tool), tool.scope()) {
            (Reach::Listed | Reach::Through(_), Some(scope)) if self.beliefs.above_ceiling(scope) => Reach::Ceiling(scope),
            (Reach::Listed | Reach::Through(_), Some(scope)) if !self.beliefs.lists(scope) => Reach::Scope(scope),
            (reach, _) => reach,
        }
    }

    /// How to call the tool of this name, if it can be called: by its name, or through the tool that calls it.
    pub fn way_to(&self, name: &str) -> Option<String> {
        match self.reach(find(name)?) {
            Reach::Listed => Some(name.to_owned()),
            Reach::Through(pair) => Some(format!("{pair} {name}")),
            Reach::Scope(_) | Reach::Ceiling(_) | Reach::Off(_) => None,
        }
    }

    /// Whether the tool of this name can be called, by itself or through another.
    pub fn can_call(&self, name: &str) -> bool {
        find(name).is_some_and(|tool| matches!(self.reach(tool), Reach::Listed | Reach::Through(_)))
    }

    /// Why a tool cannot be called, if it cannot.
    pub fn obstacle(&self, tool: &Tool) -> Option<String> {
        match self.reach(tool) {
            Reach::Listed | Reach::Through(_) => None,
            Reach::Scope(_) | Reach::Ceiling(_) => self.besides(tool),
            Reach::Off(setting) => {
                let besides = self.besides(tool).map(|why| format!("; besides, {why}")).unwrap_or_default();
                Some(format!("switched off, see {setting}{besides}"))
            }
        }
    }

    /// What keeps a tool out of reach whether it is switched on or not: its scope.
    pub fn besides(&self, tool: &Tool) -> Option<String> {
        let scope = tool.scope()?;
        if self.beliefs.above_ceiling(scope) {
            return Some(if self.is_for_guest() {
                format!("this token does not give the scope {scope}, see get_key_info")
            } else {
                format!("this server's configuration takes the scope {scope} away, see get_key_info")
            });
        }
        (!self.beliefs.lists(scope)).then(|| format!("the key lacks the scope {scope}"))
    }

    /// Whether a tool of this name is listed.
    pub fn has(&self, name: &str) -> bool {
        find(name).is_some_and(|tool| self.lists(tool))
    }

    /// Whether all scopes that the list depends on are known. A tool is listed while its scope is unknown, and a client should not keep
    /// such a list.
    pub fn certain(&self) -> bool {
        all().all(|tool| {
            self.selection.reach(tool) != Reach::Listed
                || tool.scope().is_none_or(|scope| self.beliefs.of(scope).standing != Standing::Unknown)
        })
    }

    /// What is known about the key.
    pub fn beliefs(&self) -> &Beliefs {
        &self.beliefs
    }

    /// A tool of the same purpose that can be called, by itself or through another. Like every tool of the list, it may need a scope of
    /// which nothing is known yet.
    pub fn instead_of(&self, tool: &Tool) -> Option<&'static Tool> {
        tool.instead.iter().filter(|name| self.can_call(name)).find_map(|name| find(name))
    }

    fn lists(&self, tool: &Tool) -> bool {
        self.selection.reach(tool) == Reach::Listed && tool.scope().is_none_or(|scope| self.beliefs.lists(scope))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_tool_has_a_place_and_a_name_of_its_own() {
        let names: BTreeSet<_> = all().map(|tool| tool.name).collect();
        assert_eq!(names.len(), all().count());
        assert!(names.len() <= Set::ROOM);
        for tool in all() {
            assert!(Set::of(|_, row| row.name == tool.name).has(tool), "{}", tool.name);
        }
    }
}
