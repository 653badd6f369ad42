//! Sorts tools by the words of a request.
//!
//! Each tool is a small text: its name, title, description, argument names, and further words of its row. A word of the request counts more
//! where it is rare among the tools, and most where it says what the tool does: the first part of the name, and the verbs of the row. A
//! word also stands for what the tools call it, and so do phrases and verbs whose particle stands apart: "turn the webhook off". A tool whose
//! name the request covers whole comes before one with a longer name, and one about nothing that the request names comes later. What changes
//! something comes after what reads as much, and what deletes comes last unless the request says to delete.

use std::{cmp::Reverse, collections::HashMap};

use crate::tools::{Effect, Tool};

/// Words that say nothing about what is wanted.
const EMPTY: [&str; 101] = [
    "a", "about", "all", "already", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "could", "did", "do",
    "does", "each", "else", "ever", "every", "five", "for", "four", "from", "give", "had", "has", "have", "how", "i", "in", "into", "is",
    "it", "its", "just", "let", "many", "may", "me", "much", "must", "my", "need", "no", "not", "now", "of", "off", "old", "on", "one",
    "or", "our", "out", "please", "should", "six", "so", "some", "somebody", "someone", "still", "ten", "than", "that", "the", "their",
    "them", "then", "there", "these", "they", "this", "those", "three", "through", "to", "tool", "twelve", "two", "up", "us", "want",
    "was", "we", "were", "what", "when", "which", "who", "will", "with", "would", "yet", "you", "your",
];

/// Words that begin a question. What is asked is read more often than changed.
const ASKING: [&str; 17] =
    ["is", "are", "was", "were", "did", "does", "has", "have", "how", "which", "what", "who", "why", "when", "where", "am", "whose"];

/// What people say for the words that the tools use: each of the first words may mean each of the second ones.
const SAME: [(&str, &str); 45] = [
    ("show see display view", "get list show"),
    ("read", "get"),
    ("inspect", "get browse show"),
    ("fetch", "get download"),
    ("print tell say", "get list"),
    ("enumerate", "list"),
    ("remove erase forget rid drop throw destroy purge wipe discard trash deletion deleted disconnect unsubscribe unmark scrap", "delete"),
    ("removal", "deletion"),
    ("make new add register build", "create set"),
    ("connect link attach", "connect connector"),
    ("change edit rename modify alter adjust replace correct reword rewrite rephrase revise amend fix improve tweak move", "update"),
    ("stop abort halt end kill quit", "cancel pause"),
    ("suspend freeze hold", "pause"),
    ("disable silence mute deactivate", "pause disable update"),
    ("enable activate", "resume enable update"),
    ("pause", "disable"),
    ("unpause continue restart reactivate", "resume"),
    ("again repeat redo rerun resend redeliver retry", "retry"),
    ("check verify validate", "test status"),
    ("try working works function reachable alive", "test"),
    ("cost price expensive money charge", "pricing usage"),
    ("spend spent consume consumption bill use used", "usage"),
    ("progress", "status wait watch"),
    ("follow", "wait watch"),
    ("until", "wait"),
    ("ask", "chat library"),
    ("save", "download export"),
    ("collection library archive", "index"),
    ("film movie clip footage recording reel item trailer", "video media"),
    ("audio picture photo image", "media"),
    ("scene shot piece part chunk section", "segment moment"),
    ("hook notification notify notified callback endpoint receiver", "webhook"),
    ("message", "delivery"),
    ("bucket storage cloud container s3 gcs azure", "connector"),
    ("conversation talk discussion", "chat"),
    ("label flag tag comment note colour color annotation", "marker"),
    ("spreadsheet csv excel table", "tabulate table"),
    ("automatic automatically nightly daily weekly schedule scheduled recurring regularly itself themselves", "automation"),
    ("throttle quota allowance", "rate limits"),
    ("llm ai", "model models"),
    ("fail failure error broken wrong broke", "failed"),
    ("url", "link address"),
    ("write compose", "draft define"),
    ("look", "get show"),
    ("column", "table"),
];

