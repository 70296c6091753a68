//! Open311 clients at the door: what they are shown, what they may report, and what nobody is told.

mod canary;
mod city;
mod reporting;
mod watching;
