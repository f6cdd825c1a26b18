//! What an administrator may have to know about.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is the matter. Each kind is raised once while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertKind {
    /// The disk has little room left; mail is still taken.
    DiskFilling,
    /// The disk is so full that mail is refused.
    DiskFull,
    /// The disk is gone, read-only or broken: nothing can be kept.
    DiskUnusable,
    /// The clock jumped or more days are due at once than the schedule may drop: nothing ages.
    AgingRefused,
    /// Aging failed and will be tried again.
    AgingFailed,
    /// A group that is to be kept longer or shorter is not in the directory.
    AgingGroupUnknown,
    /// A day can not be read whole.
    DayDamaged,
    /// `shadow.db` is damaged.
    ShadowDamaged,
    /// Journal reports come to a mailbox where none are opened.
    ReportsUnopened,
    /// The directory can not be read; the mirror stays as it was.
    DirectoryUnreadable,
    /// The directory lacks so much of what it had that nothing of it was mirrored.
    DirectoryShrunk,
    /// The directory gives one name to two entries.
    DirectoryDisputed,
    /// The directory does not show all that is needed of some entries.
    DirectoryIncomplete,
    /// A break-glass administrator came into the console.
    BreakGlassUsed,
    /// Somebody who knows an administrator's password guesses codes of the second factor.
    SecondFactorGuessed,
    /// Emergency codes were made for many at once.
    CodesMade,
    /// A proxy that is not believed names the addresses of its clients.
    ProxyUnbelieved,
    /// The directory refuses passwords that it took before, and takes nobody's.
    DirectoryRefusesAll,
    /// The directory locks accounts after so few wrong passwords that hardly any can be shown.
    DirectoryLocksEarly,
    /// Somebody wanted to write to more people than one may; the account may be stolen.
    WriterOverLimit,
    /// Mail to the outside waits, and nobody takes any.
    OutboundStands,
    /// Probes of the primary fail.
    PrimaryFailing,
    /// The probes that failed are well again while there still is an emergency.
    PrimaryBack,
    /// An emergency was started without anybody pressing a button.
    EmergencyByRule,
    /// An emergency or a drill lasts longer than was expected.
    ModeOverdue,
    /// No copies come at a time at which there usually are some.
    CopiesSilent,
    /// A mail that was sent through the primary does not come back as a copy.
    CanaryLost,
    /// The directory has not been read for long.
    SyncOld,
    /// The certificate of the listeners ends soon, or has ended.
    CertificateExpiring,
    /// The clock of this host is wrong.
    ClockWrong,
}

impl AlertKind {
    /// Whether it is about the directory and what is mirrored of it.
    pub fn is_of_directory(self) -> bool {
        matches!(
            self,
            Self::DirectoryUnreadable
                | Self::DirectoryShrunk
                | Self::DirectoryDisputed
                | Self::DirectoryIncomplete
                | Self::DirectoryRefusesAll
                | Self::DirectoryLocksEarly
                | Self::SyncOld
        )
    }

    /// All kinds.
    pub const ALL: [Self; 30] = [
        Self::DiskFilling,
        Self::DiskFull,
        Self::DiskUnusable,
        Self::AgingRefused,
        Self::AgingFailed,
        Self::AgingGroupUnknown,
        Self::DayDamaged,
        Self::ShadowDamaged,
        Self::ReportsUnopened,
        Self::DirectoryUnreadable,
        Self::DirectoryShrunk,
        Self::DirectoryDisputed,
        Self::DirectoryIncomplete,
        Self::BreakGlassUsed,
        Self::SecondFactorGuessed,
        Self::CodesMade,
        Self::ProxyUnbelieved,
        Self::DirectoryRefusesAll,
        Self::DirectoryLocksEarly,
        Self::WriterOverLimit,
        Self::OutboundStands,
        Self::PrimaryFailing,
        Self::PrimaryBack,
        Self::EmergencyByRule,
        Self::ModeOverdue,
        Self::CopiesSilent,
        Self::CanaryLost,
        Self::SyncOld,
        Self::CertificateExpiring,
        Self::ClockWrong,
    ];

    /// Whether the primary may be down, so that somebody may want to start an emergency at once.
    pub fn is_of_primary(self) -> bool {
        matches!(
            self,
            Self::PrimaryFailing | Self::CopiesSilent | Self::CanaryLost
        )
    }

    /// Whether it tells of something that happened: it stays until a person has seen it.
    pub fn is_event(self) -> bool {
        matches!(
            self,
            Self::BreakGlassUsed
                | Self::SecondFactorGuessed
                | Self::CodesMade
                | Self::EmergencyByRule
        )
    }
}

impl fmt::Display for AlertKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DiskFilling => "disk-filling",
            Self::DiskFull => "disk-full",
            Self::DiskUnusable => "disk-unusable",
            Self::AgingRefused => "aging-refused",
            Self::AgingFailed => "aging-failed",
            Self::AgingGroupUnknown => "aging-group-unknown",
            Self::DayDamaged => "day-damaged",
            Self::ShadowDamaged => "shadow-damaged",
            Self::ReportsUnopened => "reports-unopened",
            Self::DirectoryUnreadable => "directory-unreadable",
            Self::DirectoryShrunk => "directory-shrunk",
            Self::DirectoryDisputed => "directory-disputed",
            Self::DirectoryIncomplete => "directory-incomplete",
            Self::BreakGlassUsed => "break-glass-used",
            Self::SecondFactorGuessed => "second-factor-guessed",
            Self::CodesMade => "codes-made",
            Self::ProxyUnbelieved => "proxy-unbelieved",
            Self::DirectoryRefusesAll => "directory-refuses-all",
            Self::DirectoryLocksEarly => "directory-locks-early",
            Self::WriterOverLimit => "writer-over-limit",
            Self::OutboundStands => "outbound-stands",
            Self::PrimaryFailing => "primary-failing",
            Self::PrimaryBack => "primary-back",
            Self::EmergencyByRule => "emergency-by-rule",
            Self::ModeOverdue => "mode-overdue",
            Self::CopiesSilent => "copies-silent",
            Self::CanaryLost => "canary-lost",
            Self::SyncOld => "sync-old",
            Self::CertificateExpiring => "certificate-expiring",
            Self::ClockWrong => "clock-wrong",
        })
    }
}
