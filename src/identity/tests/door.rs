//! Identity: logging in, staying, leaving.

use super::*;

#[test]
fn a_person_with_the_right_password_comes_in() {
    let house = House::new();
    let tokens = house.settled("zhang", Role::Handler);
    assert_eq!((tokens.expires_in_s, tokens.standing), (900, Standing::Full));
    let actor = house.actor(&tokens);
    assert_eq!((actor.name.as_str(), actor.unit), ("zhang", Some(UnitCode::new("wuye"))));
    assert_eq!(actor.subtree.len(), 2);
    assert!(house.log_in(" ZHANG ", GOOD).is_ok());
}

#[test]
fn a_wrong_name_a_wrong_password_and_a_locked_account_get_one_answer() {
    let house = House::new();
    house.settled("zhang", Role::Agent);
    assert_eq!(code(house.log_in("nobody", GOOD)), "login.failed");
    for _ in 0..5 {
        assert_eq!(code(house.log_in("zhang", "wrong")), "login.failed");
    }
    assert_eq!(code(house.log_in("zhang", GOOD)), "login.failed");
    let kind = house.log_in("zhang", GOOD).err().unwrap().kind();
    assert_eq!(kind, Kind::Unauthenticated);
}

#[test]
fn five_wrong_passwords_lock_for_a_quarter_of_an_hour() {
    let house = House::new();
    house.settled("zhang", Role::Agent);
    for _ in 0..4 {
        assert!(house.log_in("zhang", "wrong").is_err());
    }
    assert!(house.log_in("zhang", GOOD).is_ok(), "a login starts the count anew");
    for _ in 0..5 {
        assert!(house.log_in("zhang", "wrong").is_err());
    }
    house.forward(14);
    assert!(house.log_in("zhang", GOOD).is_err());
    assert!(house.log_in("zhang", "wrong").is_err(), "does not lengthen the lock");
    house.forward(1);
    assert!(house.log_in("zhang", "wrong").is_err(), "the first of a new count");
    assert!(house.log_in("zhang", GOOD).is_ok());
}

#[test]
fn every_try_is_in_the_trail_and_no_typed_name_is() {
    let house = House::new();
    house.settled("zhang", Role::Agent);
    assert!(house.log_in("zhang", "wrong").is_err());
    assert!(house.log_in("my-password-typed-as-name", "x").is_err());
    let trail = house.trail();
    let refused: Vec<_> = trail.iter().filter(|line| line.outcome == Went::Refused).collect();
    let names: Vec<_> = refused.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["", "zhang"]);
}

#[test]
fn a_refresh_token_is_good_once_and_its_second_use_ends_the_family() {
    let house = House::new();
    let first = house.settled("zhang", Role::Agent);
    let second = house.refresh(&first).unwrap();
    let third = house.refresh(&second).unwrap();
    assert!(house.see(&third.access_token).is_ok());
    assert_eq!(code(house.refresh(&first)), "login.over");
    assert_eq!(code(house.refresh(&third)), "login.over");
    assert!(house.see(&third.access_token).is_err());
    assert_eq!(house.trail()[0].action, "refresh.reuse");
    assert_eq!(
        code(house.refresh(&Tokens { refresh_token: "made up".into(), ..first })),
        "login.over"
    );
}

#[test]
fn another_session_survives_the_end_of_one() {
    let house = House::new();
    let office = house.settled("zhang", Role::Agent);
    let home = house.log_in("zhang", GOOD).unwrap();
    log_out(&house.db, &house.see(&home.access_token).unwrap()).unwrap();
    assert!(house.see(&home.access_token).is_err() && house.refresh(&home).is_err());
    assert!(house.see(&office.access_token).is_ok());
}

#[test]
fn an_access_token_lasts_a_quarter_of_an_hour_and_a_session_fourteen_days() {
    let house = House::new();
    let tokens = house.settled("zhang", Role::Agent);
    house.forward(16);
    assert!(house.see(&tokens.access_token).is_err());
    let tokens = house.refresh(&tokens).unwrap();
    assert!(house.see(&tokens.access_token).is_ok());
    house.forward(14 * 24 * 60);
    assert_eq!(code(house.refresh(&tokens)), "login.over");
    house.forward(31 * 24 * 60);
    assert_eq!(house.db.write(|tx| drop_old_sessions(tx, 100)).unwrap(), 2);
}

#[test]
fn disabling_somebody_ends_their_sessions_at_once() {
    let house = House::new();
    let tokens = house.settled("zhang", Role::Agent);
    disable(&house.db, &Actor::system(), "zhang").unwrap();
    assert!(house.see(&tokens.access_token).is_err() && house.refresh(&tokens).is_err());
    assert_eq!(code(house.log_in("zhang", GOOD)), "login.failed");
    enable(&house.db, &Actor::system(), "zhang").unwrap();
    assert!(house.see(&tokens.access_token).is_err(), "what was ended stays ended");
    assert!(house.log_in("zhang", GOOD).is_ok());
}

