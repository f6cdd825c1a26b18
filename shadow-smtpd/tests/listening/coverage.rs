//! Which verb the dialogues say in which state: each in each.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Every verb that is known, and one that is not.
const VERBS: [&str; 19] = [
    "HELO", "EHLO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "VRFY", "EXPN", "HELP",
    "QUIT", "STARTTLS", "AUTH", "XCLIENT", "ETRN", "TURN", "WHAT",
];

/// How far a client has come, as it knows from the replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    BeforeHello,
    AfterHello,
    InMail,
    WithRecipient,
    InChunks,
    /// Lines are no commands here.
    InAuth,
    /// Nor here.
    InBody,
}

/// Those in which lines are commands.
const STATES: [State; 5] = [
    State::BeforeHello,
    State::AfterHello,
    State::InMail,
    State::WithRecipient,
    State::InChunks,
];

impl State {
    /// After the reply to a line.
    fn after(self, line: &str, reply: &str) -> Self {
        let taken = reply.starts_with('2');
        let inside = !matches!(self, Self::BeforeHello | Self::AfterHello);
        match (self, verb(line)) {
            (Self::InAuth, _) if reply.starts_with("334") => Self::InAuth,
            (Self::InAuth | Self::InBody, _) => Self::AfterHello,
            (_, "HELO" | "EHLO" | "LHLO") if taken => Self::AfterHello,
            (_, "RSET") if taken && inside => Self::AfterHello,
            (_, "MAIL") if taken => Self::InMail,
            // What was refused has ended the mail before all the same.
            (_, "MAIL") if inside => Self::AfterHello,
            (_, "RCPT") if taken => Self::WithRecipient,
            (_, "BDAT") if taken && line.contains("LAST") => Self::AfterHello,
            (_, "BDAT") if taken => Self::InChunks,
            (_, "DATA") if reply.starts_with("354") => Self::InBody,
            (_, "AUTH") if reply.starts_with("334") => Self::InAuth,
            (_, "XCLIENT" | "STARTTLS") if taken => Self::BeforeHello,
            _ => self,
        }
    }
}

/// The verb of a line; all that are not known are one.
fn verb(line: &str) -> &'static str {
    let word = line.split([' ', '\\']).next().unwrap_or_default();
    let known = VERBS.iter().find(|verb| word.eq_ignore_ascii_case(verb));
    known.copied().unwrap_or("WHAT")
}

/// What a dialogue says where, as long as it waits for each reply.
fn covered(script: &str) -> BTreeSet<(State, &'static str)> {
    let mut covered = BTreeSet::new();
    let (mut state, mut said) = (State::BeforeHello, None::<&str>);
    for line in script.lines() {
        match line.split_once(' ').unwrap_or((line, "")) {
            (">" | ">>", line) if said.is_none() && state == State::InBody => {
                said = (line == ".").then_some(line);
            }
            (">", line) if said.is_none() => said = Some(line),
            // One command in bytes is BDAT.
            (">>", line) if said.is_none() && verb(line) == "BDAT" => said = Some(line),
            (">" | ">>", _) => break,
            ("<", reply) => {
                let Some(line) = said.take() else { continue };
                covered.insert((state, verb(line)));
                state = state.after(line, reply);
            }
            ("~", "tls") => state = State::BeforeHello,
            _ => {}
        }
    }
    covered
}

#[test]
fn every_verb_is_said_in_every_state() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogs");
    let files = fs::read_dir(folder).unwrap();
    let scripts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let covered: BTreeSet<_> = scripts.flat_map(|script| covered(&script)).collect();
    let mut lacking = Vec::new();
    for state in STATES {
        let verbs = VERBS
            .iter()
            .filter(|verb| !covered.contains(&(state, **verb)));
        lacking.extend(verbs.map(|verb| format!("{verb} {state:?}")));
    }
    assert!(
        lacking.is_empty(),
        "no file in tests/dialogs says {lacking:?}"
    );
}

#[test]
fn states_follow_the_replies() {
    let script = "< 220 *\n> EHLO c\n< 250 *\n> MAIL FROM:<>\n< 250 *\n> RCPT TO:<b@y>\n< 550 *\n\
                  > RCPT TO:<c@y>\n< 250 *\n>> BDAT 2\\r\\nhi\n< 250 *\n> NOOP\n< 250 *\n";
    let want = [
        (State::BeforeHello, "EHLO"),
        (State::AfterHello, "MAIL"),
        (State::InMail, "RCPT"),
        (State::WithRecipient, "BDAT"),
        (State::InChunks, "NOOP"),
    ];
    assert_eq!(covered(script), want.into());
}
