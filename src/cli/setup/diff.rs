//! What changes in a text, line by line.

/// More lines than this are not compared one by one.
const MAX_LINES: usize = 600;
/// A line longer than this is shown only where it differs.
const MAX_WIDTH: usize = 200;

/// The removed and the added lines, without secrets.
pub(super) fn changed(before: &str, after: &str, secrets: &[String]) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let tail = old.iter().rev().zip(new.iter().rev()).take(old.len().min(new.len()) - head).take_while(|(old, new)| old == new).count();
    let middle =
        |lines: &[&str]| lines.get(head..lines.len() - tail).unwrap_or_default().iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let (mut old, mut new) = (middle(&old), middle(&new));
    if let ([one], [other]) = (old.as_mut_slice(), new.as_mut_slice())
        && one.len().max(other.len()) > MAX_WIDTH
    {
        (*one, *other) = narrowed(one, other);
    }
    let lines = marked(&old, &new);
    // The longest first: a secret may be the beginning of another, and the rest of that one would stay.
    let mut secrets: Vec<&String> = secrets.iter().collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let clean = |line: String| secrets.iter().fold(line, |line, secret| line.replace(secret.as_str(), "…"));
    lines.into_iter().map(|(sign, line)| clean(format!("{sign} {line}").trim_end().to_owned())).collect::<Vec<_>>().join("\n")
}

/// The parts of two lines that differ.
fn narrowed(one: &str, other: &str) -> (String, String) {
    let head = one.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b).last().map_or(0, |((at, a), _)| at + a.len_utf8());
    let (one, other) = (one.get(head..).unwrap_or_default(), other.get(head..).unwrap_or_default());
    let tail: usize = one.chars().rev().zip(other.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let part = |text: &str| format!("…{}…", text.get(..text.len() - tail).unwrap_or_default());
    (part(one), part(other))
}

/// The fewest removed and added lines between two lists, by their longest common subsequence. Common lines are left out.
fn marked(old: &[String], new: &[String]) -> Vec<(char, String)> {
    let all = |sign: char, lines: &[String]| lines.iter().map(|line| (sign, line.clone())).collect::<Vec<_>>();
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
                lines.push(('-', one.clone()));
                row += 1;
            }
            (_, Some(other)) => {
                lines.push(('+', other.clone()));
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
            ("{\n 1\n // x\n}\n", "{\n 1,\n // x\n 2\n}\n", "-  1\n+  1,\n+  2"),
            ("a\nb", "a\nb", ""),
            ("k = topsecret", "k = file", "- k = …\n+ k = file"),
        ] {
            assert_eq!(changed(before, after, &["topsecret".into()]), expect);
        }
        assert_eq!(changed("", "k = topsecret-of-all", &["topsecret".into(), "topsecret-of-all".into()]), "+ k = …");
        let long = "x".repeat(300);
        assert_eq!(changed(&format!("{long}é{long}"), &format!("{long}é!{long}"), &[]), "- ……\n+ …!…");
    }
}
