//! A site of the tests' town: a server on one of the tests' databases, and a reader who sees all.

use jiesu::db::{Conn, Db};
use jiesu::time::Stamp;

use crate::support::databases::TestDb;
use crate::support::server::{Answer, Server};
use crate::support::town;
use crate::web_auth::token;

pub struct Site {
    pub server: Server,
    token: String,
    url: String,
    /// What lives as long as the site.
    _database: Option<TestDb>,
}

impl Site {
    /// The town on an empty database, at `now`.
    pub fn open(test: &TestDb, now: i64) -> Self {
        let server = Server::start(&[("JIESU_DATABASE__URL", &test.url)]);
        server.clock.set(Stamp::from_millis(now));
        jiesu::identity::demo::load_users(&server.app.db).unwrap();
        town::describe(&server.app.db);
        let token = token(&server, "leader");
        Self { server, token, url: test.url.clone(), _database: None }
    }

    /// The same town on another empty database of the same kind, with keys of its own.
    pub fn another_empty(&self) -> Self {
        let sqlite = self.url.starts_with("sqlite");
        let test = if sqlite { TestDb::sqlite() } else { TestDb::postgres().unwrap() };
        let there = Self::open(&test, self.server.app.db.now().millis());
        Self { _database: Some(test), ..there }
    }

    pub fn ask(&self, path: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let answer = self.server.ask("GET", path, &[("Authorization", &bearer)], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer
    }

    /// What the user `who` is answered.
    pub fn post(&self, who: &str, path: &str, body: &serde_json::Value) -> Answer {
        let bearer = format!("Bearer {}", token(&self.server, who));
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        self.server.ask("POST", path, &headers, &body.to_string())
    }

    /// It is `now`, and the reader has logged in again.
    pub fn comes_to(&mut self, now: i64) {
        self.server.clock.set(Stamp::from_millis(now));
        self.token = token(&self.server, "leader");
    }

    /// The default profile with another line, from the first of September on.
    pub fn lays_down(&self, (line, other): (&str, &str)) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/profiles/default.toml");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(line), "{line}");
        let toml = text.replacen("version = 1", "version = 2", 1).replacen(line, other, 1);
        let from_on = "2026-09-01";
        let body = serde_json::json!({
            "name": "default", "version": 2, "toml": toml, "from_on": from_on
        });
        let answer = self.post("sysadmin", "/api/v1/profiles", &body);
        assert_eq!(answer.status, 201, "{}", answer.body);
    }

    /// The whole answer of `/rates`.
    pub fn rates(&self, words: &str) -> String {
        self.ask(&format!("/api/v1/rates?{words}")).body
    }

    /// What every site's PostgreSQL does by itself a minute after so many rows came in; the tests'
    /// has its autovacuum off.
    pub fn settle(&self) {
        if self.url.starts_with("postgres") {
            analyze(&self.server.app.db);
        }
    }
}

fn analyze(db: &Db) {
    use diesel::RunQueryDsl;
    db.write(|tx| {
        let Conn::Postgres(conn) = &mut *tx.conn else { return Ok(()) };
        diesel::sql_query("ANALYZE").execute(conn)?;
        Ok(())
    })
    .unwrap();
}
