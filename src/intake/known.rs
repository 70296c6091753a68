//! Intake: whether a matter is known already: probable duplicates, live incidents, what else is like it. Its rule:
//! they are candidates; a person merges.

use crate::search::alike::{Alike, Like};

/// How many of those of the place.
pub const MOST: usize = 8;
/// From this score on two texts are taken for the same matter.
pub const SAME_MATTER: f64 = 0.16;
/// From this score on a matter that several told of already may be the same incident.
const SAME_INCIDENT: f64 = 0.12;

/// What is known of a matter.
#[derive(Debug)]
pub struct Known {
    /// Like tickets cannot be weighed now (the index is being made, or too much was asked): of the lists only the
    /// caller's own are there, among those that are like it.
    pub degraded: bool,
    /// Probably the same matter, the likest first.
    pub duplicates: Vec<Like>,
    /// Like it, as reasons: where such matters went.
    pub like: Vec<Like>,
    /// Live matters that several callers were already linked to: the next one is linked in one stroke.
    pub incidents: Vec<Like>,
}

impl From<Alike> for Known {
    fn from(Alike { found, degraded }: Alike) -> Self {
        let is_incident = |like: &&Like| {
            let is_near = like.same_place && like.score >= SAME_INCIDENT;
            is_near && like.merged > 0 && like.row.state.is_live()
        };
        let incidents = found.iter().filter(is_incident).cloned().collect();
        let is_same =
            |like: &Like| like.score >= SAME_MATTER && (like.same_place || like.same_caller);
        let (duplicates, like) = found.into_iter().partition(is_same);
        Self { degraded, duplicates, like, incidents }
    }
}
