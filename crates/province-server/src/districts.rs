//! The districts of the province, as `assets/catalogue/districts.json` has them.

use std::collections::HashMap;
use std::sync::OnceLock;

use province_api::catalogue::DistrictEntry;
use province_api::catalogue::packaged::packaged;
use province_api::person::DistrictId;

/// The district of this id.
pub fn find(id: &DistrictId) -> Option<&'static DistrictEntry> {
    static ALL: OnceLock<HashMap<String, DistrictEntry>> = OnceLock::new();
    ALL.get_or_init(|| {
        // Compiled in; a test reads it.
        let list = packaged().unwrap_or_default().districts;
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
