//! Bench: complaints of random values. Its rule: as long and as varied as real ones, so that indexes
//! and documents cost what they cost in a city.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::directory::{CategoryCode, Channel, Directory, EstateCode, Kind};
use crate::error::{Error, Result};
use crate::intake::Draft;
use crate::ticket::{Caller, Matter, Place, Text};

/// Common characters of complaints; the rest of a text is drawn from the whole of a plane's block.
const WORDS: &str =
    "电梯停运物业漏水维修小区业主停车收费供暖不热垃圾噪音消防通道监控门禁公示公共收益";

/// Draws complaints about the places and matters of a directory.
pub struct Drafts {
    dice: StdRng,
    leaves: Vec<CategoryCode>,
    estates: Vec<EstateCode>,
}

impl Drafts {
    /// # Errors
    /// `internal` where the directory has no leaf category or no estate.
    pub fn of(directory: &Directory) -> Result<Self> {
        let leaves: Vec<_> = directory
            .categories()
            .filter(|leaf| directory.is_leaf(&leaf.code))
            .map(|leaf| leaf.code.clone())
            .collect();
        let estates: Vec<_> = directory.estates().map(|estate| estate.code.clone()).collect();
        if leaves.is_empty() || estates.is_empty() {
            return Err(Error::internal("the directory has nothing to complain about"));
        }
        Ok(Self { dice: StdRng::seed_from_u64(rand::random()), leaves, estates })
    }

    /// `count` complaints.
    ///
    /// # Errors
    /// None in practice: the texts are well formed.
    pub fn take(&mut self, count: usize) -> Result<Vec<Draft>> {
        (0..count).map(|_| self.draft()).collect()
    }

    fn draft(&mut self) -> Result<Draft> {
        let phone = format!(
            "1{}{:09}",
            self.dice.random_range(3..=9),
            self.dice.random_range(0..1_000_000_000)
        );
        let (title, content) = (self.words(8, 16)?, self.words(40, 120)?);
        let (name, address) = (self.words(2, 3)?, self.words(8, 20)?);
        let category = self.leaves[self.dice.random_range(0..self.leaves.len())].clone();
        let estate = self.estates[self.dice.random_range(0..self.estates.len())].clone();
        Ok(Draft {
            kind: Kind::Complaint,
            channel: Channel::Phone,
            dispatch: None,
            received_at: None,
            received_reason: None,
            upstream: None,
            call: None,
            caller: Caller { name: Some(name), phone: Some(text(&phone)?), ..Caller::default() },
            matter: Matter {
                title: Some(title),
                content,
                category: Some(category),
                urgency: None,
                event_time: None,
                accused: None,
                tags: Vec::new(),
            },
            place: Place { estate: Some(estate), address: Some(address), ..Place::default() },
            previous: None,
            slip: None,
            into: None,
        })
    }

    fn words(&mut self, least: usize, most: usize) -> Result<Text> {
        let common: Vec<char> = WORDS.chars().collect();
        let length = self.dice.random_range(least..=most);
        let drawn: String = (0..length)
            .map(|_| {
                if self.dice.random_bool(0.5) {
                    return common[self.dice.random_range(0..common.len())];
                }
                char::from_u32(self.dice.random_range(0x4e00..0x9fa5)).unwrap_or('一')
            })
            .collect();
        text(&drawn)
    }
}

fn text(words: &str) -> Result<Text> {
    Text::parse(words).map_err(Error::internal)
}