#[test]
fn a_one_time_password_must_be_changed_and_used_in_time() {
    let house = House::new();
    let first = house.add("zhang", Role::Agent);
    let tokens = house.log_in("zhang", &first).unwrap();
    assert_eq!(tokens.standing, Standing::MustChangePassword);
    let visitor = house.see(&tokens.access_token).unwrap();
    assert_eq!(code(visitor.actor().cloned()), "login.password_due");
    assert_eq!(visitor.self_service().name, "zhang");
    house.forward(72 * 60 + 1);
    assert_eq!(code(house.log_in("zhang", &first)), "login.failed");
}

#[test]
fn demo_users_come_in_only_through_the_open_demo_door() {
    let house = House::new();
    assert_eq!(demo::load_users(&house.db).unwrap(), demo::users().unwrap().len());
    assert_eq!(demo::load_users(&house.db).unwrap(), 0);
    let attempt = Attempt { name: "handler".into(), password: demo::PASSWORD.into(), otp: None };
    let enter = |door| log_in(&house.db, &house.gate, &attempt, door);
    assert_eq!(code(enter(DemoDoor::Shut)), "login.failed");
    let tokens = enter(DemoDoor::Open).unwrap();
    let visitor = house.see_through(&tokens.access_token, DemoDoor::Open).unwrap();
    let actor = visitor.actor().unwrap();
    assert_eq!((actor.unit.clone(), actor.has(Role::Handler)), (Some("wuye".into()), true));
    assert!(house.see(&tokens.access_token).is_err());
    assert!(house.refresh(&tokens).is_err());
}

#[test]
fn a_second_factor_is_asked_for_once_it_is_confirmed() {
    let house = House::new();
    let tokens = house.settled("zhang", Role::Agent);
    let visitor = house.see(&tokens.access_token).unwrap();
    assert_eq!(code(confirm_totp(&house.db, &house.gate, &visitor, "000000")), "totp.not_begun");
    let enrolment = enrol_totp(&house.db, &house.gate, &visitor).unwrap();
    assert!(enrolment.uri.contains(&enrolment.secret));
    assert!(house.log_in("zhang", GOOD).is_ok(), "not confirmed yet");
    let now_code = || code_of(&enrolment.secret, house.clock.now());
    assert_eq!(
        field(confirm_totp(&house.db, &house.gate, &visitor, "abcdef")),
        ("/code".to_owned(), "totp.wrong")
    );
    confirm_totp(&house.db, &house.gate, &visitor, &now_code()).unwrap();
    assert_eq!(code(house.log_in("zhang", GOOD)), "login.otp_needed");
    assert_eq!(code(house.log_in("zhang", "wrong")), "login.failed", "says nothing of the factor");
    let used = now_code();
    assert_eq!(code(house.log_in_with("zhang", GOOD, Some(&used))), "login.failed", "used already");
    house.forward(1);
    let fresh = now_code();
    assert!(house.log_in_with("zhang", GOOD, Some(&fresh)).is_ok());
    assert!(house.log_in_with("zhang", GOOD, Some(&fresh)).is_err());
    drop_totp(&house.db, &Actor::system(), "zhang").unwrap();
    assert!(house.log_in("zhang", GOOD).is_ok());
}

fn code_of(base32: &str, now: Stamp) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String =
        base32.chars().map(|c| format!("{:05b}", letters.find(c).unwrap())).collect();
    let bytes: Vec<u8> =
        (0..20).map(|i| u8::from_str_radix(&bits[i * 8..i * 8 + 8], 2).unwrap()).collect();
    credential::totp_code(&bytes, now).unwrap()
}

#[test]
fn a_role_that_needs_a_second_factor_can_do_nothing_before() {
    let totp_roles = BTreeSet::from([Role::Secadmin]);
    let house = House::with(Settings { totp_roles, ..Settings::default() });
    let tokens = house.settled("boss", Role::Secadmin);
    assert_eq!(tokens.standing, Standing::MustEnrolTotp);
    let visitor = house.see(&tokens.access_token).unwrap();
    assert_eq!(code(visitor.actor().cloned()), "login.totp_due");
    assert_eq!(house.settled("zhang", Role::Agent).standing, Standing::Full);
}

#[test]
fn tries_are_counted_by_address_and_by_name() {
    let clock = Arc::new(HandClock::at(Stamp::from_millis(1_790_000_000_000)));
    let limiter = LoginLimiter::new(clock.clone(), 3.try_into().unwrap());
    let check = |address: &str, name: &str| limiter.check(address.parse().unwrap(), name);
    for name in ["a", "b", "c"] {
        check("10.0.0.1", name).unwrap();
    }
    let error = check("10.0.0.1", "d").unwrap_err();
    assert_eq!((error.kind(), error.retry_after_s()), (Kind::TooMany, Some(21)));
    for address in ["10.0.0.2", "10.0.0.3"] {
        check(address, "A").unwrap();
    }
    assert!(check("10.0.0.4", " a").is_err(), "one name from many addresses");
    for host in ["2001:db8::1", "2001:db8::2", "2001:db8::3"] {
        check(host, host).unwrap();
    }
    assert!(check("2001:db8::4", "e").is_err(), "one customer's network");
    clock.forward(TimeDelta::seconds(20));
    assert!(check("10.0.0.1", "d").is_ok());
}
