"""
Tables of people, teams, roles, and of what is shared with whom.

Source: the reference pages of `systemuser`, `team`, `role`, `privilege`, `businessunit`,
`organization` and `principalobjectaccess`.
"""

from __future__ import annotations

from .schema import (
    AUDIT,
    COMPONENT,
    PEOPLE,
    SYSTEM,
    Lookup,
    Table,
    boolean,
    choice,
    date,
    guid,
    integer,
    managed,
    memo,
    string,
)

_ACCESS_MODES = {
    0: "Read-Write",
    1: "Administrative",
    2: "Read",
    3: "Support User",
    4: "Non-interactive",
    5: "Delegated Admin",
}

SYSTEM_USER = Table(
    "systemuser",
    "systemusers",
    "systemuserid",
    (
        guid("systemuserid"),
        guid("ownerid", writable=False),
        string("fullname", 200, writable=False),
        string("firstname", 256),
        string("lastname", 256),
        string("internalemailaddress", 100),
        string("domainname", 1024),
        string("title", 128),
        string("jobtitle", 100),
        string("mobilephone", 64),
        string("windowsliveid", 1024),
        guid("azureactivedirectoryobjectid"),
        guid("applicationid"),
        string("applicationiduri", 1024, writable=False),
        boolean("isdisabled", labels={1: "Disabled", 0: "Enabled"}),
        boolean("islicensed", True),
        boolean("issyncwithdirectory"),
        boolean("setupuser"),
        choice("accessmode", _ACCESS_MODES, 0),
        choice("caltype", {0: "Professional", 1: "Administrative", 2: "Basic"}, 0),
        integer("userlicensetype", -1),
        integer("identityid", writable=False),
        *SYSTEM,
    ),
    (
        Lookup("businessunitid", ("businessunits",), writable=True,
               collection="business_unit_system_users", on_delete="restrict"),
        Lookup("parentsystemuserid", PEOPLE, writable=True,
               collection="user_parent_user"),
        Lookup("organizationid_organization", ("organizations",)),
        *AUDIT,
    ),
    name_column="fullname",
    alternate=("azureactivedirectoryobjectid",),
    object_type=8,
    schema="SystemUser",
    display="User",
    deletable=False,
)  # fmt: skip

TEAM = Table(
    "team",
    "teams",
    "teamid",
    (
        guid("teamid"),
        guid("ownerid", writable=False),
        string("name", 160, required=True),
        memo("description", 2000),
        choice(
            "teamtype",
            {0: "Owner", 1: "Access", 2: "Security Group", 3: "Office Group"},
            0,
        ),
        boolean("isdefault", writable=False),
        boolean("systemmanaged", writable=False),
        string("emailaddress", 100),
        guid("azureactivedirectoryobjectid"),
        choice(
            "membershiptype",
            {0: "Members and guests", 1: "Members", 2: "Owners", 3: "Guests"},
            0,
        ),
        *SYSTEM,
    ),
    (
        Lookup("businessunitid", ("businessunits",), writable=True,
               collection="business_unit_teams", on_delete="restrict"),
        Lookup("administratorid", PEOPLE, writable=True,
               collection="lk_teambase_administratorid"),
        *AUDIT,
    ),
    compound=(("azureactivedirectoryobjectid", "membershiptype"),),
    object_type=9,
)  # fmt: skip

TEAM_MEMBERSHIP = Table(
    "teammembership",
    "teammemberships",
    "teammembershipid",
    (
        guid("teammembershipid"),
        guid("teamid", writable=False),
        guid("systemuserid", writable=False),
        *SYSTEM,
    ),
    name_column="teammembershipid",
    read_only=True,
    object_type=23,
    schema="TeamMembership",
)

