//! The command line: how a command ends that nobody listens to.

use crate::support::program::Site;

#[test]
fn a_command_whose_reader_has_left_ends_without_a_word() {
    let site = Site::new(None, &[]);
    let output = site.run_unheard(&["import", "--list"]);
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
