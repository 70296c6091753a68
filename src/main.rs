//! The program. Its rule: it says why something was not done and chooses the exit code: 0 done,
//! 1 failed, 2 wrong usage, a wrong configuration, or not built yet.

#![expect(clippy::print_stderr, reason = "a command's answer goes to the terminal")]

mod cli;

use std::process::ExitCode;

use clap::Parser;
use jiesu::error::Kind;

/// What a caller's thread makes ready, the writing one clears away: glibc's allocator is slow at that.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match cli::run(&cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // The sentence says what to do; the cause below it is for whoever can do it.
            eprintln!("jiesu: {} ({})", error.detail(), error.code());
            let mut next = std::error::Error::source(&error);
            while let Some(cause) = next {
                eprintln!("  {cause}");
                next = cause.source();
            }
            ExitCode::from(if error.kind() == Kind::Invalid { 2 } else { 1 })
        }
    }
}
