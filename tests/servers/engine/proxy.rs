//! A proxy that understands where the messages of the two protocols end, and cuts connections there.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Site;

/// What happens to which message, counted over all connections from 0. After that everything goes through.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    None,
    /// The connection ends instead of this message, of whatever side.
    Cut(usize),
    /// This COMMIT does not reach the server.
    CommitSwallowed(usize),
    /// This COMMIT reaches the server, its answer not the client.
    AnswerDropped(usize),
}

pub(super) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: String,
    postgres: bool,
    fault: Fault,
    messages: AtomicUsize,
    commits: AtomicUsize,
    happened: AtomicBool,
    /// Nobody gets in any more.
    closed: AtomicBool,
    /// Whether it closes when the fault has happened.
    closes: bool,
}

impl Proxy {
    pub(super) fn to(site: &Site, fault: Fault) -> Self {
        Self::new(site, fault, false)
    }

    /// One that is gone after the fault.
    pub(super) fn that_closes(site: &Site, fault: Fault) -> Self {
        Self::new(site, fault, true)
    }

    fn new(site: &Site, fault: Fault, closes: bool) -> Self {
        let (_, rest) = site.scratch.url.rsplit_once('@').expect("a user");
        let (server, _) = rest.split_once('/').expect("a database");
        let shared = Arc::new(Shared {
            server: server.to_owned(),
            postgres: site.is_postgres(),
            fault,
            messages: AtomicUsize::new(0),
            commits: AtomicUsize::new(0),
            happened: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            closes,
        });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a port").port();
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accepting.closed.load(Ordering::SeqCst) {
                    break;
                }
                connect(&accepting, client);
            }
        });
        Self { port, shared }
    }

    /// The database of the site, through it.
    pub(super) fn url(&self, site: &Site) -> String {
        let plain = if site.is_postgres() { "sslmode=disable" } else { "ssl_mode=DISABLED" };
        let url = site.scratch.url.replacen(&self.shared.server, &self.address(), 1);
        format!("{url}?{plain}")
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// How many messages went through.
    pub(super) fn messages(&self) -> usize {
        self.shared.messages.load(Ordering::SeqCst)
    }

    pub(super) fn happened(&self) -> bool {
        self.shared.happened.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address());
    }
}

fn connect(shared: &Arc<Shared>, client: TcpStream) {
    let Ok(server) = TcpStream::connect(&shared.server) else { return };
    // The answer of this connection's COMMIT is not to come back.
    let deaf = Arc::new(AtomicBool::new(false));
    for from_client in [true, false] {
        let (shared, deaf) = (Arc::clone(shared), Arc::clone(&deaf));
        let (client, server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || {
            let (from, to) = if from_client { (&client, &server) } else { (&server, &client) };
            let _ = pump(&shared, from, to, from_client, &deaf);
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        });
    }
}

/// Carries messages until one is not to be carried.
fn pump(
    shared: &Shared,
    mut from: &TcpStream,
    mut to: &TcpStream,
    from_client: bool,
    deaf: &AtomicBool,
) -> std::io::Result<()> {
    let mut first = from_client;
    loop {
        let message = read(&mut from, shared.postgres, first)?;
        first = false;
        if deaf.load(Ordering::SeqCst) && !from_client {
            return Ok(());
        }
        let number = shared.messages.fetch_add(1, Ordering::SeqCst);
        let commit = from_client && is_commit(&message, shared.postgres);
        let commit = commit.then(|| shared.commits.fetch_add(1, Ordering::SeqCst));
        match shared.fault {
            Fault::Cut(at) if at == number => {
                shared.happen();
                return Ok(());
            }
            Fault::CommitSwallowed(at) if commit == Some(at) => {
                shared.happen();
                return Ok(());
            }
            Fault::AnswerDropped(at) if commit == Some(at) => {
                deaf.store(true, Ordering::SeqCst);
                shared.happen();
            }
            _ => {}
        }
        to.write_all(&message)?;
    }
}

fn is_commit(message: &[u8], postgres: bool) -> bool {
    match postgres {
        true => message == b"Q\0\0\0\x0bCOMMIT\0",
        false => message.get(4..) == Some(b"\x03COMMIT"),
    }
}

impl Shared {
    fn happen(&self) {
        self.happened.store(true, Ordering::SeqCst);
        if self.closes {
            self.closed.store(true, Ordering::SeqCst);
        }
    }
}

/// One message. PostgreSQL: a letter, but for the first of a client, and a length that counts itself.
/// MySQL: a length of three bytes, and a number.
fn read(from: &mut &TcpStream, postgres: bool, first: bool) -> std::io::Result<Vec<u8>> {
    let head = if postgres && !first { 5 } else { 4 };
    let mut message = vec![0; head];
    from.read_exact(&mut message)?;
    let length = match postgres {
        true => {
            let length: [u8; 4] = message[head - 4..].try_into().expect("four bytes");
            u32::from_be_bytes(length) as usize - 4
        }
        false => u32::from_le_bytes([message[0], message[1], message[2], 0]) as usize,
    };
    message.resize(head + length, 0);
    from.read_exact(&mut message[head..])?;
    Ok(message)
}
