//! Every sentence a peer can hear.

use std::borrow::Cow;

use store::Address;

use crate::limits;

/// A reply: code (RFC 5321 §4.2), enhanced code (RFC 3463) and text. Several lines of text are
/// split by `\n`. A greeting, an answer to EHLO and a 354 have no enhanced code (RFC 2034 §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    code: u16,
    enhanced: &'static str,
    text: Cow<'static, str>,
}

const fn reply(code: u16, enhanced: &'static str, text: &'static str) -> Reply {
    Reply {
        code,
        enhanced,
        text: Cow::Borrowed(text),
    }
}

pub(crate) const HELP: Reply = reply(214, "2.0.0", "See RFC 5321; this is Shadowmail");
pub(crate) const READY_FOR_TLS: Reply = reply(220, "2.0.0", "Go ahead with TLS"); // RFC 3207 §4
pub(crate) const SIGNED_IN: Reply = reply(235, "2.7.0", "Signed in"); // RFC 4954 §6
pub(crate) const BYE: Reply = reply(221, "2.0.0", "Bye");
pub(crate) const DONE: Reply = reply(250, "2.0.0", "OK");
pub(crate) const CHUNK_TAKEN: Reply = reply(250, "2.0.0", "Chunk taken"); // RFC 3030 §2
pub(crate) const SENDER_OK: Reply = reply(250, "2.1.0", "Sender OK");
pub(crate) const RECIPIENT_OK: Reply = reply(250, "2.1.5", "Recipient OK");
pub(crate) const CANNOT_VERIFY: Reply = reply(
    252,
    "2.0.0",
    "Cannot tell, but will take mail for known recipients",
); // RFC 5321 §3.5.3
// RFC 4954 §4: what is asked for, in base64.
pub(crate) const AUTH_PLAIN: Reply = reply(334, "", "");
pub(crate) const AUTH_LOGIN_NAME: Reply = reply(334, "", "VXNlcm5hbWU6");
pub(crate) const AUTH_LOGIN_PASSWORD: Reply = reply(334, "", "UGFzc3dvcmQ6");
pub(crate) const GO_AHEAD: Reply = reply(354, "", "Go ahead, end with a dot on a line of its own");

pub(crate) const CLOSING: Reply = reply(421, "4.3.2", "Shutting down, come again later");
pub(crate) const TOO_MANY_CONNECTIONS: Reply =
    reply(421, "4.7.0", "Too many connections, come again later");
pub(crate) const TOO_MANY_OF_YOURS: Reply = reply(
    421,
    "4.7.0",
    "Too many connections from your address, come again later",
);
pub(crate) const CONNECTING_TOO_OFTEN: Reply = reply(
    421,
    "4.7.0",
    "Your address connects too often, come again later",
);
pub(crate) const TOO_SLOW: Reply = reply(421, "4.4.2", "Waited too long, closing");
pub(crate) const TOO_MANY_ERRORS: Reply = reply(421, "4.7.0", "Too many errors, closing");
pub(crate) const TOO_IDLE: Reply = reply(421, "4.7.0", "Too many commands without mail, closing");
pub(crate) const TOO_MANY_UNKNOWN: Reply =
    reply(421, "4.7.0", "Too many unknown recipients, closing");
pub(crate) const MAILS_TOO_OFTEN: Reply = reply(
    450,
    "4.7.1",
    "Too many mails a minute from your address, come again later",
);
pub(crate) const RECIPIENTS_TOO_OFTEN: Reply = reply(
    450,
    "4.7.1",
    "Too many recipients a minute from your address, come again later",
);
pub(crate) const GUESSING: Reply = reply(
    450,
    "4.7.1",
    "Too many unknown recipients from your address, come again later",
);
pub(crate) const TOO_MANY_SIGN_INS: Reply =
    reply(421, "4.7.0", "Too many failed sign-ins, closing");
pub(crate) const RECIPIENT_LATER: Reply = reply(
    451,
    "4.3.0",
    "Cannot look up recipients now, come again later",
);
pub(crate) const SPAM_LATER: Reply = reply(451, "4.7.1", "Looks like spam, come again later");
pub(crate) const SCANNER_DOWN: Reply =
    reply(451, "4.7.1", "Cannot check mail now, come again later");
