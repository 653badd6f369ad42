//! Random bytes from the operating system, as text.

use ring::{
    digest,
    rand::{SecureRandom, SystemRandom},
};

use super::Error;
use crate::api;

/// `bytes` random bytes in lower-case hexadecimal.
pub fn hex(bytes: usize) -> Result<String, Error> {
    let mut buffer = vec![0; bytes];
    SystemRandom::new().fill(&mut buffer).map_err(|_| Error::Random)?;
    Ok(api::hex(&buffer))
}

/// `N` random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut buffer = [0; N];
    SystemRandom::new().fill(&mut buffer).map_err(|_| Error::Random)?;
    Ok(buffer)
}

/// A new identifier: the prefix and 96 random bits.
pub fn id(prefix: &str) -> Result<String, Error> {
    Ok(format!("{prefix}{}", hex(12)?))
}

/// An identifier that follows from a text: the prefix and 96 bits of its hash.
pub fn id_of(prefix: &str, text: &str) -> String {
    let hash = sha256(text.as_bytes());
    format!("{prefix}{}", api::hex(hash.get(..12).unwrap_or(&hash)))
}

/// SHA-256.
pub fn sha256(data: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, data).as_ref().to_vec()
}
