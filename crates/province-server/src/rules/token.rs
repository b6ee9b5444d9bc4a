//! Status List Tokens for other readers: put together and signed when somebody first asks, kept until the next manifest.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use credential::{Bitmap, DAY, Shape, StatusPurpose, StatusToken, Timestamp, TokenContent, Vct, token_list};
use province_api::problem::ProblemCode;
use sha2::{Digest as _, Sha256};

use super::status::{MANIFEST_DAYS, shard_of};
use super::{Fault, Province, Refusal, audit};
use crate::audit::{Action, Actor};
use crate::store::artefact::{self, Name};
use crate::store::{status, status_file};

/// For how long other readers may keep a token, in seconds.
const TOKEN_TTL: u64 = 3600;
/// Most bytes of tokens that are kept. A shard with one entry in a hundred set takes 30 KB, and there are 42 of each list.
const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Tokens of the newest manifest that somebody asked for.
#[derive(Debug)]
pub(super) struct Tokens {
    kept: Mutex<Kept>,
    /// Whose turn it is to sign.
    turn: tokio::sync::Mutex<()>,
    bytes_max: usize,
}

/// Under what a token was signed: the manifest's number, and the key.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Signed {
    epoch: u64,
    key: [u8; 32],
}

#[derive(Debug, Default)]
struct Kept {
    signed: Signed,
    bytes: usize,
    tokens: HashMap<(String, u32), Bytes>,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            bytes_max: KEPT_BYTES_MAX,
        }
    }
}

impl Tokens {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token of a shard.
    fn find(&self, signed: Signed, list: &str, shard: u32) -> Option<Bytes> {
        let kept = self.kept();
        let here = kept.signed == signed;
        let found = here.then(|| kept.tokens.get(&(list.to_owned(), shard)).cloned());
        found.flatten()
    }

    /// Keeps one. Those of another manifest or key go, and all of them when they are too many.
    fn keep(&self, signed: Signed, list: &str, shard: u32, token: &Bytes) {
        let mut kept = self.kept();
        // A slow signature of an earlier manifest.
        if signed.epoch < kept.signed.epoch {
            return;
        }
        if signed != kept.signed || kept.bytes.saturating_add(token.len()) > self.bytes_max {
            *kept = Kept {
                signed,
                ..Kept::default()
            };
        }
        if kept
            .tokens
            .insert((list.to_owned(), shard), token.clone())
            .is_none()
        {
            kept.bytes += token.len();
        }
    }
}

impl Province {
    /// The Status List Token of one shard, as of the newest manifest: the same bytes until the next one.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`], [`Refusal::Fault`].
    pub async fn status_token(&self, list: &str, shard: u32) -> Result<Bytes, Refusal> {
        let mut db = self.store().read().await?;
        let shape = status::shape(&mut db, list).await?;
        let shape = shape
            .filter(|shape| shard < shape.shards())
            .ok_or(ProblemCode::NotFound)?;
        let manifest = artefact::newest(&mut db, Name::StatusManifest)
            .await?
            .ok_or(ProblemCode::NotFound)?;
        let key = self
            .keys()
            .current(&mut db, Vct::STATUS_MANIFEST, self.now())
            .await?;
        let signed_as = Signed {
            epoch: manifest.sequence,
            key: *key.public().as_bytes(),
        };
        if let Some(token) = self.tokens.find(signed_as, list, shard) {
            return Ok(token);
        }
        // One signs, and the others who ask meanwhile wait for what it signed.
        drop(db);
        let _turn = self.tokens.turn.lock().await;
        if let Some(token) = self.tokens.find(signed_as, list, shard) {
            return Ok(token);
        }
        let mut db = self.store().read().await?;
        let one = Shape::new(1, shape.shard_bits()).map_err(Fault::from)?;
        let mut bitmaps = BTreeMap::new();
        for purpose in status_file::bitmaps(&mut db, list).await?.into_keys() {
            let held = status_file::shards(&mut db, list, purpose).await?;
            let bitmap = match held.get(&shard) {
                Some(sha256) => shard_of(&mut db, one, sha256).await?,
                None => Bitmap::new(one),
            };
            bitmaps.insert(purpose, bitmap);
        }
        drop(db);
        let issued_at = Timestamp::from_unix(manifest.issued_at);
        let content = TokenContent {
            sub: format!("{list}/{shard}"),
            iat: issued_at,
            exp: Some(issued_at.plus(MANIFEST_DAYS * DAY)),
            ttl: Some(TOKEN_TTL),
        };
        // Compressing takes tens of milliseconds of a processor.
        let signed = self.threads.in_thread(move || {
            let bits = |purpose| bitmaps.get(&purpose).and_then(|bitmap| bitmap.shard(0));
            let ended: Vec<&[u8]> = [StatusPurpose::Revoked, StatusPurpose::Consumed]
                .into_iter()
                .filter_map(bits)
                .collect();
            let packed = token_list(one.shard_bits(), &ended, bits(StatusPurpose::Suspended));
            StatusToken::sign(&content, &packed, &key)
        });
        let token = signed.await.ok_or(Fault::BrokenOff)?.map_err(Fault::from)?;
        let what = serde_json::json!({
            "file": "status-token",
            "list": list,
            "shard": shard,
            "sequence": signed_as.epoch,
            "sha256": hex::encode(Sha256::digest(&token)),
        });
        let mut write = self.store().write().await?;
        audit::note(
            &mut write,
            &Actor::PROVINCE,
            Action::Published,
            None,
            &what,
            self.now(),
        )
        .await?;
        write.commit().await?;
        let token = Bytes::from(token);
        self.tokens.keep(signed_as, list, shard, &token);
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_token_is_kept_until_the_next_manifest_and_never_too_many() {
        let tokens = Tokens {
            bytes_max: 10,
            ..Tokens::default()
        };
        let of = |epoch| Signed { epoch, key: [7; 32] };
        let is = |epoch, list, shard| tokens.find(of(epoch), list, shard).map(|token| token.to_vec());
        tokens.keep(of(4), "id", 0, &Bytes::from("four"));
        tokens.keep(of(4), "id", 0, &Bytes::from("four"));
        tokens.keep(of(4), "stamp", 0, &Bytes::from("4444"));
        assert_eq!(is(4, "id", 0), Some(b"four".to_vec()));
        assert_eq!(is(4, "stamp", 0), Some(b"4444".to_vec()));
        assert_eq!((is(4, "id", 1), is(5, "id", 0)), (None, None));
        // One too many: the others go.
        tokens.keep(of(4), "id", 1, &Bytes::from("more"));
        assert_eq!((is(4, "id", 0), is(4, "id", 1)), (None, Some(b"more".to_vec())));
        // Those of the manifest before go, and no late one comes back.
        tokens.keep(of(5), "id", 0, &Bytes::from("five"));
        tokens.keep(of(4), "id", 1, &Bytes::from("late"));
        assert_eq!((is(5, "id", 0), is(5, "id", 1)), (Some(b"five".to_vec()), None));
        assert_eq!(is(4, "id", 1), None);
        let bytes = tokens.kept().bytes;
        assert_eq!(bytes, 4);
        // Another key signs from now on.
        let other = Signed {
            key: [8; 32],
            ..of(5)
        };
        assert_eq!(tokens.find(other, "id", 0), None);
        tokens.keep(other, "id", 0, &Bytes::from("next"));
        assert_eq!(is(5, "id", 0), None);
    }
}