pub(crate) const DMARC_LATER: Reply = reply(
    451,
    "4.7.1",
    "Cannot find out now whether the domain of From stands behind this message, come again later",
);
pub(crate) const NOT_KEPT: Reply =
    reply(451, "4.3.0", "Could not keep the message, come again later");
pub(crate) const DISK_FULL: Reply = reply(452, "4.3.1", "No space left, come again later");
pub(crate) const NO_ROOM: Reply =
    reply(452, "4.3.1", "Too much mail is coming in, come again later");
pub(crate) const TOO_MANY_RECIPIENTS: Reply = reply(
    452,
    "4.5.3",
    "Too many recipients, send the rest separately",
); // RFC 5321 §4.5.3.1.10
pub(crate) const NO_TLS_NOW: Reply = reply(454, "4.7.0", "TLS is not available"); // RFC 3207 §4

pub(crate) const SIGN_IN_LATER: Reply =
    reply(454, "4.7.0", "Cannot check a sign-in now, come again later"); // RFC 4954 §6

pub(crate) const UNKNOWN_COMMAND: Reply = reply(500, "5.5.1", "Unknown command");
pub(crate) const NOT_A_LINE: Reply =
    reply(500, "5.5.2", "Commands are UTF-8 text and end with CRLF");
pub(crate) const LINE_TOO_LONG: Reply = reply(500, "5.5.2", "Line too long");
pub(crate) const AUTH_LINE_TOO_LONG: Reply = reply(500, "5.5.6", "Line too long"); // RFC 4954 §4
pub(crate) const WRONG_PROTOCOL: Reply = reply(500, "5.5.1", "Wrong greeting for this listener"); // RFC 2033 §4.1
pub(crate) const WRONG_ARGUMENT: Reply = reply(501, "5.5.4", "Wrong or missing argument");
pub(crate) const WRONG_SENDER: Reply = reply(501, "5.1.7", "Not a sender address");
pub(crate) const WRONG_RECIPIENT: Reply = reply(501, "5.1.3", "Not a recipient address");
pub(crate) const NOT_BASE64: Reply = reply(501, "5.5.2", "Not what was asked for, in base64"); // RFC 4954 §4
pub(crate) const AUTH_CANCELLED: Reply = reply(501, "5.7.0", "Sign-in cancelled"); // RFC 4954 §4
pub(crate) const UNKNOWN_ATTRIBUTE: Reply = reply(501, "5.5.4", "Unknown attribute");
pub(crate) const NOT_OFFERED: Reply = reply(502, "5.5.1", "Not offered here");
pub(crate) const GREET_FIRST: Reply = reply(503, "5.5.1", "Say hello first"); // RFC 5321 §4.1.4
pub(crate) const MAIL_FIRST: Reply = reply(503, "5.5.1", "MAIL comes first"); // RFC 5321 §3.3
pub(crate) const RECIPIENT_FIRST: Reply = reply(503, "5.5.1", "No valid recipients"); // RFC 5321 §3.3, RFC 2033 §4.2
pub(crate) const CHUNKS_BEGUN: Reply = reply(
    503,
    "5.5.1",
    "The mail has begun with BDAT; finish it so, or say RSET",
); // RFC 3030 §2
pub(crate) const NOT_IN_MAIL: Reply = reply(503, "5.5.1", "Not while a mail is under way");
pub(crate) const ALREADY_SIGNED_IN: Reply = reply(503, "5.5.1", "Signed in already"); // RFC 4954 §4
pub(crate) const ALREADY_TLS: Reply = reply(503, "5.5.1", "TLS is active already");
pub(crate) const TLS_FIRST: Reply = reply(530, "5.7.0", "Must issue a STARTTLS command first"); // RFC 3207 §4
pub(crate) const UNKNOWN_MECHANISM: Reply = reply(504, "5.5.4", "Only PLAIN and LOGIN are offered"); // RFC 4954 §4
pub(crate) const SHOW_YOURSELF: Reply = reply(
    530,
    "5.7.0",
    "Sign in first, or come with a certificate or from a network that is trusted here",
); // RFC 4954 §6
pub(crate) const SIGN_IN_REFUSED: Reply = reply(535, "5.7.8", "Name or password is wrong"); // RFC 4954 §6
pub(crate) const AUTH_NEEDS_TLS: Reply = reply(538, "5.7.11", "Sign in inside TLS only"); // RFC 4954 §6
pub(crate) const XCLIENT_REFUSED: Reply = reply(550, "5.7.0", "You may not speak for others");
pub(crate) const UNKNOWN_RECIPIENT: Reply = reply(550, "5.1.1", "No such recipient here");
pub(crate) const BARE_LINE_END: Reply = reply(
    550,
    "5.5.2",
    "The message has a bare CR or LF, which SMTP forbids",
); // RFC 5321 §2.3.8
pub(crate) const SPF_FAIL: Reply = reply(
    550,
    "5.7.23",
    "The sender's domain says that you may not send for it",
); // RFC 7372 §3.2
pub(crate) const DMARC_FAIL: Reply = reply(
    550,
    "5.7.26",
    "The domain of From does not stand behind this message",
); // RFC 7372 §3.3
pub(crate) const UNCLEAR_AUTHOR: Reply = reply(
    550,
    "5.7.1",
    "The message must have one From, of one domain, in a header without odd lines",
);
pub(crate) const TOO_LARGE: Reply = reply(552, "5.3.4", "The message is too large"); // RFC 1870 §6
pub(crate) const NEEDS_SMTPUTF8: Reply =
    reply(553, "5.6.7", "This address needs MAIL with SMTPUTF8"); // RFC 6531 §3.5
