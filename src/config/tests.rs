//! Ground: what the configuration takes and refuses.

use super::*;
use crate::error::Error;

fn read(pairs: &[(&str, &str)]) -> Result<Config> {
    Config::from_environment(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
}

fn refusal(pairs: &[(&str, &str)]) -> Error {
    read(pairs).expect_err("must be refused")
}

fn file(name: &str, text: &str) -> String {
    let dir = std::env::temp_dir().join(format!("jiesu-config-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("temp dir");
    let path = dir.join(name);
    std::fs::write(&path, text).expect("temp file");
    path.display().to_string()
}

#[test]
fn the_defaults_alone_are_a_whole_configuration() {
    let config = read(&[]).expect("defaults");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database_url(), "sqlite://data/jiesu.db");
    assert_eq!(config.public_url(), "http://127.0.0.1:8080");
}

#[test]
fn every_key_has_a_comment_right_above_it() {
    // That every key of the structs is here follows from the test above: none has a default in code.
    let mut above = "";
    let mut keys = 0;
    for line in DEFAULTS.lines() {
        let is_key = line.split_once(" = ").is_some_and(|_| !line.starts_with('#'));
        if is_key {
            assert!(above.starts_with("# "), "no comment above: {line}");
            keys += 1;
        }
        above = line;
    }
    assert!(keys > 40, "only {keys} keys found");
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let path = file("layers.toml", "data_dir = \"/a\"\n[site]\nname = \"某局\"\n");
    let config = read(&[("JIESU_CONFIG", &path), ("JIESU_DATA_DIR", "/b")]).expect("config");
    assert_eq!(config.data_dir, PathBuf::from("/b"));
    assert_eq!(config.site.name, "某局");
    assert_eq!(config.site.profile, "default");
}

#[test]
fn an_unknown_key_is_refused_with_its_file_and_the_nearest_name() {
    let path = file("typo.toml", "[database]\nulr = \"postgres://x\"\n");
    let error = refusal(&[("JIESU_CONFIG", &path)]);
    assert_eq!(error.code(), "config.unknown_key_near");
    for part in [path.as_str(), "database.ulr", "database.url"] {
        assert!(error.detail().contains(part), "{part} not in {}", error.detail());
    }
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_variable() {
    let error = refusal(&[("JIESU_DATABASE__ULR", "postgres://x")]);
    assert!(error.detail().contains("JIESU_DATABASE__URL"), "{}", error.detail());
    let error = refusal(&[("JIESU_DATABASE_URL", "postgres://x")]);
    assert!(error.detail().contains("JIESU_DATABASE__URL"), "{}", error.detail());
}

#[test]
fn a_value_that_does_not_fit_names_place_key_and_what_is_expected() {
    let path = file("value.toml", "[mail]\ntransport = \"pigeon\"\n");
    let error = refusal(&[("JIESU_CONFIG", &path)]);
    for part in [path.as_str(), "mail.transport", "smtp"] {
        assert!(error.detail().contains(part), "{part} not in {}", error.detail());
    }
    let error = refusal(&[("JIESU_DATABASE__POOL", "many")]);
    assert!(error.detail().contains("JIESU_DATABASE__POOL"), "{}", error.detail());
    let error = refusal(&[("JIESU_SITE__ZONE", "Mars/Base")]);
    assert!(error.detail().contains("JIESU_SITE__ZONE"), "{}", error.detail());
}

#[test]
fn a_file_that_is_no_toml_names_its_line() {
    let path = file("broken.toml", "data_dir = \"x\"\nlisten = \n");
    let error = refusal(&[("JIESU_CONFIG", &path)]);
    assert_eq!(error.code(), "config.syntax");
    assert!(error.detail().contains('2'), "{}", error.detail());
}

#[test]
fn a_secret_comes_from_a_file_and_is_never_printed() {
    let path = file("secret", "postgres://u:hunter2@db/x\n");
    let config = read(&[("JIESU_DATABASE__URL_FILE", &path)]).expect("config");
    assert_eq!(config.database_url(), "postgres://u:hunter2@db/x");
    assert!(!format!("{config:?}").contains("hunter2"));
    let both = [("JIESU_DATABASE__URL_FILE", path.as_str()), ("JIESU_DATABASE__URL", "sqlite://x")];
    assert_eq!(refusal(&both).code(), "config.both");
}

#[test]
fn a_value_of_digits_stays_a_text_and_a_list_may_be_written_with_commas() {
    let config =
        read(&[("JIESU_SITE__NAME", "123456"), ("JIESU_AUTH__TOTP_ROLES", "sysadmin, secadmin")])
            .expect("config");
    assert_eq!(config.site.name, "123456");
    assert_eq!(config.auth.totp_roles, ["sysadmin", "secadmin"]);
}

#[test]
fn smtp_without_an_address_is_refused() {
    assert!(refusal(&[("JIESU_MAIL__TRANSPORT", "smtp")]).detail().contains("mail.smtp_url"));
}
