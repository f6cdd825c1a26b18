use super::*;

fn clock(language: Language) -> Clock {
    let zone = TimeZone::fixed(jiff::tz::offset(1));
    Clock::new(
        "2026-11-22T08:30:00Z".parse().unwrap(),
        zone,
        language.words(),
    )
}

#[track_caller]
fn check(at: &str, de: &str, en: &str) {
    let at = at.parse().unwrap();
    assert_eq!(clock(Language::De).short(at).words, de);
    assert_eq!(clock(Language::En).short(at).words, en);
}

#[test]
fn lists_say_today_and_yesterday() {
    check("2026-11-22T08:12:00Z", "Heute 09:12", "Today 09:12");
    check("2026-11-21T23:00:00Z", "Heute 00:00", "Today 00:00");
    check("2026-11-21T22:59:59Z", "Gestern 23:59", "Yesterday 23:59");
    check(
        "2026-11-20T22:59:59Z",
        "Fr., 20.11.2026",
        "Fri, 20 Nov 2026",
    );
    check(
        "2026-11-22T23:30:00Z",
        "Mo., 23.11.2026",
        "Mon, 23 Nov 2026",
    );
    check(
        "-009999-01-02T01:59:59Z",
        "Di., 02.01.-9999",
        "Tue, 2 Jan -9999",
    );
}

#[test]
fn messages_tell_their_whole_date() {
    let at = "2026-11-19T08:12:00Z".parse().unwrap();
    assert_eq!(
        clock(Language::De).full(at).words,
        "Do., 19.11.2026 09:12 (UTC+1)"
    );
    assert_eq!(
        clock(Language::En).full(at).words,
        "Thu, 19 Nov 2026 09:12 (UTC+1)"
    );
    assert_eq!(clock(Language::De).dated(at), "Do., 19.11.2026 um 09:12");
    assert_eq!(clock(Language::De).since(at).words, "Do., 19.11.2026 09:12");
    assert_eq!(clock(Language::De).full(at).machine, "2026-11-19T08:12:00Z");
}

#[test]
fn sizes_have_one_decimal_from_a_megabyte_on() {
    let check = |bytes, de: &str, en: &str| {
        assert_eq!(size(bytes, Language::De.words()), de);
        assert_eq!(size(bytes, Language::En.words()), en);
    };
    check(0, "0 B", "0 B");
    check(1023, "1023 B", "1023 B");
    check(1024, "1 KB", "1 KB");
    check((1 << 20) - 1, "1023 KB", "1023 KB");
    check(2_516_582, "2,3 MB", "2.3 MB");
    check(42 << 30, "42,0 GB", "42.0 GB");
    check(u64::MAX, "17179869183,9 GB", "17179869183.9 GB");
}
