//! Directory: units, regions, estates, companies and categories as dated data.

pub mod vocabulary;

pub use vocabulary::{
    AssessmentClass, CategoryCode, Channel, CompanyCode, EstateCode, Kind, RegionCode, UnitCode,
    Urgency,
};
