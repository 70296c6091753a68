//! Bench: the program as a process of its own, serving a site. Its rule: the clients' work is not its
//! work, and it is stopped when the measurement is over, however that ends.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::clients::{Answer, Line, answer_of};
use super::site::Site;
use crate::error::{Error, Result};

const PATIENCE: Duration = Duration::from_mins(1);

/// `jiesu serve` on a port of its own.
pub struct Server {
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts the program on `site`; `keys` are added to the site's.
    ///
    /// # Errors
    /// Where it is not ready within a minute.
    pub fn start(site: &Site, keys: &[(&str, &str)]) -> Result<Self> {
        Self::begun(site, &["serve"], keys)
    }

    /// The same with the people of the demo city, who may log in.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_demo(site: &Site, keys: &[(&str, &str)]) -> Result<Self> {
        Self::begun(site, &["serve", "--demo"], keys)
    }

    fn begun(site: &Site, words: &[&str], keys: &[(&str, &str)]) -> Result<Self> {
        let address = free_address()?;
        let program = std::env::current_exe().map_err(Error::internal)?;
        let child = Command::new(program)
            .args(words)
            .envs(site.keys.iter().map(|(name, value)| (name, value)))
            .envs(keys.iter().copied())
            .env("JIESU_LISTEN", address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(Error::internal)?;
        let server = Self { address, child };
        server.wait()?;
        Ok(server)
    }

    fn wait(&self) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let ready = TcpStream::connect(self.address)
                .map_err(Error::internal)
                .and_then(|stream| Line::over(stream).ask("GET", "/api/v1/health/ready", &[], ""));
            if ready.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(Error::internal("the program that was started is not ready"))
    }

    /// Resident memory in bytes; none where the system does not say.
    pub fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib * 1024)
    }

    /// The access token of a new account, whose one-time password is changed on the way.
    ///
    /// # Errors
    /// Where the login is refused.
    pub fn login(&self, name: &str, password: &str) -> Result<String> {
        let mut line = Line::to(self.address)?;
        let first = json!({ "username": name, "password": password });
        let token = granted(&line.ask("POST", "/api/v1/auth/token", &[], &first.to_string())?)?;
        let bearer = format!("Bearer {token}");
        let own = json!({ "old": password, "new": format!("{password}-{password}") });
        let head = [("Authorization", bearer.as_str())];
        granted(&line.ask("POST", "/api/v1/me/password", &head, &own.to_string())?)
    }
}

fn granted(answer: &Answer) -> Result<String> {
    let token = answer_of(answer)?["access_token"].as_str().map(str::to_owned);
    token.ok_or_else(|| Error::internal("no token was given"))
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(Error::internal)?;
    listener.local_addr().map_err(Error::internal)
}