pub(crate) const NOT_ALLOWED: Reply = reply(554, "5.7.1", "No mail is taken from your address");
pub(crate) const ON_BLOCK_LIST: Reply = reply(554, "5.7.1", "Your address is on a block list");
pub(crate) const SPAM: Reply = reply(554, "5.7.1", "The message looks like spam");
pub(crate) const VIRUS: Reply = reply(554, "5.7.1", "The message holds a virus");
pub(crate) const OUT_OF_STEP: Reply = reply(554, "5.5.0", "Wait for the reply before you go on");
pub(crate) const UNKNOWN_PARAMETER: Reply = reply(555, "5.5.4", "Unknown parameter"); // RFC 5321 §4.1.1.11

impl Reply {
    /// The banner (RFC 5321 §3.1).
    pub(crate) fn greeting(hostname: &str, protocol: &str) -> Self {
        Self {
            code: 220,
            enhanced: "",
            text: format!("{hostname} {protocol} Shadowmail").into(),
        }
    }

    /// The answer to HELO (RFC 5321 §4.1.1.1).
    pub(crate) fn hello(hostname: &str) -> Self {
        Self {
            code: 250,
            enhanced: "",
            text: hostname.to_owned().into(),
        }
    }

    /// The answer to EHLO and LHLO: our name, then one extension in each line.
    pub(crate) fn extensions(hostname: &str, extensions: &[String]) -> Self {
        let mut text = hostname.to_owned();
        for extension in extensions {
            text.push('\n');
            text.push_str(extension);
        }
        Self {
            code: 250,
            enhanced: "",
            text: text.into(),
        }
    }

    /// The message is kept. Nothing else may promise that.
    pub(crate) fn kept(name: &str) -> Self {
        let name: String = name.chars().filter(char::is_ascii_graphic).collect();
        Self {
            code: 250,
            enhanced: "2.0.0",
            text: format!("Message kept as {name}").into(),
        }
    }

    /// The same about one of several recipients.
    pub(crate) fn about(&self, recipient: &Address) -> Self {
        // A reply is ASCII where the peer did not ask for more, and has 512 octets
        // (RFC 5321 §4.5.3.1.5).
        let address = recipient.as_str();
        if !address.is_ascii() || address.len() > limits::NAMED_RECIPIENT_BYTES_MAX {
            return self.clone();
        }
        Self {
            text: format!("<{address}> {}", self.text).into(),
            ..self.clone()
        }
    }

    /// Its code.
    pub(crate) fn code(&self) -> u16 {
        self.code
    }

    /// Its lines as one text, for a log.
    pub(crate) fn line(&self) -> String {
        format!("{} {} {}", self.code, self.enhanced, self.text)
    }

    /// Adds its lines to `out`.
    pub(crate) fn write_to(&self, out: &mut Vec<u8>) {
        let mut lines = self.text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let mark = if lines.peek().is_some() { '-' } else { ' ' };
            let gap = if self.enhanced.is_empty() { "" } else { " " };
            let line = format!("{}{mark}{}{gap}{line}\r\n", self.code, self.enhanced);
            out.extend_from_slice(line.as_bytes());
        }
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
