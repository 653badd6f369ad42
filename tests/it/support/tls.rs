//! A TLS server on this machine whose certificate is made at run time, good or bad.

use std::{
    io::{Read, Write},
    net::{IpAddr, TcpListener},
    sync::Arc,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
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
    /// A self-signed certificate for an address, good until the end of a year. The server answers nothing.
    pub fn start(address: [u8; 4], until: u16) -> Self {
        Self::serving(&IpAddr::from(address).to_string(), until, None)
    }

    /// A good certificate for a name or an address. The server answers every request with this JSON.
    pub fn answering(host: &str, json: &str) -> Self {
        let length = json.len();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
        Self::serving(host, 2045, Some(head + json))
    }

    fn serving(host: &str, until: u16, answer: Option<String>) -> Self {
        let mut wanted = CertificateParams::new([host.to_owned()]).unwrap();
        wanted.not_before = date_time_ymd(2020, 1, 1);
        wanted.not_after = date_time_ymd(until.into(), 12, 31);
        let pair = KeyPair::generate().unwrap();
        // Each has a name of its own, so that nobody takes one for the issuer of another.
        wanted.distinguished_name.push(DnType::CommonName, STANDARD.encode(&pair.public_key_raw()[1..10]));
        let certificate = wanted.self_signed(&pair).unwrap();
        let pem = certificate.pem();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("https://{}/api/v2", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut socket in listener.incoming().map_while(Result::ok) {
                let (mut connection, answer) = (ServerConnection::new(Arc::clone(&config)).unwrap(), answer.clone());
                // Errors are ignored: they are what the test is about.
                std::thread::spawn(move || {
                    let mut stream = Stream::new(&mut connection, &mut socket);
                    // Requests of these tests come in one piece.
                    let asked = stream.read(&mut [0; 8192]).is_ok_and(|n| n > 0);
                    if let Some(answer) = answer.filter(|_| asked) {
                        let _ = stream.write_all(answer.as_bytes());
                        connection.send_close_notify();
                        let _ = connection.complete_io(&mut socket);
                    }
                });
            }
        });
        Self { base_url, pem }
    }
}
