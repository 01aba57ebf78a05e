//! TLS as libpq means it: `sslmode`, and the files beside it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::target::{Words, wrong};
use crate::config::TlsMode;
use crate::database::Surroundings;
use crate::error::CliResult;

/// Whether and how the connection is encrypted.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) mode: TlsMode,
    /// TLS from the first byte, without asking for it.
    pub(super) direct: bool,
    roots: Roots,
    identity: Option<(PathBuf, PathBuf)>,
}

/// Who is trusted.
#[derive(Clone)]
enum Roots {
    /// This file.
    File(PathBuf),
    /// libpq's usual file, if it is there.
    Usual(Option<PathBuf>),
    /// What the system trusts.
    System,
}

const MODES: &str = "`disable`, `allow`, `prefer`, `require`, `verify-ca`, or `verify-full`";

impl Tls {
    /// By the words of the URL, the `tls` of the environment, and the variables.
    ///
    /// Of the first two the stricter counts: neither a URL nor a file loosens what the other asks for.
    pub(super) fn new(words: &Words, around: Surroundings<'_>) -> CliResult<Self> {
        let parse = |text: &str| TlsMode::parse(text).ok_or_else(|| wrong("sslmode", MODES));
        let variable = |name: &str| around.env.get(name).filter(|value| !value.is_empty());
        let file = |key: &str, name: &str| {
            words.get(key).or_else(|| variable(name)).map(|path| around.cwd.join(path))
        };
        let given = words.get("sslmode").map(parse).transpose()?.max(around.tls);
        let asked = match given {
            Some(mode) => Some(mode),
            None => variable("PGSSLMODE").map(parse).transpose()?,
        };
        let system =
            words.get("sslrootcert").or_else(|| variable("PGSSLROOTCERT")) == Some("system");
        let usual = around.home_file(".postgresql/root.crt", "postgresql/root.crt");
        let roots = match file("sslrootcert", "PGSSLROOTCERT") {
            _ if system => Roots::System,
            Some(path) => Roots::File(path),
            None => Roots::Usual(usual.filter(|path| path.exists())),
        };
        let mode = match (asked, &roots) {
            (None, Roots::System) => TlsMode::VerifyFull,
            (Some(mode), Roots::System) if mode < TlsMode::VerifyFull => {
                return Err(wrong("sslmode", "`verify-full` where `sslrootcert` is `system`"));
            }
            // Older applications ask for no more, and put the file there so that it is used.
            (Some(TlsMode::Require), Roots::File(path)) if path.exists() => TlsMode::VerifyCa,
            (Some(TlsMode::Require), Roots::Usual(Some(_))) => TlsMode::VerifyCa,
            (mode, _) => mode.unwrap_or(TlsMode::Prefer),
        };
        let own = |key, name, unix: &str, windows: &str| {
            file(key, name).or_else(|| around.home_file(unix, windows).filter(|path| path.exists()))
        };
        let certificate =
            own("sslcert", "PGSSLCERT", ".postgresql/postgresql.crt", "postgresql/postgresql.crt");
        let key =
            own("sslkey", "PGSSLKEY", ".postgresql/postgresql.key", "postgresql/postgresql.key");
        let direct = match words.get("sslnegotiation") {
            None | Some("postgres") => false,
            Some("direct") if mode >= TlsMode::Require => true,
            Some("direct") => return Err(wrong("sslmode", "`require` or more for a direct TLS")),
            Some(_) => return Err(wrong("sslnegotiation", "`postgres` or `direct`")),
        };
        if !matches!(
            words.get("ssl_min_protocol_version"),
            None | Some("TLSv1" | "TLSv1.1" | "TLSv1.2")
        ) {
            return Err(wrong("ssl_min_protocol_version", "`TLSv1.2`"));
        }
        Ok(Self { mode, direct, roots, identity: certificate.zip(key) })
    }

    /// The same in the variables of libpq.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let mut variables = vec![("PGSSLMODE", self.mode.as_str().to_owned())];
        match &self.roots {
            Roots::File(file) => variables.push(("PGSSLROOTCERT", path(file))),
            Roots::System => variables.push(("PGSSLROOTCERT", "system".to_owned())),
            Roots::Usual(_) => {}
        }
        if let Some((certificate, key)) = &self.identity {
            variables.push(("PGSSLCERT", path(certificate)));
            variables.push(("PGSSLKEY", path(key)));
        }
        if self.direct {
            variables.push(("PGSSLNEGOTIATION", "direct".to_owned()));
        }
        variables
    }

    /// What connects. Nothing is read where nothing is checked.
    ///
    /// # Errors
    ///
    /// A file that can not be used, by name.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let authority = match self.mode {
            TlsMode::VerifyCa | TlsMode::VerifyFull => {
                let roots = Arc::new(self.roots()?);
                let builder =
                    WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
                Some(builder.build().map_err(|error| error.to_string())?)
            }
            _ => None,
        };
        let verifier = Verifier {
            authority,
            name: self.mode == TlsMode::VerifyFull,
            provider: Arc::clone(&provider),
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = certificates(certificate)?;
                let key = PrivateKeyDer::from_pem_file(key)
                    .map_err(|error| format!("the key `{}`: {error}", key.display()))?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|error| format!("`{}`: {error}", certificate.display()))?
            }
        };
        if self.direct {
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        Ok(MakeRustlsConnect::new(config))
    }

    fn roots(&self) -> Result<RootCertStore, String> {
        let mut store = RootCertStore::empty();
        match &self.roots {
            Roots::File(path) | Roots::Usual(Some(path)) => {
                for certificate in certificates(path)? {
                    let added = store.add(certificate);
                    added.map_err(|error| format!("`{}`: {error}", path.display()))?;
                }
            }
            // Any public authority, and any name: that would check nothing.
            Roots::Usual(None) if self.mode == TlsMode::VerifyCa => {
                return Err("`verify-ca` needs the certificate of the authority: give \
                            `sslrootcert=<file>`, or take `verify-full`"
                    .to_owned());
            }
            Roots::Usual(None) | Roots::System => {
                let found = rustls_native_certs::load_native_certs();
                if store.add_parsable_certificates(found.certs).0 == 0 {
                    return Err("the system has no certificates of authorities: give \
                                `sslrootcert=<file>`"
                        .to_owned());
                }
            }
        }
        Ok(store)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let fail = |error: String| format!("the certificate `{}`: {error}", path.display());
    let read = CertificateDer::pem_file_iter(path).map_err(|error| fail(error.to_string()))?;
    let list: Result<Vec<_>, _> = read.collect();
    match list.map_err(|error| fail(error.to_string()))? {
        list if list.is_empty() => Err(fail("no certificate in it".to_owned())),
        list => Ok(list),
    }
}

/// Checks what the mode asks for. That the server holds the key of its certificate is always checked.
struct Verifier {
    authority: Option<Arc<WebPkiServerVerifier>>,
    name: bool,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authority) = &self.authority else { return Ok(ServerCertVerified::assertion()) };
        let result = authority.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match result {
            // The name is what the verifier looks at last: all else held.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.name => Ok(ServerCertVerified::assertion()),
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
