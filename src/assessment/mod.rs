//! Assessment 考核: what counts, and how much (domain.md §6). Its rule: a figure is made from plain
//! facts by one pure pass, and drills down by the same pass to exactly the facts it was made from.

pub mod facts;
mod names;
