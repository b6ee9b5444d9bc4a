//! The page's files, inside the program in release builds, read from the folder in debug builds.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../ui/dist/counter"]
#[allow_missing = true]
struct Files;

/// What `GET /` gives.
const INDEX: [&str; 2] = ["index.html", "counter.html"];

/// Whether the page was built before this program was.
pub fn is_here() -> bool {
    INDEX.iter().any(|name| Files::get(name).is_some())
}

/// Pages that are one file; the page itself looks which of them it is.
const PAGES: [&str; 2] = ["", "citizen"];

/// The file at a path, if there is one.
pub fn file(path: &str) -> Option<Response<Body>> {
    let name = path.trim_start_matches('/');
    let (name, file) = if PAGES.contains(&name) {
        INDEX
            .iter()
            .find_map(|name| Files::get(name).map(|file| (*name, file)))?
    } else {
        (name, Files::get(name)?)
    };
    let mut response = Response::new(Body::from(file.data.into_owned()));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    Some(response)
}

/// Only kinds that the page is made of; anything else is never run or shown by a browser.
fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}
