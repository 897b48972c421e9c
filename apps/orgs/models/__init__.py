"""People and where they belong. `people` knows nothing of orgs, `orgs` nothing of teams."""

from apps.orgs.models.federation import DirectoryGroup, GroupMapping, MappedRight
from apps.orgs.models.orgs import (
    EVERY_ROW,
    NO_ROW,
    Membership,
    Org,
    OrgLineage,
    Role,
    RolePermission,
    held_in_org,
    roles_holding,
    teams_of,
    within_org_of_key,
    write_lineage,
)
from apps.orgs.models.people import RESERVED_SLUGS, ApiKey, User, slug_validator
from apps.orgs.models.quotas import OrgQuota, Quota
from apps.orgs.models.teams import Invitation, Team

__all__ = [
    "EVERY_ROW",
    "NO_ROW",
    "RESERVED_SLUGS",
    "ApiKey",
    "DirectoryGroup",
    "GroupMapping",
    "Invitation",
    "MappedRight",
    "Membership",
    "Org",
    "OrgLineage",
    "OrgQuota",
    "Quota",
    "Role",
    "RolePermission",
    "Team",
    "User",
    "held_in_org",
    "roles_holding",
    "slug_validator",
    "teams_of",
    "within_org_of_key",
    "write_lineage",
]
