//! Identity: that the door lets in whom it should, and nobody else.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;

use super::*;
use crate::audit::{Filter, Line, Went, page};
use crate::db::{Conn, Db};
use crate::directory::UnitCode;
use crate::error::{Error, Kind, Result};
use crate::sealing::{MasterKey, entropy};
use crate::time::{Clock, HandClock, Stamp};

mod accounts;
mod door;

/// A house with an empty database, a clock moved by hand and the default settings.
struct House {
    db: Db,
    clock: Arc<HandClock>,
    gate: Gate,
}

const GOOD: &str = "correct horse battery";

impl House {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let clock = Arc::new(HandClock::at(Stamp::from_millis(1_790_000_000_000)));
        let db = Db::open("sqlite://:memory:", clock.clone()).unwrap();
        db.migrate().unwrap();
        let tokens = TokenKeys::of([(1, [7; 32])].into(), &settings.issuer);
        let master = MasterKey::fleeting(&mut entropy());
        Self { db, clock, gate: Gate { settings, tokens, master } }
    }

    /// Makes `name` with `role` in unit `wuye`; answers the one-time password.
    fn add(&self, name: &str, role: Role) -> String {
        add_user(&self.db, &Actor::system(), plan(name, &[role])).unwrap()
    }

    /// Makes `name` with the password `GOOD` of their own.
    fn settled(&self, name: &str, role: Role) -> Tokens {
        let first = self.add(name, role);
        let tokens = self.log_in(name, &first).unwrap();
        let visitor = self.see(&tokens.access_token).unwrap();
        change_password(&self.db, &self.gate, &visitor, &first, GOOD).unwrap()
    }

    fn log_in(&self, name: &str, password: &str) -> Result<Tokens> {
        self.log_in_with(name, password, None)
    }

    fn log_in_with(&self, name: &str, password: &str, otp: Option<&str>) -> Result<Tokens> {
        let attempt = Attempt {
            name: name.to_owned(),
            password: password.to_owned(),
            otp: otp.map(str::to_owned),
        };
        log_in(&self.db, &self.gate, &attempt, DemoDoor::Shut)
    }

    fn refresh(&self, tokens: &Tokens) -> Result<Tokens> {
        refresh(&self.db, &self.gate, &tokens.refresh_token, DemoDoor::Shut)
    }

    fn see(&self, bearer: &str) -> Result<Visitor> {
        self.see_through(bearer, DemoDoor::Shut)
    }

    fn see_through(&self, bearer: &str, door: DemoDoor) -> Result<Visitor> {
        let post = |_: &mut Conn, unit: &UnitCode| {
            let subtree = BTreeSet::from([unit.clone(), UnitCode::new("wuye-1")]);
            Ok(Post { subtree, company: false })
        };
        let now = self.clock.now();
        self.db.read(|conn| authenticate(conn, &self.gate, bearer, now, door, &post))
    }

    fn actor(&self, tokens: &Tokens) -> Actor {
        self.see(&tokens.access_token).unwrap().actor().unwrap().clone()
    }

    fn trail(&self) -> Vec<Line> {
        self.db.read(|conn| page(conn, &Filter::default(), 100)).unwrap()
    }

    fn forward(&self, minutes: i64) {
        self.clock.forward(TimeDelta::minutes(minutes));
    }
}

fn plan(name: &str, roles: &[Role]) -> NewAccount {
    NewAccount {
        name: name.to_owned(),
        display_name: String::new(),
        roles: roles.iter().copied().collect(),
        unit: Some(UnitCode::new("wuye")),
    }
}

fn code<T>(result: Result<T>) -> &'static str {
    result.err().map_or("done", |error| error.code())
}

fn field<T>(result: Result<T>) -> (String, &'static str) {
    let error: Error = result.err().unwrap();
    (error.fields()[0].pointer.clone(), error.fields()[0].code)
}
