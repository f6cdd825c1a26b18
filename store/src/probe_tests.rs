use super::*;
use crate::fixture::{Fixture, time};

fn standing(state: ProbeState, at: &str) -> ProbeStanding {
    ProbeStanding {
        name: "smtp".to_owned(),
        kind: "smtp".to_owned(),
        state,
        since: time(at),
        tried_at: time(at),
        took: 12,
        is_well: state == ProbeState::Up,
        words: format!("it is {state}"),
        failing_since: (state == ProbeState::Down).then(|| time(at)),
    }
}

#[tokio::test]
async fn only_changes_are_lines_of_the_history() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    for (state, at, want) in [
        (ProbeState::Up, "2026-11-22T09:00:00Z", true),
        (ProbeState::Up, "2026-11-22T09:00:30Z", false),
        (ProbeState::Down, "2026-11-22T09:01:00Z", true),
        (ProbeState::Down, "2026-11-22T09:01:30Z", false),
    ] {
        let noted = store.note_probe(standing(state, at)).await.unwrap();
        assert_eq!(noted, want, "{at}");
    }
    let history = fixture.reopened().await.probe_history(10).await.unwrap();
    let told: Vec<_> = history.iter().map(|it| (it.state, it.at)).collect();
    let want = [
        (ProbeState::Down, time("2026-11-22T09:01:00Z")),
        (ProbeState::Up, time("2026-11-22T09:00:00Z")),
    ];
    assert_eq!(told, want);
    let last = standing(ProbeState::Down, "2026-11-22T09:01:30Z");
    assert_eq!(store.probes().await.unwrap(), [last]);
    store.keep_probes(vec!["imap".to_owned()]).await.unwrap();
    assert_eq!(store.probes().await.unwrap(), []);
    assert_eq!(store.probe_history(10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_history_is_bounded() {
    let fixture = Fixture::new().await;
    let most = limits::PROBE_CHANGES_MAX;
    fixture
        .store
        .blocking(move |inner| {
            inner.shadow.write(|shadow| {
                for turn in 0..most + 5 {
                    let up = turn % 2 == 0;
                    let state = if up { ProbeState::Up } else { ProbeState::Down };
                    append(shadow, &standing(state, "2026-11-22T09:00:00Z"))?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    let history = fixture.store.probe_history(usize::MAX >> 1).await.unwrap();
    assert_eq!(history.len(), usize::try_from(most).unwrap());
}
