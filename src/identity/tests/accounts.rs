//! Identity: keeping accounts, one's own and others'.

use super::*;

#[test]
fn only_the_security_administrator_keeps_accounts() {
    let house = House::new();
    let boss = house.actor(&house.settled("boss", Role::Secadmin));
    assert!(add_user(&house.db, &boss, plan("li", &[Role::Agent])).is_ok());
    for role in [Role::Sysadmin, Role::Leader, Role::Auditor, Role::Agent] {
        let actor = house.actor(&house.settled(role.as_str(), role));
        assert_eq!(code(add_user(&house.db, &actor, plan("x", &[Role::Agent]))), "forbidden");
        let agent = BTreeSet::from([Role::Agent]);
        assert_eq!(code(grant_roles(&house.db, &actor, "li", agent, None)), "forbidden");
        assert_eq!(code(house.db.read(|c| list_users(c, &actor, None, 9))), "forbidden");
    }
}

#[test]
fn only_the_auditor_reads_the_trail_and_reading_is_noted() {
    let house = House::new();
    let day = chrono::NaiveDate::from_ymd_opt(2026, 10, 1).unwrap();
    let boss = house.actor(&house.settled("boss", Role::Secadmin));
    let read = |actor: &Actor| read_trail(&house.db, actor, &Filter::default(), 100, day);
    assert_eq!(code(read(&boss)), "forbidden");
    let auditor = house.actor(&house.settled("audit", Role::Auditor));
    read(&auditor).unwrap();
    let lines = read(&auditor).unwrap();
    assert_eq!(lines.iter().filter(|line| line.action == "audit.read").count(), 1);
    assert!(lines.iter().any(|line| line.action == "account.add" && line.subject == "boss"));
}

#[rstest::rstest]
#[case("a", &[Role::Agent], "account.name")]
#[case("9lives", &[Role::Agent], "account.name")]
#[case("张三", &[Role::Agent], "account.name")]
#[case("li", &[], "field.required")]
#[case("li", &[Role::Auditor, Role::Agent], "account.auditor_alone")]
#[case("li", &[Role::System], "account.role_not_granted")]
#[case("li", &[Role::Citizen], "account.role_not_granted")]
#[case("li", &[Role::Platform], "account.platform_is_machine")]
fn an_account_that_makes_no_sense_is_refused(
    #[case] name: &str,
    #[case] roles: &[Role],
    #[case] wrong: &str,
) {
    let house = House::new();
    assert_eq!(field(add_user(&house.db, &Actor::system(), plan(name, roles))).1, wrong);
}

#[test]
fn a_handler_without_a_unit_is_refused() {
    let plan = NewAccount { unit: None, ..plan("li", &[Role::Handler]) };
    let refused = plan.checked(AccountKind::Person).map(drop);
    assert_eq!(field(refused), ("/unit".to_owned(), "account.unit_needed"));
}

#[test]
fn a_small_site_may_merge_roles() {
    let house = House::new();
    add_user(&house.db, &Actor::system(), plan("li", &[Role::Agent, Role::Dispatcher])).unwrap();
    let again = add_user(&house.db, &Actor::system(), plan("LI", &[Role::Agent]));
    assert_eq!(code(again), "account.name_taken");
}

#[test]
fn who_asks_never_decides() {
    let mut actor = Actor { user: 5, ..Actor::system() };
    actor.roles = BTreeSet::from([Role::Handler, Role::Reviewer]);
    assert_eq!(code(actor.require_other_than(5)), "own_request");
    assert_eq!(code(actor.require_other_than(6)), "done");
}

#[test]
fn new_roles_hold_from_the_next_request_on() {
    let house = House::new();
    let tokens = house.settled("li", Role::Agent);
    let roles = BTreeSet::from([Role::Reviewer]);
    grant_roles(&house.db, &Actor::system(), "li", roles, None).unwrap();
    let actor = house.actor(&tokens);
    assert!(actor.has(Role::Reviewer) && !actor.has(Role::Agent) && actor.unit.is_none());
}

#[test]
fn nobody_changes_their_own_roles_and_one_keeper_is_left() {
    let house = House::new();
    let boss = house.actor(&house.settled("boss", Role::Secadmin));
    let all = BTreeSet::from([Role::Secadmin, Role::Leader]);
    assert_eq!(code(grant_roles(&house.db, &boss, "boss", all, None)), "account.own");
    assert_eq!(code(disable(&house.db, &boss, "boss")), "account.own");
    assert_eq!(code(disable(&house.db, &Actor::system(), "boss")), "account.last_keeper");
    house.add("second", Role::Secadmin);
    assert_eq!(code(disable(&house.db, &boss, "second")), "done");
    let agent = BTreeSet::from([Role::Agent]);
    let last = grant_roles(&house.db, &Actor::system(), "boss", agent, None);
    assert_eq!(code(last), "account.last_keeper");
}

