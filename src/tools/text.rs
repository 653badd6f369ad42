//! Texts and numbers for a model: cuts what came from the API to one line, and writes times, scores and counts.

use std::fmt::Write;

use serde_json::{Map, Value};
use strsim::levenshtein;

pub use crate::fence::{clean, clean_line, clean_members, clean_value};

/// Members that hold what users wrote or what was extracted for them. There, nothing at all is a value, too: a schema without `"free": {}`
/// is another schema, and whoever changes a prompt sends back what was read here.
const OWN: [&str; 8] =
    ["extracted_metadata", "json_schema", "metadata", "sample_data", "schema", "selection_filter", "validated_data", "values"];

/// Whether a member holds what users wrote or what was extracted for them, so that it is told as it is.
pub fn is_own(name: &str) -> bool {
    OWN.contains(&name)
}

/// Takes nulls out of a value, and objects that have nothing else. Empty arrays stay, since "none" is a fact, and so does what [`is_own`].
pub fn prune(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.iter_mut().filter(|(name, _)| !is_own(name)).for_each(|(_, member)| prune(member));
            members.retain(|_, member| !member.is_null() && !member.as_object().is_some_and(Map::is_empty));
        }
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

/// One line: cleaned, white space folded, at most `most` characters, cut at a word where possible and marked with `…`.
///
/// Each row of an answer is one line, so a text from the API must not bring line ends of its own.
pub fn line(text: &str, most: usize) -> String {
    let text = clean(text);
    if is_short_line(&text, most) {
        return text.into_owned();
    }
    let mut out = String::with_capacity(text.len().min(most * 4));
    // Where to cut if the text is too long: after the last word that leaves room for the mark, or else after the last such character.
    let (mut count, mut word_end, mut char_end) = (0, 0_usize, 0_usize);
    for word in text.split_whitespace() {
        for (position, c) in word.chars().enumerate() {
            if position == 0 && count > 0 {
                if count < most {
                    word_end = out.len();
                }
                out.push(' ');
                count += 1;
            }
            if count >= most {
                // A word that is longer than any id is cut, or nothing would be left of the text.
                let is_word = word_end > 0 && char_end.saturating_sub(word_end) <= crate::api::ids::MAX_ID_CHARS;
                out.truncate(if is_word { word_end } else { char_end });
                out.push('…');
                return out;
            }
            out.push(c);
            count += 1;
            if count < most {
                char_end = out.len();
            }
        }
    }
    out
}

/// Whether a text certainly needs neither folding nor a cut.
fn is_short_line(text: &str, most: usize) -> bool {
    let mut after_space = true;
    let folded = text.bytes().all(|byte| {
        let space = byte == b' ';
        let fine = byte.is_ascii_graphic() || (space && !after_space);
        after_space = space;
        fine
    });
    folded && !after_space && text.len() <= most
}

/// An id, whole, because a model must be able to give it back. Ids have at most 200 characters. A longer text is no id, and is cut.
pub fn id(text: &str) -> String {
    line(text, crate::api::ids::MAX_ID_CHARS)
}

/// A name with its id, or the id alone.
pub fn named(text: &str, name: Option<&str>) -> String {
    match name.map(|name| line(name, 80)).filter(|name| !name.is_empty()) {
        Some(name) => format!("\"{name}\" ({})", id(text)),
        None => id(text),
    }
}

/// The first sentence of a text, as one line of at most `most` characters.
pub fn sentence(text: &str, most: usize) -> String {
    let end = text.match_indices(['.', '!', '?', '\n']).map(|(at, mark)| (at, mark.len())).find(|&(at, len)| {
        // A full stop inside a number or an abbreviation does not end a sentence.
        at >= 20 && text.get(at + len..).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    });
    line(end.and_then(|(at, len)| text.get(..at + len)).unwrap_or(text), most)
}

