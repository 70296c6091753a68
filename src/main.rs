//! The program's subcommands.

fn main() {}
