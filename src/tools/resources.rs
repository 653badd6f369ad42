//! What a host can attach to a conversation: MCP calls it a resource.
//!
//! A resource is an address and the tool that reads it. A tool's row declares it, with `Tool::resource`. So a reading passes the same gate
//! as a call of that tool, costs the same requests and keeps to the same size. Only the guide has no tool: it says how to work with this
//! server, and what this key can do.
//!
//! Nothing here may know MCP. Start with [`find`].

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{
    Answer, Context, Offer, Tool,
    catalog::{self, FAMILIES, Reach},
    names, spending, text,
};
use crate::{api::Scope, gate::Standing, session::Deadline};

/// How every address begins.
pub const SCHEME: &str = "videosearch://";
/// The address of the guide.
pub const GUIDE: &str = "videosearch://guide";

/// What stays as it is in an address, besides letters and digits. Handles have an `@`.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'@').remove(b':');

/// A resource, as the row of the tool that reads it declares it.
#[derive(Debug)]
pub struct Resource {
    /// The address after [`SCHEME`], with at most one variable: `videos/{video}`.
    path: &'static str,
    /// The argument of the tool that takes the variable.
    pub argument: &'static str,
    /// Arguments that are always the same.
    fixed: &'static [(&'static str, &'static str)],
    /// The name for programs.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What it holds.
    pub about: &'static str,
    /// The type of its text.
    pub media_type: &'static str,
}

impl Resource {
    /// A resource without a variable.
    pub(super) const fn of(path: &'static str, name: &'static str, title: &'static str, about: &'static str) -> Self {
        Self { path, argument: "", fixed: &[], name, title, about, media_type: "text/plain" }
    }

    /// Gives the variable to an argument of the tool.
    pub(super) const fn by(mut self, argument: &'static str) -> Self {
        self.argument = argument;
        self
    }

    /// A table. The arguments make the tool write one.
    pub(super) const fn csv(mut self, fixed: &'static [(&'static str, &'static str)]) -> Self {
        self.fixed = fixed;
        self.media_type = "text/csv";
        self
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        self.media_type == "text/csv"
    }

    /// The name of the variable.
    pub fn variable(&self) -> Option<&'static str> {
        self.path.split('/').find_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Its address, with the variable in braces.
    pub fn template(&self) -> String {
        format!("{SCHEME}{}", self.path)
    }

    /// The address of the one with this id or name.
    pub fn address(&self, value: &str) -> String {
        let written = utf8_percent_encode(value, PLAIN).to_string();
        match self.variable() {
            Some(variable) => format!("{SCHEME}{}", self.path.replace(&format!("{{{variable}}}"), &written)),
            None => self.template(),
        }
    }

    /// Why nothing can be at an address with these arguments, whatever the library holds. A tool takes other names of a moment than its
    /// handle; to find out what they mean takes many requests, and an address has none of them.
    pub fn refuses(&self, arguments: &Map<String, Value>) -> Option<&'static str> {
        let is_handle = || arguments.get(self.argument).and_then(Value::as_str).and_then(names::handle).is_some();
        (self.variable() == Some("handle") && !is_handle()).then_some("this is no handle of a moment: those are <video_id>@<start>-<end>")
    }

    /// The call that gives what an address gives, for a reader who wants more of it. The id is the one that the answer is about, since an
    /// address may have a name.
    pub fn call(&self, tool: &Tool, given: Option<&str>, answer: Option<&Answer>, offer: &Offer) -> String {
        let way = offer.way_to(tool.name).unwrap_or_else(|| tool.name.to_owned());
        let Some(value) = answer.and_then(|answer| answer.told(self.argument)).or(given) else { return way };
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | ':');
        let value = text::id(value);
        let value = if value.chars().all(is_plain) { value } else { Value::from(value).to_string() };
        format!("{way} {}={value}", self.argument)
    }

    /// The arguments of the tool for an address. `None` if the address is not of this form.
    fn arguments(&self, path: &str) -> Option<Map<String, Value>> {
        let mut arguments: Map<String, Value> = self.fixed.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        let (mut given, mut wanted) = (path.split('/'), self.path.split('/'));
        loop {
            match (given.next(), wanted.next()) {
                (None, None) => return Some(arguments),
                (Some(given), Some(wanted)) if wanted.starts_with('{') => {
                    let value = percent_decode_str(given).decode_utf8().ok().filter(|value| !value.trim().is_empty())?;
                    arguments.insert(self.argument.to_owned(), Value::from(value));
                }
                (Some(given), Some(wanted)) if given == wanted => {}
                _ => return None,
            }
        }
    }
}

