//! What is suggested while a caller is on the line: categories learnt from the site's own tickets, units by
//! the catalogue, and the tickets that are on the matter already.

mod asked;
mod by_itself;
mod corrected;
mod learnt;
mod similar;
mod told_twice;
