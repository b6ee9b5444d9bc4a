//! Forms that keep the rules of the packaged definitions.

use std::sync::LazyLock;

use province_api::catalogue::guide::Guide;
use province_api::catalogue::packaged::packaged;
use province_api::definition::Ask;
use province_api::person::Day;
use serde_json::Value;

use crate::bench::NOW;

static GUIDE: LazyLock<Guide> = LazyLock::new(|| packaged().unwrap().guide());

/// A form of this service with the middle of what each answer may be: right for weeks, whatever the clock of a test says.
pub fn form_of(service: &str) -> Value {
    let definition = GUIDE.definition(service).unwrap();
    Value::Object(definition.sample(Day::at_unix(NOW), &mut |below| below / 2))
}

/// The same, with a text of the citizen's own in it.
pub fn form_that_says(service: &str, text: &str) -> Value {
    let mut form = form_of(service);
    let definition = GUIDE.definition(service).unwrap();
    let free = definition.asked().find(|(asked, field)| {
        form.get(&asked.field).is_some() && matches!(field.ask, Ask::Text { min: None, .. })
    });
    form[&free.unwrap().1.id] = text.into();
    form
}

/// Whether an answer of a form is this text.
pub fn says(form: &serde_json::Map<String, Value>, text: &str) -> bool {
    form.values().any(|answer| answer == text)
}
