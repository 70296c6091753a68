//! The ground gives way: the database is gone, the disk is full, a transaction vanishes. Nothing
//! acknowledged is lost, callers hear of it in time, and it heals by itself.

mod lost;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Bool;
use diesel::{ExpressionMethods, QueryDsl, QueryableByName, RunQueryDsl};
use jiesu::db::schema::number_lease::dsl::{number_lease, series, taken};
use jiesu::db::{Db, Settings, Tx};
use jiesu::error::{Error, Kind, Result};
use jiesu::time::SystemClock;

use crate::support::databases::{Folder, TestDb, say};
use crate::support::postgres::Cluster;

/// One write of a group.
type Member = Box<dyn Fn(&mut Tx<'_>) -> Result<()> + Send>;

fn keep(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    diesel::insert_into(number_lease).values((series.eq(name), taken.eq(1))).execute(tx.conn)?;
    Ok(())
}

fn count(db: &Db) -> i64 {
    db.read(|conn| Ok(number_lease.count().get_result(conn)?)).unwrap()
}

fn open(url: &str) -> Db {
    Db::open(url, Arc::new(SystemClock)).unwrap()
}

/// Asks until it goes well; how long that took is in the message if it never does.
fn until_healed(what: impl Fn() -> Result<()>) {
    let since = Instant::now();
    while let Err(error) = what() {
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "not healed: {error} {:?}",
            error.cause()
        );
    }
}

fn assert_away_in_time(what: impl FnOnce() -> Result<()>) {
    let since = Instant::now();
    let error: Error = what().unwrap_err();
    let took = since.elapsed();
    assert_eq!(error.kind(), Kind::Unavailable, "{error} {:?}", error.cause());
    assert!(error.retry_after_s().is_some());
    assert!(took < Duration::from_secs(2), "told after {took:?}");
}

#[test]
fn a_postgres_that_is_killed_is_unavailable_within_two_seconds_and_heals() {
    let Some(mut cluster) = Cluster::start("") else { return };
    let db = open(&cluster.url("postgres"));
    db.migrate().unwrap();
    // Several idle connections that will all be found dead.
    std::thread::scope(|scope| {
        for n in 0..8 {
            let db = &db;
            scope.spawn(move || db.write(move |tx| keep(tx, &format!("before-{n}"))).unwrap());
        }
    });
    for order in ["kill", "stop"] {
        cluster.order(order);
        assert_away_in_time(|| db.write(|tx| keep(tx, "gone")));
        assert_away_in_time(|| {
            db.read(|conn| {
                number_lease.count().get_result::<i64>(conn)?;
                Ok(())
            })
        });
        cluster.order("start");
        until_healed(|| db.write(move |tx| keep(tx, order)));
    }
    assert_eq!(count(&db), 8 + 2);
}

#[test]
fn a_postgres_that_is_away_at_the_start_is_no_reason_not_to_start() {
    let Some(mut cluster) = Cluster::start("") else { return };
    cluster.order("stop");
    let db = open(&cluster.url("postgres"));
    assert_away_in_time(|| db.migrate().map(drop));
    cluster.order("start");
    until_healed(|| db.migrate().map(drop));
    db.write(|tx| keep(tx, "one")).unwrap();
}

/// Makes one group of what is handed in: the first member holds the writer until all wait.
fn in_one_group(db: &Db, members: Vec<Member>) -> Vec<Result<()>> {
    let (open, gate) = mpsc::channel::<()>();
    let (began, has_begun) = mpsc::sync_channel::<()>(2);
    let gate = std::sync::Mutex::new(gate);
    std::thread::scope(|scope| {
        let first = scope.spawn(move || {
            db.write(move |tx| {
                // Run again alone, the gate is open already.
                let _ = began.try_send(());
                let _ = gate.lock().unwrap().recv();
                keep(tx, "first")
            })
        });
        has_begun.recv().unwrap();
        let rest: Vec<_> =
            members.into_iter().map(|member| scope.spawn(move || db.write(member))).collect();
        std::thread::sleep(Duration::from_millis(200));
        drop(open);
        std::iter::once(first).chain(rest).map(|thread| thread.join().unwrap()).collect()
    })
}

