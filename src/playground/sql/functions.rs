//! The functions of a query that compare two texts.
//!
//! SQLite looks at the clock between the steps of a query, and never within one. Its own versions of these functions take as long as the
//! product of the lengths of their texts, so one step could take minutes. These mean the same. All but LIKE and GLOB take as long as their
//! texts are, and each call looks at the clock.

use std::{borrow::Cow, collections::HashSet, str::Chars, time::Instant};

use rusqlite::{
    Connection, Error, Result, ffi,
    functions::{Context, FunctionFlags},
    types::{Value, ValueRef},
};

/// The longest pattern of LIKE and GLOB, in bytes.
const MOST_PATTERN: usize = 200;

/// Puts the functions into a connection. After `end` each of them stops the query. No text that they make has more than `most` bytes.
pub fn add(connection: &Connection, end: Instant, most: usize) -> Result<()> {
    let add = |name: &str, arguments: i32, function: fn(&Context<'_>, usize) -> Result<Value>| {
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
        connection.create_scalar_function(name, arguments, flags, move |context| {
            if Instant::now() > end {
                return Err(Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_INTERRUPT), None));
            }
            let is_null = |place| matches!(context.get_raw(place), ValueRef::Null);
            if (0..context.len()).any(is_null) { Ok(Value::Null) } else { function(context, most) }
        })
    };
    add("like", 2, |context, _| Ok(fitting(like(&pattern(context)?, None), context)))?;
    add("like", 3, |context, _| Ok(fitting(like(&pattern(context)?, Some(escape(context)?)), context)))?;
    add("glob", 2, |context, _| Ok(fitting(glob(&pattern(context)?), context)))?;
    add("instr", 2, |context, _| Ok(instr(context)))?;
    add("replace", 3, |context, most| replace(&text(context, 0), &text(context, 1), &text(context, 2), most))?;
    add("trim", 2, |context, _| Ok(Value::Text(text(context, 0).trim_matches(any_of(context)).to_owned())))?;
    add("ltrim", 2, |context, _| Ok(Value::Text(text(context, 0).trim_start_matches(any_of(context)).to_owned())))?;
    add("rtrim", 2, |context, _| Ok(Value::Text(text(context, 0).trim_end_matches(any_of(context)).to_owned())))
}

/// An argument as a text.
fn text<'a>(context: &'a Context<'_>, place: usize) -> Cow<'a, str> {
    match context.get_raw(place) {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes),
        ValueRef::Integer(number) => number.to_string().into(),
        ValueRef::Real(number) => format!("{number:?}").into(),
        ValueRef::Null => Cow::default(),
    }
}

fn wrong(message: &'static str) -> Error {
    Error::UserFunctionError(message.into())
}

fn pattern<'a>(context: &'a Context<'_>) -> Result<Cow<'a, str>> {
    let pattern = text(context, 0);
    if pattern.len() > MOST_PATTERN { Err(wrong("LIKE or GLOB pattern too complex")) } else { Ok(pattern) }
}

fn escape(context: &Context<'_>) -> Result<char> {
    let text = text(context, 2);
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none()).ok_or_else(|| wrong("ESCAPE expression must be a single character"))
}

/// The characters that a text is freed of.
fn any_of(context: &Context<'_>) -> impl Fn(char) -> bool + use<> {
    let set: HashSet<char> = text(context, 1).chars().collect();
    move |c| set.contains(&c)
}

/// Where a text, or the bytes of one value in another, begins: 1 for the start, 0 for nowhere.
fn instr(context: &Context<'_>) -> Value {
    let (inside, sought) = (text(context, 0), text(context, 1));
    let at = inside.find(sought.as_ref()).and_then(|at| inside.get(..at)).map_or(0, |before| before.chars().count() + 1);
    Value::Integer(i64::try_from(at).unwrap_or_default())
}

fn replace(text: &str, from: &str, to: &str, most: usize) -> Result<Value> {
    if from.is_empty() {
        return Ok(Value::Text(text.to_owned()));
    }
    // Counted first, so that no huge text is made to be thrown away.
    if text.matches(from).count() * to.len() > most {
        return Err(Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_TOOBIG), None));
    }
    Ok(Value::Text(text.replace(from, to)))
}

/// A part of a pattern.
enum Part {
    /// Any characters, also none.
    Any,
    /// One character, whatever it is.
    One,
    /// This character, in capitals or not if it is one of ASCII.
    Folded(char),
    /// One of these, or none of these.
    Set { ranges: Vec<(char, char)>, without: bool },
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Folded(own) => own.eq_ignore_ascii_case(&c),
            Self::Set { ranges, without } => ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)) != *without,
        }
    }
}

/// The parts of a pattern of LIKE. `None` if nothing can fit it.
fn like(pattern: &str, escape: Option<char>) -> Option<Vec<Part>> {
    let (mut parts, mut chars) = (Vec::new(), pattern.chars());
    while let Some(c) = chars.next() {
        parts.push(match c {
            c if Some(c) == escape => Part::Folded(chars.next()?),
            '%' => Part::Any,
            '_' => Part::One,
            c => Part::Folded(c),
        });
    }
    Some(parts)
}

/// The parts of a pattern of GLOB. `None` if nothing can fit it.
fn glob(pattern: &str) -> Option<Vec<Part>> {
    let (mut parts, mut chars) = (Vec::new(), pattern.chars());
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            '[' => set(&mut chars)?,
            c => Part::Set { ranges: vec![(c, c)], without: false },
        });
    }
    Some(parts)
}