ROLE = Table(
    "role",
    "roles",
    "roleid",
    (
        guid("roleid"),
        string("name", 100, required=True),
        guid("roleidunique", writable=False),
        choice(
            "isinherited",
            {
                0: "Team privileges only",
                1: "Direct User (Basic) access level and Team privileges",
            },
            1,
        ),
        managed("iscustomizable"),
        managed("canbedeleted"),
        guid("organizationid", writable=False),
        *COMPONENT,
        *SYSTEM,
    ),
    (
        Lookup("businessunitid", ("businessunits",), writable=True,
               collection="business_unit_roles", on_delete="restrict"),
        Lookup("parentroleid", ("roles",), collection="role_parent_role"),
        Lookup("parentrootroleid", ("roles",), collection="role_parent_root_role"),
        *AUDIT,
    ),
    object_type=1036,
    display="Security Role",
)  # fmt: skip

PRIVILEGE = Table(
    "privilege",
    "privileges",
    "privilegeid",
    (
        guid("privilegeid"),
        string("name", 100),
        integer("accessright"),
        boolean("canbebasic", True),
        boolean("canbelocal", True),
        boolean("canbedeep", True),
        boolean("canbeglobal", True),
        *SYSTEM,
    ),
    read_only=True,
    object_type=1023,
)

SYSTEM_USER_ROLES = Table(
    "systemuserroles",
    "systemuserrolescollection",
    "systemuserroleid",
    (guid("systemuserroleid"), guid("systemuserid"), guid("roleid"), *SYSTEM),
    name_column="systemuserroleid",
    read_only=True,
    object_type=15,
    schema="SystemUserRoles",
)

TEAM_ROLES = Table(
    "teamroles",
    "teamrolescollection",
    "teamroleid",
    (guid("teamroleid"), guid("teamid"), guid("roleid"), *SYSTEM),
    name_column="teamroleid",
    read_only=True,
    object_type=40,
    schema="TeamRoles",
)

ROLE_PRIVILEGES = Table(
    "roleprivileges",
    "roleprivilegescollection",
    "roleprivilegeid",
    (
        guid("roleprivilegeid"),
        guid("roleid"),
        guid("privilegeid"),
        integer("privilegedepthmask", 8),
        *SYSTEM,
    ),
    name_column="roleprivilegeid",
    read_only=True,
    object_type=12,
    schema="RolePrivileges",
)

BUSINESS_UNIT = Table(
    "businessunit",
    "businessunits",
    "businessunitid",
    (
        guid("businessunitid"),
        string("name", 160, required=True),
        string("divisionname", 100),
        string("emailaddress", 100),
        memo("description", 2000),
        boolean("isdisabled", writable=False, labels={1: "Disabled", 0: "Enabled"}),
        *SYSTEM,
    ),
    (
        Lookup("parentbusinessunitid", ("businessunits",), writable=True,
               collection="business_unit_parent_business_unit", on_delete="restrict"),
        Lookup("organizationid_organization", ("organizations",)),
        *AUDIT,
    ),
    object_type=10,
    schema="BusinessUnit",
    display="Business Unit",
)  # fmt: skip

ORGANIZATION = Table(
    "organization",
    "organizations",
    "organizationid",
    (
        guid("organizationid"),
        string("name", 160),
        integer("languagecode", 1033),
        boolean("isauditenabled"),
        boolean("isreadauditenabled"),
        boolean("isuseraccessauditenabled"),
        integer("auditretentionperiodv2", 30),
        integer("maxuploadfilesize", 131_072_000, lowest=0, highest=131_072_000),
        integer("flowruntimetoliveinseconds", 2_419_200),
        *SYSTEM,
    ),
    AUDIT,
    object_type=1019,
    deletable=False,
)

PRINCIPAL_OBJECT_ACCESS = Table(
    "principalobjectaccess",
    "principalobjectaccessset",
    "principalobjectaccessid",
    (
        guid("principalobjectaccessid"),
        guid("principalid"),
        string("principaltypecode", 100),
        guid("objectid"),
        string("objecttypecode", 100),
        integer("accessrightsmask", 0),
        integer("inheritedaccessrightsmask", 0),
        date("changedon"),
        *SYSTEM,
    ),
    name_column="principalobjectaccessid",
    read_only=True,
    object_type=11,
    schema="PrincipalObjectAccess",
)