fn a_vanished_transaction_costs_only_its_cause(db: &Db) {
    let mut members: Vec<Member> = Vec::new();
    for n in 0..6 {
        members.push(Box::new(move |tx| keep(tx, &format!("good-{n}"))));
    }
    // What SQLite does by itself on some full disks.
    members.push(Box::new(|tx| {
        keep(tx, "bad")?;
        tx.conn.batch_execute("ROLLBACK")?;
        Ok(())
    }));
    for n in 6..12 {
        members.push(Box::new(move |tx| keep(tx, &format!("good-{n}"))));
    }
    let went = in_one_group(db, members);
    assert_eq!(went.iter().filter(|result| result.is_err()).count(), 1);
    assert_eq!(count(db), 13);
    db.write(|tx| keep(tx, "after")).unwrap();
    assert_eq!(count(db), 14);
}

#[test]
fn a_transaction_that_vanishes_underneath_costs_only_its_cause() {
    a_vanished_transaction_costs_only_its_cause(&TestDb::sqlite().db);
}

#[test]
fn in_memory_too_a_transaction_that_vanishes_costs_only_its_cause() {
    let db = open("sqlite://:memory:");
    db.migrate().unwrap();
    a_vanished_transaction_costs_only_its_cause(&db);
}

#[test]
fn a_sqlite_file_that_another_program_holds_is_unavailable_in_time_and_heals() {
    let test = TestDb::sqlite();
    test.db.write(|tx| keep(tx, "before")).unwrap();
    let path = test.url.strip_prefix("sqlite://").unwrap();
    let mut other = <diesel::SqliteConnection as diesel::Connection>::establish(path).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    assert_away_in_time(|| test.db.write(|tx| keep(tx, "held")));
    assert_eq!(count(&test.db), 1, "reading goes on");
    other.batch_execute("ROLLBACK").unwrap();
    test.db.write(|tx| keep(tx, "after")).unwrap();
    assert_eq!(count(&test.db), 2);
}

#[test]
fn more_writes_than_the_queue_holds_are_turned_away_at_once() {
    let folder = Folder::new();
    let mut settings = Settings::new(format!("sqlite://{}", folder.path().join("q.db").display()));
    settings.queue = 2;
    let db = Db::open_with(&settings, Arc::new(SystemClock)).unwrap();
    db.migrate().unwrap();
    db.write(|tx| keep(tx, "number taken")).unwrap();
    let members = (0..10)
        .map(|n| Box::new(move |tx: &mut Tx<'_>| keep(tx, &n.to_string())) as Box<_>)
        .collect();
    let went = in_one_group(&db, members);
    let refused: Vec<&Error> = went.iter().filter_map(|result| result.as_ref().err()).collect();
    assert_eq!(refused.len(), 8);
    assert!(refused.iter().all(|error| error.retry_after_s() == Some(1)));
    assert_eq!(count(&db), 1 + 11 - 8);
}

/// A disk of a few megabytes, if this machine lets us have one.
struct SmallDisk(Folder);

impl SmallDisk {
    fn new() -> Option<Self> {
        let folder = Folder::new();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "jiesu-test"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0.path()).output());
    }
}

#[test]
fn a_full_disk_is_said_loses_nothing_and_heals() {
    let Some(disk) = SmallDisk::new() else {
        say("the full disk of SQLite was NOT tested: only root may mount a small one");
        return;
    };
    let db = open(&format!("sqlite://{}", disk.0.path().join("small.db").display()));
    db.migrate().unwrap();
    let ballast = disk.0.path().join("ballast");
    std::fs::write(&ballast, vec![0_u8; 1_500_000]).unwrap();
    let (kept, full) = fill(&db, "early");
    assert!(kept > 0 && full > 0, "{kept} kept, {full} refused");
    assert_eq!(count(&db), kept);
    std::fs::remove_file(&ballast).unwrap();
    db.write(|tx| keep(tx, "healed")).unwrap();
    assert_eq!(count(&db), kept + 1);
    let whole = db.read(|conn| Ok(conn.batch_execute("PRAGMA integrity_check")?));
    whole.unwrap();
}

