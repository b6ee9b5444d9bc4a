//! What a camera sees of a phone's screen.

/// White modules round a code.
const QUIET: usize = 4;
const PIXELS_PER_MODULE: usize = 4;

/// The picture of a code that is drawn from this SVG path of horizontal runs (`Mx yhNv1…`), with its quiet zone: width,
/// which is the height too, and one byte per pixel. Nothing for a path of another form.
pub fn luma(modules: u32, path: &str) -> Option<(u32, Vec<u8>)> {
    let side = (usize::try_from(modules).ok()? + 2 * QUIET) * PIXELS_PER_MODULE;
    let mut luma = vec![255_u8; side * side];
    for run in path.split('M').skip(1) {
        let (x, rest) = run.split_once(' ')?;
        let (y, rest) = rest.split_once('h')?;
        let (length, _) = rest.split_once('v')?;
        let (x, y, length): (usize, usize, usize) = (x.parse().ok()?, y.parse().ok()?, length.parse().ok()?);
        for row in (y + QUIET) * PIXELS_PER_MODULE..(y + QUIET + 1) * PIXELS_PER_MODULE {
            let start = row * side + (x + QUIET) * PIXELS_PER_MODULE;
            luma.get_mut(start..start + length * PIXELS_PER_MODULE)?.fill(0);
        }
    }
    Some((u32::try_from(side).ok()?, luma))
}
