//! Places: which estate and region the words of an address mean. Its rule: a candidate says by which words, and
//! it is certain only where nothing speaks against it (decision 0024).

mod case;
mod gazetteer;
mod group;
mod heard;
pub mod queue;
mod read;
mod resolve;
pub mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::code_enum;
use crate::directory::{Directory, EstateCode, RegionCode};
use crate::error::Result;
use crate::held::{Held, Same};
use crate::identity::Role;

pub use gazetteer::Gazetteer;

/// Who asks where something is, and who settles it.
pub const WHO: [Role; 2] = [Role::Agent, Role::Dispatcher];

code_enum! {
    /// Why a candidate must be asked about.
    pub enum DoubtCode {
        SameName = "same_name" "同名",
        Phase = "phase" "分期分区",
        Elsewhere = "elsewhere" "区域不符",
        Longer = "longer" "名称不完整",
        Near = "near" "附近",
        Contradiction = "contradiction" "互相矛盾",
        Sound = "sound" "同音",
        Beginning = "beginning" "仅开头相同",
        Door = "door" "楼号或门牌",
    }
}

code_enum! {
    /// Why a place cannot be resolved.
    pub enum Aside {
        NotInDirectory = "not_in_directory" "名录中没有",
        NoEstate = "no_estate" "不在小区内",
        Unclear = "unclear" "说不清",
    }
}

/// What speaks against a candidate, as a person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    pub code: DoubtCode,
    pub text: String,
}

/// A place that may be meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    pub estate: Option<EstateCode>,
    /// The estate's, else the narrowest one that was named.
    pub region: RegionCode,
    /// 0 to 1, the likest nearest to 1.
    pub score: f64,
    /// By which words, in the directory's spelling; nothing that only the text holds.
    pub why: String,
    pub doubts: Vec<Doubt>,
    /// An estate, alone, well scored and without a doubt.
    pub certain: bool,
}

/// What an address comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resolved {
    /// The likest first.
    pub candidates: Vec<Candidate>,
    /// The building and entrance that the text names: 3号楼2单元. The caller's own words.
    pub building: Option<String>,
}

impl Resolved {
    /// The one that may be taken without asking.
    pub fn certain(&self) -> Option<&Candidate> {
        self.candidates.first().filter(|first| first.certain)
    }
}

/// The gazetteer held in memory, made anew when the directory changes; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cached(Held<Same<Directory>, Gazetteer>);

impl Cached {
    /// The names of `directory`, made ready to be found.
    ///
    /// # Errors
    /// None of its own.
    pub fn of(&self, directory: &Arc<Directory>) -> Result<Arc<Gazetteer>> {
        self.0.get(Same(directory.clone()), || Ok(Gazetteer::of(directory.clone())))
    }
}
