//! One outage from beginning to end: the primary fails, people go on working in the browser, the
//! primary returns and gets everything it missed, once.

mod after;
mod scene;

use crate::harness::Turn;
use scene::Scene;

/// The whole story, step by step.
#[tokio::test]
async fn an_outage_from_beginning_to_end() {
    let _turn = Turn::take();
    let mut scene = Scene::set().await;

    scene.mail_flows_in_normal_times().await;
    scene.the_page_is_locked().await;

    scene.the_primary_fails();
    scene.mail_arrives_at_the_fallback();
    scene
        .shadowmail
        .succeed("emergency start --reason primary-is-down");
    scene.anna_signs_in_and_reads().await;
    scene.anna_answers().await;

    scene.the_primary_returns();
    scene
        .anna_writes_outside_and_nothing_goes_to_the_primary()
        .await;
    scene
        .shadowmail
        .succeed("emergency end --reason primary-is-back");
    scene.everything_is_handed_back();

    scene.every_mail_is_in_the_primary_once().await;
    scene.the_answer_is_in_the_right_places().await;
    scene.the_page_is_locked().await;
    scene.shadowmail_shows_every_mail_once().await;
    scene.browser.close().await;
}
