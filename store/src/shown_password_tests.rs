use super::*;
use crate::fixture::{Fixture, time};

const MOST: ShownMax = ShownMax {
    passwords: 2,
    window: Duration::from_mins(30),
};

const NINE: &str = "2026-11-22T09:00:00Z";

struct Shown(Fixture);

impl Shown {
    async fn new() -> Self {
        Self(Fixture::new().await)
    }

    async fn may_be(&self, at: &str) -> bool {
        let shown = self.0.store.show_password(self.0.amy, MOST, time(at));
        shown.await.unwrap().is_some()
    }

    async fn was(&self, end: ShownEnd, at: &str) {
        let shown = self.0.store.password_shown(self.0.amy, end, time(at));
        shown.await.unwrap();
    }
}

#[tokio::test]
async fn no_more_are_shown_until_none_was_for_a_while() {
    let amy = Shown::new().await;
    assert!(amy.may_be(NINE).await);
    assert!(amy.may_be("2026-11-22T09:10:00Z").await);
    let wrong = ShownEnd::Wrong(MOST.window);
    amy.was(wrong, "2026-11-22T09:20:00Z").await;
    // The first one is old by then; the directory counts from the last.
    assert!(!amy.may_be("2026-11-22T09:49:59Z").await);
    assert!(amy.may_be("2026-11-22T09:50:00Z").await);
    let bo = amy.0.store.show_password(amy.0.bo, MOST, time(NINE));
    assert_eq!(bo.await.unwrap(), Some(1), "everybody has their own");
}

#[tokio::test]
async fn the_right_one_and_what_the_directory_does_not_count_give_places_back() {
    let amy = Shown::new().await;
    assert!(amy.may_be(NINE).await && amy.may_be(NINE).await && !amy.may_be(NINE).await);
    amy.was(ShownEnd::Uncounted, NINE).await;
    assert!(amy.may_be(NINE).await && !amy.may_be(NINE).await);
    amy.was(ShownEnd::Right, NINE).await;
    assert!(amy.may_be(NINE).await && amy.may_be(NINE).await && !amy.may_be(NINE).await);
}

#[tokio::test]
async fn a_clock_that_was_wrong_shuts_nobody_out() {
    let amy = Shown::new().await;
    let next_year = "2027-11-22T09:00:00Z";
    assert!(amy.may_be(next_year).await && amy.may_be(next_year).await);
    assert!(amy.may_be(NINE).await);
}

#[tokio::test]
async fn another_process_counts_on() {
    let amy = Shown::new().await;
    assert!(amy.may_be(NINE).await);
    let other = amy.0.reopened().await;
    let shown = async || other.show_password(amy.0.amy, MOST, time(NINE)).await;
    assert_eq!(shown().await.unwrap(), Some(2));
    assert_eq!(shown().await.unwrap(), None);
}

#[tokio::test]
async fn who_is_under_a_policy_of_their_own_is_counted_for_as_long_as_that_says() {
    let amy = Shown::new().await;
    assert!(amy.may_be(NINE).await && amy.may_be(NINE).await);
    let hours = Duration::from_hours(2);
    amy.was(ShownEnd::Wrong(hours), NINE).await;
    // Another process has yet to hear of that, and others are counted for less.
    let ten = "2026-11-22T10:00:00Z";
    let bo = amy.0.store.show_password(amy.0.bo, MOST, time(ten));
    assert_eq!(bo.await.unwrap(), Some(1));
    assert!(!amy.may_be(ten).await);
    assert!(!amy.may_be("2026-11-22T10:59:59Z").await);
    assert!(amy.may_be("2026-11-22T11:00:00Z").await);
}
