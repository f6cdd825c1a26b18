"""Lets the account that reads see what was deleted, as `dsacls` does on Windows."""

import sys

from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB
from samba.sd_utils import SDUtils

settings = LoadParm()
settings.load(sys.argv[1])
database = SamDB(
    url=settings.private_path("sam.ldb"), session_info=system_session(), lp=settings
)
base = database.domain_dn()
found = database.search(base, expression="(sAMAccountName=reader)", attrs=["objectSid"])
reader = ndr_unpack(security.dom_sid, found[0]["objectSid"][0])
container, shown = f"CN=Deleted Objects,{base}", ["show_deleted:1"]
rights = SDUtils(database)
before = rights.read_sd_on_dn(container, shown).as_sddl()
entries = before.index("(")
after = f"{before[:entries]}(A;;RPLC;;;{reader}){before[entries:]}"
rights.modify_sd_on_dn(container, after, shown)
