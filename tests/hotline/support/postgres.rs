//! A PostgreSQL for the tests, made from whatever is installed. Its rule: it ends when the test
//! process ends, however that ends, and leaves nothing behind.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::folder::Folder;

/// A server of its own, reached by a socket in a folder of its own.
pub struct Cluster {
    folder: Folder,
    watcher: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pub version: String,
}

/// Starts the server, obeys `stop`, `kill` and `start`, and clears up when our end of its input
/// is closed: also by kill -9.
const WATCHER: &str = r#"
trap '' INT TERM HUP
bin=$1 home=$2
start() { "$bin/pg_ctl" -D "$home/data" -s -w -t 60 -l "$home/log" start </dev/null >/dev/null 2>&1 && echo up || echo failed; }
start
while read -r order; do
  case $order in
    start) start ;;
    stop) "$bin/pg_ctl" -D "$home/data" -s -w -m fast stop >/dev/null 2>&1; echo down ;;
    kill) "$bin/pg_ctl" -D "$home/data" -s -w -m immediate stop >/dev/null 2>&1; echo down ;;
  esac
done
"$bin/pg_ctl" -D "$home/data" -s -w -m immediate stop >/dev/null 2>&1
rm -rf "$home"
"#;

impl Cluster {
    /// Starts the newest installed PostgreSQL with further lines of `postgresql.conf`; `None`
    /// where none is installed.
    pub fn start(settings: &str) -> Option<Self> {
        Self::start_with(|_| settings.to_owned())
    }

    /// The same, where the settings name files that `prepare` puts into the server's folder.
    pub fn start_with(prepare: impl FnOnce(&Path) -> String) -> Option<Self> {
        let bin = newest_binaries()?;
        let folder = Folder::new();
        let home = folder.path().to_owned();
        let user = unprivileged(&home);
        std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o700)).unwrap();
        let settings = prepare(&home);
        give(&home, user);
        let initdb = command(&bin.join("initdb"), user)
            .arg("-D")
            .arg(home.join("data"))
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"])
            .output()
            .unwrap();
        assert!(initdb.status.success(), "{}", String::from_utf8_lossy(&initdb.stderr));
        let conf = home.join("data/postgresql.conf");
        let mut text = std::fs::read_to_string(&conf).unwrap();
        // A large run needs statistics as a house has them: plans made for empty tables stay.
        let large = ["JIESU_SEQUENCES", "JIESU_HISTORIES"].map(std::env::var_os);
        let vacuum = if large.iter().any(Option::is_some) { "on" } else { "off" };
        text.push_str(&format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nfsync = off\n\
             full_page_writes = off\nmax_connections = 400\n\
             shared_buffers = 64MB\nautovacuum = {vacuum}\nautovacuum_naptime = 5s\nlc_messages = 'C'\n{settings}\n",
            home.display()
        ));
        std::fs::write(&conf, text).unwrap();
        let mut watcher = command(Path::new("/bin/sh"), user)
            .args(["-c", WATCHER, "watcher"])
            .arg(&bin)
            .arg(&home)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let orders = watcher.stdin.take();
        let answers = BufReader::new(watcher.stdout.take().unwrap());
        let version = version_of(&bin).unwrap_or_default();
        let mut cluster = Self { folder, watcher, orders, answers, version };
        cluster.expect("up");
        Some(cluster)
    }

    pub fn home(&self) -> &Path {
        self.folder.path()
    }

    /// The address of `database` through the socket.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@/{database}?host={}", self.home().display())
    }

    /// Sends `start`, `stop` or `kill` and waits until it is done.
    pub fn order(&mut self, order: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        self.expect(if order == "start" { "up" } else { "down" });
    }

    fn expect(&mut self, answer: &str) {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        if line.trim() != answer {
            let log = std::fs::read_to_string(self.home().join("log")).unwrap_or_default();
            panic!("PostgreSQL said {line:?} instead of {answer:?}\n{log}");
        }
    }
}

impl Drop for Cluster {
    /// Before the folder goes: a server whose folder is gone is no longer found to be stopped.
    fn drop(&mut self) {
        self.orders.take();
        drop(self.watcher.wait());
    }
}

/// Where the newest `initdb` lives, with its fellows.
fn newest_binaries() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for root in ["/usr/lib/postgresql", "/usr/local/lib/postgresql", "/usr/lib64/postgresql"] {
        let versions = std::fs::read_dir(root).into_iter().flatten().flatten();
        folders.extend(versions.map(|entry| entry.path().join("bin")));
    }
    for root in ["/usr", "/opt/homebrew/opt", "/usr/local/opt"] {
        let found = std::fs::read_dir(root).into_iter().flatten().flatten();
        folders.extend(found.map(|entry| entry.path()).filter_map(|path| {
            let name = path.file_name()?.to_string_lossy().into_owned();
            (name.starts_with("pgsql-") || name.starts_with("postgresql@"))
                .then(|| path.join("bin"))
        }));
    }
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders
        .into_iter()
        .filter(|bin| bin.join("initdb").is_file() && bin.join("pg_ctl").is_file())
        .filter(|bin| bin.join("postgres").is_file())
        .max_by_key(|bin| {
            let version = version_of(bin).unwrap_or_default();
            let parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
            parts.collect::<Vec<_>>()
        })
}

fn version_of(bin: &Path) -> Option<String> {
    let said = Command::new(bin.join("initdb")).arg("--version").output().ok()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let number = said.split_whitespace().find(|word| word.starts_with(|c: char| c.is_numeric()))?;
    Some(number.to_owned())
}

/// PostgreSQL does not run as root: then the user `postgres`, else `nobody`.
fn unprivileged(ours: &Path) -> Option<(u32, u32)> {
    if std::fs::metadata(ours).unwrap().uid() != 0 {
        return None;
    }
    let people = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let line = people.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(find("postgres").or_else(|| find("nobody")).unwrap_or((65_534, 65_534)))
}

fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env("LC_ALL", "C");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn give(home: &Path, user: Option<(u32, u32)>) {
    let Some((uid, gid)) = user else { return };
    chown(home, Some(uid), Some(gid)).unwrap();
    for entry in std::fs::read_dir(home).unwrap().flatten() {
        chown(entry.path(), Some(uid), Some(gid)).unwrap();
    }
}
