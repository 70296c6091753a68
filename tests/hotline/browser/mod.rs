//! The console in headless Chromium: each role's day, accessibility, script payloads, a killed browser, pictures. Its rule:
//! what a page shows is not believed; the interface is asked what became of it. One database is enough here (SQLite):
//! what depends on the database is asked of both elsewhere.

mod agent;
mod axe;
mod citizen;
mod days;
mod driver;
mod field;
mod hostile;
mod keys;
mod month;
mod pages;
mod shots;
mod since;
mod stage;
mod syntax;
mod tab;
mod way;
mod world;
