//! The envelope: frozen bytes, binding, any bytes at all.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use proptest::prelude::*;

use super::*;
use crate::testing::TestRng;

const DEVICE: [u8; 32] = [42; 32];
/// An envelope as version 1 writes it. Never to be changed: phones out there have such files.
const FROZEN: &[u8] = include_bytes!("../../tests/data/envelope-v1.kpe");

/// The same with a second slot, for the finger or the face.
const FROZEN_BOTH: &[u8] = include_bytes!("../../tests/data/envelope-v1-biometric.kpe");
const FINGER: [u8; 32] = [77; 32];

impl Envelope {
    /// What seals the slot of the PIN, for the search of a locked process's memory.
    pub(crate) fn pin_kek(&self, pin: &Pin, device: &DeviceKey) -> Result<Kek, EnvelopeError> {
        let slot = self.pin_slot()?;
        derive_pin_kek(pin, device, slot.argon2id, &slot.salt.0)
    }
}

fn pin() -> Pin {
    Pin::parse("246810").unwrap()
}

fn make() -> (Envelope, VaultKey) {
    Envelope::make(&pin(), &DeviceKey::new(DEVICE), Cost::FLOOR, &mut TestRng::new(1)).unwrap()
}

#[test]
fn an_envelope_of_version_1_opens_and_is_still_written_byte_for_byte() {
    let envelope = Envelope::parse(FROZEN).unwrap();
    let key = envelope.open(&pin(), &DeviceKey::new(DEVICE)).unwrap();
    let (made, made_key) = make();
    assert_eq!(*key, *made_key);
    assert_eq!(made.to_bytes().unwrap(), FROZEN);
}

fn with_finger() -> (Envelope, VaultKey) {
    let mut rng = TestRng::new(1);
    let (mut envelope, key) = Envelope::make(&pin(), &DeviceKey::new(DEVICE), Cost::FLOOR, &mut rng).unwrap();
    envelope
        .add_biometric(&DeviceKey::new(FINGER), &DeviceKey::new(DEVICE), &key, &mut rng)
        .unwrap();
    (envelope, key)
}

#[test]
fn a_biometric_slot_opens_and_is_written_byte_for_byte_and_the_pin_still_opens_the_same_vault() {
    let (made, made_key) = with_finger();
    let envelope = Envelope::parse(FROZEN_BOTH).unwrap();
    let (finger, device) = (DeviceKey::new(FINGER), DeviceKey::new(DEVICE));
    assert_eq!(*envelope.open_by_biometric(&finger, &device).unwrap(), *made_key);
    assert_eq!(*envelope.open(&pin(), &device).unwrap(), *made_key);
    assert_eq!(made.to_bytes().unwrap(), FROZEN_BOTH);
}

#[test]
fn a_finger_that_was_enrolled_later_or_another_phone_opens_nothing() {
    let (envelope, _) = with_finger();
    let (finger, device) = (DeviceKey::new(FINGER), DeviceKey::new(DEVICE));
    let open = |finger: &DeviceKey, device: &DeviceKey| envelope.open_by_biometric(finger, device).err();
    assert_eq!(
        open(&DeviceKey::new([78; 32]), &device),
        Some(EnvelopeError::NoBiometric)
    );
    assert_eq!(
        open(&finger, &DeviceKey::new([43; 32])),
        Some(EnvelopeError::WrongDevice)
    );
    let mut without = envelope.clone();
    without.remove_biometric();
    assert_eq!(
        without.to_bytes().unwrap(),
        FROZEN,
        "the slot leaves nothing behind"
    );
    assert_eq!(
        without.open_by_biometric(&finger, &device).err(),
        Some(EnvelopeError::NoBiometric)
    );
}

#[test]
fn another_pin_seals_the_same_vault_key_and_leaves_the_other_slot_as_it_is() {
    let (mut envelope, key) = with_finger();
    let (finger, device) = (DeviceKey::new(FINGER), DeviceKey::new(DEVICE));
    let other = Pin::parse("402718").unwrap();
    envelope
        .change_pin(&other, &device, &key, &mut TestRng::new(2))
        .unwrap();
    assert_eq!(
        envelope.open(&pin(), &device).err(),
        Some(EnvelopeError::WrongPin)
    );
    assert_eq!(*envelope.open(&other, &device).unwrap(), *key);
    assert_eq!(*envelope.open_by_biometric(&finger, &device).unwrap(), *key);
    assert_eq!(envelope.slots[1], with_finger().0.slots[1]);
}

