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

    // Directory.
    directory: "Verzeichnis", "Directory";
    directory_answered: "Zuletzt abgeglichen", "Last in step";
    directory_never: "noch nie", "never yet";
    directory_accounts: "Konten", "Accounts";
    directory_accounts_note: "{} Personen", "{} people";
    directory_groups: "Gruppen", "Groups";
    sync_now: "Jetzt abgleichen", "Read it now";
    sync: "Abgleichen", "Sync";
    sync_everything: "Alles neu lesen, nicht nur, was sich geändert hat", "Read everything again, not only what has changed";
    dry_run: "Probelauf", "Dry run";
    dry_run_text: "Ein Probelauf zeigt, was sich ändern würde, und ändert nichts.", "A dry run shows what would change, and changes nothing.";
    accept: "Ja, bis zu {} dürfen wegfallen", "Yes, up to {} may go";
    accept_text: "Der Wächter hat den Abgleich angehalten, weil zu viel wegfallen würde, bis zu {} je Art. Sehen Sie im Verzeichnis nach. Nur wenn das alles richtig ist, nehmen Sie es an. Käme inzwischen etwas dazu, wird noch einmal gefragt.", "The guard stopped the sync because too much would go, up to {} of one kind. Look into the directory. Only if all of it is right accept it. Should more go meanwhile, you are asked again.";
    runs: "Letzte Abgleiche", "Last readings";
    no_runs: "Hier steht, was ein Abgleich geändert hat.", "What a reading has changed stands here.";
    run_under_way: "Das Verzeichnis wird gelesen. Diese Seite lädt sich von selbst neu.", "The directory is being read. This page loads itself again.";
    run_same: "Nichts hat sich geändert.", "Nothing has changed.";
    run_asked: "wartet", "waits";
    run_running: "läuft", "runs";
    run_done: "fertig", "done";
    run_stopped: "angehalten", "stopped";
    run_failed: "gescheitert", "failed";
    run_by_schedule: "von selbst", "by itself";
    run_changes: "Im Einzelnen", "One by one";
    run_disputes: "Streitfälle: ein Name, zwei Einträge", "Disputes: one name, two entries";
    run_left_out: "Ohne Postfach oder unvollständig", "Without a mailbox or incomplete";
    run_more: "Und {} weitere Zeilen: `shadowmail sync --dry-run --full` zeigt alle.", "And {} more lines: `shadowmail sync --dry-run --full` shows them all.";

    // Readiness.
    readiness: "Bereitschaft", "Readiness";
    share: "{} von {}", "{} of {}";
    could_sign_in: "könnten sich jetzt anmelden, auch wenn das Verzeichnis ausgefallen ist", "could sign in now, even with the directory down";
    could_sign_in_text: "Gezählt wird, wessen Passwort hier geprüft werden kann oder wer einen gültigen Notfall-Code hat. Wer sich unter /ready einmal angemeldet hat, ist dabei.", "Counted is whose password can be checked here, or who has an emergency code that is good. Whoever has signed in once at /ready is among them.";
    ready_by_password: "Mit ihrem Passwort", "With their password";
    ready_by_code: "Mit einem Notfall-Code", "With an emergency code";
    ready_tried: "Haben es ausprobiert", "Have tried it";
    by_group: "Nach Gruppen", "By group";
    by_department: "Nach Abteilungen", "By department";
    no_department: "(ohne Abteilung)", "(no department)";
    share_missing: "{} fehlen", "{} missing";
    missing_all: "Es fehlen {}", "{} are missing";
    missing_of: "In „{}“ fehlen {}", "In “{}” {} are missing";
    missing_everybody: "Alle zeigen, die fehlen", "Show all who are missing";
    missing_nobody: "Hier fehlt niemand.", "Nobody is missing here.";
    missing_pages: "Seiten der Liste", "Pages of the list";
    missing_reminded: "erinnert {}", "reminded {}";
    remind_title: "Per E-Mail erinnern", "Remind by mail";
    remind_text: "Jede Person bekommt eine E-Mail in ihrer Sprache, die um einen Anmeldeversuch bittet. Wer vor Kurzem erinnert wurde, bekommt keine.", "Each person gets a mail in their language that asks them to try to sign in. Whoever was reminded a short while ago gets none.";
    remind_unset: "Dafür fehlen readiness.from oder primary.smtp in der Konfiguration.", "For this readiness.from or primary.smtp is missing in the config.";
    remind: "Alle Fehlenden erinnern", "Remind all who are missing";
    reminded: "{} werden erinnert; {} wurden es vor Kurzem und bekommen keine E-Mail.", "{} will be reminded; {} were a short while ago and get no mail.";
    reminders_sent: "Zuletzt {}: {} zugestellt, {} unterwegs, {} nicht angenommen.", "Last {}: {} delivered, {} on their way, {} not taken.";
    codes_title: "Notfall-Codes ausgeben", "Hand out emergency codes";
    codes_text: "Jede Person, die fehlt, bekommt einen neuen Code, der einmal gilt. Die Codes stehen nur in der Datei: drucken, austeilen, Datei löschen.", "Each person who is missing gets a new code that works once. The codes stand in the file alone: print it, hand them out, delete the file.";
    codes_days: "Tage gültig", "Days they are good";
    codes_password: "Ihr Passwort, noch einmal", "Your password, once more";
    codes_refused: "Es wurden keine Codes ausgegeben: Das Passwort stimmt nicht.", "No codes were handed out: the password is not right.";
    codes_sheets: "Karten zum Drucken", "Sheets to print";
    codes_csv: "Tabelle (CSV)", "Table (CSV)";
    codes_too_many: "Auf einmal gehen hier höchstens {}. Wählen Sie eine Gruppe, oder nehmen Sie `shadowmail user code --missing`.", "At most {} at once here. Choose a group, or use `shadowmail user code --missing`.";
}
