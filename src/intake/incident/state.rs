//! Intake: how far an incident has come. Its rule: two words, and no way back from the second.

use crate::code_enum;

code_enum! {
    /// How far an incident has come.
    pub enum IncidentState { Open = "open" "进行中", Closed = "closed" "已结束" }
}
