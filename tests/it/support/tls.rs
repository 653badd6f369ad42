//! A TLS server on this machine whose certificate is made at run time, good or bad. It answers nothing.

use std::{
    io::Read,
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
    /// A self-signed certificate for an address, good until the end of a year.
    pub fn start(address: [u8; 4], until: u16) -> Self {
        let mut wanted = CertificateParams::new([IpAddr::from(address).to_string()]).unwrap();
        wanted.not_before = date_time_ymd(2020, 1, 1);
        wanted.not_after = date_time_ymd(until.into(), 12, 31);
        let pair = KeyPair::generate().unwrap();
        // Each has a name of its own, so that none is taken for the issuer of another.
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
                let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                // What goes wrong here is what the test is about.
                let _ = Stream::new(&mut connection, &mut socket).read(&mut [0; 1024]);
            }
        });
        Self { base_url, pem }
    }
}