/// The rest of a set of characters: `a-z]`. `None` if it has no end.
fn set(chars: &mut Chars<'_>) -> Option<Part> {
    let mut ranges = Vec::new();
    let mut c = chars.next()?;
    let without = c == '^';
    if without {
        c = chars.next()?;
    }
    // A bracket that comes first is one of the characters.
    if c == ']' {
        ranges.push((c, c));
        c = chars.next()?;
    }
    let mut before = None;
    while c != ']' {
        let last = chars.clone().next().filter(|next| *next != ']');
        if let (Some(first), '-', Some(last)) = (before, c, last) {
            ranges.push((first, last));
            before = None;
            chars.next();
        } else {
            ranges.push((c, c));
            before = Some(c);
        }
        c = chars.next()?;
    }
    Some(Part::Set { ranges, without })
}

fn fitting(parts: Option<Vec<Part>>, context: &Context<'_>) -> Value {
    Value::Integer(parts.is_some_and(|parts| fits(&parts, &text(context, 1))).into())
}

/// Whether a text fits the parts of a pattern.
fn fits(parts: &[Part], text: &str) -> bool {
    let (mut at, mut rest) = (0, text.chars());
    // Behind the last part that takes any characters: what comes next, and where it was tried in the text.
    let mut again: Option<(usize, Chars<'_>)> = None;
    loop {
        let mut ahead = rest.clone();
        match (parts.get(at), ahead.next()) {
            (Some(Part::Any), _) => {
                at += 1;
                again = Some((at, rest.clone()));
            }
            (None, None) => return true,
            (Some(part), Some(c)) if part.takes(c) => {
                at += 1;
                rest = ahead;
            }
            // A later try would have even less of the text.
            (Some(_), None) => return false,
            (_, Some(_)) => {
                let Some((behind, tried)) = &mut again else { return false };
                tried.next();
                (at, rest) = (*behind, tried.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const CALLS: &[&str] = &[
        "'Train' LIKE 'tr_in'",
        "'a train here' LIKE '%TRAIN%'",
        "'a' LIKE ''",
        "'' LIKE ''",
        "'' LIKE '%'",
        "'É' LIKE 'é'",
        "'abab' LIKE '%ab'",
        "'aab' LIKE '%ab%b'",
        "'10%' LIKE '10!%' ESCAPE '!'",
        "'10x' LIKE '10!%' ESCAPE '!'",
        "'a' LIKE 'a!' ESCAPE '!'",
        "12 LIKE '1%'",
        "12.5 LIKE '%.5'",
        "(0.1 + 0.2) LIKE '0.3%4'",
        "1.0 LIKE '1.0'",
        "x'6162' LIKE 'ab'",
        "'naïve 🎬' LIKE '%ve _'",
        "NULL LIKE 'a'",
        "'a' LIKE NULL",
        "'a' NOT LIKE 'b'",
        "'abc' GLOB 'a*'",
        "'abc' GLOB 'A*'",
        "'abc' GLOB 'a?c'",
        "'b' GLOB '[a-c]'",
        "'-' GLOB '[a-]'",
        "'d' GLOB '[^a-c]'",
        "']' GLOB '[]]'",
        "'a' GLOB '[^]]'",
        "'a' GLOB '[a'",
        "'b' GLOB '[a-c-e]'",
        "'d' GLOB '[a-c-e]'",
        "'-' GLOB '[--]'",
        "'a' GLOB '[a-'",
        "'abcabd' GLOB '*ab[d]'",
        "instr('naïve', 'v')",
        "instr('abc', '')",
        "instr('abc', 'x')",
        "instr(123, 23)",
        "instr(NULL, 'a')",
        "instr(x'6162', x'62')",
        "replace('aaa', 'a', 'bc')",
        "replace('aaa', '', 'x')",
        "replace('abc', 'b', NULL)",
        "replace(121, 1, 3)",
        "trim('xxaxx', 'x')",
        "ltrim('xyaxy', 'yx')",
        "rtrim('xyaxy', 'yx')",
        "trim('  a ')",
        "trim('éaé', 'é')",
        "trim('a', '')",
        "trim(NULL, 'a')",
        "trim('a', NULL)",
        "typeof(trim(11, 1))",
        "typeof('a' LIKE 'a')",
    ];

    #[test]
    fn they_mean_what_those_of_sqlite_mean() {
        let (plain, own) = (Connection::open_in_memory().unwrap(), Connection::open_in_memory().unwrap());
        add(&own, Instant::now() + Duration::from_mins(10), 1_000).unwrap();
        for call in CALLS {
            let told = |connection: &Connection| connection.query_row(&format!("SELECT {call}"), [], |row| row.get::<_, Value>(0)).unwrap();
            assert_eq!(told(&own), told(&plain), "{call}");
        }
        for call in
            ["'a' LIKE 'a' ESCAPE 'ab'", &format!("'a' LIKE '{}'", "%".repeat(201)), "replace('aaaaaaaaaa', 'a', printf('%.900c', 'b'))"]
        {
            assert!(own.query_row(&format!("SELECT {call}"), [], |_| Ok(())).is_err(), "{call}");
        }
    }

    #[test]
    fn each_call_looks_at_the_clock() {
        let own = Connection::open_in_memory().unwrap();
        add(&own, Instant::now().checked_sub(Duration::from_millis(1)).unwrap(), 1_000).unwrap();
        for call in CALLS.iter().filter(|call| !call.contains("'  a '")) {
            let code = own.query_row(&format!("SELECT {call}"), [], |_| Ok(())).unwrap_err().sqlite_error_code();
            assert_eq!(code, Some(rusqlite::ErrorCode::OperationInterrupted), "{call}");
        }
    }
}
