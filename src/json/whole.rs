//! Whole numbers that are written with a fraction: `6.0` in place of `6`.

/// The text with such numbers written as whole ones, or `None` if it has none. What stands inside of texts stays.
pub fn mended(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut rest, mut inside, mut escaped, mut number) = (text, false, false, false);
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'.' if number && !inside => {
                let zeros = rest.iter().take_while(|byte| **byte == b'0').count();
                let goes_on = rest.get(zeros).is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'e' | b'E'));
                if zeros > 0 && !goes_on {
                    rest = rest.get(zeros..).unwrap_or_default();
                    continue;
                }
            }
            _ => {}
        }
        number = byte.is_ascii_digit();
        out.push(byte);
    }
    (out.len() < text.len()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fractions_of_zeros_go() {
        let mended = |text: &str| mended(text.as_bytes()).map(|text| String::from_utf8(text).unwrap());
        let given = r#"{"a":6.0,"b":[-1.00, 2.5,0.05,1.0e3,10.10],"c":"7.0 \" 8.0","d":9.0}"#;
        assert_eq!(mended(given).as_deref(), Some(r#"{"a":6,"b":[-1, 2.5,0.05,1.0e3,10.10],"c":"7.0 \" 8.0","d":9}"#));
        for same in ["", "{}", r#"{"a":6,"b":"6.0"}"#, "1.", "[.0]"] {
            assert_eq!(mended(same), None, "{same}");
        }
    }
}
