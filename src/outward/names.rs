//! Outward: from a name to addresses. Its rule: the addresses that were judged are the ones that are
//! connected to; no second look-up lies between.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;

use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::failure::Failure;
use super::policy::Policy;
use super::url::{Host, Url};

/// Who knows where names lead.
pub trait Names: Debug + Send + Sync + 'static {
    /// Every address of `name` now.
    ///
    /// # Errors
    /// Whatever the look-up says.
    fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's own name service.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNames;

impl Names for SystemNames {
    fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
    }
}

/// Looks names up, and judges every address they lead to.
#[derive(Debug, Clone)]
pub(super) struct Guarded {
    pub policy: Policy,
    pub names: Arc<dyn Names>,
}

impl Guarded {
    fn addresses(&self, url: &Url, timeout: NextTimeout) -> Result<Vec<IpAddr>, Failure> {
        let name = match url.host() {
            Host::Address(address) => return Ok(vec![*address]),
            Host::Name(name) => name.clone(),
        };
        // A name service may take its time, and gives no way to stop it but to stop waiting.
        let (told, answer) = mpsc::sync_channel(1);
        let names = self.names.clone();
        thread::Builder::new()
            .name("outward-name".to_owned())
            .spawn(move || told.send(names.look_up(&name)))
            .map_err(|_| Failure::Name)?;
        let found = answer.recv_timeout(*timeout.after).map_err(|_| Failure::Name)?;
        found.ok().filter(|found| !found.is_empty()).ok_or(Failure::Name)
    }
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        _: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let judged = || {
            let url = Url::parse(&uri.to_string())?;
            let found = self.addresses(&url, timeout)?;
            // One bad address among good ones is a trap, or a mistake: nobody is called.
            for address in &found {
                self.policy.admit(url.scheme(), url.host(), *address)?;
            }
            Ok((found, url.port()))
        };
        let (found, port) =
            judged().map_err(|failure: Failure| ureq::Error::Other(failure.into()))?;
        let mut addresses = self.empty();
        for address in found.into_iter().take(MOST) {
            addresses.push(SocketAddr::new(address, port));
        }
        Ok(addresses)
    }
}

/// As many addresses as ureq tries.
const MOST: usize = 16;
