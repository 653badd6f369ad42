//! Drafts a query from words, by rules: which table the words fit, what they count or group by, and what they look for.

use super::tables::{Column, Kind, Table};

/// Words that say nothing about what is looked for.
const EMPTY_WORDS: &str = " a all am an and any are as at be by can count do does each every find first for from get give group had has have \
     how in into is it its limit list many me more most much number of on one only or order out per please query rows scene scenes segment \
     segments select show shows sort sql table tell than that the their them there these they this those to top total up video videos was \
     we were what when where which who whose with you your average mean maximum minimum least fewer less greater longer shorter film films \
     movie movies clip clips title titles longest shortest long length duration everything anything not over above under below ";
/// The most words that are looked for.
const MOST_WORDS: usize = 4;
/// How many rows a draft asks for, unless the words say so.
const ROWS: u64 = 50;

/// A query for an instruction. With an existing query, that one, with the number of rows that the words ask for.
pub fn draft(tables: &[Table], instruction: &str, existing: Option<&str>) -> String {
    let words = words(instruction);
    let limit = limit(&words);
    if let Some(existing) = existing {
        let existing = existing.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
        return limit.map_or_else(|| existing.to_owned(), |limit| format!("SELECT * FROM (\n{existing}\n) LIMIT {limit}"));
    }
    let Some(table) = best(tables, &words) else { return "SELECT 1".to_owned() };
    let said = |column: &&Column| column.path.is_some() && words.iter().any(|word| is_named(&column.name, word));
    let named: Vec<&Column> = table.columns.iter().filter(said).collect();
    let conditions = conditions(table, instruction, &words, &named);
    let filter = if conditions.is_empty() { String::new() } else { format!("\nWHERE {}", conditions.join("\n  AND ")) };
    let from = format!("\nFROM {}{filter}", quoted(&table.name));
    let counts =
        words.windows(2).any(|pair| pair.first().is_some_and(|word| word == "how") && pair.last().is_some_and(|word| word == "many"))
            || has(&words, "count")
            || has(&words, "number");
    let group = words.iter().position(|word| ["per", "by", "each", "every"].contains(&word.as_str()));
    let group = group.and_then(|at| words.get(at + 1)).and_then(|word| {
        let by_video = ["video", "film", "movie", "title"].contains(&singular(word));
        let column = if by_video { table.columns.iter().find(|column| column.name == "video_title") } else { None };
        column.or_else(|| table.columns.iter().find(|column| column.path.is_some() && is_named(&column.name, word)))
    });
    let measured = named.iter().find(|column| matches!(column.kind, Kind::Integer | Kind::Real)).map(|column| quoted(&column.name));
    let average = ["average", "mean"].iter().any(|word| has(&words, word));
    let lasts = ["start_time", "end_time"].iter().all(|name| table.columns.iter().any(|column| column.name == *name));
    let of_length = lasts && ["duration", "length", "long"].iter().any(|word| has(&words, word));
    let value = match measured {
        Some(column) if average => format!("round(avg({column}), 2) AS average"),
        Some(column) if has(&words, "total") || has(&words, "sum") => format!("sum({column}) AS total"),
        _ if of_length && group.is_some() => "round(max(end_time), 1) AS seconds".to_owned(),
        _ => "count(*) AS n".to_owned(),
    };
    let rows = limit.unwrap_or(ROWS);
    match group {
        Some(column) => {
            let column = quoted(&column.name);
            format!("SELECT {column}, {value}{from}\nGROUP BY {column}\nORDER BY 2 DESC\nLIMIT {rows}")
        }
        None if counts || average => format!("SELECT {value}{from}"),
        None => {
            let shown: Vec<String> = ["video_id", "video_title", "start_time", "end_time"]
                .into_iter()
                .filter(|name| table.columns.iter().any(|column| column.name == *name))
                .map(str::to_owned)
                .chain(shown(table, &named).into_iter().map(|column| quoted(&column.name)))
                .collect();
            let shown = if shown.is_empty() { "*".to_owned() } else { shown.join(", ") };
            let order = match (has(&words, "longest"), has(&words, "shortest")) {
                _ if !lasts => "",
                (true, _) => "\nORDER BY end_time - start_time DESC",
                (_, true) => "\nORDER BY end_time - start_time",
                _ => "\nORDER BY video_title, start_time",
            };
            format!("SELECT {shown}{from}{order}\nLIMIT {rows}")
        }
    }
}

/// The columns that the words name; if they name none, the first few.
fn shown<'a>(table: &'a Table, named: &[&'a Column]) -> Vec<&'a Column> {
    if named.is_empty() { table.columns.iter().filter(|column| column.path.is_some()).take(3).collect() } else { named.to_vec() }
}

/// The words of a text. A number keeps its point, and loses the commas between its thousands.
fn words(text: &str) -> Vec<String> {
    let all: Vec<char> = text.chars().collect();
    let digits = |from: usize, count: usize| all.get(from..from + count).is_some_and(|some| some.iter().all(char::is_ascii_digit));
    let mut plain = String::new();
    for (at, c) in all.iter().enumerate() {
        let after_digit = at.checked_sub(1).is_some_and(|before| digits(before, 1));
        match c {
            '.' if after_digit && digits(at + 1, 1) => plain.push('.'),
            ',' if after_digit && digits(at + 1, 3) && !digits(at + 1, 4) => {}
            c if c.is_alphanumeric() || matches!(c, '_' | '\'') => plain.push(*c),
            _ => plain.push(' '),
        }
    }
    plain.split_whitespace().map(str::to_lowercase).collect()
}

fn has(words: &[String], wanted: &str) -> bool {
    words.iter().any(|word| word == wanted)
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word)
}

