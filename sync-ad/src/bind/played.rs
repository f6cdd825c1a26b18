//! A directory server that says what a test wants.

use std::sync::{Arc, Mutex};

use store::Secret;

use super::PasswordBind;
use crate::ldap::ber::{self, Reader};
use crate::ldap::played::{self, answer, outcome, text};
use crate::lockout::OWN_POLICY;
use crate::settings::Settings;

/// The key of the only entry, and its name when it was read last.
pub(crate) const KEY: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const DN: &str = "uid=amy,dc=x";

/// More, for tests that need them.
pub(crate) const OTHERS: [(&str, &str); 3] = [
    ("11111111-2222-4333-8444-666666666666", "uid=bo,dc=x"),
    ("11111111-2222-4333-8444-777777777777", "uid=cy,dc=x"),
    ("11111111-2222-4333-8444-888888888888", "uid=di,dc=x"),
];

/// The name of a policy for some people.
const POLICY_DN: &str = "cn=strict,cn=password settings container,cn=system,dc=x";

/// What it does; tests change it while it runs.
#[derive(Clone, Debug)]
pub(crate) struct Play {
    /// The name of the entry now; without one it shows none.
    pub(crate) dn: Option<&'static str>,
    pub(crate) mark: &'static str,
    pub(crate) password: &'static str,
    /// The one before, where that is taken, too.
    pub(crate) former: Option<&'static str>,
    /// Code and words of a bind with another password.
    pub(crate) refusal: (u32, &'static str),
    /// Code of our own bind.
    pub(crate) reader: u32,
    /// The policy of its own that the entry is under, if it is under one: threshold and window, which are
    /// empty where we may not read them.
    pub(crate) own_policy: Option<[&'static str; 2]>,
    /// It takes connections and says nothing.
    pub(crate) is_silent: bool,
    /// It says nothing to passwords of others than us.
    pub(crate) is_silent_to_people: bool,
    /// Names and passwords that were bound with.
    pub(crate) binds: Vec<(String, String)>,
}

impl Default for Play {
    fn default() -> Self {
        Self {
            dn: Some(DN),
            mark: "20260101000000Z",
            password: "right",
            former: None,
            refusal: (49, ""),
            reader: 0,
            own_policy: None,
            is_silent: false,
            is_silent_to_people: false,
            binds: Vec::new(),
        }
    }
}

/// A server that plays.
#[derive(Clone)]
pub(crate) struct Played {
    pub(crate) url: String,
    play: Arc<Mutex<Play>>,
}

impl Played {
    pub(crate) async fn start(play: Play) -> Self {
        let play = Arc::new(Mutex::new(play));
        let plays = Arc::clone(&play);
        let url = played::start(move |message| {
            let mut play = plays.lock().unwrap();
            if play.is_silent {
                return Vec::new();
            }
            play.answers(message)
        })
        .await;
        Self { url, play }
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Play)) {
        change(&mut self.play.lock().unwrap());
    }

    /// Names that were bound as since the last look.
    pub(crate) fn bound(&self) -> Vec<String> {
        let binds = std::mem::take(&mut self.play.lock().unwrap().binds);
        binds.into_iter().map(|(name, _)| name).collect()
    }
}

/// A directory of these servers, with more lines of the config.
pub(crate) fn directory(urls: &[&str], more: &str) -> PasswordBind {
    PasswordBind::new(settings(urls, more)).unwrap()
}

/// The same, of an Active Directory.
pub(crate) fn active_directory(urls: &[&str], more: &str) -> PasswordBind {
    PasswordBind::new(settings_of("ad", urls, more)).unwrap()
}

/// The same as its settings.
pub(crate) fn settings(urls: &[&str], more: &str) -> Settings {
    settings_of("ldap", urls, more)
}

fn settings_of(kind: &str, urls: &[&str], more: &str) -> Settings {
    let text = format!(
        "kind = \"{kind}\"\nstarttls = false\nservers = {urls:?}\nbind_dn = \"cn=reader\"\n\
         base = [\"dc=x\"]\n{more}"
    );
    let domains = vec!["corp.example".to_owned()];
    let raw = toml::from_str(&text).unwrap();
    Settings::new(raw, domains, Secret::new("reads")).unwrap()
}

impl Play {
    fn takes(&self, name: &str, password: &str) -> bool {
        let is_known = name == self.dn.unwrap_or(DN) || OTHERS.iter().any(|(_, dn)| *dn == name);
        is_known && (password == self.password || Some(password) == self.former)
    }

    fn answers(&mut self, message: &[u8]) -> Vec<u8> {
        let mut message = Reader(message).enter(ber::SEQUENCE).unwrap();
        let id = message.number(ber::INTEGER).unwrap();
        let (tag, operation) = message.next().unwrap().unwrap();
        let mut operation = Reader(operation);
        match tag {
            0x60 => {
                operation.number(ber::INTEGER).unwrap();
                let name = operation.expect(ber::OCTET_STRING).unwrap();
                let (_, password) = operation.next().unwrap().unwrap();
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let (name, password) = (text(name), text(password));
                let (code, words) = if name == "cn=reader" {
                    (self.reader, "")
                } else if self.takes(&name, &password) {
                    (0, "")
                } else {
                    self.refusal
                };
                let is_ours = name == "cn=reader";
                self.binds.push((name, password));
                if self.is_silent_to_people && !is_ours {
                    return Vec::new();
                }
                answer(id, 0x61, &outcome(code, words))
            }
            0x63 => {
                let is_asked = |key: &str| {
                    let mut asks_for = operation.0.windows(key.len());
                    asks_for.any(|it| it == key.as_bytes())
                };
                let mut answers = Vec::new();
                let amy = self.dn.map(|dn| (KEY, dn));
                for (key, dn) in amy.into_iter().chain(OTHERS) {
                    if is_asked(key) {
                        let own = self.own_policy.map(|_| (OWN_POLICY, POLICY_DN));
                        let mark = Some(("pwdChangedTime", self.mark));
                        let says: Vec<_> = mark.into_iter().chain(own).collect();
                        answers.extend(answer(id, 0x64, &entry(dn, &says)));
                    }
                }
                if let Some([threshold, window]) = self.own_policy
                    && is_asked(POLICY_DN)
                {
                    let says = [
                        ("msDS-LockoutThreshold", threshold),
                        ("msDS-LockoutObservationWindow", window),
                    ];
                    answers.extend(answer(id, 0x64, &entry(POLICY_DN, &says)));
                }
                answers.extend(answer(id, 0x65, &outcome(0, "")));
                answers
            }
            _ => Vec::new(),
        }
    }
}

/// An entry with these attributes; those without a value it has not.
fn entry(dn: &str, says: &[(&str, &str)]) -> Vec<Vec<u8>> {
    let says = says.iter().filter(|(_, value)| !value.is_empty());
    let attributes: Vec<_> = says
        .map(|(name, value)| {
            let values = ber::constructed(ber::SET, &[text(value)]);
            ber::constructed(ber::SEQUENCE, &[text(name), values])
        })
        .collect();
    vec![text(dn), ber::constructed(ber::SEQUENCE, &attributes)]
}
