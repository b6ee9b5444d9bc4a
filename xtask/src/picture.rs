//! From the path of a code on a screen to the grey picture that a camera would take of it.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

/// White modules round the code.
const QUIET: usize = 4;
/// Camera pixels on each side of a module.
const PIXELS: usize = 4;
/// Modules on a side of the largest QR code.
const SIZE_MAX: usize = 177;

/// One grey picture, a byte per pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Luma {
    /// Pixels on each side.
    pub side: usize,
    /// Row by row.
    pub bytes: Vec<u8>,
}

impl Luma {
    /// Takes the picture of `{"size": modules, "path": "M0 0h7v1h-7z…"}` as the screens draw it.
    ///
    /// # Errors
    /// When the path is not made of the rectangles that our programs draw.
    pub fn of_code(code: &Value) -> anyhow::Result<Self> {
        let size = code
            .get("size")
            .and_then(Value::as_u64)
            .context("a code without a size")?;
        let size = usize::try_from(size)?;
        ensure!((21..=SIZE_MAX).contains(&size), "a code of {size} modules");
        let path = code
            .get("path")
            .and_then(Value::as_str)
            .context("a code without a path")?;
        let width = (size + 2 * QUIET) * PIXELS;
        let mut bytes = vec![255_u8; width * width];
        for rectangle in path.split_terminator('z') {
            let (x, y, run) = run_of(rectangle).with_context(|| format!("a strange path: {rectangle}"))?;
            ensure!(
                x + run <= size && y < size,
                "a path outside of its code: {rectangle}"
            );
            let left = (x + QUIET) * PIXELS;
            for row in 0..PIXELS {
                let start = ((y + QUIET) * PIXELS + row) * width + left;
                if let Some(line) = bytes.get_mut(start..start + run * PIXELS) {
                    line.fill(0);
                }
            }
        }
        Ok(Self { side: width, bytes })
    }
}

/// `M3 4h5v1h-5` is 5 dark modules from column 3 of row 4.
fn run_of(rectangle: &str) -> anyhow::Result<(usize, usize, usize)> {
    let numbers = rectangle
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map(str::parse)
        .collect::<Result<Vec<usize>, _>>()?;
    match numbers[..] {
        [x, y, run, 1, back] if run == back => Ok((x, y, run)),
        _ => bail!("not a run of modules"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn a_run_of_modules_is_dark_and_the_rest_is_white() {
        let code = serde_json::json!({ "size": 21, "path": "M2 1h3v1h-3z" });
        let picture = Luma::of_code(&code).unwrap();
        assert_eq!(picture.side, (21 + 8) * 4);
        let dark: Vec<usize> = (0..picture.bytes.len())
            .filter(|at| picture.bytes[*at] == 0)
            .collect();
        assert_eq!(dark.len(), 3 * 4 * 4);
        assert_eq!(dark[0], (4 + 1) * 4 * picture.side + (4 + 2) * 4);
    }

    #[test]
    fn paths_that_are_not_ours_are_refused() {
        for path in [
            "M0 0h3v1h-2z",
            "M0 0h3v2h-3z",
            "M20 0h3v1h-3z",
            "Mz",
            "M0 21h1v1h-1z",
        ] {
            let code = serde_json::json!({ "size": 21, "path": path });
            assert!(Luma::of_code(&code).is_err(), "{path}");
        }
        assert!(Luma::of_code(&serde_json::json!({ "size": 9999, "path": "" })).is_err());
    }
}
