//! The first command a newcomer types.

use crate::harness::{Scratch, Turn, run};

#[test]
fn the_demo_tells_the_story_of_an_outage() {
    let _turn = Turn::take();
    let scratch = Scratch::new("demo");
    let finished = run(scratch.path(), &["demo", "--outage"], "");
    let said = format!("{}\n{}", finished.stdout, finished.stderr);
    assert_eq!(finished.code, Some(0), "{said}");
    for word in ["normal", "emergency", "recovery"] {
        assert!(
            said.to_lowercase().contains(word),
            "it does not tell of `{word}`:\n{said}"
        );
    }
    assert!(
        finished.stdout.lines().count() >= 6,
        "each step has a line:\n{said}"
    );
}
