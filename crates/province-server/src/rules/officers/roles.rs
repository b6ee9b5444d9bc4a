//! What each role of an officer may do, on one page.

use province_api::officers::OfficerRole;

/// Something that an officer may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Disable a lost wallet, suspend one citizen and lift that.
    Hold,
    /// End something of one citizen for good.
    End,
    /// Propose, approve and cancel for many, and see what was proposed.
    Many,
    /// Read the audit log and its heads.
    Log,
    /// Invite and end officers.
    Officers,
}

impl Right {
    /// The roles that have it.
    pub const fn roles(self) -> &'static [OfficerRole] {
        match self {
            Self::Hold => &[OfficerRole::Clerk, OfficerRole::Supervisor],
            Self::End | Self::Many => &[OfficerRole::Supervisor],
            Self::Log => &[OfficerRole::Auditor],
            Self::Officers => &[OfficerRole::Administrator],
        }
    }

    /// Whether this role has it.
    pub fn is_of(self, role: OfficerRole) -> bool {
        self.roles().contains(&role)
    }
}
