//! The words of the console, German and English side by side.

/// Declares each word once with its two texts: the German one first.
macro_rules! words {
    ($($key:ident: $de:literal, $en:literal;)*) => {
        /// The words of the console in one language. `{}` stands where [`super::fill`] puts a value.
        #[derive(Debug)]
        pub struct ConsoleWords {
            $(#[doc = $en] pub $key: &'static str,)*
        }

        impl ConsoleWords {
            pub(super) const DE: Self = Self { $($key: $de,)* };
            pub(super) const EN: Self = Self { $($key: $en,)* };
        }
    };
}

words! {
    // Around every page.
    pages: "Seiten der Verwaltung", "Pages of the console";
    overview: "Übersicht", "Overview";
    to_overview: "Zur Übersicht", "To the overview";
    administrators_only_heading: "Das dürfen nur Administratoren.", "Only administrators may do that.";
    administrators_only_text: "Sie sind als Prüfer angemeldet: Sie sehen die Übersicht, ändern aber nichts.", "You are signed in as an auditor: you see the overview, but change nothing.";

    // Coming in.
    sign_in_title: "Anmeldung zur Verwaltung", "Sign in to the console";
    sign_in_help: "Nur für Administratoren und Prüfer. E-Mail öffnet sich hier nicht.", "For administrators and auditors only. No mail opens here.";
    sign_in_no_role: "Ihr Name und Ihr Passwort stimmen, aber Sie sind hier nicht als Administrator oder Prüfer eingetragen. Wer das ändern kann, ist Ihre IT.", "Your name and your password are right, but you are no administrator or auditor here. Your IT can change that.";
    sign_in_code: "Name oder Passwort stimmt nicht. Ein Notfall-Code öffnet E-Mail, aber nicht die Verwaltung.", "The name or the password is not right. An emergency code opens mail, but not the console.";

    sign_in_no_second_factor: "Ihr Name und Ihr Passwort stimmen, aber ohne zweiten Faktor kommt hier niemand hinein, und Sie haben noch keinen. Wer Zugang zum Server hat, richtet ihn mit Ihnen ein: shadowmail user totp und Ihr Name.", "Your name and your password are right, but nobody gets in here without a second factor, and you have none yet. Who has access to the server sets it up with you: shadowmail user totp and your name.";
    code_title: "Code aus Ihrer App", "Code from your app";
    code_help: "Ihr Passwort stimmt. Öffnen Sie Ihre Authenticator-App und tippen Sie die sechs Ziffern ein, die sie jetzt zeigt.", "Your password is right. Open your authenticator app and type the six digits that it shows now.";
    code_label: "Sechs Ziffern", "Six digits";
    code_button: "Weiter", "Go on";
    code_lost: "Ist das Telefon weg? Wer Zugang zum Server hat, nimmt den zweiten Faktor mit „shadowmail user totp NAME --remove“ zurück.", "Is the phone gone? Who has access to the server takes the second factor back with “shadowmail user totp NAME --remove”.";
    code_wrong: "Dieser Code stimmt nicht oder wurde schon benutzt. Warten Sie, bis die App den nächsten zeigt. Stimmt auch der nicht, prüfen Sie die Uhr des Telefons.", "This code is not right, or was used already. Wait until the app shows the next one. If that is not right either, check the clock of the phone.";
    code_wait: "Zu viele falsche Codes. Bitte warten Sie eine Minute; nach jedem weiteren dauert es länger.", "Too many wrong codes. Please wait a minute; after each further one it takes longer.";

    // Overview.
    by_whom: "von {}", "by {}";
    reason: "Grund", "Reason";
    expected_end: "Voraussichtliches Ende", "Expected end";
    overdue: "Das war {}. Verlängern oder beenden Sie den Notbetrieb.", "That was {}. Extend the emergency or end it.";
    never_changed: "Es gab noch keinen Notbetrieb.", "There has been no emergency yet.";
    alerts: "Warnungen", "Alerts";
    no_alerts: "Keine Warnungen.", "No alerts.";
    owed: "Schuldet dem Mailserver", "Owed to the mail server";
    owed_nothing: "nichts", "nothing";
    owed_some: "{} offen", "{} open";
    for_a_person: "{} warten auf eine Entscheidung", "{} wait for a decision";
    newest_copy: "Letzte Kopie einer E-Mail", "Last copy of a mail";
    newest_copy_none: "noch keine", "none yet";
    disk: "Frei auf dem Datenträger", "Free on the disk";
    disk_unknown: "nicht lesbar", "can not be read";
    disk_refuses: "unter {} wird keine E-Mail mehr angenommen", "below {} mail is refused";

    // Alerts, by their kinds.
    alert_disk_filling: "Der Datenträger wird voll.", "The disk is filling up.";
    alert_disk_full: "Der Datenträger ist voll: E-Mail wird abgewiesen.", "The disk is full: mail is refused.";
    alert_disk_unusable: "Der Datenträger ist nicht benutzbar: Nichts wird aufbewahrt.", "The disk can not be used: nothing is kept.";
    alert_aging_refused: "Alte E-Mail wird nicht gelöscht: Die Uhr ist gesprungen, oder es wäre zu viel auf einmal.", "Old mail is not deleted: the clock jumped, or it would be too much at once.";
    alert_aging_failed: "Alte E-Mail konnte nicht gelöscht werden.", "Old mail could not be deleted.";
    alert_aging_group_unknown: "Eine Gruppe mit eigener Aufbewahrungszeit gibt es nicht.", "A group with a retention of its own does not exist.";
    alert_day_damaged: "Ein Tag ist beschädigt.", "A day is damaged.";
    alert_shadow_damaged: "Die Datenbank shadow.db ist beschädigt.", "The database shadow.db is damaged.";
    alert_reports_unopened: "Journalberichte kommen an ein Postfach, in dem keine geöffnet werden.", "Journal reports come to a mailbox where none are opened.";
    alert_directory_unreadable: "Das Verzeichnis ist nicht lesbar.", "The directory can not be read.";
    alert_directory_shrunk: "Im Verzeichnis fehlen zu viele Konten: Nichts wurde übernommen.", "Too many accounts are missing from the directory: nothing was mirrored.";
    alert_directory_incomplete: "Das Verzeichnis zeigt uns von manchen Einträgen nicht alles, was nötig ist.", "The directory does not show us all that is needed of some entries.";
    alert_directory_disputed: "Ein Name im Verzeichnis gehört zwei Einträgen.", "A name in the directory belongs to two entries.";
}
