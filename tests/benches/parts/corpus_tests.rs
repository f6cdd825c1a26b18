use std::collections::BTreeSet;

use super::*;

const DATE: &str = "Mon, 2 Nov 2026 09:00:00 +0100";

fn corpus() -> Corpus {
    Corpus::new(1, 10_000, 300)
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (one, other) = (corpus(), corpus());
    for number in [0, 1, 4_711, 9_999] {
        let letter = one.letter(number);
        assert_eq!(letter, other.letter(number));
        assert_eq!(one.bytes(&letter, DATE), other.bytes(&letter, DATE));
    }
    let different = Corpus::new(2, 10_000, 300);
    assert_ne!(one.letter(5), different.letter(5));
    assert_eq!(sized_mail(1, 10_000), sized_mail(1, 10_000));
}

#[test]
fn other_mail_has_another_fingerprint() {
    let one = corpus().fingerprint();
    assert_eq!(one, corpus().fingerprint());
    assert_ne!(one, Corpus::new(2, 10_000, 300).fingerprint());
    assert_ne!(one, Corpus::new(1, 20_000, 300).fingerprint());
}

#[test]
fn recipients_sizes_and_threads_are_spread_as_in_life() {
    let corpus = corpus();
    let (mut single, mut lists, mut answers) = (0, 0, 0);
    let mut sizes = Vec::new();
    for number in 9_000..9_400 {
        let letter = corpus.letter(number);
        assert!(!letter.to.is_empty());
        let different: BTreeSet<_> = letter.to.iter().collect();
        assert_eq!(different.len(), letter.to.len(), "somebody gets it twice");
        assert!(letter.to.iter().all(|it| *it < corpus.people().len()));
        assert!(letter.thread.before.iter().all(|it| *it < number));
        single += usize::from(letter.to.len() <= 3);
        lists += usize::from(letter.to.len() >= 10);
        answers += usize::from(!letter.thread.before.is_empty());
        sizes.push(corpus.bytes(&letter, DATE).len() as f64);
    }
    assert!(single > 360, "{single}");
    assert!((5..35).contains(&lists), "{lists}");
    assert!((140..220).contains(&answers), "{answers}");
    let median = crate::figure::median(&sizes).unwrap();
    let mean = sizes.iter().sum::<f64>() / sizes.len() as f64;
    assert!((1_500.0..4_000.0).contains(&median), "median {median}");
    assert!(mean > 1.5 * median, "a tail: mean {mean}, median {median}");
}

#[test]
fn an_answer_names_those_before_it() {
    let corpus = corpus();
    let answer = (0..).map(|number| corpus.letter(number));
    let answer = answer
        .into_iter()
        .find(|it| it.thread.before.len() >= 2)
        .unwrap();
    let text = String::from_utf8(corpus.bytes(&answer, DATE)).unwrap();
    let root = corpus.letter(answer.thread.before[0]);
    assert_eq!(answer.subject, format!("Re: {}", root.subject));
    let last = corpus.letter(*answer.thread.before.last().unwrap());
    assert!(text.contains(&format!("In-Reply-To: <{}>", last.message_id())));
    assert!(text.contains(&root.message_id()));
}

#[test]
fn every_line_fits_smtp() {
    let corpus = corpus();
    for number in 0..300 {
        let letter = corpus.letter(number);
        let bytes = corpus.bytes(&letter, DATE);
        for line in bytes.split(|byte| *byte == b'\n') {
            assert!(line.len() <= 999, "mail {number}: {} bytes", line.len());
        }
        let ends = bytes.split(|byte| *byte == b'\n').count() - 1;
        let pairs = bytes.windows(2).filter(|pair| *pair == b"\r\n").count();
        assert_eq!(ends, pairs, "mail {number} has a bare line end");
    }
}

#[test]
fn sized_mail_has_nearly_its_size() {
    for bytes in [10_000, 100_000, 1_000_000] {
        let mail = sized_mail(1, bytes);
        assert!(!mail.contains('\r'));
        let on_the_wire = mail.len() + mail.lines().count();
        let off = on_the_wire.abs_diff(bytes);
        assert!(off < bytes / 20, "wanted {bytes}, got {on_the_wire}");
    }
}

#[test]
fn mail_arrives_in_order_and_days_differ() {
    let corpus = corpus();
    let calendar = Calendar::of(&corpus);
    let days = calendar.days();
    assert_eq!(days.len(), 28);
    assert_eq!(days.iter().map(|day| day.messages).sum::<u64>(), 10_000);
    let least = days.iter().map(|day| day.messages).min().unwrap();
    let most = days.iter().map(|day| day.messages).max().unwrap();
    assert!(least > 0 && most > 100 * least, "{least} to {most}");
    let mut last = (0, 0);
    for number in 0..corpus.messages() {
        let arrival = calendar.arrival(number);
        assert!(
            arrival >= last,
            "mail {number} arrives before the one before it"
        );
        last = arrival;
    }
    assert_eq!(last.0, 27);
}
