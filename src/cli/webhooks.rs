//! `webhooks`: checks what a receiver of webhooks got.

use std::{
    io::{IsTerminal, Read, stdin},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use ring::hmac;

use super::{Failure, print, typed};
use crate::{api, disk, fence};

/// The most bytes of a body.
const MAX_BODY: u64 = 16 << 20;
/// The most bytes of a file with a secret.
const MAX_SECRET: u64 = 4 << 10;
/// The bytes of a signature.
const TAG: usize = 32;

/// Arguments of `webhooks`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say whether the signature of a body holds; the raw body comes on stdin
    Verify {
        /// File with the signing secret on one line
        #[arg(long, value_name = "FILE", value_parser = typed::secret_file())]
        secret_file: PathBuf,
        /// What came as X-Webhook-Signature
        #[arg(long, required_unless_present = "print", conflicts_with = "print")]
        signature: Option<String>,
        /// Print the right signature and verify nothing
        #[arg(long)]
        print: bool,
    },
}

/// Checks a signature: 0 if it holds, 1 if not.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let Command::Verify { secret_file, signature, print: _ } = arguments.command;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret(&secret_file).map_err(Failure::Usage)?.as_bytes());
    let tag = signature.as_deref().map(read_signature).transpose().map_err(Failure::Usage)?;
    let body = body().map_err(Failure::Usage)?;
    let Some(tag) = tag else {
        return Ok(print::out(format_args!("sha256={}", api::hex(hmac::sign(&key, &body).as_ref())))?);
    };
    // This takes the same time for every wrong signature.
    if hmac::verify(&key, &body, &tag).is_ok() {
        return Ok(print::out("The signature holds: the sender knows this secret, and the body was not changed.")?);
    }
    print::note("The signature does not hold. Check the secret and the signature, and that the body is complete and unchanged.");
    let bare = body.strip_suffix(b"\n").map(|body| body.strip_suffix(b"\r").unwrap_or(body));
    if bare.is_some_and(|bare| hmac::verify(&key, bare, &tag).is_ok()) {
        print::note("It holds for the body without the line break at its end. Keep the bytes of the request as they came.");
    }
    Err(Failure::Told)
}

fn secret(file: &Path) -> anyhow::Result<String> {
    let shown = file.display();
    let content = disk::read_patiently(file, MAX_SECRET, disk::Whose::Users).map_err(|error| anyhow!("{shown}: {error}"))?;
    let text = String::from_utf8(content.bytes).map_err(|_| anyhow!("{shown} holds no secret: it is not text"))?;
    let secret = text.trim_start_matches('\u{feff}').trim();
    if secret.is_empty() || secret.contains(char::is_whitespace) {
        return Err(anyhow!("{shown} holds no secret: it should have one on one line"));
    }
    fence::hide_secret(secret);
    Ok(secret.to_owned())
}

/// The bytes of a signature. It may be given with the name of the header.
fn read_signature(text: &str) -> anyhow::Result<[u8; TAG]> {
    let text = text.rsplit(':').next().unwrap_or_default().trim();
    let digits = text.strip_prefix("sha256=").unwrap_or(text);
    let mut tag = [0; TAG];
    let bad = || anyhow!("--signature takes `sha256=` and {} hexadecimal digits, as X-Webhook-Signature has them", 2 * TAG);
    if digits.len() != 2 * TAG || !digits.is_ascii() {
        return Err(bad());
    }
    for (byte, pair) in tag.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| bad())?;
        // `from_str_radix` would also take a sign.
        if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(bad());
        }
        *byte = u8::from_str_radix(pair, 16).map_err(|_| bad())?;
    }
    Ok(tag)
}

fn body() -> anyhow::Result<Vec<u8>> {
    if stdin().is_terminal() {
        return Err(anyhow!("give the raw body on stdin: videosearch-mcp webhooks verify --secret-file FILE --signature SIGNATURE < body"));
    }
    let mut body = Vec::new();
    stdin().take(MAX_BODY + 1).read_to_end(&mut body).context("reading the body from stdin")?;
    match body.len() as u64 {
        0 => Err(anyhow!("stdin is empty; give the raw body of the request there")),
        size if size > MAX_BODY => Err(anyhow!("the body is larger than {} MiB", MAX_BODY >> 20)),
        _ => Ok(body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_read_as_the_header_has_them() {
        let digits = "0a".repeat(TAG);
        for good in [format!("sha256={digits}"), digits.clone(), format!("X-Webhook-Signature: sha256={}", digits.to_uppercase())] {
            assert_eq!(read_signature(&good).unwrap(), [10; TAG], "{good}");
        }
        for bad in ["", "sha256=", "sha256=0a", &format!("{digits}0"), &format!("sha1={digits}"), &format!("+{}", &digits[1..])] {
            assert!(read_signature(bad).is_err(), "{bad}");
        }
    }
}
