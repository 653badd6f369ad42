//! What changes in a configuration, line by line.

use super::mask;

/// More lines than this are not compared one by one.
const MAX_LINES: usize = 600;
/// A line longer than this is shown only where it differs.
const MAX_WIDTH: usize = 200;
/// How far back we look for the begin of the member in which two lines differ.
const MEMBER: usize = 80;

/// A line as it is, and as it is shown.
#[derive(Clone, Copy)]
struct Line<'t> {
    /// Without a comma at its end: what comes after a line decides about that, and it is no change of the line.
    whole: &'t str,
    shown: &'t str,
}

impl PartialEq for Line<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.whole == other.whole
    }
}

/// The removed and the added lines of a configuration. They show no text that is not in `known`.
pub(super) fn changed(before: &str, after: &str, known: &[String]) -> String {
    let (hidden_before, hidden_after) = (mask::hidden(before, known), mask::hidden(after, known));
    let (old, new) = (lines(before, &hidden_before), lines(after, &hidden_after));
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let tail = old.iter().rev().zip(new.iter().rev()).take(old.len().min(new.len()) - head).take_while(|(old, new)| old == new).count();
    let old = old.get(head..old.len() - tail).unwrap_or_default();
    let new = new.get(head..new.len() - tail).unwrap_or_default();
    if let ([one], [other]) = (old, new)
        && one.shown.len().max(other.shown.len()) > MAX_WIDTH
    {
        let (one, other) = narrowed(one.shown, other.shown);
        let told = [("-", one), ("+", other)].into_iter().filter(|(_, part)| !part.is_empty());
        let told: Vec<String> = told.map(|(sign, part)| format!("{sign} …{part}…")).collect();
        // Of two lines that look the same, something hidden differs.
        return if told.is_empty() { "- ……\n+ ……".to_owned() } else { told.join("\n") };
    }
    let told = marked(old, new).into_iter().map(|(sign, line)| format!("{sign} {}", line.shown).trim_end().to_owned());
    told.collect::<Vec<_>>().join("\n")
}

fn lines<'t>(text: &'t str, hidden: &'t str) -> Vec<Line<'t>> {
    let bare = |line: &'t str| line.trim_end().trim_end_matches(',');
    text.lines().zip(hidden.lines()).map(|(line, shown)| Line { whole: bare(line), shown }).collect()
}

/// The parts of two lines that differ.
fn narrowed(one: &str, other: &str) -> (String, String) {
    let head = one.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b).last().map_or(0, |((at, a), _)| at + a.len_utf8());
    // A part that begins in the middle of a member tells nobody what it is.
    let same = one.get(..head).unwrap_or_default();
    let head = same.rfind(['{', ',', '[']).map(|at| at + 1).filter(|at| head - at <= MEMBER).unwrap_or(head);
    let (one, other) = (one.get(head..).unwrap_or_default(), other.get(head..).unwrap_or_default());
    let tail: usize = one.chars().rev().zip(other.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let part = |text: &str| text.get(..text.len() - tail).unwrap_or_default().to_owned();
    (part(one), part(other))
}

/// The fewest removed and added lines between two lists, by their longest common subsequence. Common lines are left out.
fn marked<'t>(old: &[Line<'t>], new: &[Line<'t>]) -> Vec<(char, Line<'t>)> {
    let all = |sign: char, lines: &[Line<'t>]| lines.iter().map(|line| (sign, *line)).collect::<Vec<_>>();
    if old.len() > MAX_LINES || new.len() > MAX_LINES {
        return [all('-', old), all('+', new)].concat();
    }
    let width = new.len() + 1;
    let mut longest = vec![0_u16; (old.len() + 1) * width];
    let at = |row: usize, column: usize| row * width + column;
    for (row, one) in old.iter().enumerate().rev() {
        for (column, other) in new.iter().enumerate().rev() {
            let get = |row, column| longest.get(at(row, column)).copied().unwrap_or_default();
            let value = if one == other { get(row + 1, column + 1) + 1 } else { get(row + 1, column).max(get(row, column + 1)) };
            if let Some(cell) = longest.get_mut(at(row, column)) {
                *cell = value;
            }
        }
    }
    let get = |row, column| longest.get(at(row, column)).copied().unwrap_or_default();
    let (mut row, mut column, mut lines) = (0, 0, Vec::new());
    loop {
        match (old.get(row), new.get(column)) {
            (Some(one), Some(other)) if one == other => (row, column) = (row + 1, column + 1),
            (Some(one), other) if other.is_none() || get(row + 1, column) >= get(row, column + 1) => {
                lines.push(('-', *one));
                row += 1;
            }
            (_, Some(other)) => {
                lines.push(('+', *other));
                column += 1;
            }
            _ => return lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_is_shown_and_no_secret() {
        for (before, after, expect) in [
            ("", "a\n", "+ a"),
            ("a\nb\nc\n", "a\nB\nc\n", "- b\n+ B"),
            ("{\n 1\n // x\n}\n", "{\n 1,\n // x\n 2\n}\n", "+  2"),
            ("a\nb", "a\nb", ""),
            ("k = \"topsecret\"", "k = \"file\"", "- k = \"…\"\n+ k = \"file\""),
            ("k = \"secret-a\"", "k = \"secret-b\"", "- k = \"…\"\n+ k = \"…\""),
        ] {
            assert_eq!(changed(before, after, &["file".into()]), expect);
        }
        let long = "x".repeat(300);
        assert_eq!(changed(&format!("{long}é{long}"), &format!("{long}é!{long}"), &[]), "+ …!…");
        let line = |members: &str| format!("{{\"{long}\":1,{members}\"OUTPUT\":2,\"{long}\":3}}");
        assert_eq!(changed(&line(""), &line("\"ONLY\":true,"), &[]), "+ …\"ONLY\":true,…");
        // Of what only one of two long lines holds, no part of a text shows.
        let told = changed(&format!("{{{long}: \"secret-1-rest\"}}"), &format!("{{{long}: \"secret-2-rest\", 5}}"), &[]);
        assert_eq!(told, "+ …, 5…");
    }
}
