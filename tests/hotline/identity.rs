//! Identity: what the door promises where several nodes share one database.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use jiesu::audit::{self, Entry, Filter};
use jiesu::db::{Conn, Db};
use jiesu::error::Result;
use jiesu::identity::{
    Actor, Attempt, DemoDoor, Gate, NewAccount, Post, Role, Scope, Settings, TokenKeys, Tokens,
    Visitor, add_api_key, add_machine, add_user, authenticate, change_password, confirm_totp,
    credential, disable, drop_old_sessions, end_api_key, enrol_totp, grant_roles, list_users,
    log_in, log_out, refresh,
};
use jiesu::sealing::{MasterKey, entropy};
use jiesu::time::Clock;

use crate::support::databases::on_each_database;

fn gate() -> Gate {
    let settings = Settings::default();
    let tokens = TokenKeys::of([(1, [7; 32])].into(), &settings.issuer);
    Gate { settings, tokens, master: MasterKey::fleeting(&mut entropy()) }
}

fn plan(name: &str, role: Role) -> NewAccount {
    let (name, roles) = (name.to_owned(), BTreeSet::from([role]));
    NewAccount { name, display_name: "李工".to_owned(), roles, unit: Some("wuye".into()) }
}

fn add(db: &Db, name: &str, role: Role) -> String {
    add_user(db, &Actor::system(), plan(name, role)).unwrap()
}

fn enter(db: &Db, gate: &Gate, name: &str, password: &str) -> Result<Tokens> {
    let attempt = Attempt { name: name.into(), password: password.into(), otp: None };
    log_in(db, gate, &attempt, DemoDoor::Shut)
}

fn see(db: &Db, gate: &Gate, bearer: &str) -> Result<Visitor> {
    let post = |_: &mut Conn, _: &jiesu::directory::UnitCode| Ok(Post::default());
    let now = db.now();
    db.read(|conn| authenticate(conn, gate, bearer, now, DemoDoor::Shut, &post))
}

