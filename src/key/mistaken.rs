//! A secret in the place of the path of a file that holds it.

use super::tidy;

/// What secrets of this program and its API begin with.
const BEGINNINGS: [&str; 3] = ["sk_live_", "vsm_", "whsec_"];
/// The least characters after that.
const LEAST_AFTER: usize = 16;
/// The least characters of random ones. Names of files are shorter, or have words.
const LEAST_RANDOM: usize = 32;

/// The secret in a text that should be the path of a file, if it looks like one: an API key, a token, a signing secret, or long and random.
/// Some names of files do, too, so somebody must look first whether such a file is there.
pub fn mistaken(text: &str) -> Option<&str> {
    let text = tidy(text);
    let text = text.strip_prefix("Bearer ").map_or(text, tidy);
    let is_known = |rest: &str| rest.len() >= LEAST_AFTER && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_known = BEGINNINGS.iter().filter_map(|beginning| text.strip_prefix(beginning)).any(is_known);
    let is_secret = is_known || is_jwt(text) || is_random(text);
    is_secret.then_some(text)
}

/// Whether this is a JWT: three parts in base64url, of which the first begins like JSON.
fn is_jwt(text: &str) -> bool {
    let of_base64url = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='));
    text.starts_with("eyJ") && text.split('.').count() == 3 && text.split('.').all(of_base64url)
}

/// Whether this is long, and made of hexadecimal digits or of base64. A slash separates the parts of a path, so what has one is base64
/// only if it ends like that.
fn is_random(text: &str) -> bool {
    let of_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    if text.len() < LEAST_RANDOM || !text.bytes().all(of_base64) || (text.contains('/') && !text.ends_with('=')) {
        return false;
    }
    let has = |kind: fn(&u8) -> bool| text.bytes().any(|byte| kind(&byte));
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    mixed || text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_names_of_files() {
        let hex = "0a1b2c3d".repeat(8);
        let key = format!("sk_live_{}", "0a1b2c3d".repeat(6));
        for secret in [
            key.as_str(),
            &format!(" \"{key}\"\n"),
            "vsm_00112233445566ff",
            "whsec_00112233445566ff",
            "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln-_",
            "Bearer eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln",
            &hex,
            "Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1O",
            "q3Xk/8yV+Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdI=",
        ] {
            assert!(mistaken(secret).is_some(), "{secret}");
        }
        assert_eq!(mistaken("Bearer eyJh.eyJl.c2ln"), Some("eyJh.eyJl.c2ln"));
        for path in [
            "",
            "key",
            "/run/secrets/videosearch",
            "~/.config/videosearch-mcp/api-key",
            "videosearch-api-key-of-production-2026",
            "/home/Me/keys/Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1O",
            "C:\\Users\\Me\\keys\\Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkd",
            "vsm_tokens",
            "whsec_of_our_receiver",
            "a.b.c",
            "eyJ.tokens.json/x",
            "jwt.2026-11-28.txt",
        ] {
            assert_eq!(mistaken(path), None);
        }
    }
}