/// What an address leads to.
#[derive(Debug)]
pub enum Found {
    /// The guide.
    Guide,
    /// What this tool answers to these arguments.
    Read(&'static Tool, &'static Resource, Map<String, Value>),
}

/// All resources that tools declare, with their tools, in listing order.
pub fn all() -> impl Iterator<Item = (&'static Tool, &'static Resource)> {
    catalog::all().filter_map(|tool| Some((tool, tool.resource.as_ref()?)))
}

/// Those that this key and configuration can read.
pub fn offered(offer: &Offer) -> impl Iterator<Item = (&'static Tool, &'static Resource)> {
    all().filter(|(tool, _)| offer.way_to(tool.name).is_some())
}

/// What is at an address. `None` if nothing can be there.
pub fn find(uri: &str) -> Option<Found> {
    let path = uri.get(..SCHEME.len()).filter(|scheme| scheme.eq_ignore_ascii_case(SCHEME)).and_then(|_| uri.get(SCHEME.len()..))?;
    if uri.eq_ignore_ascii_case(GUIDE) {
        return Some(Found::Guide);
    }
    all().find_map(|(tool, resource)| Some(Found::Read(tool, resource, resource.arguments(path)?)))
}

/// The indexes of the account: ids and names. `None` if they cannot be read.
pub async fn indexes(cx: &Context<'_>, deadline: &Deadline) -> Option<Vec<(String, String)>> {
    names::known(cx, "index", deadline).await
}

/// How to work with this server, and what this key can do.
pub async fn guide(instructions: &str, cx: &Context<'_>) -> String {
    let (offer, standing) = (cx.offer, spending::standing(cx).await);
    let mut text = format!("# How to work with this server\n\n{instructions}\n\n{standing}\n\n# What this key can do\n\n");
    for (standing, words) in [
        (Standing::Held, "Scopes that it holds"),
        (Standing::NotHeld, "Scopes that it does not hold, or that this server is not to use"),
        (Standing::Unknown, "Scopes of which nothing is known yet"),
    ] {
        let scopes: Vec<_> = Scope::ALL.into_iter().filter(|scope| offer.beliefs().of(*scope).standing == standing).collect();
        if !scopes.is_empty() {
            text.push_str(&format!("{words}: {}.\n", scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ")));
        }
    }
    let beyond = if offer.is_for_guest() { "Out of reach for this token" } else { "Out of reach by this server's configuration" };
    for family in FAMILIES {
        let named = |fits: &dyn Fn(Reach) -> bool| {
            let names: Vec<_> = family.tools.iter().filter(|tool| fits(offer.reach(tool))).map(|tool| tool.name).collect();
            names.join(", ")
        };
        text.push_str(&format!("\n## {}: {}\n\n", family.name, family.about));
        for (words, names) in [
            ("Listed", named(&|reach| reach == Reach::Listed)),
            ("Through use_read_tool", named(&|reach| reach == Reach::Through("use_read_tool"))),
            ("Through use_write_tool", named(&|reach| reach == Reach::Through("use_write_tool"))),
            ("Out of reach for this key", named(&|reach| matches!(reach, Reach::Scope(_)))),
            (beyond, named(&|reach| matches!(reach, Reach::Ceiling(_)))),
            ("Switched off", named(&|reach| matches!(reach, Reach::Off(_)))),
        ] {
            if !names.is_empty() {
                text.push_str(&format!("{words}: {names}.\n"));
            }
        }
    }
    text::clean(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_its_tool() {
        for (tool, resource) in all() {
            for value in ["idx_1", "vid_a@1.5-20", "Early cinema / 2", "größe", "100%", "a?b#c"] {
                let uri = resource.address(value);
                let Some(Found::Read(found, _, arguments)) = find(&uri) else { panic!("{uri}") };
                assert_eq!(found.name, tool.name, "{uri}");
                if resource.variable().is_some() {
                    assert_eq!(arguments[resource.argument], value, "{uri}");
                    assert!(tool.input_schema()["properties"].get(resource.argument).is_some(), "{uri}");
                }
            }
            for (name, _) in resource.fixed {
                assert!(tool.input_schema()["properties"].get(*name).is_some(), "{}: {name}", tool.name);
            }
        }
        assert!(all().count() >= 7);
    }

    #[test]
    fn other_addresses_lead_nowhere() {
        for uri in [
            "",
            "videosearch:/",
            "videosearch://",
            "videosearch://videos",
            "videosearch://videos/",
            "videosearch://videos/%20",
            "videosearch://videos/a/b",
            "videosearch://key/x",
            "videosearch://videos/%ff",
            "https://videos/x",
            "é",
        ] {
            assert!(find(uri).is_none(), "{uri}");
        }
        assert!(matches!(find("VideoSearch://guide"), Some(Found::Guide)));
    }
}
