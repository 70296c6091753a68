//! The command line: the server, with its schema and the demo city.

#![expect(clippy::print_stdout, reason = "a command's answer goes to the terminal")]

use std::process::ExitCode;
use std::sync::Arc;

use chrono::TimeDelta;
use jiesu::app::{App, Demo};
use jiesu::error::{Result, sentence};
use jiesu::identity::{self, Actor};
use jiesu::live;
use jiesu::moving;
use jiesu::roster::{self, Office};
use jiesu::web;
use jiesu::worker::Worker;

pub(super) fn serve(demo: Demo) -> Result<ExitCode> {
    let app = Arc::new(App::open(demo)?);
    web::log::start(&app.config.log)?;
    let applied = app.db.migrate()?;
    tracing::info!(migrations = applied.len(), "the schema is up to date");
    if demo == Demo::On {
        load_demo_city(&app)?;
        identity::demo::load_users(&app.db)?;
        identity::demo::give_addresses(&app.db, &app.keys)?;
        load_demo_roster(&app)?;
        moving::demo::load(&app.hotline, moving::demo::TICKETS)?;
    }
    let (answers, drafts) = (app.clone(), app.clone());
    let worker = Worker::start(&app, |crew| {
        crew.every("answers.forget", TimeDelta::hours(1), move || {
            web::idempotency::forget_old(&answers).map(drop)
        })
        .every("drafts.forget", TimeDelta::hours(1), move || {
            web::api::drafts::forget_old(&drafts)?;
            drafts.db.write(live::forget).map(drop)
        })
    })?;
    welcome(&app);
    let served = web::serve(app);
    worker.stop();
    served?;
    Ok(ExitCode::SUCCESS)
}

/// Says where to click.
fn welcome(app: &App) {
    let place = format!("{}://{}", app.config.scheme(), app.config.listen);
    println!("{}", sentence("program.welcome", &[("place", &place)]));
    if app.demo == Demo::On {
        println!("{}", sentence("program.demo", &[]));
    }
}

/// The invented city, once: what has been changed by hand since stays.
fn load_demo_city(app: &App) -> Result<()> {
    let there = app.db.read(|conn| app.directory.current(conn))?;
    if there.units().next().is_some() {
        return Ok(());
    }
    let today = app.db.now().day(app.config.site.zone);
    app.db.write(move |tx| jiesu::directory::demo::load(tx, &Actor::system(), today).map(|_| ()))
}

/// Who is on duty this week and the next, where nobody has put it yet.
fn load_demo_roster(app: &App) -> Result<()> {
    let hotline = app.hotline.clone();
    app.db.write(move |tx| {
        let rules = hotline.rules.current(tx.conn, tx.now)?;
        let office = Office::of(&rules.profile, &rules.calendar);
        roster::demo::load(tx, (&*rules.directory, office)).map(drop)
    })
}

pub(super) fn migrate() -> Result<ExitCode> {
    let applied = App::open(Demo::Off)?.db.migrate()?;
    for name in &applied {
        println!("{name}");
    }
    println!("{}", sentence("program.migrated", &[("count", &applied.len().to_string())]));
    Ok(ExitCode::SUCCESS)
}
