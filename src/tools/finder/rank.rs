//! Sorts tools by the words of a request.
//!
//! Each tool is a small text: its name, title, description, argument names, and further words of its row. A word of the request counts more
//! where it is rare among the tools, and where it stands in the name. A tool whose name the request covers whole comes before one with a
//! longer name.

use std::collections::HashMap;

use crate::tools::Tool;

/// Words that say nothing about what is wanted.
const EMPTY: [&str; 58] = [
    "a", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "could", "did", "do", "does", "for", "from", "has", "have",
    "how", "i", "in", "into", "is", "it", "its", "me", "my", "of", "on", "or", "our", "out", "please", "so", "that", "the", "their",
    "there", "these", "this", "to", "tool", "us", "want", "was", "we", "were", "what", "when", "which", "who", "why", "will", "with",
    "would", "you", "your",
];

/// What people say for the words that names of tools use.
const SAME: [(&str, &[&str]); 34] = [
    ("show", &["get", "list"]),
    ("see", &["get", "list"]),
    ("read", &["get"]),
    ("look", &["get", "browse"]),
    ("fetch", &["get", "download"]),
    ("remove", &["delete"]),
    ("erase", &["delete"]),
    ("forget", &["delete"]),
    ("make", &["create"]),
    ("new", &["create"]),
    ("add", &["create"]),
    ("register", &["create"]),
    ("connect", &["create", "connector"]),
    ("change", &["update"]),
    ("edit", &["update"]),
    ("rename", &["update"]),
    ("modify", &["update"]),
    ("stop", &["cancel", "pause"]),
    ("abort", &["cancel"]),
    ("again", &["retry"]),
    ("repeat", &["retry"]),
    ("redo", &["retry"]),
    ("check", &["test", "status"]),
    ("try", &["test"]),
    ("cost", &["pricing", "usage", "estimate"]),
    ("price", &["pricing"]),
    ("spend", &["usage"]),
    ("spent", &["usage"]),
    ("progress", &["status", "wait", "watch"]),
    ("follow", &["wait", "watch"]),
    ("ask", &["chat", "library"]),
    ("save", &["download", "export"]),
    ("file", &["files", "upload", "download"]),
    ("collection", &["index"]),
];

const IN_NAME: f64 = 4.0;
const IN_TITLE: f64 = 2.5;
const IN_WORDS: f64 = 2.5;
const IN_DESCRIPTION: f64 = 1.2;
const IN_ARGUMENTS: f64 = 0.6;
/// What a word that stands for another one counts.
const MEANT: f64 = 0.7;
/// What it counts that the request covers the whole name.
const COVERED: f64 = 3.0;

/// The tools that fit a request, best first. Those that share no word with it are left out.
pub fn ranked(query: &str, tools: &[&'static Tool]) -> Vec<&'static Tool> {
    let documents: Vec<_> = tools.iter().map(|tool| weights(tool)).collect();
    let rarity = |word: &str| {
        let holding = documents.iter().filter(|document| document.contains_key(word)).count();
        #[expect(clippy::cast_precision_loss, reason = "there are few tools")]
        let share = (documents.len() as f64 + 1.0) / (holding as f64 + 0.5);
        share.ln().max(0.1)
    };
    let mut wanted: Vec<(String, f64)> = Vec::new();
    for word in words(query) {
        for (_, meanings) in SAME.iter().filter(|(said, _)| stem(said) == word) {
            wanted.extend(meanings.iter().map(|meaning| (stem(meaning), MEANT)));
        }
        wanted.push((word, 1.0));
    }
    let wanted: Vec<_> = wanted.into_iter().map(|(word, share)| (rarity(&word) * share, word)).collect();
    let mut scored: Vec<_> = tools
        .iter()
        .zip(&documents)
        .filter_map(|(tool, document)| {
            let found: f64 = wanted.iter().filter_map(|(worth, word)| Some(worth * document.get(word)?)).sum();
            let name: Vec<_> = tool.name.split('_').map(stem).collect();
            let told = name.iter().filter(|part| wanted.iter().any(|(_, word)| word == *part)).count();
            #[expect(clippy::cast_precision_loss, reason = "names are short")]
            let covered = told as f64 / name.len() as f64;
            (found > 0.0).then_some((found + COVERED * covered, *tool))
        })
        .collect();
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    scored.into_iter().map(|(_, tool)| tool).collect()
}

/// What each word of a tool counts.
fn weights(tool: &Tool) -> HashMap<String, f64> {
    let mut weights: HashMap<String, f64> = HashMap::new();
    let arguments = tool.input_schema().get("properties").and_then(|properties| properties.as_object());
    let arguments: Vec<&str> = arguments.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let fields = [
        (tool.name.to_owned(), IN_NAME),
        (tool.title.to_owned(), IN_TITLE),
        (tool.words.to_owned(), IN_WORDS),
        (tool.description().to_owned(), IN_DESCRIPTION),
        (arguments.join(" "), IN_ARGUMENTS),
    ];
    for (text, weight) in fields {
        for word in words(&text) {
            let kept = weights.entry(word).or_default();
            *kept = kept.max(weight);
        }
    }
    weights
}

/// The words of a text that say something, without their endings.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let all = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && !EMPTY.contains(word));
    all.map(stem).collect()
}

/// A word without the common English endings, so that `deliveries` and `delivery` are one.
fn stem(word: &str) -> String {
    let endings = [("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ings", ""), ("ing", ""), ("ed", ""), ("es", "e"), ("s", "")];
    for (ending, instead) in endings {
        if let Some(root) = word.strip_suffix(ending)
            && root.len() >= 3
            && !word.ends_with("ss")
        {
            return bare(&format!("{root}{instead}"));
        }
    }
    bare(word)
}

/// A word without an `e` at its end, since endings take it away.
fn bare(word: &str) -> String {
    word.strip_suffix('e').filter(|root| root.len() > 1).unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_do_not_matter() {
        for (a, b) in [
            ("deliveries", "delivery"),
            ("indexes", "index"),
            ("prices", "price"),
            ("exporting", "export"),
            ("failed", "fail"),
            ("uses", "use"),
        ] {
            assert_eq!(stem(a), stem(b), "{a} {b}");
        }
        assert_ne!(stem("process"), stem("price"));
    }
}
