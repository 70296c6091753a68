//! The one integration binary: the hotline from outside its rooms, on both databases.
#![cfg(test)] // so that clippy knows the support as test code

mod canary;
mod chain;
mod chain_forgeries;
mod citizen;
mod commands_http;
mod commands_table;
mod db;
mod db_failures;
mod demo_city;
mod directory;
mod figures_oracle;
mod figures_whole;
mod frozen;
mod identity;
mod interface;
mod jobs;
mod kill;
mod life;
mod moving;
mod schema;
mod sequences;
mod support;
mod sweep;
mod web_admin;
mod web_auth;
mod web_catalogue;
mod web_edges;
mod web_idempotency;
mod web_nodes;
mod web_openapi;
mod webhooks;
mod worker;
