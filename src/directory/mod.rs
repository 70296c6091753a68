//! Directory: units, regions, estates, companies and categories as dated data; the catalogue, the
//! calendars and the profiles as a city wrote them. Its rule: a decision is given one immutable
//! [`Directory`] and asks it for a day.

pub mod address;
pub mod cached;
pub mod change;
pub mod check;
pub mod dated;
pub mod demo;
pub mod entry;
pub mod import;
pub mod matter;
pub mod mention;
pub mod paging;
pub mod place;
pub mod policy;
pub mod recorded;
pub mod said;
pub mod snapshot;
pub mod store;
pub mod succession;
pub mod trial;
pub mod unit;
pub mod vocabulary;
pub mod wording;

pub use cached::Cached;
pub use change::{create, import, put, revise};
pub use dated::Span;
pub use entry::{Entry, Noun};
pub use import::{Days, Imported, Rejected, Sheet};
pub use matter::{Category, Rule, Successor, Target};
pub use mention::Mention;
pub use paging::{Page, page};
pub use place::{Company, Estate, Management, Region, RegionLevel};
pub use policy::{
    BUILT_IN_PROFILES, CalendarOverride, CalendarYear, DayKind, PROFILE_IN_FORCE, Profile, Setting,
};
pub use snapshot::Directory;
pub use trial::Proposal;
pub use unit::{Head, Phone, Unfit, Unit, UnitKind};
pub use vocabulary::{
    AssessmentClass, CategoryCode, Channel, CompanyCode, EstateCode, Kind, RegionCode, UnitCode,
    Urgency,
};