#[test]
fn a_changed_password_ends_every_other_session() {
    let house = House::new();
    let office = house.settled("li", Role::Agent);
    let home = house.log_in("li", GOOD).unwrap();
    let visitor = house.see(&home.access_token).unwrap();
    let change = |old: &str, new: &str| change_password(&house.db, &house.gate, &visitor, old, new);
    assert_eq!(field(change("wrong", "another long one")), ("/old".into(), "password.wrong"));
    assert_eq!(field(change(GOOD, "short")), ("/new".into(), "password.too_short"));
    assert_eq!(field(change(GOOD, GOOD)), ("/new".into(), "password.used_before"));
    let fresh = change(GOOD, "another long one").unwrap();
    assert!(house.see(&fresh.access_token).is_ok());
    assert!(house.see(&office.access_token).is_err() && house.see(&home.access_token).is_err());
    assert!(house.log_in("li", GOOD).is_err() && house.log_in("li", "another long one").is_ok());
}

#[test]
fn guessing_the_old_password_in_a_stolen_session_ends_it() {
    let house = House::new();
    let stolen = house.settled("li", Role::Agent);
    let visitor = house.see(&stolen.access_token).unwrap();
    for _ in 0..5 {
        assert!(house.see(&stolen.access_token).is_ok());
        let guess = change_password(&house.db, &house.gate, &visitor, "guess", "another long one");
        assert!(guess.is_err());
    }
    assert!(house.see(&stolen.access_token).is_err());
}

#[test]
fn under_mlps_a_password_ages_and_the_last_five_do_not_come_back() {
    let house = House::with(Settings { policy: Policy::Mlps, ..Settings::default() });
    let first = house.add("li", Role::Agent);
    let mut tokens = house.log_in("li", &first).unwrap();
    let mut old = first;
    let change = |tokens: &Tokens, old: &str, new: &str| {
        let visitor = house.see(&tokens.access_token).unwrap();
        change_password(&house.db, &house.gate, &visitor, old, new)
    };
    for round in 1..=6 {
        let new = format!("Changing-{round}-daily");
        tokens = change(&tokens, &old, &new).unwrap();
        old = new;
    }
    assert_eq!(field(change(&tokens, &old, "Changing-2-daily")).1, "password.used_before");
    assert!(change(&tokens, &old, "Changing-1-daily").is_ok());
    house.forward(91 * 24 * 60);
    let aged = house.log_in("li", "Changing-1-daily").unwrap();
    assert_eq!(aged.standing, Standing::MustChangePassword);
}

#[test]
fn a_reset_unlocks_and_gives_a_one_time_password() {
    let house = House::new();
    let tokens = house.settled("li", Role::Agent);
    for _ in 0..5 {
        assert!(house.log_in("li", "wrong").is_err());
    }
    let settings = &house.gate.settings;
    let told = reset_password(&house.db, &Actor::system(), settings, "li").unwrap();
    assert!(house.see(&tokens.access_token).is_err());
    let tokens = house.log_in("li", &told).unwrap();
    assert_eq!(tokens.standing, Standing::MustChangePassword);
}

#[test]
fn users_are_listed_in_pages_by_name() {
    let house = House::new();
    for name in ["chen", "an", "bo"] {
        house.add(name, Role::Agent);
    }
    let page = |after: Option<&str>| {
        let users = house.db.read(|c| list_users(c, &Actor::system(), after, 2)).unwrap();
        users.into_iter().map(|user| user.name).collect::<Vec<_>>()
    };
    assert_eq!(
        (page(None), page(Some("bo"))),
        (vec!["an".into(), "bo".into()], vec!["chen".into()])
    );
}

#[test]
fn a_machine_comes_in_by_key_within_its_scopes_until_it_ends() {
    let house = House::new();
    let system = Actor::system();
    add_machine(&house.db, &system, plan("city-12345", &[Role::Platform])).unwrap();
    let scopes = BTreeSet::from([Scope::TicketsWrite]);
    let end = house.clock.now().plus(TimeDelta::days(1));
    let make = |name: &str, end| add_api_key(&house.db, &system, name, "city", &scopes, end);
    let key = make("city-12345", None).unwrap();
    let short = make("city-12345", Some(end)).unwrap();
    assert!(key.starts_with("jk_"));
    let visitor = house.see(&key).unwrap();
    assert!(visitor.actor().unwrap().has(Role::Platform) && visitor.session.is_none());
    assert_eq!(code(visitor.require_scope(Scope::TicketsWrite)), "done");
    assert_eq!(code(visitor.require_scope(Scope::Rates)), "login.scope");
    assert!(house.see(&format!("{key}x")).is_err() && house.see("jk_1_x").is_err());
    assert!(house.log_in("city-12345", "").is_err());
    let keys = house.db.read(|c| list_api_keys(c, &system, "city-12345")).unwrap();
    assert!(keys.len() == 2 && keys.iter().all(|stored| !key.contains(&stored.hash)));
    house.clock.forward(TimeDelta::days(1));
    assert!(house.see(&short).is_err() && house.see(&key).is_ok());
    end_api_key(&house.db, &system, keys[1].id).unwrap();
    assert!(house.see(&key).is_err());
    assert_eq!(code(end_api_key(&house.db, &system, keys[1].id)), "not_found");
    house.add("li", Role::Agent);
    assert_eq!(code(make("li", None)), "account.not_machine");
}

#[test]
fn a_machine_holds_no_human_role() {
    let house = House::new();
    let refused = add_machine(&house.db, &Actor::system(), plan("robot", &[Role::Reviewer]));
    assert_eq!(field(refused).1, "account.machine_role");
}
