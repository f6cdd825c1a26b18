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
    sign_in_unanswered: "Name oder Passwort stimmt nicht, oder Sie haben sich hier noch nie angemeldet. Das Verzeichnis der Firma antwortet gerade nicht; so lange öffnet ein Passwort nur, wenn es hier schon einmal benutzt wurde. Ein Notfall-Code öffnet die Verwaltung nicht. Ist es dringend: der Notzugang, oder auf dem Server „shadowmail emergency start --reason GRUND“.", "The name or the password is not right, or you have never signed in here. The company’s directory does not answer right now; until it does, only a password that was used here before opens. An emergency code does not open the console. If it is urgent: the break-glass door, or on the server “shadowmail emergency start --reason WHY”.";
    sign_in_not_here: "Ihr Passwort stimmt, aber Ihr Konto darf sich nur an bestimmten Computern anmelden. Nehmen Sie ein anderes Administratorkonto oder den Notzugang, oder auf dem Server „shadowmail emergency start --reason GRUND“.", "Your password is right, but your account may sign in at certain computers only. Use another administrator’s account or the break-glass door, or on the server “shadowmail emergency start --reason WHY”.";
    sign_in_not_now: "Ihr Passwort stimmt, aber Ihr Konto darf sich um diese Zeit nicht anmelden. Nehmen Sie ein anderes Administratorkonto oder den Notzugang, oder auf dem Server „shadowmail emergency start --reason GRUND“.", "Your password is right, but your account may not sign in at this time. Use another administrator’s account or the break-glass door, or on the server “shadowmail emergency start --reason WHY”.";

    break_glass_way: "Das Verzeichnis ist ausgefallen, und niemand kommt hinein?", "The directory is down, and nobody gets in?";
    break_glass_title: "Notzugang", "Break-glass door";
    break_glass_help: "Für die Administratoren, die dafür eingerichtet sind. Er braucht kein Verzeichnis: Name und Passwort stehen im versiegelten Umschlag, der Code kommt aus der App dazu.", "For the administrators who were set up for it. It needs no directory: name and password stand in the sealed envelope, the code comes from the app that belongs to it.";
    break_glass_name: "Name", "Name";
    break_glass_password: "Passwort aus dem Umschlag", "Password from the envelope";
    break_glass_code: "Sechs Ziffern aus der App", "Six digits from the app";
    break_glass_told: "Jede Benutzung wird protokolliert und allen Administratoren gemeldet.", "Each use is logged and told to all administrators.";
    break_glass_shell: "Ohne Umschlag, aber mit Zugang zum Server: „shadowmail emergency start --reason GRUND“ öffnet die E-Mail auch so.", "Without the envelope but with access to the server: “shadowmail emergency start --reason WHY” opens the mail as well.";
    break_glass_back: "Zurück zur gewöhnlichen Anmeldung", "Back to the usual sign-in";
    break_glass_refused: "Das passt nicht zusammen. Prüfen Sie Name und Passwort Zeichen für Zeichen, und warten Sie, bis die App den nächsten Code zeigt: Jeder gilt nur einmal.", "These do not belong together. Check name and password character by character, and wait until the app shows the next code: each works only once.";
    once_more: "Ihr Passwort, noch einmal", "Your password, once more";
    prove_refused: "Nichts ist geschehen: Das Passwort stimmt nicht.", "Nothing was done: the password is not right.";
    code_title: "Code aus Ihrer App", "Code from your app";
    code_help: "Ihr Passwort stimmt. Öffnen Sie Ihre Authenticator-App und tippen Sie die sechs Ziffern ein, die sie jetzt zeigt.", "Your password is right. Open your authenticator app and type the six digits that it shows now.";
    code_label: "Sechs Ziffern", "Six digits";
    code_button: "Weiter", "Go on";
    code_lost: "Ist das Telefon weg? Wer Zugang zum Server hat, nimmt den zweiten Faktor mit „shadowmail user totp NAME --remove“ zurück.", "Is the phone gone? Who has access to the server takes the second factor back with “shadowmail user totp NAME --remove”.";
    code_wrong: "Dieser Code stimmt nicht oder wurde schon benutzt. Warten Sie, bis die App den nächsten zeigt. Stimmt auch der nicht, prüfen Sie die Uhr des Telefons.", "This code is not right, or was used already. Wait until the app shows the next one. If that is not right either, check the clock of the phone.";
    code_wait: "Zu viele falsche Codes. Bitte warten Sie {} Min.; nach jedem weiteren dauert es länger.", "Too many wrong codes. Please wait {} min; after each further one it takes longer.";

    // Starting and ending an emergency.
    emergency: "Notbetrieb", "Emergency";
    emergency_look: "Beginnen und beenden können ihn nur Administratoren.", "Only administrators can start and end it.";
    start_way: "Notbetrieb beginnen …", "Start the emergency …";
    end_way: "Verlängern oder beenden …", "Extend or end …";
    recovery_way: "Zur Rückführung …", "To the recovery …";
    start_title: "Notbetrieb beginnen", "Start the emergency";
    start_again_title: "Der Mailserver ist wieder ausgefallen", "The mail server is down again";
    start_text: "Wenn der Mailserver ausgefallen ist: Alle Mitarbeiter lesen und schreiben ihre E-Mail dann hier.", "When the mail server is down: all staff then read and write their mail here.";
    start_example: "zum Beispiel: Exchange ist ausgefallen", "for example: Exchange is down";
    reason_label: "Grund; alle Mitarbeiter sehen ihn", "Reason; all staff see it";
    reason_missing: "Bitte schreiben Sie einen Grund: Die Mitarbeiter sehen ihn, und er bleibt im Protokoll.", "Please write a reason: staff see it, and it stays in the log.";
    hours: "Voraussichtliche Dauer", "Expected to take";
    hours_count: "{} Stunden", "{} hours";
    hours_text: "Danach endet nichts von selbst: Sie werden nur erinnert.", "Nothing ends by itself after that: you are only reminded.";
    go_on: "Weiter", "Go on";
    cancel: "Abbrechen", "Cancel";
    start_sure: "Notbetrieb jetzt beginnen?", "Start the emergency now?";
    start_now: "Ja, Notbetrieb beginnen", "Yes, start the emergency";
    start_effect_open: "Alle Mitarbeiter können sich sofort anmelden, lesen und schreiben. Was sie senden, geht wirklich raus.", "All staff can sign in at once, read and write. What they send really goes out.";
    start_effect_aging: "E-Mail, die dem Mailserver fehlt, wird aufbewahrt, bis Sie den Notbetrieb beenden; nichts wird gelöscht.", "Mail that the mail server lacks is kept until you end the emergency; nothing is deleted.";
    start_effect_ready: "{} von {} Personen können sich auch anmelden, wenn das Verzeichnis ausgefallen ist.", "{} of {} people can sign in even with the directory down.";
    extend_title: "Es dauert länger", "It takes longer";
    extend_reason: "Grund", "Reason";
    extend: "Verlängern", "Extend";
    end_title: "Notbetrieb beenden", "End the emergency";
    end_text: "Wenn der Mailserver wieder läuft.", "When the mail server is back.";
    end_reason: "Der Mailserver läuft wieder", "The mail server is back";
    end: "Beenden …", "End …";
    drill_way: "Übung beenden …", "End the drill …";
    end_drill_title: "Übung beenden", "End the drill";
    end_drill_text: "Alle Anmeldungen der Teilnehmer enden; der Normalbetrieb geht weiter.", "All sessions of those who take part end; normal operation goes on.";
    end_drill: "Beenden …", "End it …";
    end_drill_sure: "Übung jetzt beenden?", "End the drill now?";
    end_drill_now: "Ja, Übung beenden", "Yes, end the drill";
    end_drill_effect: "Die Webmail schließt sich. Was in der Übung geschrieben wurde, bleibt hier und geht nirgendwohin.", "The webmail closes. What was written in the drill stays here and goes nowhere.";
    end_drill_reason: "Die Übung ist vorbei", "The drill is over";
    end_sure: "Notbetrieb jetzt beenden?", "End the emergency now?";
    end_now: "Ja, Notbetrieb beenden", "Yes, end the emergency";
    end_effect_read: "Alle Anmeldungen enden. Wer sich danach anmeldet, kann nur noch lesen; Entwürfe bleiben.", "All sessions end. Whoever signs in afterwards can only read; drafts stay.";
    end_effect_return: "Was dem Mailserver fehlt, wird ihm jetzt zurückgegeben. Ist alles angekommen, beginnt der Normalbetrieb von selbst.", "What the mail server lacks is handed back to it now. When all of it has arrived normal operation begins by itself.";
    end_recovery_title: "Rückführung abschließen", "Finish the recovery";
    end_recovery_text: "Das geschieht von selbst, sobald dem Mailserver nichts mehr fehlt. Von Hand geht es, wenn nichts mehr offen ist.", "That happens by itself as soon as the mail server lacks nothing. By hand it can be done when nothing is open.";
    end_recovery: "Abschließen …", "Finish …";
    end_recovery_sure: "Rückführung jetzt abschließen?", "Finish the recovery now?";
    end_recovery_now: "Ja, abschließen", "Yes, finish";
    end_recovery_effect: "Die Webmail schließt sich; der Normalbetrieb beginnt.", "The webmail closes; normal operation begins.";
    mode_overtaken: "Nichts ist geschehen: Jemand anderes war schneller. So ist es jetzt:", "Nothing was done: somebody else was faster. This is how it is now:";
    still_owed: "Noch nicht: Dem Mailserver fehlt noch etwas. Was auf eine Entscheidung wartet, zeigt „shadowmail reinject status“.", "Not yet: the mail server still lacks something. What waits for a decision is told by “shadowmail reinject status”.";
    mode_failed: "Das ging nicht; das Protokoll des Servers sagt, warum. Auf dem Server: „shadowmail emergency --help“.", "That did not work; the log of the server says why. On the server: “shadowmail emergency --help”.";

    // One's own second factor.
    factor: "Zweiter Faktor", "Second factor";
    factor_none: "Sie haben keinen: Wer Ihr Passwort kennt, kommt in die Verwaltung. Mit einer Authenticator-App auf dem Telefon fragt sie zusätzlich nach sechs Ziffern.", "You have none: whoever knows your password gets into the console. With an authenticator app on your phone it asks for six digits as well.";
    factor_there: "Ihr zweiter Faktor ist eingerichtet. Ein neuer ersetzt ihn, zum Beispiel auf einem anderen Telefon.", "Your second factor is set up. A new one takes its place, for example on another phone.";
    factor_set_up: "Jetzt einrichten", "Set it up now";
    factor_renew: "Neuen einrichten", "Set up a new one";
    factor_remove: "Zurücknehmen kann ihn nur, wer Zugang zum Server hat: „shadowmail user totp NAME --remove“.", "Only who has access to the server can take it back: “shadowmail user totp NAME --remove”.";
    factor_scan: "Mit der App aufnehmen", "Scan it with the app";
    factor_scan_text: "Öffnen Sie die Authenticator-App, nehmen Sie das Bild auf und tippen Sie die sechs Ziffern ein, die sie dann zeigt.", "Open the authenticator app, scan the picture, and type the six digits that it shows then.";
    factor_qr: "QR-Code für die Authenticator-App", "QR code for the authenticator app";
    factor_key: "Ohne Kamera tippen Sie diesen Schlüssel ab:", "Without a camera type this key:";
    factor_keep: "Einrichten", "Set up";
    factor_wrong: "Dieser Code passt nicht. Warten Sie auf den nächsten, und vergleichen Sie die Uhr des Telefons.", "That code does not fit. Wait for the next one, and compare the clock of the phone.";
    factor_again: "Danach melden Sie sich neu an, mit Passwort und Code.", "After that you sign in anew, with password and code.";
    factor_done: "Der zweite Faktor ist eingerichtet. Melden Sie sich jetzt mit Passwort und Code an.", "The second factor is set up. Now sign in with password and code.";

    // Overview.
    by_whom: "von {}", "by {}";
    reason: "Grund", "Reason";
    scope: "Gilt für", "For";
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
    alert_directory_shrunk: "Im Verzeichnis fehlt zu viel auf einmal: Nichts wurde übernommen.", "Too much is missing from the directory at once: nothing was mirrored.";
    alert_directory_incomplete: "Das Verzeichnis zeigt uns von manchen Einträgen nicht alles, was nötig ist.", "The directory does not show us all that is needed of some entries.";
    alert_directory_disputed: "Ein Name im Verzeichnis gehört zwei Einträgen.", "A name in the directory belongs to two entries.";
    alert_writer_over_limit: "Jemand wollte mehr Menschen schreiben als erlaubt: Das Konto könnte gestohlen sein.", "Somebody wanted to write to more people than allowed: the account may be stolen.";
    alert_outbound_stands: "Mail nach außen geht nicht hinaus.", "Mail to the outside does not go out.";
    alert_break_glass_used: "Der Notzugang zur Verwaltung wurde benutzt.", "The break-glass door of the console was used.";
    alert_second_factor_guessed: "Jemand kennt das Passwort eines Administrators und rät Codes.", "Somebody knows the password of an administrator and guesses codes.";
    alert_codes_made: "Für viele Personen wurden Notfall-Codes erstellt.", "Emergency codes were made for many people.";
    alert_proxy_unbelieved: "Vor der Webmail steht ein Proxy, der nicht in der Konfiguration steht.", "In front of the webmail stands a proxy that is not in the config.";
    alert_seen: "Gesehen, ist in Ordnung", "Seen, it is all right";
    to_directory: "Zum Verzeichnis", "To the directory";
    to_readiness: "Zur Bereitschaft", "To the readiness";
    alert_directory_refuses_all: "Das Verzeichnis lehnt alle Passwörter ab: Es gelten die, die zuletzt stimmten.", "The directory refuses all passwords: those count that were right last.";
    alert_directory_locks_early: "Das Verzeichnis sperrt Konten nach sehr wenigen falschen Passwörtern.", "The directory locks accounts after very few wrong passwords.";
    alert_primary_failing: "Das Mailsystem antwortet nicht, wie es soll.", "The mail system does not answer as it should.";
    alert_primary_back: "Das Mailsystem antwortet wieder: Der Notbetrieb kann enden.", "The mail system answers again: the emergency can end.";
    alert_emergency_by_rule: "Der Notbetrieb wurde automatisch begonnen.", "The emergency was started automatically.";
    alert_mode_overdue: "Der Notbetrieb dauert länger als erwartet.", "The emergency lasts longer than expected.";
    alert_copies_silent: "Es kommen keine Kopien mehr, obwohl um diese Zeit sonst welche kommen.", "No copies come any more, though there usually are some at this time.";
    alert_canary_lost: "Eine Testmail durch das Mailsystem kommt nicht als Kopie zurück.", "A test mail through the mail system does not come back as a copy.";
    alert_sync_old: "Das Verzeichnis wurde lange nicht gelesen.", "The directory has not been read for long.";
    alert_certificate_expiring: "Das Zertifikat der Listener läuft ab.", "The certificate of the listeners expires.";
    alert_clock_wrong: "Die Uhr dieses Rechners geht falsch.", "The clock of this host is wrong.";

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
    run_no_worker: "Niemand liest das Verzeichnis: Der Worker läuft nicht. Auf dem Server: „systemctl status shadowmail“, oder „shadowmail serve --role worker“.", "Nobody reads the directory: the worker does not run. On the server: “systemctl status shadowmail”, or “shadowmail serve --role worker”.";
    run_not_taken: "Nichts ist geschehen: Es läuft schon ein Abgleich. Warten Sie, bis er fertig ist.", "Nothing was done: a reading is under way already. Wait until it is done.";
    run_same: "Nichts hat sich geändert.", "Nothing has changed.";
    run_accounts: "Konten: {} neu, {} geändert, {} entfernt", "Accounts: {} new, {} changed, {} removed";
    run_groups: "Gruppen: {} neu, {} geändert, {} entfernt", "Groups: {} new, {} changed, {} removed";
    run_taken_over: "Postfächer des Verzeichnisses davor übernommen: {}", "Mailboxes of the directory before taken over: {}";
    run_problem_above: "Siehe die Meldung oben.", "See the message above.";
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
    codes_text: "Jede Person, die fehlt, bekommt einen neuen Code, der einmal gilt; Administratoren und Prüfer bekommen keinen. Die Codes stehen nur in der Datei: drucken, austeilen, Datei löschen.", "Each person who is missing gets a new code that works once; administrators and auditors get none. The codes stand in the file alone: print it, hand them out, delete the file.";
    codes_days: "Tage gültig", "Days they are good";
    codes_roles: "Administratoren und Prüfer bekommen hier keinen Code: „shadowmail user code NAME“ auf dem Server.", "Administrators and auditors get no code here: “shadowmail user code NAME” on the server.";
    unused_codes: "{} haben einen Code, den noch niemand benutzt hat", "{} have a code that nobody has used yet";
    unused_codes_show: "zeigen", "show";
    codes_again_title: "Codes noch einmal ausgeben", "Hand out codes again";
    codes_again_text: "Wenn die Datei verloren ging: Jede Person hier bekommt einen neuen Code, und der alte gilt nicht mehr.", "If the file was lost: each person here gets a new code, and the old one is not good any more.";
    codes_refused: "Es wurden keine Codes ausgegeben: Das Passwort stimmt nicht.", "No codes were handed out: the password is not right.";
    codes_sheets: "Karten zum Drucken", "Sheets to print";
    codes_csv: "Tabelle (CSV)", "Table (CSV)";
    codes_too_many: "Auf einmal gehen hier höchstens {}. Wählen Sie eine Gruppe, oder nehmen Sie `shadowmail user code --missing`.", "At most {} at once here. Choose a group, or use `shadowmail user code --missing`.";

    // The report after an emergency, a file of its own.
    report_title: "Was der Mailserver zurückbekam", "What the mail server got back";
    report_span: "Seit {}", "Since {}";
    report_made: "Stand {}", "As of {}";
    report_done: "Es ist nichts mehr zu tun.", "Nothing is left to do.";
    report_open: "Noch unterwegs: {}. Dieser Bericht ist vorläufig.", "Still on the way: {}. This report is preliminary.";
    report_to_decide: "Von Ihnen zu entscheiden: {}.", "For you to decide: {}.";
    report_left: "Offen", "Left";
    report_by_outcome: "Nach Ergebnis", "By outcome";
    report_by_mailbox: "Nach Postfach", "By mailbox";
    report_outcome: "Ergebnis", "Outcome";
    report_mails: "Mails", "Mails";
    report_mailbox: "Postfach", "Mailbox";
    report_returned: "Zurückgegeben", "Returned";
    report_confirmed: "Nachweislich dort", "Shown to be there";
    report_refused: "Abgelehnt", "Refused";
    report_unknown: "Ungewiss", "Unknown";
    report_written_off: "Abgeschrieben", "Written off";
    report_waiting: "Unterwegs", "On its way";
    report_decide_title: "Was zu entscheiden ist", "What is to be decided";
    report_refused_do: "Der Mailserver wollte diese Mails nicht; seine letzten Worte sagen, warum. Nochmals versuchen: „shadowmail reinject release NR“. Anderswohin schicken: „shadowmail resend ID --to ADRESSE“. Verzichten: „shadowmail reinject write-off NR --reason GRUND“.", "The mail server did not want these; its last words say why. Try again: “shadowmail reinject release NO”. Send elsewhere: “shadowmail resend ID --to ADDRESS”. Do without: “shadowmail reinject write-off NO --reason WHY”.";
    report_unknown_do: "Die Verbindung brach ab, als die Mail schon ganz gesendet war: Sie kann angekommen sein. Sehen Sie im Postfach nach. Ist sie dort: „shadowmail reinject write-off NR --reason GRUND“. Sonst: „shadowmail reinject release NR“.", "The line broke when the whole mail had been sent: it may have arrived. Look into the mailbox. If it is there: “shadowmail reinject write-off NO --reason WHY”. Else: “shadowmail reinject release NO”.";
    report_row: "Nr.", "No.";
    report_arrived: "Eingang", "Arrived";
    report_from: "Von", "From";
    report_to: "An", "To";
    report_subject: "Betreff", "Subject";
    report_last_words: "Letzte Worte", "Last words";
    report_nothing: "In dieser Zeit wurde nichts zurückgegeben, und es war nichts zurückzugeben.", "Nothing was handed back in this time, and nothing was to be.";

    // The mail system.
    probes: "Mailsystem", "Mail system";
    to_probes: "Zum Mailsystem", "To the mail system";
    probes_now: "Was die Prüfungen sehen", "What the probes see";
    probes_none: "Beobachtet wird nur, ob Kopien eintreffen. Mit [[probe]] in der Konfiguration fragt Shadowmail das Mailsystem selbst und meldet einen Ausfall nach Sekunden.", "Only whether copies arrive is watched. With [[probe]] in the config Shadowmail asks the mail system itself, and reports an outage after seconds.";
    probes_untried: "Noch wurde nichts geprüft.", "Nothing was tried yet.";
    probes_line: "Der Balken zeigt die letzten 24 Stunden.", "The bar shows the last 24 hours.";
    probes_changes: "Was sich geändert hat", "What changed";
    probe_tried: "Zuletzt {}:", "Last {}:";
    probe_line_words: "In den letzten 24 Stunden {} Minuten ausgefallen", "Down for {} minutes of the last 24 hours";
    probe_up: "in Ordnung", "works";
    probe_down: "ausgefallen", "down";
    probe_unknown: "noch unbekannt", "not known yet";
    probe_smtp: "Annahme (SMTP)", "Delivery (SMTP)";
    probe_imap: "Postfächer (IMAP)", "Mailboxes (IMAP)";
    probe_https: "Webseite", "Web page";
    probe_ldap: "Verzeichnis (LDAP)", "Directory (LDAP)";
    probe_journal: "Eintreffende Kopien", "Copies that arrive";
    probe_canary: "Testmail", "Test mail";

    // Who looks after an alert.
    alert_look_after: "Ich kümmere mich darum", "I look after it";
    alert_snooze: "4 Stunden Ruhe", "Quiet for 4 hours";
    alert_looked_after: "{} kümmert sich darum; niemand wird mehr daran erinnert.", "{} looks after it; nobody is reminded any more.";
    alert_snoozed: "Niemand wird daran erinnert bis {}.", "Nobody is reminded until {}.";

    // The link of an alert.
    link_text: "Der Webmailer öffnet sich dann für alle Mitarbeiter. Nichts davon geschieht, bevor Sie auf den Knopf drücken.", "The webmail opens for all staff then. None of that happens before you press the button.";
    link_reason: "Das Mailsystem antwortet nicht", "The mail system does not answer";
    link_started: "Der Notbetrieb hat begonnen", "The emergency has started";
    link_started_text: "Mitarbeiter können sich jetzt anmelden. Beenden lässt er sich in der Verwaltung.", "Staff can sign in now. It is ended in the console.";
    link_on: "Der Notbetrieb läuft bereits", "There is an emergency already";
    link_spent: "Dieser Link gilt nicht mehr", "This link is not good any more";
    link_spent_text: "Er war zu alt, wurde schon benutzt, oder jemand hat seither den Betrieb geändert. In der Verwaltung sehen Sie, wie es steht.", "It was too old, was used already, or somebody has changed the mode since. The console shows how things are.";
}
