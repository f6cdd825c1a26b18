//! The words of the notices that writers get, in their language.

/// All words of one language.
pub(crate) struct NoticeWords {
    /// Whom a notice is from.
    pub sender: &'static str,
    /// Subjects; the original's follows.
    pub failed_subject: &'static str,
    pub delayed_subject: &'static str,
    /// First sentences; the recipient is put in.
    pub failed: &'static str,
    pub delayed: &'static str,
    /// Labels.
    pub subject: &'static str,
    pub sent: &'static str,
    pub last_words: &'static str,
    pub no_words: &'static str,
    pub reason: &'static str,
    pub advice: &'static str,
    /// What the copy below is.
    pub below: &'static str,
    /// How a time is written.
    pub time: &'static str,
    /// What happened, and what to do.
    pub no_such_address: [&'static str; 2],
    pub no_such_domain: [&'static str; 2],
    pub mailbox_full: [&'static str; 2],
    pub too_large: [&'static str; 2],
    pub not_allowed: [&'static str; 2],
    pub given_up: [&'static str; 2],
    pub unfit: [&'static str; 2],
    pub refused: [&'static str; 2],
    pub late: [&'static str; 2],
}

impl NoticeWords {
    /// Those of a language, English where it is none of ours.
    pub fn of(language: Option<&str>) -> &'static Self {
        match language {
            Some("de") => &GERMAN,
            _ => &ENGLISH,
        }
    }
}

const GERMAN: NoticeWords = NoticeWords {
    sender: "Mailzustellung",
    failed_subject: "Nicht zugestellt:",
    delayed_subject: "Noch nicht zugestellt:",
    failed: "Ihre Nachricht hat {} nicht erreicht.",
    delayed: "Ihre Nachricht ist noch nicht bei {} angekommen.",
    subject: "Betreff:",
    sent: "Gesendet:",
    last_words: "Letzte Antwort des anderen Servers:",
    no_words: "keine",
    reason: "Was passiert ist:",
    advice: "Was Sie tun können:",
    below: "Im Anhang stehen die technischen Angaben für Ihre IT.",
    time: "%d.%m.%Y, %H:%M",
    no_such_address: [
        "Der andere Server kennt diese Adresse nicht.",
        "Prüfen Sie die Schreibweise, und fragen Sie notfalls am Telefon nach der richtigen Adresse.",
    ],
    no_such_domain: [
        "Zu der Domain nach dem @ gibt es keinen Server, der Mail annimmt.",
        "Prüfen Sie die Schreibweise nach dem @.",
    ],
    mailbox_full: [
        "Das Postfach ist voll.",
        "Versuchen Sie es später noch einmal, oder rufen Sie an.",
    ],
    too_large: [
        "Die Nachricht ist dem anderen Server zu groß.",
        "Senden Sie sie ohne Anhänge oder in mehreren Teilen.",
    ],
    not_allowed: [
        "Der andere Server nimmt die Nachricht nicht an, weil er ihr oder ihrem Weg nicht traut.",
        "Leiten Sie diese Nachricht an Ihre IT weiter; ein zweiter Versuch hilft meist nicht.",
    ],
    given_up: [
        "Fünf Tage lang hat der andere Server sie nicht angenommen. Es wird nicht weiter versucht.",
        "Rufen Sie an, oder senden Sie die Nachricht noch einmal.",
    ],
    unfit: [
        "Sie braucht etwas, das der Server auf dem Weg nach außen nicht kann.",
        "Leiten Sie diese Nachricht an Ihre IT weiter.",
    ],
    refused: [
        "Der andere Server hat sie endgültig abgelehnt.",
        "Seine Antwort oben sagt vielleicht, warum. Sonst fragen Sie Ihre IT.",
    ],
    late: [
        "Der andere Server nimmt sie zurzeit nicht an, oder er ist nicht zu erreichen.",
        "Nichts: es wird bis zu fünf Tage lang weiter versucht. Wenn es eilt, rufen Sie an.",
    ],
};

const ENGLISH: NoticeWords = NoticeWords {
    sender: "Mail delivery",
    failed_subject: "Not delivered:",
    delayed_subject: "Not delivered yet:",
    failed: "Your message did not reach {}.",
    delayed: "Your message has not reached {} yet.",
    subject: "Subject:",
    sent: "Sent:",
    last_words: "Last answer of the other server:",
    no_words: "none",
    reason: "What happened:",
    advice: "What you can do:",
    below: "The technical details for your IT are attached.",
    time: "%Y-%m-%d %H:%M",
    no_such_address: [
        "The other server does not know this address.",
        "Check how it is spelled, and ask for the right one by telephone.",
    ],
    no_such_domain: [
        "There is no server that takes mail for the domain behind the @.",
        "Check how the part behind the @ is spelled.",
    ],
    mailbox_full: ["The mailbox is full.", "Try again later, or call."],
    too_large: [
        "The message is too large for the other server.",
        "Send it without attachments, or in several parts.",
    ],
    not_allowed: [
        "The other server does not take the message, because it does not trust it or its way.",
        "Forward this notice to your IT; trying again does not help in most cases.",
    ],
    given_up: [
        "The other server did not take it for five days. It is not tried any more.",
        "Call, or send the message again.",
    ],
    unfit: [
        "It needs something that the server on the way to the outside can not do.",
        "Forward this notice to your IT.",
    ],
    refused: [
        "The other server refused it for good.",
        "Its answer above may say why. If it does not, ask your IT.",
    ],
    late: [
        "The other server does not take it for now, or can not be reached.",
        "Nothing: it is tried again for up to five days. If it is urgent, call.",
    ],
};