#[test]
fn one_slot_of_a_kind_and_always_one_for_the_pin() {
    let (envelope, _) = with_finger();
    let kinds = |order: &[usize]| {
        let mut bent = envelope.clone();
        bent.slots = order.iter().map(|at| envelope.slots[*at].clone()).collect();
        Envelope::parse(&bent.to_bytes().unwrap()).is_ok()
    };
    assert!(kinds(&[0]) && kinds(&[0, 1]) && kinds(&[1, 0]));
    for wrong in [&[][..], &[1], &[0, 0], &[1, 1], &[0, 0, 1]] {
        assert!(!kinds(wrong), "{wrong:?}");
    }
    // The sealed key of one kind is not taken for the other's.
    let text = String::from_utf8(FROZEN_BOTH.to_vec()).unwrap();
    assert!(Envelope::parse(text.replace("\"biometric\"", "\"face\"").as_bytes()).is_err());
}

#[test]
fn a_wrong_pin_and_a_wrong_device_are_told_apart() {
    let (envelope, _) = make();
    let other_pin = Pin::parse("246811").unwrap();
    assert_eq!(
        envelope.open(&other_pin, &DeviceKey::new(DEVICE)).err(),
        Some(EnvelopeError::WrongPin)
    );
    assert_eq!(
        envelope.open(&pin(), &DeviceKey::new([43; 32])).err(),
        Some(EnvelopeError::WrongDevice)
    );
}

fn slot(envelope: &mut Envelope) -> &mut PinSlot {
    match &mut envelope.slots[0] {
        Slot::Pin(slot) => slot,
        Slot::Biometric(_) => panic!("the first slot is the PIN's"),
    }
}

#[test]
fn a_slot_moved_to_another_profile_cost_or_salt_does_not_open() {
    let (envelope, _) = make();
    let mut other_profile = envelope.clone();
    other_profile.profile = Bytes(vec![1; PROFILE_BYTES]);
    other_profile.device = Bytes(device_check(&DeviceKey::new(DEVICE), &[1; PROFILE_BYTES]).to_vec());
    let mut other_cost = envelope.clone();
    slot(&mut other_cost).argon2id = Cost::new(19 * 1024, 3, 1).unwrap();
    let mut other_salt = envelope.clone();
    slot(&mut other_salt).salt.0[0] ^= 1;
    let mut other_seal = envelope.clone();
    slot(&mut other_seal).sealed.0[0] ^= 1;
    for bent in [other_profile, other_cost, other_salt, other_seal] {
        assert_eq!(
            bent.open(&pin(), &DeviceKey::new(DEVICE)).err(),
            Some(EnvelopeError::WrongPin)
        );
    }
}

#[test]
fn a_binding_names_every_part() {
    let (envelope, _) = make();
    let aad = envelope.aad(PIN, Cost::FLOOR.numbers(), &[1; 16]);
    let mut other = envelope.clone();
    other.purpose = "another".to_owned();
    let mut newer = envelope.clone();
    newer.version = 2;
    assert_ne!(envelope.aad(BIOMETRIC, Cost::FLOOR.numbers(), &[1; 16]), aad);
    assert_ne!(envelope.aad(PIN, NO_COST, &[1; 16]), aad);
    for bent in [other, newer] {
        assert_ne!(bent.aad(PIN, Cost::FLOOR.numbers(), &[1; 16]), aad);
    }
}

#[test]
fn a_weakened_or_ruinous_cost_is_not_even_tried() {
    let text = String::from_utf8(FROZEN.to_vec()).unwrap();
    for (from, to) in [
        ("19456", "8"),
        ("19456", "1073741824"),
        ("\"passes\": 2", "\"passes\": 1000000"),
    ] {
        assert!(text.contains(from));
        assert_eq!(
            Envelope::parse(text.replace(from, to).as_bytes()).err(),
            Some(EnvelopeError::Parameters)
        );
    }
}

#[test]
fn an_envelope_that_is_too_new_or_too_long_is_said_so() {
    let text = String::from_utf8(FROZEN.to_vec()).unwrap();
    let newer = text.replace("\"version\": 1", "\"version\": 2");
    assert_eq!(
        Envelope::parse(newer.as_bytes()).err(),
        Some(EnvelopeError::TooNew)
    );
    let long = [FROZEN, &[b' '; ENVELOPE_BYTES_MAX]].concat();
    assert_eq!(Envelope::parse(&long).err(), Some(EnvelopeError::Malformed));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Envelope::parse(&bytes).is_err());
    }

    #[test]
    fn a_changed_byte_is_an_error_or_the_same_envelope(position: prop::sample::Index, byte: u8) {
        let mut bytes = FROZEN.to_vec();
        let at = position.index(bytes.len());
        bytes[at] = byte;
        if let Ok(envelope) = Envelope::parse(&bytes) {
            // Still well formed: whatever it became, it is read back as itself.
            prop_assert_eq!(Envelope::parse(&envelope.to_bytes().unwrap()).unwrap(), envelope);
        }
    }
}
