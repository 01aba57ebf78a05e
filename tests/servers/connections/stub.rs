//! Servers that only begin to speak: they offer TLS with a certificate of the test's choice, note how the
//! client went on, and end the connection with an error.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What the stub shows to clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// No TLS at all.
    Nothing,
    /// A certificate for `localhost`.
    Good,
    /// One that nobody signed.
    SelfSigned,
    /// One for another host.
    WrongHost,
    /// One of 2020.
    Expired,
}

/// How a client spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spoke {
    Encrypted,
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Postgres,
    Mysql,
}

/// A server that serves until the test ends.
pub(super) struct Stub {
    pub(super) port: u16,
    /// What clients said that got as far as to say who they are.
    pub(super) spoke: Receiver<Spoke>,
}

/// An authority, and servers with certificates.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate.
    pub(super) file: PathBuf,
}

impl Authority {
    pub(super) fn new(dir: &Path) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let file = dir.join("authority.pem");
        std::fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    pub(super) fn serve(&self, protocol: Protocol, shows: Shows) -> Stub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let tls = (shows != Shows::Nothing).then(|| Arc::new(self.config(shows)));
        let (sender, spoke) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
                // A client that goes away in the middle is what many cases are about.
                let _ = match protocol {
                    Protocol::Postgres => postgres(stream, tls.as_ref(), &sender),
                    Protocol::Mysql => mysql(stream, tls.as_ref(), &sender),
                };
            }
        });
        Stub { port, spoke }
    }

    fn config(&self, shows: Shows) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let host = if shows == Shows::WrongHost { "elsewhere.example" } else { "localhost" };
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        if shows == Shows::Expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2020, 2, 1);
        }
        let certificate = match shows {
            Shows::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, &self.issuer),
        };
        let chain: Vec<CertificateDer<'static>> = vec![certificate.unwrap().der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap()
    }
}

type Told = Sender<Spoke>;
type Io<T> = std::io::Result<T>;

fn encrypted(
    stream: TcpStream,
    tls: &Arc<ServerConfig>,
) -> StreamOwned<ServerConnection, TcpStream> {
    StreamOwned::new(ServerConnection::new(Arc::clone(tls)).unwrap(), stream)
}

fn postgres(mut stream: TcpStream, tls: Option<&Arc<ServerConfig>>, told: &Told) -> Io<()> {
    let first = postgres_message(&mut stream)?;
    // SSLRequest
    if first != [4, 210, 22, 47] {
        return postgres_end(stream, Spoke::Plain, told);
    }
    match tls {
        Some(tls) => {
            stream.write_all(b"S")?;
            let mut stream = encrypted(stream, tls);
            postgres_message(&mut stream)?;
            postgres_end(stream, Spoke::Encrypted, told)
        }
        None => {
            stream.write_all(b"N")?;
            postgres_message(&mut stream)?;
            postgres_end(stream, Spoke::Plain, told)
        }
    }
}

fn postgres_message(stream: &mut impl Read) -> Io<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut body)?;
    Ok(body)
}

/// Says how the client spoke, then answers: the client may be gone, and asked about, right after.
fn postgres_end(mut stream: impl Write, spoke: Spoke, told: &Told) -> Io<()> {
    let _ = told.send(spoke);
    let body = b"SFATAL\0VFATAL\0CXX000\0Mthis is a stub\0\0";
    stream.write_all(b"E")?;
    stream.write_all(&(body.len() as u32 + 4).to_be_bytes())?;
    stream.write_all(body)?;
    stream.flush()
}

/// The first packet of a MySQL server.
pub(super) fn mysql_greeting(tls: bool) -> Vec<u8> {
    // protocol 4.1, transactions, secure connection, plugin auth, local files, connect with database
    let capabilities: u32 = 0x0008_a289 | 0x0001_0000 | if tls { 0x0800 } else { 0 };
    let [a, b, c, d] = capabilities.to_le_bytes();
    let mut body = b"\x0a8.0.0-stub\0\x01\0\0\0saltsalt\0".to_vec();
    body.extend([a, b, 0x21, 2, 0, c, d, 21]);
    body.extend([0; 10]);
    body.extend(b"saltsaltsalt\0mysql_native_password\0");
    body
}

pub(super) fn mysql_send(stream: &mut impl Write, sequence: u8, body: &[u8]) -> Io<()> {
    let [a, b, c, _] = (body.len() as u32).to_le_bytes();
    stream.write_all(&[a, b, c, sequence])?;
    stream.write_all(body)?;
    stream.flush()
}

pub(super) fn mysql_packet(stream: &mut impl Read) -> Io<(u8, Vec<u8>)> {
    let mut head = [0; 4];
    stream.read_exact(&mut head)?;
    let [a, b, c, sequence] = head;
    let mut body = vec![0; u32::from_le_bytes([a, b, c, 0]) as usize];
    stream.read_exact(&mut body)?;
    Ok((sequence, body))
}

fn mysql(mut stream: TcpStream, tls: Option<&Arc<ServerConfig>>, told: &Told) -> Io<()> {
    mysql_send(&mut stream, 0, &mysql_greeting(tls.is_some()))?;
    let (sequence, first) = mysql_packet(&mut stream)?;
    // Who does not say who it is takes its leave.
    if first.len() < 32 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let wants_tls = first.len() == 32 && first[1] & 0x08 != 0;
    match tls.filter(|_| wants_tls) {
        Some(tls) => {
            let mut stream = encrypted(stream, tls);
            let (sequence, _) = mysql_packet(&mut stream)?;
            mysql_end(stream, sequence, Spoke::Encrypted, told)
        }
        None => mysql_end(stream, sequence, Spoke::Plain, told),
    }
}

fn mysql_end(mut stream: impl Write, sequence: u8, spoke: Spoke, told: &Told) -> Io<()> {
    let _ = told.send(spoke);
    let mut body = vec![0xff];
    body.extend(1105_u16.to_le_bytes());
    body.extend(b"#HY000this is a stub");
    mysql_send(&mut stream, sequence + 1, &body)
}
