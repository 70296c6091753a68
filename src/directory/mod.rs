//! Directory: units, regions, estates, companies and categories as dated data; the catalogue, the
//! calendars and the profiles as a city wrote them. Its rule: a decision is given one immutable
//! [`Directory`] and asks it for a day.

pub mod dated;
pub mod entry;
pub mod matter;
pub mod place;
pub mod policy;
pub mod snapshot;
pub mod unit;
pub mod vocabulary;

pub use dated::Span;
pub use entry::{Entry, Noun};
pub use matter::{Category, Rule, Target};
pub use place::{Company, Estate, Management, Region, RegionLevel};
pub use policy::{CalendarOverride, CalendarYear, DayKind, PROFILE_IN_FORCE, Profile, Setting};
pub use snapshot::Directory;
pub use unit::{Head, Phone, Unfit, Unit, UnitKind};
pub use vocabulary::{
    AssessmentClass, CategoryCode, Channel, CompanyCode, EstateCode, Kind, RegionCode, UnitCode,
    Urgency,
};
