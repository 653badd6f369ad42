//! Why a value could not be read, for people who know JSON and no Rust.

/// The words of what was expected: those of the reader of types, and ours.
const EXPECTED: [(&str, &str); 16] = [
    ("a string", "a text"),
    ("a boolean", "true or false"),
    ("u8", WHOLE),
    ("u16", WHOLE),
    ("u32", WHOLE),
    ("u64", WHOLE),
    ("usize", WHOLE),
    ("i8", WHOLE),
    ("i16", WHOLE),
    ("i32", WHOLE),
    ("i64", WHOLE),
    ("f32", "a number"),
    ("f64", "a number"),
    ("a map", "an object"),
    ("a sequence", "a list"),
    ("unit", "null"),
];
/// How the reasons begin of a reader that found no JSON.
const NO_JSON: [&str; 4] = ["expected value", "expected ident", "EOF while parsing", "trailing characters"];
const WHOLE: &str = "a whole number";

/// A reason of `serde` in other words. What stands after the text in which it came, like the line, must be gone already.
pub(super) fn reworded(reason: &str) -> String {
    let misfit = reason.strip_prefix("invalid type: ").or_else(|| reason.strip_prefix("invalid value: "));
    if let Some((found, expected)) = misfit.and_then(|rest| rest.rsplit_once(", expected ")) {
        return format!("there is {} where {} belongs", found_words(found), expected_words(expected));
    }
    if let Some(name) = reason.strip_prefix("missing field ") {
        return format!("{name} is missing");
    }
    if reason.starts_with("data did not match any variant") {
        return "it has none of the forms that are known".to_owned();
    }
    if NO_JSON.iter().any(|begin| reason.starts_with(begin)) {
        return "it is no JSON".to_owned();
    }
    reason.replacen("unknown variant", "unknown word", 1)
}

fn expected_words(expected: &str) -> &str {
    if let Some((_, ours)) = EXPECTED.iter().find(|(known, _)| *known == expected) {
        return ours;
    }
    match expected.split(' ').next() {
        Some("struct" | "internally" | "adjacently") => "an object",
        Some("tuple") => "a list",
        Some("enum" | "variant") => "one of some words",
        _ => expected,
    }
}

fn found_words(found: &str) -> String {
    match found.split_once(' ') {
        Some(("string", text)) => format!("the text {text}"),
        Some(("integer" | "floating", number)) => format!("the number {}", number.trim_start_matches("point ")),
        Some(("boolean", truth)) => truth.to_owned(),
        _ if found == "map" => "an object".to_owned(),
        _ if found == "sequence" => "a list".to_owned(),
        _ if found == "unit value" => "null".to_owned(),
        _ => found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::reworded;

    #[test]
    fn reasons_have_no_words_of_rust() {
        for (reason, told) in [
            ("invalid type: map, expected a string", "there is an object where a text belongs"),
            (
                "invalid type: string \"a, expected b\", expected struct Index",
                "there is the text \"a, expected b\" where an object belongs",
            ),
            ("invalid type: floating point `5.5`, expected u32", "there is the number `5.5` where a whole number belongs"),
            ("invalid value: integer `-1`, expected u64", "there is the number `-1` where a whole number belongs"),
            ("invalid type: null, expected a sequence", "there is null where a list belongs"),
            (
                "invalid type: boolean `true`, expected an array, or an object with `data`",
                "there is `true` where an array, or an object with `data` belongs",
            ),
            ("missing field `key`", "`key` is missing"),
            ("data did not match any variant of untagged enum Rotation", "it has none of the forms that are known"),
            ("unknown variant `x`, expected `a` or `b`", "unknown word `x`, expected `a` or `b`"),
            ("EOF while parsing a value", "it is no JSON"),
            ("expected ident", "it is no JSON"),
        ] {
            assert_eq!(reworded(reason), told);
        }
    }
}
