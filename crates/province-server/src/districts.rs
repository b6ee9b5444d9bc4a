//! The districts of the province, as `assets/districts.json` has them.

use std::collections::HashMap;
use std::sync::OnceLock;

use province_api::person::DistrictId;
use serde::Deserialize;

const DISTRICTS_JSON: &str = include_str!("../../../assets/districts.json");

/// What a pass says of a district.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct District {
    id: String,
    /// Its name in English.
    pub name_en: String,
    /// Its name in Urdu.
    pub name_ur: String,
    #[allow(clippy::struct_field_names)] // the data file calls it so
    /// Whether it belonged to the former tribal areas (merged in 2018).
    pub merged_district: bool,
}

/// The district of this id.
pub fn find(id: &DistrictId) -> Option<&'static District> {
    static ALL: OnceLock<HashMap<String, District>> = OnceLock::new();
    ALL.get_or_init(|| {
        // Compiled in; a test reads it.
        let list: Vec<District> = serde_json::from_str(DISTRICTS_JSON).unwrap_or_default();
        list.into_iter().map(|d| (d.id.clone(), d)).collect()
    })
    .get(id.as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_list_is_read_and_tells_merged_districts() {
        let find = |id| find(&DistrictId::parse(id).unwrap());
        assert!(find("bajaur").unwrap().merged_district);
        assert!(!find("peshawar").unwrap().merged_district);
        assert!(find("lahore").is_none());
    }
}
