//! `cargo bench`: `jiesu bench` with a PostgreSQL made for it, whatever is installed. What stands
//! behind `--` goes to it: `cargo bench -- nodes --turns 5`. Where there is none, that part says so.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot begin has nothing to say"
)]

#[path = "../tests/hotline/support"]
mod support {
    pub mod folder;
    #[expect(dead_code, reason = "the tests also stop and start it")]
    pub mod postgres;
}

use std::process::{Command, ExitCode};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use support::postgres::Cluster;

/// As a site would run it: what is committed is on disk.
const SETTINGS: &str = "fsync = on\nfull_page_writes = on\nshared_buffers = 256MB\nautovacuum = on";

fn main() -> ExitCode {
    let cluster = Cluster::start(SETTINGS);
    let mut command = Command::new(env!("CARGO_BIN_EXE_jiesu"));
    command.arg("bench");
    // Cargo's own word for a program that it runs as a benchmark.
    command.args(std::env::args().skip(1).filter(|word| word != "--bench"));
    if let Some(cluster) = &cluster {
        let mut admin =
            PgConnection::establish(&cluster.url("postgres")).expect("the cluster is up");
        for name in ["one_node", "two_nodes"] {
            admin.batch_execute(&format!("CREATE DATABASE {name}")).expect("an empty database");
            command.args(["--postgres", &cluster.url(name)]);
        }
    }
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
