//! Memory for SQLite that is wiped when it is given back, so that no page, row or key outlives a closed database.
//!
//! SQLCipher has such a thing (`PRAGMA cipher_memory_security`), but it fills each piece with random numbers eight bytes at a
//! time: a search of 50,000 rows took sixty times as long as without it. Here `zeroizing-alloc`, which does the same for what
//! Rust gives back, does it with one `memset` ([ADR 7](../../docs/adr/0007-sqlite-memory-is-wiped-by-us.md)).
//!
//! ```text
//! a piece:  size in bytes [8]  unused [8]  what SQLite sees [size]          aligned to 16
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;

use rusqlite::ffi;
use zeroizing_alloc::ZeroAlloc;

static HEAP: ZeroAlloc<System> = ZeroAlloc(System);

/// Bytes before what SQLite sees; also what pieces are aligned to. SQLite wants 8.
const HEAD: usize = 16;

/// Gives SQLite this memory, for every database of the process. Only before the first of them is opened: says whether it is
/// so. Later calls change nothing and say the same.
pub fn install() -> bool {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    *INSTALLED.get_or_init(functions::install)
}

/// The layout of a piece with so many bytes for SQLite.
fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(HEAD)?, HEAD).ok()
}

/// The allocator as SQLite calls it (<https://sqlite.org/c3ref/mem_methods.html>).
#[allow(unsafe_code)]
#[expect(
    clippy::cast_ptr_alignment,
    reason = "a piece is aligned to its head, which is more than a usize asks for"
)]
mod functions {
    use std::ffi::{c_int, c_void};
    use std::ptr::null_mut;

    use super::{GlobalAlloc as _, HEAD, HEAP, ffi, layout};

    /// SQLite copies the table; it asks for it before it has threads or memory.
    pub(super) fn install() -> bool {
        let methods = ffi::sqlite3_mem_methods {
            xMalloc: Some(malloc),
            xFree: Some(free),
            xRealloc: Some(realloc),
            xSize: Some(size),
            xRoundup: Some(roundup),
            xInit: Some(init),
            xShutdown: Some(shutdown),
            pAppData: null_mut(),
        };
        // SAFETY: the option takes a pointer to such a table, which SQLite copies before it returns. Once SQLite has begun,
        // it changes nothing and answers SQLITE_MISUSE.
        let answer = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, &raw const methods) };
        answer == ffi::SQLITE_OK
    }

    extern "C" fn malloc(wanted: c_int) -> *mut c_void {
        let wanted = usize::try_from(wanted).unwrap_or_default();
        let Some(layout) = layout(wanted).filter(|_| wanted > 0) else {
            return null_mut();
        };
        // SAFETY: the layout is not empty, since it has a head.
        let piece = unsafe { HEAP.alloc(layout) };
        if piece.is_null() {
            return null_mut();
        }
        // SAFETY: the piece begins with a head that is aligned for a usize, and goes on after it.
        unsafe {
            piece.cast::<usize>().write(wanted);
            piece.add(HEAD).cast()
        }
    }

    /// # Safety
    /// `seen` is null or comes from [`malloc`] and was not given back.
    unsafe extern "C" fn free(seen: *mut c_void) {
        if seen.is_null() {
            return;
        }
        // SAFETY: by this function's contract there is a head before it, which says how large the piece was made.
        unsafe {
            let piece = seen.cast::<u8>().sub(HEAD);
            if let Some(layout) = layout(piece.cast::<usize>().read()) {
                HEAP.dealloc(piece, layout);
            }
        }
    }

    /// A piece that is large enough stays where it is: what it held is in its owner's hands still. One that grows gets
    /// half as much again, because FTS5 asks for 32 bytes more a thousand times, and each time all of it is copied and wiped.
    ///
    /// # Safety
    /// As for [`free`].
    unsafe extern "C" fn realloc(seen: *mut c_void, wanted: c_int) -> *mut c_void {
        // SAFETY: by this function's contract.
        let here = unsafe { size(seen) };
        if wanted <= here && wanted > 0 {
            return seen;
        }
        let room = if wanted > 0 {
            wanted.max(here.saturating_add(here / 2))
        } else {
            0
        };
        let mut other = malloc(room);
        if other.is_null() {
            other = malloc(wanted);
        }
        if !other.is_null() {
            let bytes = usize::try_from(here).unwrap_or_default();
            // SAFETY: both have that many bytes, `other` is new, and `seen` is given back once.
            unsafe {
                seen.cast::<u8>().copy_to_nonoverlapping(other.cast(), bytes);
                free(seen);
            }
        }
        other
    }

    /// # Safety
    /// As for [`free`].
    unsafe extern "C" fn size(seen: *mut c_void) -> c_int {
        if seen.is_null() {
            return 0;
        }
        // SAFETY: by this function's contract there is a head before it.
        let size = unsafe { seen.cast::<u8>().sub(HEAD).cast::<usize>().read() };
        c_int::try_from(size).unwrap_or(c_int::MAX)
    }

    /// To a multiple of 8, as SQLite's own does.
    extern "C" fn roundup(wanted: c_int) -> c_int {
        wanted.saturating_add(7) & !7
    }

    extern "C" fn init(_: *mut c_void) -> c_int {
        ffi::SQLITE_OK
    }

    extern "C" fn shutdown(_: *mut c_void) {}

    #[cfg(test)]
    #[allow(clippy::unwrap_used)]
    mod tests {
        use super::*;

        #[test]
        fn a_piece_keeps_what_is_in_it_when_it_grows_and_stays_when_it_shrinks() {
            let first = malloc(24);
            assert_eq!(first.align_offset(8), 0);
            // SAFETY: the piece has 24 bytes, then 100,000, then 150,000, and is given back once.
            unsafe {
                first.cast::<u8>().write_bytes(7, 24);
                assert_eq!(size(first), 24);
                assert_eq!(realloc(first, 9), first);
                let second = realloc(first, 100_000);
                assert_eq!(size(second), 100_000);
                let third = realloc(second, 100_001);
                assert_eq!(size(third), 150_000);
                let begin = std::slice::from_raw_parts(third.cast::<u8>(), 24);
                assert_eq!(begin, [7; 24]);
                free(third);
                free(null_mut());
            }
            assert!(malloc(0).is_null() && malloc(-1).is_null());
            assert_eq!(
                (roundup(1), roundup(8), roundup(c_int::MAX)),
                (8, 8, c_int::MAX & !7)
            );
        }
    }
}