/// Writes from many sides until the disk is full; how many were acknowledged and how many refused.
fn fill(db: &Db, name: &str) -> (i64, i64) {
    let (kept, full) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let (kept, full) = (&kept, &full);
            scope.spawn(move || {
                for row in 0..500 {
                    let long = format!("{name}-{thread}-{row}-{}", "x".repeat(600));
                    match db.write(move |tx| keep(tx, &long)) {
                        Ok(()) => _ = kept.fetch_add(1, Ordering::SeqCst),
                        Err(error) => {
                            assert_eq!(error.code(), "full", "{:?}", error.cause());
                            assert_eq!(error.kind(), Kind::Full);
                            if full.fetch_add(1, Ordering::SeqCst) > 100 {
                                return;
                            }
                        }
                    }
                }
            });
        }
    });
    let number = |count: AtomicUsize| i64::try_from(count.into_inner()).unwrap();
    (number(kept), number(full))
}

fn openssl(folder: &Path, line: &str) -> bool {
    Command::new("openssl")
        .args(line.split_whitespace())
        .current_dir(folder)
        .output()
        .is_ok_and(|output| output.status.success())
}

/// An authority `NAME.crt` in `folder`.
fn authority(folder: &Path, name: &str) -> bool {
    let line = format!(
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.crt"
    );
    openssl(folder, &line)
}

#[derive(QueryableByName)]
struct Encrypted {
    #[diesel(sql_type = Bool)]
    ssl: bool,
}

#[test]
fn the_way_to_postgres_is_encrypted_and_its_certificate_checked() {
    let ours = Folder::new();
    let made = authority(ours.path(), "right")
        && authority(ours.path(), "wrong")
        && openssl(
            ours.path(),
            "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
        )
        && std::fs::write(ours.path().join("names"), "subjectAltName=DNS:localhost").is_ok()
        && openssl(
            ours.path(),
            "x509 -req -in server.csr -CA right.crt -CAkey right.key -CAcreateserial -days 2 \
             -extfile names -out server.crt",
        );
    if !made {
        say("TLS to PostgreSQL was NOT tested: no openssl command to make a certificate with");
        return;
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let cluster = Cluster::start_with(|home| {
        use std::os::unix::fs::PermissionsExt;
        for file in ["server.key", "server.crt"] {
            std::fs::copy(ours.path().join(file), home.join(file)).unwrap();
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(home.join(file), mode).unwrap();
        }
        let home = home.display();
        format!(
            "listen_addresses = 'localhost'\nport = {port}\nssl = on\n\
             ssl_cert_file = '{home}/server.crt'\nssl_key_file = '{home}/server.key'"
        )
    });
    let Some(_cluster) = cluster else { return };
    let with = |ca: &str, host: &str| {
        let mut settings = Settings::new(format!("postgres://postgres@{host}:{port}/postgres"));
        settings.ca_file = Some(ours.path().join(ca));
        Db::open_with(&settings, Arc::new(SystemClock)).unwrap()
    };
    let encrypted = |db: &Db| {
        db.read(|conn| {
            let asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            Ok(diesel::sql_query(asked).get_result::<Encrypted>(conn)?.ssl)
        })
    };
    assert!(encrypted(&with("right.crt", "localhost")).unwrap());
    for (ca, host) in [("wrong.crt", "localhost"), ("right.crt", "127.0.0.1")] {
        assert_eq!(encrypted(&with(ca, host)).unwrap_err().kind(), Kind::Unavailable);
    }
}
