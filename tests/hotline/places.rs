//! Where a matter is: what the words of an address mean, and the queue of what stayed free text.

mod accuracy;
mod queue;
mod resolved;