on_each_database! {
    fn a_session_ended_on_one_node_is_ended_on_every_node(test: &TestDb) {
        let (gate, other) = (gate(), test.another_node());
        let password = add(&test.db, "li", Role::Handler);
        let tokens = enter(&test.db, &gate, "li", &password).unwrap();
        let visitor = see(&other, &gate, &tokens.access_token).unwrap();
        log_out(&other, &visitor).unwrap();
        assert!(see(&test.db, &gate, &tokens.access_token).is_err());
        let tokens = enter(&test.db, &gate, "li", &password).unwrap();
        disable(&other, &Actor::system(), "li").unwrap();
        assert!(see(&test.db, &gate, &tokens.access_token).is_err());
        assert!(refresh(&test.db, &gate, &tokens.refresh_token, DemoDoor::Shut).is_err());
    }

    fn of_many_who_show_one_refresh_token_at_most_one_comes_through(test: &TestDb) {
        let gate = gate();
        let password = add(&test.db, "li", Role::Agent);
        let tokens = enter(&test.db, &gate, "li", &password).unwrap();
        let through = std::thread::scope(|scope| {
            let shown: Vec<_> = (0..8).map(|_| {
                scope.spawn(|| refresh(&test.db, &gate, &tokens.refresh_token, DemoDoor::Shut))
            }).collect();
            shown.into_iter().filter_map(|thread| thread.join().unwrap().ok()).count()
        });
        assert!(through <= 1, "{through} came through");
        let again = refresh(&test.db, &gate, &tokens.refresh_token, DemoDoor::Shut);
        assert_eq!(again.err().unwrap().code(), "login.over");
        assert!(see(&test.db, &gate, &tokens.access_token).is_err());
    }

    fn wrong_passwords_at_once_are_all_counted(test: &TestDb) {
        let gate = gate();
        let password = add(&test.db, "li", Role::Agent);
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| assert!(enter(&test.db, &gate, "li", "wrong").is_err()));
            }
        });
        assert!(enter(&test.db, &gate, "li", &password).is_err(), "locked");
        test.clock.forward(TimeDelta::minutes(15));
        assert!(enter(&test.db, &gate, "li", &password).is_ok());
    }

    fn an_account_keeps_everything_that_is_known_of_it(test: &TestDb) {
        let gate = gate();
        let first = add(&test.db, "li", Role::Agent);
        let tokens = enter(&test.db, &gate, "li", &first).unwrap();
        let visitor = see(&test.db, &gate, &tokens.access_token).unwrap();
        let own = "correct horse battery";
        let tokens = change_password(&test.db, &gate, &visitor, &first, own).unwrap();
        let visitor = see(&test.db, &gate, &tokens.access_token).unwrap();
        enrol_totp(&test.db, &gate, &visitor).unwrap();
        assert!(confirm_totp(&test.db, &gate, &visitor, "no code").is_err());
        let roles = BTreeSet::from([Role::Reviewer, Role::Assessor]);
        grant_roles(&test.db, &Actor::system(), "li", roles.clone(), None).unwrap();
        let list = test.db.read(|conn| list_users(conn, &Actor::system(), None, 50)).unwrap();
        let [li] = list.as_slice() else { panic!("{} accounts", list.len()) };
        assert_eq!((li.roles.clone(), li.unit.clone(), li.one_time), (roles, None, false));
        assert_eq!((li.display_name.as_str(), li.last_login_at), ("李工", Some(test.clock.now())));
        assert!(li.totp.is_none() && li.totp_pending.is_some() && li.epoch == 2);
        assert!(credential::is_password(own, Some(&li.password)));
    }

    fn a_machine_key_holds_until_it_is_ended(test: &TestDb) {
        let (gate, system) = (gate(), Actor::system());
        add_machine(&test.db, &system, plan("city", Role::Platform)).unwrap();
        let scopes = BTreeSet::from([Scope::TicketsWrite]);
        let key = add_api_key(&test.db, &system, "city", "12345", &scopes, None).unwrap();
        let visitor = see(&test.another_node(), &gate, &key).unwrap();
        assert_eq!(visitor.scopes, Some(scopes));
        let id = key.split('_').nth(1).unwrap().parse().unwrap();
        end_api_key(&test.db, &system, id).unwrap();
        assert!(see(&test.db, &gate, &key).is_err());
    }

    fn old_sessions_are_cleared_and_live_ones_stay(test: &TestDb) {
        let gate = gate();
        let password = add(&test.db, "li", Role::Agent);
        enter(&test.db, &gate, "li", &password).unwrap();
        test.clock.forward(TimeDelta::days(1));
        let live = enter(&test.db, &gate, "li", &password).unwrap();
        test.clock.forward(TimeDelta::days(43) + TimeDelta::hours(1));
        assert_eq!(test.db.write(|tx| drop_old_sessions(tx, 100)).unwrap(), 1);
        assert!(refresh(&test.db, &gate, &live.refresh_token, DemoDoor::Shut).is_err());
    }

    fn an_opening_is_noted_once_a_reader_and_day_by_any_number_of_nodes(test: &TestDb) {
        let day = test.clock.now().day(chrono_tz::Asia::Shanghai);
        let note = move |db: &Db| db.write(move |tx| {
            let entry = Entry::new((7, "li"), "ticket.open", ("ticket", "2026-000001"));
            audit::record_once(tx, &entry, day)
        });
        note(&test.db).unwrap();
        note(&test.another_node()).unwrap();
        let lines = test.db.read(|conn| audit::page(conn, &Filter::default(), 9)).unwrap();
        assert_eq!(lines.len(), 1);
        test.clock.forward(TimeDelta::days(185));
        assert_eq!(test.db.write(|tx| audit::drop_older_than(tx, 0, 9)).unwrap(), 1);
    }
}
