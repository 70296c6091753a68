//! The way between a browser and the server, which may fail as a phone's does. Its rule: bytes are passed on as they come;
//! where there is no signal, nothing is.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How much of it there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Good,
    /// What is sent arrives, and its answer is lost.
    Lossy,
    None,
}

/// What the threads of a way share.
struct Shared {
    signal: Signal,
    is_over: bool,
    /// Both ends of every connection there was.
    ends: Vec<TcpStream>,
}

impl Shared {
    fn hang_up(&mut self) {
        for end in self.ends.drain(..) {
            drop(end.shutdown(Shutdown::Both));
        }
    }
}

/// A way to a server; it ends with the test.
pub struct Way {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

impl Way {
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared { signal: Signal::Good, is_over: false, ends: Vec::new() };
        let shared = Arc::new(Mutex::new(shared));
        let kept = shared.clone();
        std::thread::spawn(move || {
            for here in listener.incoming().flatten() {
                if kept.lock().unwrap().is_over {
                    break;
                }
                // What fails here is seen by the browser as no signal.
                drop(join(&kept, here, server));
            }
        });
        Self { address, shared }
    }

    /// The site as the browser knows it.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn set(&self, signal: Signal) {
        let mut shared = self.shared.lock().unwrap();
        shared.signal = signal;
        if signal == Signal::None {
            shared.hang_up();
        }
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        if let Ok(mut shared) = self.shared.lock() {
            shared.is_over = true;
            shared.hang_up();
        }
        // Whoever waits for the next connection gets this one, and looks.
        drop(TcpStream::connect(self.address));
    }
}

/// Connects `here` with the server, where there is a signal.
fn join(shared: &Arc<Mutex<Shared>>, here: TcpStream, server: SocketAddr) -> std::io::Result<()> {
    let mut now = shared.lock().unwrap();
    if now.signal == Signal::None {
        return Ok(());
    }
    let there = TcpStream::connect(server)?;
    now.ends.push(here.try_clone()?);
    now.ends.push(there.try_clone()?);
    let (up, back) = ((here.try_clone()?, there.try_clone()?), (there, here));
    let kept = shared.clone();
    std::thread::spawn(move || pass(up, || true));
    std::thread::spawn(move || pass(back, || kept.lock().unwrap().signal != Signal::Lossy));
    Ok(())
}

/// Passes on what comes, until an end closes or something may not pass.
fn pass((mut from, mut to): (TcpStream, TcpStream), may: impl Fn() -> bool) {
    let mut part = [0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut part) {
        if !may() || to.write_all(&part[..count]).is_err() {
            break;
        }
    }
    for end in [from, to] {
        drop(end.shutdown(Shutdown::Both));
    }
}
