//! The program. Its rule: it says why something was not done and chooses the exit code: 0 done,
//! 1 failed, 2 wrong usage, a wrong configuration, or not built yet.

#![expect(clippy::print_stderr, reason = "a command's answer goes to the terminal")]

mod cli;

use std::process::ExitCode;

use clap::Parser;
use jiesu::error::{Error, Kind};

/// What a caller's thread makes ready, the writing one clears away: glibc's allocator is slow at that.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a shell says of a program whose reader has left: 128 and the number of SIGPIPE.
const READER_LEFT: u8 = 141;

/// Whether it was printed for nobody: `jiesu … | head` is no fault.
fn has_no_reader(panic: Option<&str>) -> bool {
    panic
        .is_some_and(|it| it.starts_with("failed printing to stdout") && it.contains("Broken pipe"))
}

fn main() -> ExitCode {
    let other = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !has_no_reader(panic.payload_as_str()) {
            other(panic);
        }
    }));
    match std::panic::catch_unwind(|| cli::run(&cli::Cli::parse())) {
        Ok(done) => done.unwrap_or_else(|error| told(&error)),
        Err(panic) if has_no_reader(panic.downcast_ref::<String>().map(String::as_str)) => {
            ExitCode::from(READER_LEFT)
        }
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

fn told(error: &Error) -> ExitCode {
    // The sentence says what to do; the cause below it is for whoever can do it.
    eprintln!("jiesu: {} ({})", error.detail(), error.code());
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        eprintln!("  {cause}");
        next = cause.source();
    }
    ExitCode::from(if error.kind() == Kind::Invalid { 2 } else { 1 })
}
