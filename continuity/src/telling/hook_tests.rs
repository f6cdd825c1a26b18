use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use store::AlertKind;

use super::*;

fn news() -> News {
    News {
        kind: Some(AlertKind::PrimaryFailing),
        state: "raised",
        since: "2026-11-22T03:00:00Z".parse::<Timestamp>().unwrap(),
        title: "Das Mailsystem antwortet nicht, wie es soll – „jetzt“.".to_owned(),
        words: "mail fails (\"421 <no> & never\\\")\nso".to_owned(),
        link: Some("https://shadow.corp.example/admin/start/v1.0".to_owned()),
        link_words: "Notbetrieb beginnen",
        console: "https://shadow.corp.example/admin".to_owned(),
        text: "alles".to_owned(),
        times: 1,
        hostname: "shadow.corp.example".to_owned(),
        language: "de",
    }
}

fn json(body: &Body) -> Value {
    let post = body.of(&news());
    assert_eq!(post.content_type, "application/json");
    serde_json::from_str(&post.body).unwrap()
}

#[test]
fn each_service_gets_what_it_takes() {
    let own = json(&Body::Json);
    assert_eq!(own["kind"], "primary-failing");
    assert_eq!(own["state"], "raised");
    assert_eq!(own["start_link"], news().link.unwrap());
    assert_eq!(own["words"], news().words);

    let card = &json(&Body::Teams)["attachments"][0];
    assert_eq!(
        card["contentType"],
        "application/vnd.microsoft.card.adaptive"
    );
    let content = &card["content"];
    assert_eq!(content["body"][0]["text"], news().title);
    assert_eq!(content["actions"][0]["url"], news().link.unwrap());

    let slack = json(&Body::Slack)["text"].as_str().unwrap().to_owned();
    assert!(slack.contains("421 &lt;no&gt; &amp; never"), "{slack}");
    assert!(slack.contains("<https://shadow.corp.example/admin/start/v1.0|Notbetrieb beginnen>"));

    let ntfy = Body::Ntfy.of(&news());
    assert_eq!(ntfy.body, "alles");
    let title = &ntfy.headers[0];
    assert!(title.0 == "title" && title.1.is_ascii(), "{title:?}");
    assert!(
        ntfy.headers
            .iter()
            .any(|(name, value)| name == "click" && value.ends_with("v1.0"))
    );
}

#[track_caller]
fn check(template: &str, content_type: &str, want: &str) {
    assert_eq!(filled(template, content_type, &news()), want);
}

#[test]
fn a_body_of_the_configuration_is_filled_as_its_type_wants_it() {
    check(
        r#"{"to": "+49151", "message": "{kind}: {words}", "x": {}}"#,
        "application/json; charset=utf-8",
        r#"{"to": "+49151", "message": "primary-failing: mail fails (\"421 <no> & never\\\")\nso", "x": {}}"#,
    );
    check(
        "to=%2B49151&text={words}",
        "application/x-www-form-urlencoded",
        "to=%2B49151&text=mail%20fails%20%28%22421%20%3Cno%3E%20%26%20never%5C%22%29%0Aso",
    );
    check(
        "{state} {unknown} {link",
        "text/plain",
        "raised {unknown} {link",
    );
}

proptest! {
    #[test]
    fn whatever_is_put_into_json_stays_json(words in ".*", title in ".*") {
        let news = News { title, words, ..news() };
        let text = filled(r#"{"a": "{words}", "b": ["{title}"]}"#, "application/json", &news);
        let read: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read["a"], &news.words);
        prop_assert_eq!(&read["b"][0], &news.title);
    }

    #[test]
    fn no_template_makes_it_panic(template in ".*", content_type in ".*") {
        filled(&template, &content_type, &news());
    }
}