/// What people say in several words, and the word that stands for it.
const PHRASES: [(&str, &str); 20] = [
    ("get rid of", "delete"),
    ("do away with", "delete"),
    ("set up", "create"),
    ("hook up", "create connect"),
    ("carry on", "continue"),
    ("go on", "continue"),
    ("another go", "retry"),
    ("another try", "retry"),
    ("another attempt", "retry"),
    ("once more", "retry"),
    ("one more time", "retry"),
    ("over again", "retry"),
    ("by itself", "automatically"),
    ("on its own", "automatically"),
    ("by themselves", "automatically"),
    ("on their own", "automatically"),
    ("back on", "resume"),
    ("right now", "now"),
    ("look into", "inspect"),
    ("make it so that", "set"),
];

/// Verbs that mean something else with a word that may stand far behind them: "turn the old webhook off".
const APART: [(&str, &str, &str); 5] = [
    ("turn switch shut", "off", "disable"),
    ("turn switch put", "on", "enable"),
    ("take throw clear", "away", "delete"),
    ("take throw", "out", "delete"),
    ("turn make", "into", "write"),
];
/// How far behind.
const MOST_APART: usize = 6;
/// How many words of a request count.
const MOST_WORDS: usize = 60;
/// What comes back again and again, after "every" or "each".
const TIMES: &str = "night day week month hour morning evening minute weekend monday tuesday wednesday thursday friday saturday sunday";
/// What begins a place, and what ends it: a word in a place says less about what is wanted than others.
const INTO_PLACE: &str = "from into onto in of to on under behind with by via for at";
const OUT_OF_PLACE: &str = "and that which who";

/// What begins a condition: what follows says when something is to happen, and not what.
const CONDITIONS: [&str; 2] = ["when", "whenever"];
/// What is to happen then, where somebody is to hear of it. Whoever says so wants a new webhook, and seldom uses the word "create".
const TELLING: &str = "webhook hook notify notification callback send post ping alert inform message server endpoint";
/// What is sent by itself in another way.
const MOVING: &str = "export import bucket file storage connector";

const IN_VERBS: f64 = 4.5;
const IN_NAME: f64 = 4.0;
const IN_WORDS: f64 = 3.0;
const IN_TITLE: f64 = 2.5;
const IN_DESCRIPTION: f64 = 1.2;
const IN_ARGUMENTS: f64 = 0.6;
/// What a word that stands for another one counts.
const MEANT: f64 = 0.6;
/// What a word counts itself that may stand for others.
const SAID: f64 = 0.8;
/// What each word counts less than the one before it, and the least of that: what is wanted is said first.
const LATER: f64 = 0.02;
const LATEST: f64 = 0.8;
/// What a word counts that says when.
const CONDITION: f64 = 0.5;
/// What a word counts in a place, for example that from which something comes.
const IN_PLACE: f64 = 0.8;
/// What it counts for tools that list something that the request begins with "what" or "which".
const LISTED: f64 = 0.5;
/// What remains of a tool that is about nothing that the request names.
const NOUNLESS: f64 = 0.9;
/// What it counts that the request covers the whole name.
const COVERED: f64 = 3.0;
/// What remains of a tool that changes something where the request has no verb of it, and where it is a question.
const UNASKED: f64 = 0.8;
const ASKED: f64 = 0.75;

