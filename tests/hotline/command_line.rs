//! The command line: how a command ends that nobody listens to.

use jiesu::audit::{self, Filter};

use crate::support::program::Site;

#[test]
fn a_command_whose_reader_has_left_ends_without_a_word() {
    let site = Site::new(None, &[]);
    let output = site.run_unheard(&["import", "--list"]);
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_report_that_is_taken_without_the_console_is_marked_and_noted_and_its_owners_alone() {
    let site = Site::new(None, &[]);
    let out = site.folder().join("out");
    let folder = out.display().to_string();
    let arguments = ["report", "--window", "2026-01", "--kind", "property", "--out", &folder];
    let output = site.run(&arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files: Vec<_> = std::fs::read_dir(&out).unwrap().map(|it| it.unwrap().path()).collect();
    assert_eq!(files.len(), 5, "{files:?}");
    for file in files {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let ending = file.extension().unwrap();
        if ending == "html" || ending == "json" {
            assert!(
                std::fs::read_to_string(&file).unwrap().contains("副本 · 命令行 · "),
                "{file:?}"
            );
        }
    }
    let lines = site.app().db.read(|conn| audit::page(conn, &Filter::default(), 100)).unwrap();
    assert!(lines.iter().any(|line| line.action == "report.copy" && line.subject == "2026-01"));
}

#[test]
fn a_report_that_cannot_be_written_is_no_copy_and_leaves_no_file() {
    let site = Site::new(None, &[]);
    let out = site.folder().join("out");
    let folder = out.display().to_string();
    let arguments = ["report", "--window", "2026-01", "--kind", "property", "--out", &folder];
    assert!(site.run(&arguments).status.success());
    let names =
        || -> Vec<_> { std::fs::read_dir(&out).unwrap().map(|it| it.unwrap().path()).collect() };
    let json = names().into_iter().find(|it| it.extension().unwrap() == "json").unwrap();
    std::fs::remove_dir_all(&out).unwrap();
    // Where the last of the files would stand, there is a folder.
    std::fs::create_dir_all(&json).unwrap();
    let output = site.run(&arguments);
    assert!(!output.status.success());
    assert_eq!(names(), [json], "{}", String::from_utf8_lossy(&output.stderr));
    let lines = site.app().db.read(|conn| audit::page(conn, &Filter::default(), 100)).unwrap();
    assert_eq!(lines.iter().filter(|line| line.action == "report.copy").count(), 1);
}
