//! What people hear at each of the three doors, for each answer that there is, in both languages.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use store::{Mode, Secret};

use super::site::Site;
use crate::{Hindrance, Parts, SignIn, Verdict, app};

/// Says the same to everybody.
struct Says(Verdict);

#[async_trait::async_trait]
impl SignIn for Says {
    async fn check(&self, _: &str, _: &Secret, _: Option<IpAddr>) -> Verdict {
        self.0
    }

    async fn check_password(&self, _: &str, _: &Secret, _: Option<IpAddr>) -> Verdict {
        self.0
    }

    async fn is_break_glass(&self, _: &Secret, _: Secret) -> Option<bool> {
        None
    }

    async fn try_out(&self, _: &str, _: &Secret, _: Option<IpAddr>) -> Verdict {
        self.0
    }
}

const HINDRANCES: [Hindrance; 7] = [
    Hindrance::Disabled,
    Hindrance::AccountExpired,
    Hindrance::NotNow,
    Hindrance::NotHere,
    Hindrance::PasswordExpired,
    Hindrance::MustChange,
    Hindrance::JustChanged,
];

/// German and English words of a sentence.
type Sentence = [&'static str; 2];

/// What somebody hears whose password is right.
fn hindered(hindrance: Hindrance) -> Sentence {
    match hindrance {
        Hindrance::Disabled => ["Konto ist abgeschaltet", "account is switched off"],
        Hindrance::AccountExpired => ["Konto ist abgelaufen", "account has expired"],
        Hindrance::NotNow => ["um diese Zeit nicht anmelden", "not sign in at this time"],
        Hindrance::NotHere => ["nur an bestimmten Computern", "at certain computers only"],
        Hindrance::PasswordExpired => ["stimmt, ist aber abgelaufen", "but it has expired"],
        Hindrance::MustChange => ["müssen es erst ändern", "have to change it first"],
        Hindrance::JustChanged => ["gerade erst geändert", "changed only just now"],
    }
}

/// The sentences of `/signin`, `/ready` and `/admin/signin`.
fn sentences(verdict: Verdict) -> [Sentence; 3] {
    const REFUSED: Sentence = [
        "stimmt nicht. Bitte versuchen Sie es noch einmal",
        "is not right. Please try again",
    ];
    const SILENT: Sentence = [
        "Verzeichnis der Firma antwortet gerade nicht",
        "directory does not answer right now",
    ];
    const NO_CODE: Sentence = ["aber nicht die Verwaltung", "but not the console"];
    const KEEP_IT: Sentence = ["gilt nur im Notbetrieb", "works in an emergency only"];
    const AGAIN: Sentence = ["versuchen Sie es dann noch einmal", "Please try again then"];
    match verdict {
        Verdict::Welcome(..) => panic!("who is welcome is told nothing"),
        Verdict::Refused => [
            REFUSED,
            ["solange alles läuft", "tell IT while all is well"],
            REFUSED,
        ],
        Verdict::RefusedCode => [
            ["ist er schon benutzt", "it was used already"],
            KEEP_IT,
            NO_CODE,
        ],
        Verdict::MistypedCode => [
            ["ein Tippfehler darin", "a typing mistake in it"],
            KEEP_IT,
            NO_CODE,
        ],
        Verdict::Unanswered => [
            SILENT,
            [
                "lässt sich gerade nicht prüfen",
                "can not be checked right now",
            ],
            SILENT,
        ],
        Verdict::TooMany => [
            [
                "kann die IT Ihnen einen",
                "IT can give you an emergency code",
            ],
            AGAIN,
            AGAIN,
        ],
        Verdict::Hindered(hindrance) => [hindered(hindrance); 3],
        Verdict::Later => [["Bitte warten Sie eine Minute", "Please wait a minute"]; 3],
    }
}

async fn told(site: &Site, door: &str, language: &str) -> (u16, bool, String) {
    let request = Request::post(door)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT_LANGUAGE, language)
        .header("sec-fetch-site", "same-origin");
    let form = Body::from("login=ada&password=what+she+typed");
    let answer = site.ask(request.body(form).unwrap()).await;
    let begins_nothing = answer.header("set-cookie").is_empty();
    (answer.status.as_u16(), begins_nothing, answer.text())
}

#[tokio::test]
async fn each_answer_has_its_words_at_each_door_in_each_language() {
    let mut verdicts: Vec<Verdict> = HINDRANCES.into_iter().map(Verdict::Hindered).collect();
    verdicts.extend([
        Verdict::Refused,
        Verdict::RefusedCode,
        Verdict::MistypedCode,
        Verdict::Unanswered,
        Verdict::TooMany,
        Verdict::Later,
    ]);
    let mut site = Site::new().await;
    for (door, path) in ["/signin", "/ready", "/admin/signin"]
        .into_iter()
        .enumerate()
    {
        let mode = if path == "/ready" {
            Mode::Normal
        } else {
            Mode::Emergency
        };
        if site.store.mode().await.unwrap().mode != mode {
            site = Site::new().await;
            site.become_mode(mode).await;
        }
        for verdict in verdicts.clone() {
            site.router = app(Parts {
                sign_in: Arc::new(Says(verdict)),
                ..site.parts()
            });
            let want = if verdict == Verdict::Later { 503 } else { 401 };
            for (language, words) in ["de", "en"].into_iter().zip(sentences(verdict)[door]) {
                let (status, begins_nothing, text) = told(&site, path, language).await;
                let which = format!("{verdict:?} at {path} in {language}");
                assert_eq!((status, begins_nothing), (want, true), "{which}");
                assert!(text.contains(words), "{which}: {text}");
                assert!(!text.contains("what she typed"), "{which}: {text}");
            }
        }
    }
}