/// The tools that fit a request, best first. Those that share no word with it are left out.
pub fn ranked(query: &str, tools: &[&'static Tool]) -> Vec<&'static Tool> {
    let documents: Vec<_> = tools.iter().map(|tool| weights(tool)).collect();
    let rarity = |word: &str| {
        let holding = documents.iter().filter(|document| document.contains_key(word)).count();
        #[expect(clippy::cast_precision_loss, reason = "there are few tools")]
        let share = (documents.len() as f64 + 1.0) / (holding as f64 + 0.5);
        share.ln().max(0.1)
    };
    let wanted: HashMap<String, f64> = wanted(query)
        .into_iter()
        .map(|(word, share)| {
            let worth = rarity(&word) * share;
            (word, worth)
        })
        .collect();
    let question = query.split_whitespace().next().is_some_and(|first| ASKING.contains(&first.to_lowercase().as_str()));
    let mut scored: Vec<_> = tools
        .iter()
        .zip(&documents)
        .filter_map(|(tool, document)| {
            let found: f64 = wanted.iter().filter_map(|(word, worth)| Some(worth * document.get(word)?)).sum();
            let name: Vec<_> = tool.name.split('_').map(stem).collect();
            let told = name.iter().filter(|part| wanted.contains_key(*part)).count();
            #[expect(clippy::cast_precision_loss, reason = "names are short")]
            let covered = told as f64 / name.len() as f64;
            let says_so = words(verbs(tool)).iter().chain(name.first()).any(|verb| wanted.contains_key(verb));
            let changes = tool.effect != Effect::Read;
            let mut score = found + COVERED * covered;
            if changes && !says_so {
                score *= UNASKED;
            }
            if changes && question {
                score *= ASKED;
            }
            let mut nouns = name.iter().skip(1).cloned().chain(words(tool.title).into_iter().skip(1));
            if !nouns.any(|noun| wanted.contains_key(&noun)) {
                score *= NOUNLESS;
            }
            let unasked_loss = tool.effect == Effect::Destroy && !name.first().is_some_and(|verb| wanted.contains_key(verb));
            (found > 0.0).then_some((Reverse(unasked_loss), score, Reverse(changes), *tool))
        })
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(b.2.cmp(&a.2)));
    scored.into_iter().map(|(.., tool)| tool).collect()
}

/// The words of a request and what they may mean, each with what it counts.
fn wanted(query: &str) -> HashMap<String, f64> {
    let mut wanted: HashMap<String, f64> = HashMap::new();
    let mut near = 1.0_f64;
    let said = tokens(query);
    // A request that begins with "when" is a question.
    let condition = said.iter().skip(1).position(|word| CONDITIONS.contains(&word.as_str())).map_or(said.len(), |at| at + 1);
    let (wish, condition) = said.split_at(condition);
    let telling = !condition.is_empty() && wish.iter().any(|said| has(TELLING, said)) && !wish.iter().any(|said| has(MOVING, said));
    if telling {
        wanted.extend([(stem("create"), 1.0), (stem("webhook"), 1.0)]);
    }
    for word in condition.iter().filter(|word| !EMPTY.contains(&word.as_str())) {
        // "When it ends" is no wish to end it.
        wanted.insert(stem(word), CONDITION);
    }
    let mut in_place = false;
    for word in wish {
        in_place = !is(OUT_OF_PLACE, word) && (in_place || is(INTO_PLACE, word));
        // The two words stand for all that say the same.
        if EMPTY.contains(&word.as_str()) || is(INTO_PLACE, word) || (telling && has(TELLING, word)) {
            continue;
        }
        let meanings: Vec<&str> = SAME.iter().filter(|(said, _)| has(said, word)).map(|(_, meant)| *meant).collect();
        let own = if meanings.is_empty() { 1.0 } else { SAID };
        let meant = meanings.iter().flat_map(|meant| meant.split(' ')).map(|meaning| (stem(meaning), MEANT));
        let worth = if in_place { near * IN_PLACE } else { near };
        for (word, share) in meant.chain([(stem(word), own)]) {
            let kept = wanted.entry(word).or_default();
            *kept = kept.max(share * worth);
        }
        near = (near - LATER).max(LATEST);
    }
    if wish.first().is_some_and(|first| is("what which", first)) {
        let kept = wanted.entry(stem("list")).or_default();
        *kept = kept.max(LISTED);
    }
    wanted
}

/// Whether a word is one of these, whatever its ending.
fn has(all: &str, said: &str) -> bool {
    let said = stem(said);
    all.split(' ').any(|word| stem(word) == said)
}

fn is(all: &str, said: &str) -> bool {
    all.split(' ').any(|word| word == said)
}

/// The words of a request as they were said, but with one word for each phrase.
fn tokens(query: &str) -> Vec<String> {
    let mut text = " ".to_owned();
    for word in query.to_lowercase().split_whitespace().flat_map(parts).take(MOST_WORDS) {
        text.push_str(&word);
        text.push(' ');
    }
    for (phrase, meant) in PHRASES {
        text = text.replace(&format!(" {phrase} "), &format!(" {meant} "));
    }
    let mut said: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let mut again = false;
    for word in &mut said {
        if again && has(TIMES, word) {
            "automatically".clone_into(word);
        }
        again = is("every each", word);
    }
    for (verbs, particle, meant) in APART {
        let Some(at) = said.iter().position(|word| has(verbs, word)) else { continue };
        let last = said.len() - 1;
        // "On" begins a place, too.
        let ends = |place: usize| particle != "on" || place == at + 1 || place == last;
        let behind = said.iter().enumerate().skip(at + 1).take(MOST_APART);
        let Some(place) = behind.filter(|(place, word)| *word == particle && ends(*place)).map(|(place, _)| place).next() else { continue };
        said.remove(place);
        if let Some(verb) = said.get_mut(at) {
            meant.clone_into(verb);
        }
    }
    said
}

/// The words in a word: the name of a file is one, and says no more than that.
fn parts(word: &str) -> Vec<String> {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_file = bare
        .rsplit_once('.')
        .is_some_and(|(name, end)| !name.is_empty() && (2..=4).contains(&end.len()) && end.chars().all(|c| c.is_ascii_alphanumeric()));
    if is_file {
        return vec!["file".to_owned()];
    }
    bare.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The verbs of a tool's row: its words before a semicolon.
fn verbs(tool: &Tool) -> &'static str {
    tool.words.split_once(';').map_or("", |(verbs, _)| verbs)
}

/// What each word of a tool counts.
fn weights(tool: &Tool) -> HashMap<String, f64> {
    let mut weights: HashMap<String, f64> = HashMap::new();
    let arguments = tool.input_schema().get("properties").and_then(|properties| properties.as_object());
    let arguments: Vec<&str> = arguments.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let fields = [
        (tool.name.split('_').next().unwrap_or_default(), IN_VERBS),
        (verbs(tool), IN_VERBS),
        (tool.name, IN_NAME),
        (tool.words, IN_WORDS),
        (tool.title, IN_TITLE),
        (tool.description(), IN_DESCRIPTION),
        (&arguments.join(" "), IN_ARGUMENTS),
    ];
    for (text, weight) in fields {
        for word in words(text) {
            let kept = weights.entry(word).or_default();
            *kept = kept.max(weight);
        }
    }
    weights
}

/// The words of a text that say something, without their endings.
pub fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let all = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && !EMPTY.contains(word));
    all.map(stem).collect()
}

