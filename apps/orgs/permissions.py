"""Named permissions are the primitive; a role is a set of them."""

from enum import StrEnum


class Perm(StrEnum):
    """What somebody may do. The value is stored in roles and keys' scopes, and shown to people."""

    # About oneself: profile, API keys, making organisations. No role grants it; only a key's scope takes it away.
    ACCOUNT_MANAGE = "account.manage"
    ORG_VIEW = "org.view"
    ORG_EDIT = "org.edit"
    MEMBER_MANAGE = "member.manage"
    ROLE_MANAGE = "role.manage"
    SERVICE_MANAGE = "service.manage"
    AUDIT_VIEW = "audit.view"
    PROJECT_CREATE = "project.create"
    PROJECT_VIEW = "project.view"
    PROJECT_EDIT = "project.edit"
    PROJECT_SHARE = "project.share"
    PROJECT_DELETE = "project.delete"
    RUN_VIEW = "run.view"
    RUN_WRITE = "run.write"
    RUN_DELETE = "run.delete"

    @property
    def codename(self) -> str:
        """The name under which Django's own permissions, and so object-level grants, know it."""
        return self.value.replace(".", "_")


ALL = frozenset(Perm)
# What a role can hold.
GRANTABLE = ALL - {Perm.ACCOUNT_MANAGE}
READ = frozenset({Perm.ORG_VIEW, Perm.PROJECT_VIEW, Perm.RUN_VIEW})
WRITE = READ | {
    Perm.PROJECT_CREATE,
    Perm.PROJECT_EDIT,
    Perm.PROJECT_SHARE,
    Perm.RUN_WRITE,
    Perm.RUN_DELETE,
}
# What a public project grants to those who are no members of its org.
PUBLIC = frozenset({Perm.PROJECT_VIEW, Perm.RUN_VIEW})
# What can be granted on one project, or on one run, to a person or a team.
ON_PROJECT = frozenset(
    {
        Perm.PROJECT_VIEW,
        Perm.PROJECT_EDIT,
        Perm.PROJECT_SHARE,
        Perm.PROJECT_DELETE,
        Perm.RUN_VIEW,
        Perm.RUN_WRITE,
        Perm.RUN_DELETE,
    }
)
ON_RUN = frozenset({Perm.RUN_VIEW, Perm.RUN_WRITE, Perm.RUN_DELETE})


class BuiltinRole(StrEnum):
    """The roles of every org, which nobody can edit. The value is the role's key."""

    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


ROLE_PERMISSIONS: dict[BuiltinRole, frozenset[Perm]] = {
    BuiltinRole.ADMIN: GRANTABLE,
    BuiltinRole.MEMBER: WRITE,
    BuiltinRole.VIEWER: READ,
}
