//! Finds out what went wrong with TLS: by the type of the error, never by its words.

use std::{error::Error, io};

use rustls::CertificateError;

use super::{Blocked, Certificate};

/// The TLS error among the causes of an error.
fn tls_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // If an I/O error wraps another error, its source is the source of that error. So we look at the wrapped error first.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

/// Whether an error says that a certificate was not accepted.
pub(super) fn is_certificate_trouble(error: &(dyn Error + 'static)) -> bool {
    matches!(tls_error(error), Some(rustls::Error::InvalidCertificate(_)))
}

/// What kind of trouble an error is. `causes` are the words of the error, for trouble that has no kind of its own.
pub(super) fn blocked(error: &(dyn Error + 'static), causes: String) -> Blocked {
    let certificate = match tls_error(error) {
        Some(rustls::Error::InvalidCertificate(certificate)) => certificate,
        Some(rustls::Error::InvalidMessage(_)) => return Blocked::NotTls,
        _ => return Blocked::Connection(causes),
    };
    Blocked::Certificate(match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Certificate::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Certificate::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Certificate::OtherHost,
        CertificateError::UnknownIssuer => Certificate::UnknownIssuer,
        _ => Certificate::Other(causes),
    })
}

#[cfg(test)]
mod tests {
    use std::{fmt, sync::Arc};

    use rustls::{InvalidMessage, OtherError, pki_types::UnixTime};

    use super::*;

    /// An error around another one, as libraries nest them.
    #[derive(Debug)]
    struct Around(Box<dyn Error + Send + Sync>);

    impl fmt::Display for Around {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("expired, not valid yet, UnknownIssuer: words that prove nothing")
        }
    }

    impl Error for Around {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self.0.as_ref())
        }
    }

    fn judged(error: rustls::Error) -> Blocked {
        let nested = Around(Box::new(io::Error::other(Around(Box::new(io::Error::new(io::ErrorKind::InvalidData, error))))));
        assert_eq!(is_certificate_trouble(&nested), matches!(blocked(&nested, String::new()), Blocked::Certificate(_)));
        blocked(&nested, "causes".into())
    }

    #[test]
    fn certificate_trouble_is_told_by_its_type() {
        let time = UnixTime::now();
        for (error, expect) in [
            (CertificateError::Expired, Certificate::Expired),
            (CertificateError::ExpiredContext { time, not_after: time }, Certificate::Expired),
            (CertificateError::NotValidYetContext { time, not_before: time }, Certificate::NotYetValid),
            (CertificateError::UnknownIssuer, Certificate::UnknownIssuer),
            (CertificateError::NotValidForName, Certificate::OtherHost),
            (CertificateError::BadEncoding, Certificate::Other("causes".into())),
            (CertificateError::Other(OtherError(Arc::new(fmt::Error))), Certificate::Other("causes".into())),
        ] {
            assert!(matches!(judged(error.clone().into()), Blocked::Certificate(found) if found == expect), "{error:?}");
        }
    }

    #[test]
    fn other_trouble_is_none_of_the_certificate() {
        assert!(matches!(judged(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)), Blocked::NotTls));
        assert!(matches!(judged(rustls::Error::General("UnknownIssuer, Expired".into())), Blocked::Connection(said) if said == "causes"));
        let words = io::Error::other("invalid peer certificate: Expired");
        assert!(matches!(blocked(&words, "causes".into()), Blocked::Connection(_)) && !is_certificate_trouble(&words));
    }
}
