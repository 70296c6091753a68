//! Ground: the tables as diesel sees them; a file a room. Its rule: checked against both databases by a test.

mod directory;
mod ground;

pub use directory::{directory_entry, directory_version};
pub use ground::{node_start, number_lease};
