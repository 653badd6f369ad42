//! A TLS server on this machine whose certificate is made at run time, good or bad. It answers nothing.

use std::{io::Read, net::TcpListener, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use rustls::{
    ServerConfig, ServerConnection, Stream,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// The server, which ends with the tests' process.
pub struct Tls {
    pub base_url: String,
    /// The certificate, in the form of CA bundles.
    pub pem: String,
}

impl Tls {
    /// A self-signed certificate for an address, good until the end of a year.
    pub fn start(address: [u8; 4], until: u16) -> Self {
        let random = SystemRandom::new();
        let private = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, private.as_ref(), &random).unwrap();
        let certificate = certificate(&pair, address, until);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(&certificate));
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(private.as_ref().to_vec()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate.into()], key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("https://{}/api/v2", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut socket in listener.incoming().map_while(Result::ok) {
                let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                // What goes wrong here is what the test is about.
                let _ = Stream::new(&mut connection, &mut socket).read(&mut [0; 1024]);
            }
        });
        Self { base_url, pem }
    }
}

/// An X.509 certificate, written by hand: no library here makes any.
fn certificate(pair: &EcdsaKeyPair, address: [u8; 4], until: u16) -> Vec<u8> {
    const ECDSA_SHA256: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    const EC_P256: &[u8] = &[0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let algorithm = der(0x30, &[ECDSA_SHA256]);
    let name = der(0x30, &[&der(0x31, &[&der(0x30, &[&[0x06, 3, 0x55, 4, 3], &der(0x0c, &[b"videosearch test"])])])]);
    let time = |year: u16, rest: &str| der(0x17, &[format!("{:02}{rest}", year % 100).as_bytes()]);
    let validity = der(0x30, &[&time(2020, "0101000000Z"), &time(until, "1231235959Z")]);
    let public = der(0x30, &[&der(0x30, &[EC_P256]), &der(0x03, &[&[0], pair.public_key().as_ref()])]);
    let names = der(0x30, &[&der(0x87, &[&address])]);
    let extensions = der(0xa3, &[&der(0x30, &[&der(0x30, &[&[0x06, 3, 0x55, 0x1d, 0x11], &der(0x04, &[&names])])])]);
    let version = der(0xa0, &[&[2, 1, 2]]);
    let body = der(0x30, &[&version, &[2, 1, 1], &algorithm, &name, &validity, &name, &public, &extensions]);
    let signature = pair.sign(&SystemRandom::new(), &body).unwrap();
    der(0x30, &[&body, &algorithm, &der(0x03, &[&[0], signature.as_ref()])])
}

/// One element: its tag, its length and its parts.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match content.len() {
        short @ ..128 => out.push(u8::try_from(short).unwrap()),
        middle @ 128..256 => out.extend([0x81, u8::try_from(middle).unwrap()]),
        long => {
            out.push(0x82);
            out.extend(u16::try_from(long).unwrap().to_be_bytes());
        }
    }
    out.extend(content);
    out
}
