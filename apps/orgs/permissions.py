"""Named permissions are the primitive; a role is a set of them."""

from enum import StrEnum


class Perm(StrEnum):
    """What somebody may do. The value is stored in keys' scopes and shown to people."""

    # About oneself: profile, API keys, making organisations. No role grants it; only a key's scope takes it away.
    ACCOUNT_MANAGE = "account.manage"
    ORG_VIEW = "org.view"
    ORG_EDIT = "org.edit"
    MEMBER_MANAGE = "member.manage"
    PROJECT_CREATE = "project.create"
    PROJECT_VIEW = "project.view"
    PROJECT_EDIT = "project.edit"
    PROJECT_DELETE = "project.delete"
    RUN_VIEW = "run.view"
    RUN_WRITE = "run.write"
    RUN_DELETE = "run.delete"


ALL = frozenset(Perm)
READ = frozenset({Perm.ORG_VIEW, Perm.PROJECT_VIEW, Perm.RUN_VIEW})
WRITE = READ | {Perm.PROJECT_CREATE, Perm.PROJECT_EDIT, Perm.RUN_WRITE, Perm.RUN_DELETE}
# What a public project grants to those who are no members of its org.
PUBLIC = frozenset({Perm.PROJECT_VIEW, Perm.RUN_VIEW})


class Role(StrEnum):
    """The built-in roles of an org, which nobody can edit."""

    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


ROLE_PERMISSIONS: dict[Role, frozenset[Perm]] = {
    Role.ADMIN: ALL,
    Role.MEMBER: WRITE,
    Role.VIEWER: READ,
}


def roles_with(perm: Perm) -> list[Role]:
    """Name the roles that hold `perm`."""
    return [role for role, permissions in ROLE_PERMISSIONS.items() if perm in permissions]
