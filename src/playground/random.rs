//! Random bytes from the operating system, as text.

use std::fmt::Write;

use ring::{
    digest,
    rand::{SecureRandom, SystemRandom},
};

use super::Error;

/// `bytes` random bytes in lower-case hexadecimal.
pub fn hex(bytes: usize) -> Result<String, Error> {
    let mut buffer = vec![0; bytes];
    SystemRandom::new().fill(&mut buffer).map_err(|_| Error::Random)?;
    Ok(write_hex(&buffer))
}

/// A new identifier: the prefix and 96 random bits.
pub fn id(prefix: &str) -> Result<String, Error> {
    Ok(format!("{prefix}{}", hex(12)?))
}

/// SHA-256.
pub fn sha256(data: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, data).as_ref().to_vec()
}

/// Lower-case hexadecimal.
pub fn write_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
