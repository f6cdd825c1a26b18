//! A way to a server that counts what the server answers.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// It takes connections as long as the scenario runs.
pub struct Counted {
    address: SocketAddr,
    bytes: Arc<AtomicU64>,
}

impl Counted {
    /// A port on the host of this server that leads to it.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((server.ip(), 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let bytes = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&bytes);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(server) else {
                    continue;
                };
                let ends = client
                    .try_clone()
                    .and_then(|it| Ok((it, server.try_clone()?)));
                let Ok((to_client, from_server)) = ends else {
                    continue;
                };
                let counter = Arc::clone(&counter);
                thread::spawn(move || pass_on(client, server, &AtomicU64::new(0)));
                thread::spawn(move || pass_on(from_server, to_client, &counter));
            }
        });
        Self { address, bytes }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many bytes of the server came this way while that was done.
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> (T, u64) {
        let before = self.bytes.load(Ordering::SeqCst);
        let done = work();
        (done, self.bytes.load(Ordering::SeqCst) - before)
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, counter: &AtomicU64) {
    let mut chunk = vec![0; 65536];
    while let Ok(count @ 1..) = from.read(&mut chunk) {
        counter.fetch_add(u64::try_from(count).unwrap_or_default(), Ordering::SeqCst);
        if to.write_all(&chunk[..count]).is_err() {
            break;
        }
    }
    // The other direction ends by itself.
    let _ = to.shutdown(Shutdown::Write);
}
