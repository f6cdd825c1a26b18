use std::fs;

use super::*;
use crate::fixture::{Fixture, envelope};
use crate::limits::SPILL_BYTES;

const MORNING: &str = "2026-11-22T09:12:00Z";

/// Bytes that do not compress to nothing.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let byte = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24).to_le_bytes()[0]
    };
    (0..length).map(byte).collect()
}

/// Takes a mail in pieces, as a session does, and gives the most that was in memory.
async fn take(held: &mut Held, mail: &[u8]) -> u64 {
    let mut most = 0;
    for piece in mail.chunks(32 << 10) {
        held.append(piece).unwrap();
        held.spill().await.unwrap();
        most = most.max(held.in_memory_bytes());
    }
    most
}

#[tokio::test]
async fn a_mail_of_any_size_comes_out_as_it_came_in_and_is_never_in_memory_as_a_whole() {
    let fixture = Fixture::new().await;
    for size in [
        0,
        1,
        SPILL_BYTES - 1,
        SPILL_BYTES,
        SPILL_BYTES + 1,
        2 * SPILL_BYTES,
        5 << 20,
    ] {
        let mail = noise(size);
        let mut held = fixture.store.hold(10 << 20);
        let most = take(&mut held, &mail).await;
        assert!(most < SPILL_BYTES as u64, "{size}: {most} in memory");
        assert_eq!(held.len(), size as u64);
        let id = fixture.store.keep(held, envelope(MORNING)).await.unwrap();
        assert!(fixture.store.record(id).await.unwrap() == mail, "{size}");

        let mut held = fixture.store.hold(10 << 20);
        take(&mut held, &mail).await;
        assert!(held.into_bytes().unwrap() == mail, "{size}");
    }
    let incoming = fixture.dir.path().join("incoming");
    assert_eq!(fs::read_dir(incoming).unwrap().count(), 0);
}

#[tokio::test]
async fn what_a_dead_process_left_behind_is_gone_at_the_next_start() {
    let fixture = Fixture::new().await;
    let left = fixture.dir.path().join("incoming/0123456789abcdef");
    fs::write(&left, b"half a mail").unwrap();
    fixture.reopened().await;
    assert!(!left.exists());
}

#[tokio::test]
async fn a_mail_that_lost_a_part_is_not_kept() {
    let fixture = Fixture::new().await;
    let mut held = fixture.store.hold(10 << 20);
    held.append(&noise(SPILL_BYTES)).unwrap();
    // As when nobody waits for the disk: what was handed to it never comes back.
    held.tail.clear();
    held.append(b"more").unwrap();
    let kept = fixture.store.keep(held, envelope(MORNING)).await;
    assert!(matches!(kept, Err(KeepError::Failed(_))), "{kept:?}");
}

#[tokio::test]
async fn a_mail_that_can_not_be_spilled_says_so() {
    let fixture = Fixture::new().await;
    fs::remove_dir_all(fixture.dir.path().join("incoming")).unwrap();
    let mut held = fixture.store.hold(10 << 20);
    held.append(&noise(SPILL_BYTES)).unwrap();
    let spilled = held.spill().await;
    assert!(matches!(spilled, Err(KeepError::Failed(_))), "{spilled:?}");
    let kept = fixture.store.keep(held, envelope(MORNING)).await;
    assert!(matches!(kept, Err(KeepError::Failed(_))), "{kept:?}");
}

#[tokio::test]
async fn a_beginning_is_as_much_as_was_asked_for_and_changes_nothing() {
    let fixture = Fixture::new().await;
    for size in [0, 1, 100, SPILL_BYTES, 3 * SPILL_BYTES + 7] {
        let mail = noise(size);
        let mut held = fixture.store.hold(10 << 20);
        take(&mut held, &mail).await;
        for most in [
            0,
            10,
            100,
            SPILL_BYTES - 1,
            SPILL_BYTES + 1,
            10 * SPILL_BYTES,
        ] {
            let want = &mail[..most.min(size)];
            assert!(held.beginning(most).await.unwrap() == want, "{size} {most}");
        }
        let rest = noise(2 * SPILL_BYTES);
        take(&mut held, &rest).await;
        let whole = [mail, rest].concat();
        assert!(held.into_bytes().unwrap() == whole, "{size}");
    }
}

#[tokio::test]
async fn a_copy_is_all_of_it_and_changes_nothing() {
    let fixture = Fixture::new().await;
    for size in [0, 1, SPILL_BYTES, 3 * SPILL_BYTES + 7] {
        let mail = noise(size);
        let mut held = fixture.store.hold(10 << 20);
        take(&mut held, &mail).await;
        assert!(held.copy().await.unwrap() == mail, "{size}");
        let rest = noise(2 * SPILL_BYTES);
        take(&mut held, &rest).await;
        let all = [mail, rest].concat();
        assert!(held.copy().await.unwrap() == all, "{size}, and more");
        let id = fixture.store.keep(held, envelope(MORNING)).await.unwrap();
        assert!(fixture.store.record(id).await.unwrap() == all, "{size}");
    }
}
