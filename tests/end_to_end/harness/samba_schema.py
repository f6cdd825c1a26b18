"""Adds what Exchange adds to the schema of a domain, as far as it tells what a mailbox is. The
numbers are not Exchange's own: nobody reads them."""

import sys

from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

BOOLEAN = "attributeSyntax: 2.5.5.8\noMSyntax: 1\nisSingleValued: TRUE"
NUMBER = "attributeSyntax: 2.5.5.16\noMSyntax: 65\nisSingleValued: TRUE"
NAMES = "attributeSyntax: 2.5.5.1\noMSyntax: 127\noMObjectClass:: KwwCh3McAIVK\nisSingleValued: FALSE"

ATTRIBUTES = {
    "msExchHideFromAddressLists": BOOLEAN,
    "msExchRecipientTypeDetails": NUMBER,
    "msExchDelegateListLink": NAMES,
}

settings = LoadParm()
settings.load(sys.argv[1])
settings.set("dsdb:schema update allowed", "yes")
database = SamDB(
    url=settings.private_path("sam.ldb"), session_info=system_session(), lp=settings
)
schema = "CN=Schema,CN=Configuration,DC=corp,DC=example"
for number, (name, syntax) in enumerate(ATTRIBUTES.items()):
    database.add_ldif(
        f"dn: CN={name},{schema}\nobjectClass: attributeSchema\n"
        f"attributeID: 1.2.840.113556.1.4.7000.102.{90000 + number}\n"
        f"lDAPDisplayName: {name}\n{syntax}\n"
    )
database.set_schema_update_now()
may = "".join(f"mayContain: {name}\n" for name in ATTRIBUTES)
database.modify_ldif(f"dn: CN=User,{schema}\nchangetype: modify\nadd: mayContain\n{may}")
database.set_schema_update_now()
