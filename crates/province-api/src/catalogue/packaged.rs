//! The catalogue that a new province begins with: the files of `assets/catalogue`, as they are.

use super::CatalogueFile;
use super::folder::FolderError;

macro_rules! file {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../../assets/catalogue/", $name)),
        )
    };
}

/// Its files, by name from the folder on.
pub const FILES: &[(&str, &str)] = &[
    file!("offices.json"),
    file!("authorities.json"),
    file!("documents.json"),
    file!("divisions.json"),
    file!("districts.json"),
    file!("events.json"),
    file!("holidays.json"),
    file!("fields.json"),
    file!("topics.json"),
    file!("steps.json"),
    file!("services/agriculture.json"),
    file!("services/auqaf.json"),
    file!("services/environment.json"),
    file!("services/communication-works.json"),
    file!("services/tourism.json"),
    file!("services/elementary-education.json"),
    file!("services/energy-power.json"),
    file!("services/establishment-administration.json"),
    file!("services/excise.json"),
    file!("services/finance.json"),
    file!("services/food.json"),
    file!("services/health.json"),
    file!("services/higher-education.json"),
    file!("services/home.json"),
    file!("services/housing.json"),
    file!("services/industries.json"),
    file!("services/information.json"),
    file!("services/irrigation.json"),
    file!("services/labour.json"),
    file!("services/law.json"),
    file!("services/livestock.json"),
    file!("services/local-government.json"),
    file!("services/minerals.json"),
    file!("services/planning.json"),
    file!("services/population-welfare.json"),
    file!("services/public-health-engineering.json"),
    file!("services/relief.json"),
    file!("services/revenue.json"),
    file!("services/science-it.json"),
    file!("services/sports-youth.json"),
    file!("services/transport.json"),
    file!("services/zakat-social-welfare.json"),
    file!("services/ombudsman.json"),
    file!("services/rtps-commission.json"),
    file!("services/information-commission.json"),
];

/// The catalogue of these files.
///
/// # Errors
/// [`FolderError`]; a test reads it, so there is none in a build that passed its tests.
pub fn packaged() -> Result<CatalogueFile, FolderError> {
    CatalogueFile::gather(FILES.iter().copied())
}