/// Whether a word names a column: `people` names `people_count`.
fn is_named(column: &str, word: &str) -> bool {
    column == word || column.split('_').any(|part| part.len() > 2 && singular(part) == singular(word))
}

/// The number after `first`, `top` or `limit`.
fn limit(words: &[String]) -> Option<u64> {
    let at = words.iter().position(|word| ["first", "top", "limit"].contains(&word.as_str()))?;
    words.get(at + 1)?.parse().ok().filter(|limit| (1..=2000).contains(limit))
}

/// The table that most words fit. Tables of prompts come first, and of them those of segments.
fn best<'a>(tables: &'a [Table], words: &[String]) -> Option<&'a Table> {
    let score = |table: &Table| {
        let names = table.columns.iter().filter(|column| column.path.is_some());
        let columns = names.filter(|column| words.iter().any(|word| is_named(&column.name, word))).count();
        let name = table.name.split('_').filter(|part| words.iter().any(|word| singular(part) == singular(word))).count();
        (columns * 2 + name, table.rows.len())
    };
    tables.iter().max_by_key(|table| score(table))
}

/// What the words ask of the rows: numbers compared with a column, and texts that occur in one.
fn conditions(table: &Table, instruction: &str, words: &[String], named: &[&Column]) -> Vec<String> {
    let mut conditions = Vec::new();
    let mut compared = Vec::new();
    let number = words.iter().position(|word| word.parse::<f64>().is_ok());
    if let Some(at) = number.filter(|at| *at >= 2 || words.get(at + 1).is_some()) {
        let before: Vec<&str> = words.iter().take(at).rev().take(2).map(String::as_str).collect();
        let operator = match before.as_slice() {
            ["than", "more" | "greater" | "longer", ..] | ["over" | "above", ..] => Some(">"),
            ["than", "less" | "fewer" | "shorter", ..] | ["under" | "below", ..] => Some("<"),
            ["least", "at", ..] => Some(">="),
            ["most", "at", ..] => Some("<="),
            _ => None,
        };
        let column = named.iter().find(|column| matches!(column.kind, Kind::Integer | Kind::Real));
        if let (Some(operator), Some(column), Some(value)) = (operator, column, words.get(at)) {
            conditions.push(format!("{} {operator} {value}", quoted(&column.name)));
            compared.push(at);
        }
    }
    for column in named.iter().filter(|column| matches!(column.kind, Kind::Boolean)) {
        let at = words.iter().position(|word| is_named(&column.name, word)).unwrap_or_default();
        let denied = words.iter().take(at).any(|word| ["not", "no", "without"].contains(&word.as_str()));
        conditions.push(format!("{} = {}", quoted(&column.name), u8::from(!denied)));
    }
    let quotes: Vec<&str> = instruction.split('"').skip(1).step_by(2).map(str::trim).filter(|text| !text.is_empty()).collect();
    let is_telling = |word: &&String| {
        let plain = word.trim_matches('\'');
        plain.chars().count() > 2
            && plain.parse::<f64>().is_err()
            && !EMPTY_WORDS.contains(&format!(" {plain} "))
            && !table.columns.iter().any(|column| is_named(&column.name, plain))
            && !table.name.split('_').any(|part| singular(part) == singular(plain))
    };
    let sought: Vec<String> = if quotes.is_empty() {
        words.iter().filter(is_telling).take(MOST_WORDS).map(|word| singular(word.trim_matches('\'')).to_owned()).collect()
    } else {
        quotes.into_iter().take(MOST_WORDS).map(str::to_owned).collect()
    };
    let texts: Vec<&Column> =
        table.columns.iter().filter(|column| column.path.is_some() && matches!(column.kind, Kind::Text | Kind::Json)).collect();
    for text in sought {
        let pattern = text.replace('\'', "''");
        let in_any: Vec<String> = texts.iter().map(|column| format!("{} LIKE '%{pattern}%'", quoted(&column.name))).collect();
        if !in_any.is_empty() {
            conditions.push(format!("({})", in_any.join(" OR ")));
        }
    }
    conditions
}

/// A name as SQL needs it.
fn quoted(name: &str) -> String {
    const WORDS: &str = " action add all and as between by case check column create cross default desc asc distinct else end exists for from \
         full group having if in index inner into is join key left like limit not null of on or order outer over primary references right \
         row rows select set table temp then to transaction union unique update using values when where with ";
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if plain && !WORDS.contains(&format!(" {name} ")) { name.to_owned() } else { format!("\"{name}\"") }
}