/// A word without the common English endings, so that `deliveries` and `delivery` are one.
pub fn stem(word: &str) -> String {
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
    use crate::tools::catalog;

    fn first(query: &str) -> &'static Tool {
        let tools: Vec<&Tool> = catalog::all().filter(|tool| !catalog::is_pair(tool)).collect();
        ranked(query, &tools).first().copied().unwrap()
    }

    #[test]
    fn a_tool_that_deletes_is_not_first_for_its_noun() {
        for tool in catalog::all().filter(|tool| tool.effect == Effect::Destroy) {
            let noun = tool.name.replace('_', " ").replace("delete ", "");
            assert_ne!(first(&noun).effect, Effect::Destroy, "{noun}");
            assert_eq!(first(&format!("remove the {noun}")).name, tool.name);
        }
        assert_eq!(first("is the automatic import on").effect, Effect::Read);
    }

    #[test]
    fn phrases_and_verbs_with_a_particle_are_one_word() {
        let said = |query: &str| tokens(query).join(" ");
        assert_eq!(said("Turn the old webhook off, please"), "disable the old webhook please");
        assert_eq!(said("switch it back on"), "switch it resume");
        assert_eq!(said("have another go at it every night"), "have retry at it every automatically");
        assert_eq!(said("put my.film.mov on the bucket"), "put file on the bucket");
        assert_eq!(said("off turn"), "off turn");
        for odd in ["", "...", ".mov", "turn", "off", "\u{202e} \u{0}", "turn turn turn off off off"] {
            let _ = wanted(odd);
        }
    }

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