/// Seconds as `m:ss` or `h:mm:ss`.
pub fn clock(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a clock shows")]
    let total = seconds.clamp(0.0, 359_999.0) as u64;
    let (hours, minutes, seconds) = (total / 3600, total / 60 % 60, total % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// The seconds of a text: `80`, `80.5`, `1:20`, `1:01:20`. `None` for anything else.
pub fn seconds(text: &str) -> Option<f64> {
    let parts: Vec<&str> = text.trim().trim_end_matches('s').split(':').collect();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (last, before) = parts.split_last()?;
    let number = last.parse::<f64>().ok().filter(|number| number.is_finite())?;
    if before.is_empty() {
        return Some(number);
    }
    // The parts after the first are minutes and seconds, below 60.
    let whole = before.iter().all(|part| digits(part)) && last.starts_with(|c: char| c.is_ascii_digit());
    if !whole || before.len() > 2 || number >= 60.0 {
        return None;
    }
    let mut total = 0.0;
    for (position, part) in before.iter().enumerate() {
        let value = part.parse::<f64>().ok().filter(|&value| position == 0 || value < 60.0)?;
        total = total * 60.0 + value;
    }
    Some(total * 60.0 + number)
}

/// A time range as `m:ss-m:ss`; a point in time, such as a picture has, as `m:ss`.
pub fn range(start: f64, end: f64) -> String {
    if end <= start { clock(start) } else { format!("{}-{}", clock(start), clock(end)) }
}

/// How long to wait, in whole units and rather too long than too short: `90 s`, `15 h`, `2 days`.
pub fn wait(seconds: u64) -> String {
    match seconds {
        0..=120 => format!("{} s", seconds.max(1)),
        121..=7_200 => format!("{} min", seconds.div_ceil(60)),
        7_201..=172_800 => format!("{} h", seconds.div_ceil(3_600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}

/// A number with at most three decimals and no zeros at its end. From 1e15 on it has a power of ten.
pub fn number(value: f64) -> String {
    if value.abs() >= 1e15 {
        let text = format!("{value:.3e}");
        let Some((digits, power)) = text.split_once('e') else { return text };
        return format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'));
    }
    let mut text = format!("{value:.3}");
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text
}

/// A price or a limit. One that is just beside a whole number is not told as that number: who is asked above 100 mt must not read 100.
pub fn price(mt: f64) -> String {
    let told = number(mt);
    if told.contains(['.', 'e']) || (mt - mt.round()).abs() < 1e-6 {
        return told;
    }
    format!("{mt:.6}").trim_end_matches('0').to_owned()
}

/// A score with two decimals.
pub fn score(value: f64) -> String {
    format!("{value:.2}")
}

/// A number as JSON with at most `digits` decimals, so that binary rounding noise costs no tokens.
pub fn rounded(value: f64, digits: i32) -> Value {
    let scale = 10_f64.powi(digits);
    let rounded = (value * scale).round() / scale;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number of moderate size")]
    if rounded.fract() == 0.0 && rounded.abs() < 9e15 { Value::from(rounded as i64) } else { Value::from(rounded) }
}

/// A size in bytes: `812 bytes`, `3.4 MB`.
pub fn size(bytes: u64) -> String {
    let units = [(1_u64 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let tenths = bytes.saturating_mul(10) / unit;
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => count(usize::try_from(bytes).unwrap_or(usize::MAX), "byte"),
    }
}

/// `1 video`, `3 videos`, `3 deliveries`, `3 indexes`.
pub fn count(n: usize, noun: &str) -> String {
    match noun.strip_suffix('y') {
        _ if n == 1 => format!("1 {noun}"),
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{n} {stem}ies"),
        _ if noun.ends_with(['s', 'x']) || noun.ends_with("ch") => format!("{n} {noun}es"),
        _ => format!("{n} {noun}s"),
    }
}

/// How many things have each value of a member, in the order in which the values come.
pub fn tally<'v>(things: impl Iterator<Item = &'v Value>, member: &str) -> Map<String, Value> {
    let mut counts: Map<String, Value> = Map::new();
    for word in things.filter_map(|thing| thing.get(member)?.as_str()) {
        let count = counts.get(word).and_then(Value::as_u64).unwrap_or_default();
        counts.insert(word.to_owned(), Value::from(count + 1));
    }
    counts
}

/// Such counts in words: `3 completed, 1 failed`.
pub fn tallied(counts: &Map<String, Value>) -> String {
    counts.iter().map(|(word, n)| format!("{n} {}", line(word, 40))).collect::<Vec<_>>().join(", ")
}

/// `1 of 1 video`, `2 of 3 videos`.
pub fn part(done: u64, total: u64, noun: &str) -> String {
    format!("{done} of {}", count(usize::try_from(total).unwrap_or(usize::MAX), noun))
}

/// The handle of a moment. It holds only facts about the moment, so another process understands it too.
pub fn moment(video_id: &str, start: f64, end: f64) -> String {
    format!("{video_id}@{}-{}", number(start), number(end))
}

/// The most characters of one name in a row of names: room for an id and a title.
const MAX_NAMED: usize = 300;

/// Names in a row: `a, b, c and 4 more`.
pub fn names<'a>(items: impl Iterator<Item = &'a str>, most: usize) -> String {
    let (mut out, mut rest) = (String::new(), 0);
    for (position, item) in items.enumerate() {
        if position >= most {
            rest += 1;
        } else {
            let _ = write!(out, "{}{}", if position > 0 { ", " } else { "" }, line(item, MAX_NAMED));
        }
    }
    if rest > 0 {
        let _ = write!(out, " and {rest} more");
    }
    out
}

/// The candidate nearest to a word, if near enough to be a misspelling.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: String = word.to_lowercase().chars().take(64).collect();
    // With two edits a short word can become almost any other.
    let limit = (word.chars().count() / 3).max(if word.chars().count() < 5 { 1 } else { 2 });
    candidates
        .map(|candidate| (levenshtein(&word, candidate), candidate))
        .filter(|&(d, _)| d <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line(" a\n b\u{2028}c ", 20), "a b c");
        assert_eq!(line("one two three four", 10), "one two…");
        assert_eq!(line("abcdefghij", 5), "abcd…");
        assert_eq!(line("", 5), "");
        assert_eq!((line("abcde", 5), line("ab cd", 5), line("ab cd ", 5)), ("abcde".into(), "ab cd".into(), "ab cd".into()));
        assert_eq!((line("ab cde", 5), line("abcd e", 5), line("ab c de", 5)), ("ab…".into(), "abcd…".into(), "ab c…".into()));
        assert_eq!(line("a \u{202e} b", 3), "a b", "a word of nothing but hidden characters is none");
        for most in 1..9 {
            assert!(line("ab cd efg", most).chars().count() <= most);
        }
        assert_eq!(id(&"é".repeat(200)), "é".repeat(200));
        assert_eq!(sentence("A train of 3.5 cars stops in the valley. Then it burns.", 90), "A train of 3.5 cars stops in the valley.");
    }

    #[test]
    fn times_numbers_and_handles() {
        assert_eq!((clock(0.4), clock(65.9), clock(3661.0)), ("0:00".into(), "1:05".into(), "1:01:01".into()));
        assert_eq!([0, 20, 121, 7_200, 53_970, 172_801].map(wait), ["1 s", "20 s", "3 min", "120 min", "15 h", "3 days"]);
        assert_eq!((clock(f64::NAN), clock(-1.0)), ("0:00".into(), "0:00".into()));
        assert_eq!(moment("v", 12.0, 31.25), "v@12-31.25");
        assert_eq!(rounded(0.812_345_6, 3).to_string(), "0.812");
        assert_eq!(rounded(30.0, 3).to_string(), "30");
        assert_eq!((number(-1e18 + 2_303.0), number(f64::INFINITY)), ("-1e18".into(), "inf".into()));
        assert_eq!([100.0001, 100.0, 5.583_33, 7_173.400_000_000_001].map(price), ["100.0001", "100", "5.583", "7173.4"]);
        assert_eq!(
            [count(1, "index"), count(21, "index"), count(2, "match"), count(3, "delivery"), count(2, "day")],
            ["1 index", "21 indexes", "2 matches", "3 deliveries", "2 days"]
        );
        assert_eq!((number(-1e308), number(1e15), number(1e9)), ("-1e308".into(), "1e15".into(), "1000000000".into()));
    }

    #[test]
    fn times_are_seconds_or_clocks() {
        let table = [
            ("80", 80.0),
            (" 80.5 ", 80.5),
            ("80s", 80.0),
            ("1:20", 80.0),
            ("1:01:20", 3680.0),
            ("0:00", 0.0),
            ("90:00", 5400.0),
            ("1:01:20.5", 3680.5),
        ];
        for (text, expect) in table {
            assert_eq!(seconds(text), Some(expect), "{text}");
        }
        for odd in ["", "x", "1:60", "1:60:00", "1:2:3:4", ":20", "1:", "-1:20", "1:-20", "1.5:20", "inf", "NaN", "1h20"] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
    }

    #[test]
    fn misspellings_are_found_and_strangers_are_not() {
        let names = ["search_videos", "list_videos", "get_video"];
        assert_eq!(nearest("serch_video", names.into_iter()), Some("search_videos"));
        assert_eq!(nearest("delete_everything", names.into_iter()), None);
        assert_eq!(nearest("nope", ["core", "runs"].into_iter()), None);
        assert_eq!(nearest("topk", ["top_k", "query"].into_iter()), Some("top_k"));
    }
}
